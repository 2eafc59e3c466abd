SELECT entity, currency, minor_digits, valuation, scope, negative, tz, toBool(auto) AS is_auto
FROM core.entity FINAL
