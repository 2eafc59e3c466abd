SELECT s.entity AS entity, s.site AS site, s.item AS item, n.name_zh AS item_zh, n.name_en AS item_en, s.lot AS lot, s.owner AS owner,
       s.on_hand_qty AS on_hand_qty, s.value_amt AS value_amt, s.recorded_at AS recorded_at, count() OVER () AS total_rows
FROM mart.v_stock_now AS s
LEFT ANY JOIN mart.v_item AS n ON s.entity = n.entity AND s.item = n.item
WHERE s.on_hand_qty < 0
ORDER BY value_amt, entity, site, item, lot
LIMIT 50
