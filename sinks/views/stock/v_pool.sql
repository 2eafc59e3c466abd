SELECT
    p.entity AS entity, p.source AS source, p.event_id AS event_id, p.site AS site, p.place AS place, p.item AS item,
    p.owner AS owner, p.pool AS pool, any(p.qty) AS qty,
    toDecimal128(sumIf(f.units, f.place = p.place AND f.pool = p.pool), 6) / 1000000 AS held_qty,
    toDecimal128(sumIf(f.promised, f.pool = p.pool), 6) / 1000000 AS reserved_qty,
    any(p.buffer_qty) AS buffer_qty,
    -- never more than is left at the site in all pools together
    toDecimal128(greatest(0, least(
        sumIf(f.units - f.promised, f.pool = p.pool) - any(reinterpretAsInt64(p.buffer_qty)),
        sum(f.units - f.promised)
    )), 6) / 1000000 AS free_qty,
    any(p.owed_qty) AS owed_qty,
    any(p.priority) AS priority,
    any(if(p.expires_at = toDateTime64(0, 3, 'UTC'), NULL, p.expires_at)) AS expires_at,
    any(p.document) AS document,
    any(p.version) AS version
FROM (SELECT * FROM core.promise FINAL WHERE kind = 'pool' AND state = 'open') AS p
LEFT JOIN
(
    SELECT
        s.entity AS entity, splitByChar('/', a.place)[1] AS site, a.item AS item, a.owner AS owner, a.pool AS pool,
        a.place AS place, sum(reinterpretAsInt64(s.qty)) AS units, toInt64(0) AS promised
    FROM core.stock AS s FINAL
    INNER ANY JOIN core.account AS a ON s.entity = a.entity AND s.account = a.account
    LEFT ANY JOIN (SELECT entity, item, lot, status FROM core.lot FINAL) AS l
        ON a.entity = l.entity AND a.item = l.item AND a.lot = l.lot
    WHERE (a.entity, a.item) IN (SELECT entity, item FROM core.promise WHERE kind = 'pool')
        AND l.status IN ('', 'ok')
    GROUP BY entity, site, item, owner, pool, place
    UNION ALL
    SELECT entity, site, item, owner, pool, '' AS place, toInt64(0) AS units, sum(reinterpretAsInt64(open_qty)) AS promised
    FROM core.promise FINAL
    WHERE kind != 'pool' AND state = 'open'
    GROUP BY entity, site, item, owner, pool
) AS f ON p.entity = f.entity AND p.site = f.site AND p.item = f.item AND p.owner = f.owner
GROUP BY entity, source, event_id, site, place, item, owner, pool
