"""One event into the trial: who looks after which type, what is judged, and the commit."""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.admission.accepted import Accepted
from tests.reference.admission.commits import commit
from tests.reference.admission.movements import judge, note, take_in
from tests.reference.admission.periods import close
from tests.reference.exact import Event, event_key, number
from tests.reference.masters import plain, upsert_entity, upsert_item
from tests.reference.promises import granting, pools, versions
from tests.reference.truth.rows import Row
from tests.reference.truth.valuation import value_of
from tests.reference.truth.walk import Walk

MASTERS = ("master.entity", "master.item", "master.site", "master.rate")
PROMISES: dict[str, Callable[[Accepted, Event], object]] = {
    "stock.reserve": granting.reserve, "stock.release": granting.release, "stock.pending": granting.pending,
    "stock.void": granting.void, "pool.open": pools.open_pool, "pool.close": granting.close_pool,
}  # fmt: skip


def accept(s: Accepted, event: Event, arrived: int, refuse_unknown: bool) -> None:
    """Accept one event into `s`, or raise `Refused`; `s` is a copy that is then forgotten."""
    name, root, moved = event["entity"], None, event
    s.entity(name)
    before = s.walk(name)
    versions.check(s, event)
    granting.advance(s, event, arrived)
    promised = granting.levels(s, name)
    if event["type"] in MASTERS:
        before = accept_master(s, event) or before
    elif event["type"] == "period.close":
        close(s, event)
    elif event["type"] in PROMISES:
        s.log.add(event)
        s.need_masters(event, plain(event.get("item")), refuse_unknown)
        PROMISES[event["type"]](s, event)
    else:
        moved = granting.post(s, event) if event["type"] == "stock.post" else event
        granting.use(s, moved, refuse_unknown)
        root = take_in(s, moved, refuse_unknown)
    after = value_of(s.entities[name], s.rows.get(name, {}))
    s.walks[name] = after
    granting.repay(s, moved)
    after = s.walks[name]
    judge(s, event, root, before, after)
    granting.judge(s, event, promised)
    commit(s, event, arrived, before, after)
    versions.touch(s, event)
    note(s, event, root, before, after)


def accept_master(s: Accepted, event: Event) -> Walk | None:
    """master.*: an upsert; a standard cost is a row, which holds from its event_at on.

    New settings of an entity value what is there anew; nothing of that is posted, for nothing moved yet.
    """
    name, entity = event["entity"], s.entity(event["entity"])
    s.log.add(event)
    if event["type"] == "master.entity":
        upsert_entity(entity, event)
        return value_of(entity, s.rows.get(name, {}))
    if event["type"] == "master.item":
        upsert_item(s.item(name, event["item"]), event)
        if event.get("standard_cost") not in (None, ""):
            cost = number(event["standard_cost"])
            s.rows.setdefault(name, {})[event_key(event)] = Row(event, plain(event["item"]), cost=cost)
    elif event["type"] == "master.site":
        s.sites.add((name, event["site"]))
    return None
