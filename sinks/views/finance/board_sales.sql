SELECT s.entity AS entity, '' AS source, s.event_id AS event_id, s.event_at AS event_at, s.document AS document,
       s.item AS item, n.name_zh AS item_zh, n.name_en AS item_en, s.site AS site, s.channel AS channel, s.kind AS kind, s.qty AS qty,
       s.revenue_amt AS revenue_amt, s.cogs_amt AS cogs_amt, s.margin_amt AS margin_amt, s.cogs_state AS cogs_state
FROM mart.v_sale AS s
LEFT ANY JOIN mart.v_item AS n ON s.entity = n.entity AND s.item = n.item
WHERE {search:String} = '' OR positionCaseInsensitiveUTF8(
    concat(s.item, ' ', n.name_zh, ' ', n.name_en, ' ', s.site, ' ', s.channel, ' ', s.document, ' ', s.event_id), {search:String}) > 0
ORDER BY event_at DESC, entity, event_id
LIMIT 100
