SELECT
    s.entity AS entity,
    s.event_id AS event_id,
    s.returns_id AS returns_id,
    s.item AS item,
    s.site AS site,
    s.channel AS channel,
    s.qty AS qty,
    s.cogs_amt + t.cogs_change AS cogs_amt,
    s.open_amt + t.open_amt_change AS provisional_amt,
    multiIf(
        bitAnd(s.uncosted, 1) = 1 OR t.uncosted = 1, 'uncosted',
        s.open_qty + t.open_qty_change = 0, 'billed',
        bitAnd(s.uncosted, 2) = 2, 'uncosted',
        'estimated') AS state
FROM core.sale AS s
LEFT JOIN
(
    SELECT
        entity,
        corrects_version AS version,
        -- towards the customer costs more, back from the customer costs less
        sumIf(if(startsWith(to_place, '@customer'), value_amt, -value_amt), leg = 'cogs') AS cogs_change,
        sum(open_qty) AS open_qty_change,
        sum(open_amt) AS open_amt_change,
        max(uncosted) AS uncosted
    FROM core.true_up
    GROUP BY entity, corrects_version
) AS t ON s.entity = t.entity AND s.version = t.version
WHERE s.kind != 'charge'
