SELECT
    p.entity AS entity, p.period AS period,
    p.period <= e.closed_period AS is_closed,
    c.close_event AS close_event,
    if(c.close_event = '', NULL, c.closed_at) AS closed_at,
    sum(p.revenue) AS revenue_amt,
    sum(p.cogs) AS cogs_amt,
    sum(p.other) AS other_amt,
    sum(p.profit) AS profit_amt,
    sum(p.late) AS late_n,
    sum(p.late_stock) AS late_stock_amt,
    sum(p.late_cogs) AS late_cogs_amt,
    sum(p.late_profit) AS late_profit_amt,
    -- what the period would show, had nothing been closed
    profit_amt - sum(p.earlier_profit) + late_profit_amt AS own_profit_amt
FROM
(
    SELECT entity, period, revenue_amt AS revenue, cogs_amt AS cogs, other_amt AS other, profit_amt AS profit,
        toUInt64(0) AS late, toDecimal128(0, 4) AS late_stock, toDecimal128(0, 4) AS late_cogs, toDecimal128(0, 4) AS late_profit, toDecimal128(0, 4) AS earlier_profit
    FROM mart.v_profit
    UNION ALL
    SELECT entity, period, 0, 0, 0, 0, 1, stock_amt, cogs_amt, profit_amt, 0 FROM mart.v_cutoff_certificate
    UNION ALL
    SELECT entity, booked_period, 0, 0, 0, 0, 0, 0, 0, 0, profit_amt FROM mart.v_cutoff_certificate
    UNION ALL
    SELECT entity, period, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM core.period_close
) AS p
LEFT ANY JOIN mart.v_entity AS e ON p.entity = e.entity
-- a close holds for all periods before it: the first that reaches the period
LEFT ASOF JOIN (SELECT entity, period, CAST(toUInt32OrZero(replaceOne(period, '-', '')), 'UInt32') AS month, event_id AS close_event, recorded_at AS closed_at FROM core.period_close) AS c
    ON p.entity = c.entity AND CAST(toUInt32OrZero(replaceOne(p.period, '-', '')), 'UInt32') <= c.month
GROUP BY entity, period, is_closed, close_event, closed_at
