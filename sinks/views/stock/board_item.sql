SELECT on_hand_qty, reserved_qty, blocked_qty, available_qty, unit_cost, value_amt, trust, event_at, version
FROM mart.v_stock_now
WHERE entity = {entity:String} AND site = {site:String} AND item = {item:String} AND lot = {lot:String} AND owner = {owner:String}
