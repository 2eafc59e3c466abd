SELECT s.entity AS entity, s.site AS site, s.item AS item, n.name_zh AS item_zh, n.name_en AS item_en, s.lot AS lot, s.owner AS owner,
       s.on_hand_qty AS on_hand_qty, s.available_qty AS available_qty, s.unit_cost AS unit_cost, s.value_amt AS value_amt,
       s.trust AS trust, s.event_at AS event_at, count() OVER () AS total_rows
FROM mart.v_stock_now AS s
LEFT ANY JOIN mart.v_item AS n ON s.entity = n.entity AND s.item = n.item
WHERE {search:String} = '' OR positionCaseInsensitiveUTF8(
    concat(s.item, ' ', n.name_zh, ' ', n.name_en, ' ', s.site, ' ', s.lot, ' ', s.owner, ' ', s.entity), {search:String}) > 0
ORDER BY abs(value_amt) DESC, entity, site, item, lot, owner
LIMIT 200
