SELECT max(recorded_at) AS recorded_at, max(event_at) AS event_at
FROM mart.v_stock_now
