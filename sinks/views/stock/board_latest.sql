SELECT entity, source, event_id, version, line, event_at, type, item, from_place, to_place, qty, value_amt
FROM mart.v_movement
WHERE recorded_at >= (SELECT max(recorded_at) FROM mart.v_stock_now) - INTERVAL 1 HOUR
ORDER BY recorded_at DESC, entity, version DESC, line DESC
LIMIT 10
