SELECT entity, event_id, returns_id, item, site, channel, qty, cogs_amt, provisional_amt, cogs_state AS state
FROM mart.v_sale
WHERE kind != 'charge'
