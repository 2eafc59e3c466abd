SELECT m.version AS version, m.line AS line, m.status AS status, m.type AS type, m.event_at AS event_at, m.recorded_at AS recorded_at,
       m.period AS period, m.item AS item, n.name_zh AS item_zh, n.name_en AS item_en, m.lot AS lot, m.from_place AS from_place, m.to_place AS to_place,
       m.qty AS qty, m.value_amt AS value_amt, m.trust AS trust, m.corrects_event AS corrects_event, m.cause_event AS cause_event,
       m.entity AS entity, m.source AS source, m.event_id AS event_id
FROM mart.v_movement AS m
LEFT ANY JOIN mart.v_item AS n ON m.entity = n.entity AND m.item = n.item
WHERE m.entity = {entity:String} AND m.event_id = {event_id:String} AND ({source:String} = '' OR m.source = {source:String})
ORDER BY version, line
LIMIT 200
