SELECT c.entity AS entity, c.item AS item, n.name_zh AS item_zh, n.name_en AS item_en, c.site AS site, '' AS lot, '' AS owner,
       c.count_n AS count_n, c.exact_n AS exact_n, c.diff_qty AS diff_qty, c.diff_value_amt AS diff_value_amt,
       c.last_count_at AS last_count_at, count() OVER () AS total_rows
FROM mart.v_stock_accuracy AS c
LEFT ANY JOIN mart.v_item AS n ON c.entity = n.entity AND c.item = n.item
WHERE c.abs_diff_qty != 0
ORDER BY last_count_at DESC, abs(diff_value_amt) DESC, entity, site, item
LIMIT 50
