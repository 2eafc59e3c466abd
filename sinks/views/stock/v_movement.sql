-- own lines
SELECT
    entity, version, line, status, event_id, source, type, event_at, recorded_at, period, item, lot, owner,
    from_place, to_place, from_pool, to_pool, qty, value_amt, reason, channel, document, cost_centre, trust,
    '' AS corrects_event, '' AS cause_event
FROM core.movement
UNION ALL
-- true-ups: words of the document they take from the event's first line, where it has one (a count may have found
-- nothing); one without quantity and value only changes what is open, or the revenue
SELECT
    t.entity, t.version, t.line, if(m.status = '', 'posted', m.status), if(t.corrects_event = '', m.event_id, t.corrects_event),
    if(t.corrects_source = '', m.source, t.corrects_source), if(t.corrects_type = '', m.type, t.corrects_type),
    t.event_at, t.recorded_at, t.period, t.item, t.lot, t.owner, t.from_place, t.to_place, t.from_pool, t.to_pool,
    t.qty, t.value_amt, m.reason, m.channel, m.document, m.cost_centre, m.trust,
    if(t.corrects_event = '', m.event_id, t.corrects_event), t.cause_event
FROM (SELECT * FROM core.movement WHERE line = 1) AS m
RIGHT ANY JOIN core.true_up AS t ON m.entity = t.entity AND m.version = t.corrects_version
WHERE t.qty != 0 OR t.value_amt != 0
