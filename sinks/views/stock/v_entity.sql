SELECT entity, currency, minor_digits, valuation, scope, negative, tz, closed_period, toBool(auto) AS is_auto
FROM core.entity FINAL
