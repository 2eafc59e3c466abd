SELECT sum(refused) AS refused, sum(waiting) AS waiting, sum(committed) AS committed_rate
FROM mart.v_intake
