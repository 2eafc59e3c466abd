SELECT
    entity, event_id, item, site, channel,
    sum(change) OVER lines AS cogs_amt,
    version AS valid_from,
    leadInFrame(version, 1, toUInt64(18446744073709551615)) OVER (PARTITION BY entity, sale ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS valid_to,
    recorded_at AS known_from,
    leadInFrame(recorded_at, 1, toDateTime64('2299-12-31 00:00:00', 3, 'UTC')) OVER (PARTITION BY entity, sale ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS known_to,
    found_event
FROM
(
    SELECT
        s.entity AS entity, s.version AS sale, any(s.event_id) AS event_id, any(s.item) AS item, any(s.site) AS site, any(s.channel) AS channel,
        c.version AS version, any(c.recorded_at) AS recorded_at, any(c.found_event) AS found_event, sum(c.change) AS change
    FROM core.sale AS s
    INNER JOIN
    (
        SELECT entity, version AS sale, version, recorded_at, event_id AS found_event, cogs_amt AS change FROM core.sale WHERE kind != 'charge'
        UNION ALL
        SELECT entity, corrects_version, version, recorded_at, found_event, if(startsWith(to_place, '@customer'), value_amt, -value_amt)
        FROM core.true_up
        WHERE (startsWith(to_place, '@customer') OR startsWith(from_place, '@customer')) AND (qty != 0 OR value_amt != 0)
    ) AS c ON s.entity = c.entity AND s.version = c.sale
    GROUP BY entity, sale, version
)
WINDOW lines AS (PARTITION BY entity, sale ORDER BY version ROWS UNBOUNDED PRECEDING)
