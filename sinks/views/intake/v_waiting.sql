SELECT source, run_id, ordinal, entity, event_id, type, waits_for, since
FROM core.waiting FINAL
WHERE state = 'waiting'
