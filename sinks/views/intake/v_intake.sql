SELECT
    source, run_id,
    sum(records_in) AS records_in,
    sum(committed) AS committed,
    sum(refused) AS refused,
    sum(duplicate) AS duplicate,
    sum(waiting) AS waiting,
    sum(late) AS late
FROM ops.intake
GROUP BY source, run_id
