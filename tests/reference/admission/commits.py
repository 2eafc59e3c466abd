"""What a commit posts: the difference of two valuations, dated where it lies, in an open period (D3, D4)."""

from __future__ import annotations

from tests.reference.admission.accepted import Accepted, Taking
from tests.reference.exact import Event, EventKey, event_key
from tests.reference.truth.lines import Posted, difference, open_period
from tests.reference.truth.walk import Walk


def commit(s: Accepted, event: Event, arrived: int, before: Walk, after: Walk) -> None:
    """The next version of the entity: post V(after) - V(before) under it (D3, D4)."""
    entity, key = s.entity(event["entity"]), event_key(event)
    entity.version += 1
    s.version_of[key] = entity.version
    s.walks[event["entity"]] = after
    closed = s.closed.get(event["entity"], "")
    for number, (line, entry, own) in enumerate(difference(before.entries, after.entries, key), 1):
        month = open_period(line.at, entity.tz, closed)
        s.lines.append(Posted(entity.version, number, line, entry, own, key, month, arrived))
    before_, after_ = revenues(before), revenues(after)
    for sale in [*after_, *(sale for sale in before_ if sale not in after_)]:
        change = after_.get(sale, 0) - before_.get(sale, 0)
        if change:
            of, at = sale
            month = open_period(at, entity.tz, closed)
            s.takings.append(Taking(event["entity"], entity.version, of, key, at, month, change))


def revenues(walk: Walk) -> dict[tuple[EventKey, int], int]:
    """Revenue per sale, and when it lies."""
    return {(key, x["row"].at(walk.rows)): x["revenue"] for key, x in walk.sales.items()}
