SELECT entity, source, event_id, type, waits_for, since, count() OVER () AS total_rows
FROM mart.v_waiting
ORDER BY since, source, event_id
LIMIT 50
