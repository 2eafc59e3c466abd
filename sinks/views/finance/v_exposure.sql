SELECT entity, item, site, state, count() AS line_n, sum(c.cogs_amt) AS cogs_amt, sum(c.provisional_amt) AS provisional_amt
FROM mart.v_cogs AS c
GROUP BY entity, item, site, state
