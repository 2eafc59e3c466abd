WITH
    fromUnixTimestamp64Milli({now_ms:Int64}, 'UTC') AS now_at,
    (SELECT max(event_at) FROM mart.v_stock_now) AS newest_at,
    toStartOfHour(toDateTime(if(newest_at < now_at - INTERVAL 1 DAY, newest_at, now_at), 'UTC')) AS last_at
SELECT toDateTime64(toStartOfHour(toDateTime(s.event_at, 'UTC')), 3, 'UTC') AS hour_at,
       sum(s.revenue_amt) AS revenue_amt, sum(s.margin_amt) AS margin_amt
FROM mart.v_sale AS s
WHERE s.event_at >= last_at - INTERVAL 23 HOUR AND s.event_at < last_at + INTERVAL 1 HOUR
GROUP BY hour_at
ORDER BY hour_at
