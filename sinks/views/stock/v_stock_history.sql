SELECT
    entity, site, item, lot, owner,
    sum(change_qty) OVER (PARTITION BY entity, site, item, lot, owner ORDER BY event_at ROWS UNBOUNDED PRECEDING) AS on_hand_qty,
    event_at AS valid_from,
    leadInFrame(event_at, 1, toDateTime64('2299-12-31 00:00:00', 3, 'UTC')) OVER (PARTITION BY entity, site, item, lot, owner ORDER BY event_at ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS valid_to
FROM
(
    SELECT e.entity AS entity, splitByChar('/', a.place)[1] AS site, a.item AS item, a.lot AS lot, a.owner AS owner, e.event_at AS event_at, sum(e.qty) AS change_qty
    FROM core.entry AS e
    LEFT ANY JOIN core.account AS a ON e.entity = a.entity AND e.account = a.account
    WHERE a.place != ''
    GROUP BY entity, site, item, lot, owner, event_at
    HAVING change_qty != 0
)
