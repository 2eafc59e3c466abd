SELECT
    entity,
    type AS process,
    source,
    count() AS event_n,
    quantileExactLow(0.5)(lag) AS p50_lag_ms,
    quantileExactLow(0.95)(lag) AS p95_lag_ms,
    max(lag) AS max_lag_ms,
    max(event_at) AS last_event_at,
    max(recorded_at) AS last_recorded_at
FROM
(
    SELECT
        entity, type, source, event_at, recorded_at,
        toUnixTimestamp64Milli(recorded_at) - toUnixTimestamp64Milli(event_at) AS lag
    FROM core.movement
    -- an event's first line stands for the event
    WHERE line = 1
)
GROUP BY entity, type, source
