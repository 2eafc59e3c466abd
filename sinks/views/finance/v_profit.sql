SELECT
    entity, period,
    sum(revenue) AS revenue_amt,
    sum(cogs) AS cogs_amt,
    sum(other) AS other_amt,
    revenue_amt - cogs_amt - other_amt AS profit_amt
FROM
(
    SELECT entity, period, toDecimal64(0, 4) AS revenue,
        if(startsWith(place, '@customer'), side * value_amt, toDecimal64(0, 4)) AS cogs,
        if(startsWith(place, '@customer'), toDecimal64(0, 4), side * value_amt) AS other
    FROM
    (
        SELECT entity, period, from_place, to_place, value_amt FROM core.movement
        UNION ALL
        SELECT entity, period, from_place, to_place, value_amt FROM core.true_up
    )
    ARRAY JOIN [from_place, to_place] AS place, [-1, 1] AS side
    -- suppliers are owed it, an opening was there before, the others give it back
    WHERE startsWith(place, '@') AND NOT match(place, '^@(supplier|opening|repack|transit|wip)')
    UNION ALL
    SELECT entity, period, revenue_amt, toDecimal64(0, 4), toDecimal64(0, 4) FROM core.sale
    UNION ALL
    SELECT entity, period, revenue_amt, toDecimal64(0, 4), toDecimal64(0, 4) FROM core.true_up WHERE revenue_amt != 0
)
GROUP BY entity, period
HAVING revenue_amt != 0 OR cogs_amt != 0 OR other_amt != 0
