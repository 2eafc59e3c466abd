SELECT
    s.entity AS entity,
    s.version AS version,
    s.event_id AS event_id,
    s.returns_id AS returns_id,
    if(c.document = '', s.document, c.document) AS document,
    if(c.version = 0, s.event_at, c.event_at) AS event_at,
    if(c.version = 0, s.item, c.item) AS item,
    if(c.version = 0, s.site, c.site) AS site,
    if(c.version = 0, s.channel, c.channel) AS channel,
    if(c.customer = '', s.customer, c.customer) AS customer,
    s.kind AS kind,
    s.qty + t.qty_change AS qty,
    s.revenue_amt + t.revenue_change AS revenue_amt,
    s.discount_amt + t.discount_change AS discount_amt,
    s.tax_amt + t.tax_change AS tax_amt,
    s.cogs_amt + t.cogs_change AS cogs_amt,
    revenue_amt - cogs_amt AS margin_amt,
    s.open_amt + t.open_amt_change AS provisional_amt,
    multiIf(
        s.kind = 'charge', '',
        bitAnd(s.uncosted, 1) + t.uncosted_change > 0, 'uncosted',
        s.open_qty + t.open_qty_change != 0, if(bitAnd(s.uncosted, 2) / 2 + t.unpriced_change > 0, 'uncosted', 'estimated'),
        -- the period in which it lies, wherever it was booked
        multiIf(c.own_period != '', c.own_period, s.own_period != '', s.own_period, s.period) <= e.closed_period, 'closed',
        s.landed + t.landed_change > 0, 'landed',
        'billed') AS cogs_state
FROM core.sale AS s
LEFT JOIN
(
    SELECT
        entity,
        corrects_version AS version,
        sum(sale_qty) AS qty_change,
        sum(revenue_amt) AS revenue_change,
        sum(discount_amt) AS discount_change,
        sum(tax_amt) AS tax_change,
        -- towards the customer costs more, back from the customer costs less
        sum(multiIf(startsWith(to_place, '@customer'), value_amt, startsWith(from_place, '@customer'), -value_amt, toDecimal64(0, 4))) AS cogs_change,
        sum(open_qty) AS open_qty_change,
        sum(open_amt) AS open_amt_change,
        sum(uncosted) AS uncosted_change,
        sum(unpriced) AS unpriced_change,
        sum(landed) AS landed_change
    FROM core.true_up
    GROUP BY entity, corrects_version
) AS t ON s.entity = t.entity AND s.version = t.version
LEFT ANY JOIN (SELECT * FROM core.sale_change FINAL) AS c ON s.entity = c.entity AND s.version = c.version
LEFT ANY JOIN (SELECT entity, closed_period FROM core.entity FINAL) AS e ON s.entity = e.entity
WHERE c.version = 0 OR c.is_live = 1
