SELECT
    x.entity AS entity, x.site AS site, x.item AS item, x.lot AS lot, x.owner AS owner,
    on_hand_qty,
    toDecimal128(x.pooled, 6) / 1000000 + r.reserved_qty AS reserved_qty,
    if(
        (x.entity, x.item, x.lot) IN (SELECT entity, item, lot FROM core.lot FINAL WHERE status != 'ok'),
        greatest(toDecimal128(0, 6), on_hand_qty), toDecimal128(0, 6)
    ) AS blocked_qty,
    greatest(toDecimal128(0, 6), on_hand_qty - reserved_qty - blocked_qty) AS available_qty,
    value_amt,
    if(units = 0, NULL, divideDecimal(value_amt, if(units = 0, toDecimal128(1, 6), on_hand_qty), 12)) AS unit_cost,
    trust, greatest(x.version, r.version) AS version, event_at, recorded_at
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
            argMax(newest_value, version) OVER cells AS cell_value,
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
                sum(reinterpretAsInt64(s.qty)) AS units,
                sumIf(reinterpretAsInt64(s.qty), a.pool != '' AND s.qty > 0) AS pooled,
                argMax(reinterpretAsInt64(s.cell_value_amt), s.version) AS newest_value,
                multiIf(countIf(s.trust = 'red') > 0, 'red', countIf(s.trust = 'yellow') > 0, 'yellow', 'green') AS trust,
                max(s.version) AS version,
                max(s.event_at) AS event_at,
                max(s.recorded_at) AS recorded_at
            FROM core.stock AS s FINAL
            INNER ANY JOIN core.account AS a ON s.entity = a.entity AND s.account = a.account
            LEFT ANY JOIN (SELECT entity, minor_digits FROM core.entity FINAL) AS e ON s.entity = e.entity
            GROUP BY entity, site, item, lot, owner, cell
        )
        WINDOW cells AS (PARTITION BY entity, item, owner, cell)
    )
) AS x
LEFT ANY JOIN (SELECT entity, site, item, lot, owner, version, reserved_qty FROM core.reserved FINAL) AS r
    ON x.entity = r.entity AND x.site = r.site AND x.item = r.item AND x.lot = r.lot AND x.owner = r.owner
WHERE NOT startsWith(site, '@')
