WITH
    -- account and cell as one number each, which costs half of grouping by two: as they are where no two entities share one,
    -- else with the entity's number in front
    (SELECT count() = uniqExact(account) FROM core.account) AS unshared,
    (SELECT arrayPushBack(groupArray(entity), '') FROM (SELECT DISTINCT entity FROM core.account)) AS entities,
    arrayMap(i -> bitShiftLeft(toUInt64(i), 32), arrayEnumerate(entities)) AS numbers,
    (SELECT (arrayPushBack(groupArray(entity), ''), arrayPushBack(groupArray(minor_digits), 2)) FROM core.entity FINAL) AS digits
SELECT
    entity, site, item, lot, owner,
    toDecimal128(units, 6) / 1000000 AS on_hand_qty,
    toDecimal128(value, 4) / 10000 AS value_amt,
    toDecimal128(if(units = 0, NULL, divideDecimal(value_amt, if(units = 0, toDecimal128(1, 6), on_hand_qty), 12)), 12) AS unit_cost
FROM
(
    SELECT
        entity, site, item, lot, owner, units,
        -- the last row in order that holds anything takes the cents
        if(nth = max(if(units = 0, 0, nth)) OVER cell_rows, cell_value - (sum(share) OVER cell_rows - share), share) AS value
    FROM
    (
        -- one less where half a unit was rounded up to an odd number
        SELECT *, direction * (doubled - (remainder = 0 AND doubled % 2 = 1)) * unit AS share
        FROM
        (
            SELECT *, intDiv(n, d) AS doubled, n % d AS remainder
            FROM
            (
                -- value x units / units of the cell, in minor units: half-even is (2n + d) / 2d, whole numbers all
                SELECT
                    *,
                    sign(cell_value) * sign(units) * sign(cell_units) AS direction,
                    2 * abs(toInt128(cell_value) * units) + abs(toInt128(cell_units) * unit) AS n,
                    greatest(2 * abs(toInt128(cell_units) * unit), 1) AS d
                FROM
                (
                    SELECT
                        a.cell_key AS cell_key, a.entity AS entity, a.site AS site, a.item AS item, a.lot AS lot, a.owner AS owner,
                        -- quantity x 1e-6, value x 1e-4, both whole numbers; minor units hold `unit` of the latter
                        intExp10(4 - transform(a.entity, digits.1, digits.2, 2)) AS unit,
                        sum(s.units) OVER cell_rows AS cell_units,
                        sum(s.value) OVER cell_rows AS cell_value,
                        row_number() OVER cell_rows AS nth,
                        -- bins and pools of a site are one row
                        sum(s.units) OVER site_rows AS units,
                        row_number() OVER site_rows AS nth_of_site
                        FROM
                        (
                            SELECT
                                if(unshared, toUInt64(account), bitOr(transform(entity, entities, numbers, toUInt64(0)), account)) AS account_key,
                                sum(reinterpretAsInt64(qty)) AS units,
                                sum(reinterpretAsInt64(value_amt)) AS value
                            FROM core.entry
                            WHERE event_at <= parseDateTime64BestEffort({as_of:String}, 3, 'UTC')
                                AND ({known_at:String} = 'now' OR recorded_at <= parseDateTime64BestEffort(
                                    if({known_at:String} = 'now', '2299-01-01T00:00:00Z', {known_at:String}), 3, 'UTC'))
                                AND ({known_version:UInt64} = 18446744073709551615 OR version <= {known_version:UInt64})
                                -- a time without offset would mean another moment on another machine
                                -- asked once and even where there is no row
                                AND (SELECT throwIf(NOT match({as_of:String}, 'T.*(Z|[+-][0-9]{2}:?[0-9]{2})$'),
                                    'as_of: a time with offset is needed, e.g. 2025-01-31T23:59:59+08:00')) = 0
                                AND (SELECT throwIf(NOT match({known_at:String}, '^now$|T.*(Z|[+-][0-9]{2}:?[0-9]{2})$'),
                                    'known_at: now, or a time with offset is needed, e.g. 2025-01-31T23:59:59+08:00')) = 0
                            GROUP BY account_key
                        ) AS s
                        INNER ANY JOIN
                        (
                            SELECT
                                if(unshared, toUInt64(account), bitOr(transform(entity, entities, numbers, toUInt64(0)), account)) AS account_key,
                                bitOr(transform(entity, entities, numbers, toUInt64(0)), cell) AS cell_key,
                                entity, splitByChar('/', place)[1] AS site, item, lot, owner
                            FROM core.account
                        ) AS a ON s.account_key = a.account_key
                    WINDOW
                        cell_rows AS (PARTITION BY cell_key ORDER BY site, lot ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
                        site_rows AS (PARTITION BY cell_key, site, lot)
                )
                WHERE nth_of_site = 1
            )
        )
    )
    WINDOW cell_rows AS (PARTITION BY cell_key)
)
WHERE NOT startsWith(site, '@')
