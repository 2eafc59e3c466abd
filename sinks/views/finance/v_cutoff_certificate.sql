SELECT
    l.entity AS entity,
    l.own_period AS period,
    l.period AS booked_period,
    l.version AS version,
    any(l.found_event) AS event_id,
    any(m.type) AS type,
    min(l.event_at) AS event_at,
    max(l.recorded_at) AS recorded_at,
    sum(l.stock_qty) AS stock_qty,
    sum(l.stock_amt) AS stock_amt,
    sum(l.cogs_amt) AS cogs_amt,
    sum(l.profit_amt) AS profit_amt
FROM
(
    SELECT
        entity, own_period, period, version, found_event, event_at, recorded_at,
        arraySum(p -> if(startsWith(p.1, '@'), 0, p.2) * qty, sides) AS stock_qty,
        arraySum(p -> if(startsWith(p.1, '@'), 0, p.2) * value_amt, sides) AS stock_amt,
        arraySum(p -> if(startsWith(p.1, '@customer'), p.2, 0) * value_amt, sides) AS cogs_amt,
        -- profit of v_profit: what went to the virtual places that it counts is spent
        revenue_amt - arraySum(p -> if(startsWith(p.1, '@') AND NOT match(p.1, '^@(supplier|opening|repack|transit|wip)'), p.2, 0) * value_amt, sides) AS profit_amt
    FROM
    (
        SELECT entity, own_period, period, version, event_id AS found_event, event_at, recorded_at, qty, value_amt, toDecimal64(0, 4) AS revenue_amt,
            [(from_place, -1), (to_place, 1)] AS sides
        FROM core.movement WHERE own_period != ''
        UNION ALL
        SELECT entity, own_period, period, version, found_event, event_at, recorded_at, qty, value_amt, revenue_amt,
            [(from_place, -1), (to_place, 1)]
        FROM core.true_up WHERE own_period != ''
        UNION ALL
        SELECT entity, own_period, period, version, event_id, event_at, recorded_at, toDecimal64(0, 6), toDecimal64(0, 4), revenue_amt, []
        FROM core.sale WHERE own_period != ''
    )
) AS l
-- corrections, cancels and landed costs have no line of their own
LEFT ANY JOIN (SELECT entity, version, type FROM core.movement WHERE line = 1 AND own_period != '') AS m ON l.entity = m.entity AND l.version = m.version
GROUP BY entity, period, booked_period, version
