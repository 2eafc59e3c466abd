SELECT source, run_id, records_in, committed, refused, duplicate, waiting, late,
       records_in - committed - refused - duplicate - waiting AS missing
FROM mart.v_intake
ORDER BY source, run_id DESC
LIMIT 100
