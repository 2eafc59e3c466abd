SELECT entity, sum(s.value_amt) AS value_amt, uniqExactIf(item, on_hand_qty > 0) AS items
FROM mart.v_stock_now AS s
GROUP BY entity
ORDER BY entity
