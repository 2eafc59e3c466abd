SELECT entity, site, item, lot, owner, on_hand_qty, value_amt, recorded_at, count() OVER () AS total_rows
FROM mart.v_stock_now
WHERE on_hand_qty < 0
ORDER BY value_amt, entity, site, item, lot
LIMIT 50
