SELECT entity, event_id, event_at, site, item, lot, '' AS owner, counted_qty, book_qty, diff_qty, diff_value_amt,
       count() OVER () AS total_rows
FROM mart.v_stock_accuracy
WHERE diff_qty != 0
ORDER BY event_at DESC, event_id
LIMIT 50
