SELECT reason, source, count() AS records, max(arrived_at) AS arrived_at, argMax(detail, arrived_at) AS detail,
       sum(count()) OVER () AS total_rows
FROM mart.v_refusal
GROUP BY reason, source
ORDER BY records DESC, reason, source
LIMIT 50
