SELECT entity, item, name_zh, name_en, uom, category, tracking, toBool(whole) AS is_whole, toBool(auto) AS is_auto
FROM core.item FINAL
