SELECT entity, source, event_id, version, line, recorded_at, event_at, type, cause_event, own_qty, own_amt,
       sign * qty AS moved_qty, sign * value_amt AS moved_amt, count() OVER () AS total_rows
FROM (
    SELECT *,
           -- what the event had posted until then
           sum(sign * qty) OVER before AS own_qty, sum(sign * value_amt) OVER before AS own_amt
    FROM (
        SELECT *, toInt8(splitByChar('/', to_place)[1] = {site:String}) - toInt8(splitByChar('/', from_place)[1] = {site:String}) AS sign
        FROM mart.v_movement
        WHERE entity = {entity:String} AND item = {item:String} AND lot = {lot:String} AND owner = {owner:String} AND status != 'pending'
    )
    WHERE sign != 0
    WINDOW before AS (PARTITION BY event_id, source ORDER BY version, line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
WHERE corrects_event != ''
ORDER BY version DESC, line DESC
LIMIT 500
