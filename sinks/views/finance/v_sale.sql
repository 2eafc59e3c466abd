SELECT
    s.entity AS entity,
    s.version AS version,
    s.event_id AS event_id,
    s.returns_id AS returns_id,
    s.document AS document,
    s.event_at AS event_at,
    s.item AS item,
    s.site AS site,
    s.channel AS channel,
    s.customer AS customer,
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
        s.lies_in <= e.closed_period, 'closed',
        s.landed + t.landed_change > 0, 'landed',
        'billed') AS cogs_state
FROM
(
    -- sales that nothing corrected; apart, so that a condition on their time is asked before the joins
    SELECT
        o.entity AS entity, o.version AS version, o.event_id AS event_id, o.returns_id AS returns_id, o.document AS document,
        o.event_at AS event_at, o.item AS item, o.site AS site, o.channel AS channel, o.customer AS customer, o.kind AS kind,
        o.qty AS qty, o.revenue_amt AS revenue_amt, o.discount_amt AS discount_amt, o.tax_amt AS tax_amt, o.cogs_amt AS cogs_amt,
        o.open_qty AS open_qty, o.open_amt AS open_amt, o.uncosted AS uncosted, o.landed AS landed,
        if(o.own_period = '', o.period, o.own_period) AS lies_in
    FROM core.sale AS o
    LEFT ANTI JOIN core.sale_change AS c ON o.entity = c.entity AND o.version = c.version
    UNION ALL
    -- corrected ones, as they are now
    SELECT
        o.entity, o.version, o.event_id, o.returns_id, if(c.document = '', o.document, c.document), c.event_at, c.item, c.site, c.channel,
        if(c.customer = '', o.customer, c.customer), o.kind, o.qty, o.revenue_amt, o.discount_amt,
        o.tax_amt, o.cogs_amt, o.open_qty, o.open_amt, o.uncosted, o.landed,
        multiIf(c.own_period != '', c.own_period, o.own_period != '', o.own_period, o.period)
    FROM (SELECT * FROM core.sale WHERE (entity, version) IN (SELECT entity, version FROM core.sale_change)) AS o
    INNER JOIN (SELECT * FROM core.sale_change FINAL WHERE is_live = 1) AS c ON o.entity = c.entity AND o.version = c.version
) AS s
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
LEFT ANY JOIN (SELECT entity, closed_period FROM core.entity FINAL) AS e ON s.entity = e.entity
