SELECT
    entity, item, lot, status,
    if(expires_at = toDateTime64(0, 3, 'UTC'), NULL, expires_at) AS expires_at,
    version
FROM (SELECT entity, item, lot, status, expires_at, version FROM core.lot FINAL)
