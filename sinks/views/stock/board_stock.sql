SELECT entity, site, item, lot, owner, on_hand_qty, available_qty, unit_cost, value_amt, trust, event_at,
       count() OVER () AS total_rows
FROM mart.v_stock_now
WHERE {search:String} = '' OR positionCaseInsensitiveUTF8(concat(item, ' ', site, ' ', lot, ' ', owner, ' ', entity), {search:String}) > 0
ORDER BY abs(value_amt) DESC, entity, site, item, lot, owner
LIMIT 200
