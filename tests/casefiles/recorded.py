"""The slow reference ledger, which also notes per record what each sale and count was like.

From that follow the signed changes of `core.true_up` and the rows of `core.sale_change` and `core.count`
(`tests.casefiles.truth_tables`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.records import Row
from tests.reference.admission.accepted import Accepted
from tests.reference.admission.faces import minor
from tests.reference.admission.ledger import Truth
from tests.reference.exact import Event, EventKey, event_key, time_ms
from tests.reference.faces import amount_of, money
from tests.reference.masters import plain
from tests.reference.truth.lines import ZERO
from tests.reference.truth.walk import Walk


@dataclass(frozen=True)
class Sold:
    """A sale as one record left it: figures in minor units, quantities in base units."""

    figures: tuple[Any, ...]  # in the order of CHANGES
    is_live: int
    words: tuple[Any, ...]  # event_at, item, site, channel, customer, document


class Change(NamedTuple):
    """What the record of `version` did to a sale."""

    sale: EventKey
    version: int
    found: EventKey
    old: Sold
    new: Sold


CHANGES = ("sale_qty", "discount_amt", "tax_amt", "open_qty", "open_amt", "uncosted", "unpriced", "landed")


class Recorded(Truth):
    """The reference ledger, and per record what changed in its sales and counts."""

    def __init__(self, refuse_unknown: frozenset[str] = frozenset()) -> None:
        super().__init__(refuse_unknown)
        self.first: dict[EventKey, Sold] = {}
        self.now: dict[EventKey, Sold] = {}
        self.changed: list[Change] = []
        self.counted: dict[EventKey, Row] = {}
        self.count_rows: list[Row] = []
        self.arrivals: dict[tuple[str, int], int] = {}
        self.closes: list[Row] = []

    def commit(self, events: list[Event]) -> None:
        """Accept the events of a record, and note what that did."""
        super().commit(events)
        s, arrived = self.accepted, self.records[-1].arrived
        for event in events:
            self.arrivals[event["entity"], s.version_of[event_key(event)]] = arrived
        last = events[-1]
        version = s.version_of[event_key(last)]
        for entity in {event["entity"] for event in events}:
            self._sales(s, entity, version, event_key(last))
            self._counts(s, entity, version)
        if last["type"] == "period.close":
            self.closes.append(
                stated(last) | {"version": version, "recorded_at": arrived, "period": last["period"]}
            )

    def _sales(self, s: Accepted, entity: str, version: int, found: EventKey) -> None:
        walk = s.walks[entity]
        for key in sorted({*walk.sales, *(k for k in self.now if self.entity_of(k) == entity)}):
            new = sold(walk, key) if key in walk.sales else cancelled(self.now[key])
            old = self.now.setdefault(key, new)
            if key not in self.first:
                self.first[key] = new
            elif new != old:
                self.changed.append(Change(key, version, found, old, new))
                self.now[key] = new

    def entity_of(self, key: EventKey) -> str:
        """The entity of an accepted event."""
        return str(self.accepted.log.events[key]["entity"])

    def _counts(self, s: Accepted, entity: str, version: int) -> None:
        known = sorted({*self.counted, *s.walks[entity].counts})
        for key in [k for k in known if self.entity_of(k) == entity]:
            x = s.walks[entity].counts.get(key)
            before = self.counted.get(key)
            row = (before or {}) | {"is_live": 0} if x is None else count_row(s, entity, x)
            if row != before:
                self.counted[key] = row
                head = {"entity": entity, "version": s.version_of[key], "known_version": version}
                recorded = self.arrivals[entity, s.version_of[key]]
                self.count_rows.append(head | row | {"event_id": key[1], "recorded_at": recorded})


def stated(event: Event) -> Row:
    """What the tables take from an event as it is."""
    return {"entity": event["entity"], "event_id": event["id"], "event_at": time_ms(event["time"])}


def sold(walk: Walk, key: EventKey) -> Sold:
    """The figures and words of a sale in this valuation."""
    x = walk.sales[key]
    open_qty, open_amt, unknown, unpriced, landed = ZERO, 0, int(x["unknown"]), 0, 0
    if x["kind"] == "delivery":
        of = walk.state.delivered[key]
        owed = walk.state.cells[walk.cell_key(of.account)].own_pieces(key)
        open_qty, open_amt = sum((p.qty for p in owed), ZERO), sum(p.value for p in owed)
        unknown, landed = int(of.covered_unknown), int(of.landed)
        unpriced = int(any(p.from_nothing for p in owed))
    figures = (x["qty"], x["discount"], x["tax"], open_qty, open_amt, unknown, unpriced, landed)
    row = x["row"]
    document = plain(row.event.get("document"))
    return Sold(figures, 1, (row.at(walk.rows), x["item"], x["site"], x["channel"], x["customer"], document))


def cancelled(was: Sold) -> Sold:
    """Nothing of it is left."""
    return Sold(tuple(0 * f for f in was.figures), 0, was.words)


def count_row(s: Accepted, entity: str, x: Row) -> Row:
    """A count as it is valued now."""
    return {
        "is_live": 1, "item": x["row"].item, "site": x["site"], "lot": x["lot"],
        "event_at": x["row"].own_at,
        "counted_qty": amount_of(x["counted"]), "book_qty": amount_of(x["book"]),
        "diff_qty": amount_of(x["diff"]), "diff_value_amt": money(x["diff_value"], minor(s, entity)),
    }  # fmt: skip
