SELECT
    entity, site, item,
    count() AS count_n,
    countIf(c.diff_qty = 0) AS exact_n,
    sum(c.counted_qty) AS counted_qty,
    sum(c.book_qty) AS book_qty,
    sum(c.diff_qty) AS diff_qty,
    sum(abs(c.diff_qty)) AS abs_diff_qty,
    sum(c.diff_value_amt) AS diff_value_amt,
    -- 1 when each count met the books, 0 when the differences are as large as what was counted
    if(sum(abs(c.counted_qty)) = 0, NULL,
        greatest(toDecimal128(0, 6), toDecimal128(1, 6) - toDecimal128(divideDecimal(
            sum(abs(c.diff_qty)), if(sum(abs(c.counted_qty)) = 0, toDecimal128(1, 6), sum(abs(c.counted_qty))), 6), 6))) AS accuracy_rate,
    max(c.event_at) AS last_count_at
FROM core.count AS c FINAL
WHERE c.is_live = 1
GROUP BY entity, site, item
