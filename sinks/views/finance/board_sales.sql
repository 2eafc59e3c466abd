SELECT entity, '' AS source, event_id, event_at, document, item, site, channel, kind, qty, revenue_amt, cogs_amt, margin_amt, cogs_state
FROM mart.v_sale
WHERE {search:String} = '' OR positionCaseInsensitiveUTF8(concat(item, ' ', site, ' ', channel, ' ', document, ' ', event_id), {search:String}) > 0
ORDER BY event_at DESC, entity, event_id
LIMIT 100
