SELECT max(s.recorded_at) AS recorded_at, max(s.event_at) AS event_at
FROM mart.v_stock_now AS s
