SELECT m.*, n.name_zh AS item_zh, n.name_en AS item_en
FROM (
    SELECT entity, source, event_id, version, line, event_at, recorded_at, type, item, from_place, to_place, qty, value_amt
    FROM mart.v_movement
    WHERE recorded_at >= (SELECT max(recorded_at) FROM mart.v_stock_now) - INTERVAL 1 HOUR
    ORDER BY recorded_at DESC, entity, version DESC, line DESC
    LIMIT 10
) AS m
LEFT ANY JOIN mart.v_item AS n ON m.entity = n.entity AND m.item = n.item
ORDER BY m.recorded_at DESC, m.entity, m.version DESC, m.line DESC
