SELECT source, run_id, part, position, ordinal, arrived_at, reason, detail, event_id, type, raw, raw_bytes
FROM raw.refusal
