SELECT version, line, status, type, event_at, recorded_at, period, item, lot, from_place, to_place, qty, value_amt, trust,
       corrects_event, cause_event, entity, source, event_id
FROM mart.v_movement
WHERE entity = {entity:String} AND event_id = {event_id:String} AND ({source:String} = '' OR source = {source:String})
ORDER BY version, line
LIMIT 200
