SELECT sum(i.refused) AS refused, sum(i.waiting) AS waiting, sum(i.committed) AS committed_rate
FROM mart.v_intake AS i
