SELECT c.entity AS entity, c.site AS site, c.item AS item, any(n.name_zh) AS item_zh, any(n.name_en) AS item_en, '' AS lot, '' AS owner,
       c.state AS state, count() AS lines, sum(c.qty) AS qty, sum(c.cogs_amt) AS cogs_amt,
       sum(c.provisional_amt) AS provisional_amt, count() OVER () AS total_rows
FROM mart.v_cogs AS c
LEFT ANY JOIN mart.v_item AS n ON c.entity = n.entity AND c.item = n.item
WHERE c.state IN ('uncosted', 'estimated')
GROUP BY entity, site, item, state
ORDER BY state = 'uncosted' DESC, lines DESC, entity, site, item
LIMIT 50
