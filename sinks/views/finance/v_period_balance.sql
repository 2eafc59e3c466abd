SELECT
    entity, period, place, item, owner,
    sum(if(side = 1, qty, toDecimal64(0, 6))) AS in_qty,
    sum(if(side = 1, toDecimal64(0, 6), qty)) AS out_qty,
    in_qty - out_qty AS net_qty,
    sum(if(side = 1, value_amt, toDecimal64(0, 4))) AS in_amt,
    sum(if(side = 1, toDecimal64(0, 4), value_amt)) AS out_amt,
    in_amt - out_amt AS net_amt,
    count() AS line_n
FROM
(
    SELECT entity, period, item, owner, from_place, to_place, qty, value_amt FROM core.movement
    UNION ALL
    SELECT entity, period, item, owner, from_place, to_place, qty, value_amt FROM core.true_up
    WHERE qty != 0 OR value_amt != 0
)
ARRAY JOIN [from_place, to_place] AS place, [0, 1] AS side
GROUP BY entity, period, place, item, owner
