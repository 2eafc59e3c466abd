SELECT
    entity, site, item, lot, owner,
    on_hand_qty,
    value_amt,
    toDecimal128(if(units = 0, NULL, divideDecimal(value_amt, if(units = 0, toDecimal128(1, 6), on_hand_qty), 12)), 12) AS unit_cost
FROM
(
    SELECT
        *,
        sum(share) OVER (PARTITION BY entity, item, owner, cell) AS shared,
        row_number() OVER (PARTITION BY entity, item, owner, cell ORDER BY units = 0, site DESC, lot DESC) = 1 AS is_last,
        -- the last row in order that holds anything takes the cents
        toDecimal128(if(is_last, cell_value - (shared - share), share), 4) / 10000 AS value_amt,
        toDecimal128(units, 6) / 1000000 AS on_hand_qty
    FROM
    (
        SELECT
            *,
            -- quantity x 1e-6, value x 1e-4, both whole numbers; minor units hold `unit` of the latter
            sum(units) OVER cells AS cell_units,
            multiIf(minor_digits = 0, 10000, minor_digits = 1, 1000, minor_digits = 2, 100, minor_digits = 3, 10, 1) AS unit,
            sum(value) OVER cells AS cell_value,
            toInt128(cell_value) * units AS numerator,
            toInt128(cell_units) * unit AS denominator,
            toInt128(abs(numerator)) AS n,
            greatest(toInt128(abs(denominator)), 1) AS d,
            intDiv(n, d) AS whole,
            n - whole * d AS rest,
            -- half-even
            whole + if(rest * 2 > d OR (rest * 2 = d AND whole % 2 = 1), 1, 0) AS rounded,
            if(denominator = 0, toInt128(0), if((numerator < 0) != (denominator < 0), -rounded, rounded)) * unit AS share
        FROM
        (
            SELECT
                s.entity AS entity,
                splitByChar('/', a.place)[1] AS site,
                a.item AS item,
                a.lot AS lot,
                a.owner AS owner,
                s.cell AS cell,
                any(if(e.entity = '', 2, e.minor_digits)) AS minor_digits,
                sum(s.units) AS units,
                sum(s.value) AS value
            FROM
            (
                SELECT entity, account, cell, sum(reinterpretAsInt64(qty)) AS units, sum(reinterpretAsInt64(value_amt)) AS value
                FROM core.entry
                WHERE event_at <= parseDateTime64BestEffort({as_of:String}, 3, 'UTC')
                    AND recorded_at <= parseDateTime64BestEffort(
                        if({known_at:String} = 'now', '2299-01-01T00:00:00Z', {known_at:String}), 3, 'UTC')
                    AND version <= {known_version:UInt64}
                    -- a time without offset would mean another moment on another machine
                    -- asked once and even where there is no row
                    AND (SELECT throwIf(NOT match({as_of:String}, 'T.*(Z|[+-][0-9]{2}:?[0-9]{2})$'),
                        'as_of: a time with offset is needed, e.g. 2025-01-31T23:59:59+08:00')) = 0
                    AND (SELECT throwIf(NOT match({known_at:String}, '^now$|T.*(Z|[+-][0-9]{2}:?[0-9]{2})$'),
                        'known_at: now, or a time with offset is needed, e.g. 2025-01-31T23:59:59+08:00')) = 0
                GROUP BY entity, account, cell
            ) AS s
            INNER ANY JOIN core.account AS a ON s.entity = a.entity AND s.account = a.account
            LEFT ANY JOIN (SELECT entity, minor_digits FROM core.entity FINAL) AS e ON s.entity = e.entity
            GROUP BY entity, site, item, lot, owner, cell
        )
        WINDOW cells AS (PARTITION BY entity, item, owner, cell)
    )
)
WHERE NOT startsWith(site, '@')
