WITH
    fromUnixTimestamp64Milli({now_ms:Int64}, 'UTC') AS now_at,
    (SELECT max(event_at) FROM mart.v_stock_now) AS newest_at,
    toStartOfDay(if(newest_at < now_at - INTERVAL 1 DAY, newest_at, now_at), {tz:String}) AS day_at
-- a charge (postage, a fee) moves no goods and has no site
SELECT entity, site, if(site = '', '服务费', '') AS site_zh, if(site = '', 'charges', '') AS site_en, channel, sum(s.revenue_amt) AS revenue_amt, sum(s.cogs_amt) AS cogs_amt, sum(s.margin_amt) AS margin_amt,
       if(sum(s.revenue_amt) = 0, NULL, divideDecimal(sum(s.margin_amt), sum(s.revenue_amt), 4)) AS margin_rate
FROM mart.v_sale AS s
WHERE s.event_at >= day_at
GROUP BY entity, site, channel
ORDER BY revenue_amt DESC, entity, site, channel
LIMIT 30
