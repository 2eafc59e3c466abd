SELECT if(n.name_zh = '', s.item, n.name_zh) AS item_zh, if(n.name_en = '', s.item, n.name_en) AS item_en, s.item AS item,
       s.on_hand_qty AS on_hand_qty, s.reserved_qty AS reserved_qty, s.blocked_qty AS blocked_qty, s.available_qty AS available_qty,
       s.unit_cost AS unit_cost, s.value_amt AS value_amt, s.trust AS trust, s.event_at AS event_at
FROM mart.v_stock_now AS s
LEFT ANY JOIN mart.v_item AS n ON s.entity = n.entity AND s.item = n.item
WHERE s.entity = {entity:String} AND s.site = {site:String} AND s.item = {item:String} AND s.lot = {lot:String} AND s.owner = {owner:String}
