SELECT c.entity AS entity, '' AS source, c.event_id AS event_id, c.version AS version, c.booked_period AS booked_period,
       if(c.type = '', 'restated', c.type) AS type, c.event_at AS event_at, c.recorded_at AS recorded_at,
       c.stock_qty AS stock_qty, c.stock_amt AS stock_amt, c.cogs_amt AS cogs_amt, c.profit_amt AS profit_amt,
       sum(c.stock_amt) OVER learned AS running_stock_amt, sum(c.cogs_amt) OVER learned AS running_cogs_amt,
       sum(c.profit_amt) OVER learned AS running_profit_amt, count() OVER () AS total_rows
FROM mart.v_cutoff_certificate AS c
WHERE c.entity = {entity:String} AND c.period = {period:String}
WINDOW learned AS (ORDER BY c.version, c.booked_period ROWS UNBOUNDED PRECEDING)
ORDER BY version DESC, booked_period DESC
LIMIT 1000
