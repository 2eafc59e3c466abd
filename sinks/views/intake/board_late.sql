WITH (SELECT max(recorded_at) FROM mart.v_stock_now) - INTERVAL 1 DAY AS since_at
SELECT l.entity AS entity, l.version AS version, l.source AS source, l.event_id AS event_id, l.type AS type, l.item AS item,
       n.name_zh AS item_zh, n.name_en AS item_en, l.site AS site, l.event_at AS event_at, l.newer_at AS newer_at,
       l.recorded_at AS recorded_at, count() OVER () AS total_rows
FROM
(
    -- late in one of its two cells is late
    SELECT s.entity AS entity, s.version AS version, any(s.source) AS source, any(s.event_id) AS event_id, any(s.type) AS type,
           any(s.item) AS item, any(s.site) AS site, any(s.event_at) AS event_at, max(s.posted_at) AS newer_at,
           any(s.recorded_at) AS recorded_at
    FROM
    (
        SELECT *, max(event_at) OVER (
            PARTITION BY entity, item, owner, if(scope = 'entity', '', site), if(scope = 'lot', lot, '')
            ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS posted_at
        FROM
        (
            SELECT m.entity AS entity, m.version AS version, m.source AS source, m.event_id AS event_id, m.type AS type,
                   m.item AS item, m.lot AS lot, m.owner AS owner, m.event_at AS event_at, m.recorded_at AS recorded_at,
                   e.scope AS scope, splitByChar('/', arrayJoin([m.from_place, m.to_place]))[1] AS site
            FROM mart.v_movement AS m
            LEFT ANY JOIN mart.v_entity AS e ON m.entity = e.entity
            WHERE m.cause_event = '' AND m.recorded_at >= since_at
        )
        WHERE NOT startsWith(site, '@')
    ) AS s
    WHERE s.event_at < s.posted_at
    GROUP BY s.entity, s.version
) AS l
LEFT ANY JOIN mart.v_item AS n ON l.entity = n.entity AND l.item = n.item
ORDER BY recorded_at DESC, entity, version DESC
LIMIT 50
