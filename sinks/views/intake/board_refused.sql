SELECT reason, source, count() AS records, max(r.arrived_at) AS arrived_at, argMax(r.detail, r.arrived_at) AS detail,
       sum(count()) OVER () AS total_rows
FROM mart.v_refusal AS r
GROUP BY reason, source
ORDER BY records DESC, reason, source
LIMIT 50
