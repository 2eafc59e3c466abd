SELECT
    entity, source, event_id, kind, state, site, item, owner, pool, lot,
    qty,
    toDecimal128(units, 6) / 1000000 AS open_qty,
    if(expires_at = toDateTime64(0, 3, 'UTC'), NULL, expires_at) AS expires_at,
    priority, document, version, recorded_at
FROM
(
    SELECT
        entity, source, event_id, kind, state, site, item, owner, pool, qty, priority, document, version, recorded_at,
        expires_at, held.1 AS lot, held.2 AS units
    FROM core.promise FINAL
    LEFT ARRAY JOIN arrayZip(held_lots, held_units) AS held
    WHERE kind != 'pool'
)
