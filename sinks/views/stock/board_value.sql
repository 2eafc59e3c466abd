SELECT entity, sum(value_amt) AS value_amt, uniqExactIf(item, on_hand_qty > 0) AS items
FROM mart.v_stock_now
GROUP BY entity
ORDER BY entity
