-- own lines
SELECT
    entity, version, line, status, event_id, source, type, event_at, recorded_at, period, item, lot, owner,
    from_place, to_place, from_pool, to_pool, qty, value_amt, reason, channel, document, cost_centre, trust,
    '' AS corrects_event, '' AS cause_event
FROM core.movement
UNION ALL
-- true-ups: what is not their own they take from the line that they restate; one without value only closes what was open
SELECT
    t.entity, t.version, t.line, m.status, m.event_id, m.source, m.type, t.event_at, t.recorded_at, t.period,
    t.item, t.lot, t.owner, t.from_place, t.to_place, m.from_pool, m.to_pool, toDecimal64(0, 6), t.value_amt,
    m.reason, m.channel, m.document, m.cost_centre, m.trust, m.event_id, t.cause_event
FROM core.movement AS m
INNER JOIN core.true_up AS t
    ON m.entity = t.entity AND m.version = t.corrects_version AND m.line = t.corrects_line
WHERE t.value_amt != 0
