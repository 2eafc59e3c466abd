SELECT entity, source, version, recorded_at, event_at, event_id, if(corrects_event = '', type, 'restated') AS type,
       moved_qty, moved_amt, known_qty, known_amt,
       multiIf(corrects_event != '', 'corrected', event_at < newest_at, 'late', 'in_order') AS how, count() OVER () AS total_rows
FROM (
    -- a commit is one moment of learning, however many lines it has
    SELECT entity, version, recorded_at, if(first.2 = '', first.3, first.2) AS event_id, first.4 AS source, first.5 AS type, first.1 AS corrects_event, event_at,
           moved_qty, moved_amt,
           sum(moved_qty) OVER learned AS known_qty, sum(moved_amt) OVER learned AS known_amt,
           max(event_at) OVER (ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest_at
    FROM (
        SELECT entity, version, max(recorded_at) AS recorded_at, min(event_at) AS event_at, sum(sign * qty) AS moved_qty, sum(sign * value_amt) AS moved_amt,
               argMin((corrects_event, cause_event, event_id, source, type), (corrects_event != '', line)) AS first
        FROM (
            SELECT *, toInt8(splitByChar('/', to_place)[1] = {site:String}) - toInt8(splitByChar('/', from_place)[1] = {site:String}) AS sign
            FROM mart.v_movement
            WHERE entity = {entity:String} AND item = {item:String} AND lot = {lot:String} AND owner = {owner:String} AND status != 'pending'
        )
        WHERE sign != 0
        GROUP BY entity, version
    )
    WINDOW learned AS (ORDER BY version ROWS UNBOUNDED PRECEDING)
)
ORDER BY version DESC
LIMIT 500
