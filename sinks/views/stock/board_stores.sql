WITH
    fromUnixTimestamp64Milli({now_ms:Int64}, 'UTC') AS now_at,
    (SELECT max(event_at) FROM mart.v_stock_now) AS newest_at,
    -- as the day's tile: a ledger that ends in the past shows its own last day
    toStartOfDay(if(newest_at < now_at - INTERVAL 1 DAY, newest_at, now_at), {tz:String}) AS day_at
SELECT s.entity AS entity, s.site AS site, e.currency AS currency, s.value AS value_amt, s.items AS items, s.negative AS negative,
       d.revenue AS revenue_amt, d.margin AS margin_amt,
       if(d.revenue = 0, NULL, divideDecimal(d.margin, d.revenue, 4)) AS margin_rate
FROM (
    SELECT entity, site, sum(value_amt) AS value, uniqExactIf(item, on_hand_qty > 0) AS items, countIf(on_hand_qty < 0) AS negative
    FROM mart.v_stock_now
    GROUP BY entity, site
) AS s
LEFT ANY JOIN (
    SELECT entity, site, sum(revenue_amt) AS revenue, sum(margin_amt) AS margin
    FROM mart.v_sale
    WHERE event_at >= day_at
    GROUP BY entity, site
) AS d ON s.entity = d.entity AND s.site = d.site
LEFT ANY JOIN mart.v_entity AS e ON s.entity = e.entity
ORDER BY value_amt DESC, entity, site
LIMIT 30
