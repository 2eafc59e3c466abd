SELECT entity, source, event_id, version, line, event_at, type, reason,
       if(sign > 0, from_place, to_place) AS other_place,
       sign * qty AS moved_qty, sign * value_amt AS moved_amt,
       sum(sign * qty) OVER (ORDER BY event_at, version, line ROWS UNBOUNDED PRECEDING) AS running_qty,
       sum(sign * value_amt) OVER (ORDER BY event_at, version, line ROWS UNBOUNDED PRECEDING) AS running_amt,
       count() OVER () AS total_rows
FROM (
    SELECT *, toInt8(splitByChar('/', to_place)[1] = {site:String}) - toInt8(splitByChar('/', from_place)[1] = {site:String}) AS sign
    FROM mart.v_movement
    WHERE entity = {entity:String} AND item = {item:String} AND lot = {lot:String} AND owner = {owner:String} AND status != 'pending'
)
WHERE sign != 0
ORDER BY event_at DESC, version DESC, line DESC
LIMIT 500
