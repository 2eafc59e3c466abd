SELECT entity, site, item, '' AS lot, '' AS owner, state, count() AS lines, sum(qty) AS qty, sum(cogs_amt) AS cogs_amt,
       sum(provisional_amt) AS provisional_amt, count() OVER () AS total_rows
FROM mart.v_cogs
WHERE state IN ('uncosted', 'estimated')
GROUP BY entity, site, item, state
ORDER BY state = 'uncosted' DESC, lines DESC, entity, site, item
LIMIT 50
