-- v_stock_as_of for one item: only its accounts are read
SELECT
    {entity:String} AS entity, site, {item:String} AS item, lot, owner,
    toDecimal128(units, 6) / 1000000 AS on_hand_qty,
    toDecimal128(if(nth = max(if(units = 0, 0, nth)) OVER cell_rows, cell_value - (sum(share) OVER cell_rows - share), share), 4) / 10000 AS value_amt,
    toDecimal128(if(units = 0, NULL, divideDecimal(value_amt, if(units = 0, toDecimal128(1, 6), on_hand_qty), 12)), 12) AS unit_cost
FROM
(
    SELECT
        *,
        -- half-even: (2n + d) / 2d, one less where half a unit was rounded up to an odd number
        sign(cell_value) * sign(units) * sign(cell_units) * (intDiv(n, d) - (n % d = 0 AND intDiv(n, d) % 2 = 1)) * unit AS share
    FROM
    (
        SELECT
            cell, site, lot, owner, units, unit, cell_value, cell_units, nth,
            2 * abs(toInt128(cell_value) * units) + abs(toInt128(cell_units) * unit) AS n,
            greatest(2 * abs(toInt128(cell_units) * unit), 1) AS d
        FROM
        (
            SELECT
                a.cell AS cell, a.site AS site, a.lot AS lot, a.owner AS owner, sum(s.units) AS units,
                (SELECT intExp10(4 - if(count() = 0, 2, any(minor_digits))) FROM core.entity FINAL WHERE entity = {entity:String}) AS unit,
                sum(sum(s.value)) OVER cell_rows AS cell_value,
                sum(sum(s.units)) OVER cell_rows AS cell_units,
                row_number() OVER cell_rows AS nth
            FROM
            (
                SELECT account, sum(reinterpretAsInt64(qty)) AS units, sum(reinterpretAsInt64(value_amt)) AS value
                FROM core.entry
                WHERE account IN (SELECT account FROM core.account WHERE entity = {entity:String} AND item = {item:String})
                    AND entity = {entity:String}
                    AND event_at <= parseDateTime64BestEffort({as_of:String}, 3, 'UTC')
                    AND ({known_at:String} = 'now' OR recorded_at <= parseDateTime64BestEffort(
                        if({known_at:String} = 'now', '2299-01-01T00:00:00Z', {known_at:String}), 3, 'UTC'))
                    -- a time without offset would mean another moment on another machine
                    AND (SELECT throwIf(NOT match({as_of:String}, 'T.*(Z|[+-][0-9]{2}:?[0-9]{2})$'),
                        'as_of: a time with offset is needed, e.g. 2025-01-31T23:59:59+08:00')) = 0
                    AND (SELECT throwIf(NOT match({known_at:String}, '^now$|T.*(Z|[+-][0-9]{2}:?[0-9]{2})$'),
                        'known_at: now, or a time with offset is needed, e.g. 2025-01-31T23:59:59+08:00')) = 0
                GROUP BY account
            ) AS s
            INNER ANY JOIN
            (
                SELECT account, cell, splitByChar('/', place)[1] AS site, lot, owner
                FROM core.account
                WHERE entity = {entity:String} AND item = {item:String} AND NOT startsWith(place, '@')
            ) AS a ON s.account = a.account
            GROUP BY cell, site, lot, owner
            WINDOW cell_rows AS (PARTITION BY cell ORDER BY site, lot ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        )
    )
)
WINDOW cell_rows AS (PARTITION BY cell)
