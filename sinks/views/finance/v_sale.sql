SELECT
    s.entity AS entity,
    s.event_id AS event_id,
    s.document AS document,
    s.event_at AS event_at,
    s.item AS item,
    s.site AS site,
    s.channel AS channel,
    s.customer AS customer,
    s.kind AS kind,
    s.qty AS qty,
    s.revenue_amt AS revenue_amt,
    s.discount_amt AS discount_amt,
    s.tax_amt AS tax_amt,
    s.cogs_amt + t.cogs_change AS cogs_amt,
    s.revenue_amt - s.cogs_amt - t.cogs_change AS margin_amt,
    multiIf(
        s.kind = 'charge', '',
        bitAnd(s.uncosted, 1) = 1 OR t.uncosted = 1, 'uncosted',
        s.open_qty + t.open_qty_change = 0, 'billed',
        bitAnd(s.uncosted, 2) = 2, 'uncosted',
        'estimated') AS cogs_state
FROM core.sale AS s
LEFT JOIN
(
    SELECT
        entity,
        corrects_version AS version,
        sumIf(if(startsWith(to_place, '@customer'), value_amt, -value_amt), leg = 'cogs') AS cogs_change,
        sum(open_qty) AS open_qty_change,
        max(uncosted) AS uncosted
    FROM core.true_up
    GROUP BY entity, corrects_version
) AS t ON s.entity = t.entity AND s.version = t.version
