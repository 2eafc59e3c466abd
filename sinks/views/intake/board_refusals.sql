SELECT source, run_id, part, position, ordinal, arrived_at, reason, type, event_id, detail, raw, count() OVER () AS total_rows
FROM mart.v_refusal
WHERE {search:String} = '' OR positionCaseInsensitiveUTF8(concat(reason, ' ', source, ' ', type, ' ', event_id, ' ', detail, ' ', raw), {search:String}) > 0
ORDER BY arrived_at DESC, source, run_id, ordinal
LIMIT 100
