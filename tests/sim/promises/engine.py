"""The reference ledger with the engine of `pipelines.ledger.promises` in the place of its own promises.

Valuation, corrections and lines stay the reference's; what may be promised, who may take it and how stock
moves between pools is the engine's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from pipelines.ledger.promises.facade import Outcome, Promises
from pipelines.ledger.promises.shapes import Fact, PoolMove, Refusal, StockRow
from tests.records import Event
from tests.reference.admission.accepted import Accepted
from tests.reference.admission.accepting import MASTERS, PROMISES, accept_master
from tests.reference.admission.commits import commit
from tests.reference.admission.ledger import Truth
from tests.reference.admission.movements import judge, note, take_in
from tests.reference.admission.periods import close
from tests.reference.exact import (
    EventKey,
    Refused,
    decimal_text,
    event_key,
    reference,
    site_of,
    time_ms,
    time_text,
)  # fmt: skip
from tests.reference.masters import Item, base_qty, digits, plain
from tests.reference.promises import granting
from tests.reference.truth.lines import AccountKey, Posted, physical, sides
from tests.reference.truth.rows import Row
from tests.reference.truth.valuation import value_of

UNITS = 1_000_000
QTY = {"qty", "to_qty", "buffer", "catch_qty"}
TIMES = {"time", "expires", "expiry"}
INTEGERS = {"priority", "seq", "expect_version"}


def decoded(event: Event) -> Event:
    """The event with its values as intake decodes them."""
    found = dict(event)
    for name, value in event.items():
        if value in ("", None):
            del found[name]
        elif name in QTY or name == "amount":
            found[name] = int(Fraction(str(value)) * (UNITS if name in QTY else 10_000))
        elif name in TIMES:
            found[name] = time_ms(value)
        elif name in INTEGERS:
            found[name] = int(value)
        elif name == "borrow":
            found[name] = str(value).lower() == "true"
        elif name == "movement":
            found[name] = decoded(value)
    return found


def wire(event: Event) -> Event:
    """A decoded movement as it would have been sent."""
    found = dict(event)
    for name, value in event.items():
        if name in QTY or name == "amount":
            found[name] = decimal_text(Fraction(value, UNITS if name in QTY else 10_000))
        elif name in TIMES:
            found[name] = time_text(value)
    return found


class ReferenceStock:
    """What the engine asks of the ledger, from the record that the reference tries."""

    def __init__(self) -> None:
        self.s = Accepted()
        self._last: Posted | None = None
        self._newest: dict[AccountKey, int] = {}

    def rows(self, entity: str, site: str, item: str, owner: str) -> Iterator[StockRow]:
        """The accounts of an item at a site, those whose only movement was cancelled, too."""
        newest = self.newest()
        there = self.s.walk(entity).state.accounts
        for a, qty in (dict.fromkeys((a for a in newest if a[0] == entity), Fraction(0)) | there).items():
            if physical(a) and (site_of(a[1]), a[2], a[4]) == (site, item, owner):
                yield StockRow(a[1], a[3], a[5], int(qty * UNITS), newest.get(a, 0))

    def newest(self) -> dict[AccountKey, int]:
        """Account -> the newest version with a line there."""
        last = self.s.lines[-1] if self.s.lines else None
        if last is not self._last:
            found: dict[AccountKey, int] = {}
            for line in self.s.lines:
                for account, _ in sides(line.key, line.entry):
                    found[account] = line.version
            self._last, self._newest = last, found
        return self._newest

    def tracked(self, entity: str, item: str) -> bool:
        """Lots or serial numbers?"""
        return self.s.items[entity, item].tracking != "none"

    def base_qty(self, entity: str, item: str, qty: int, uom: str) -> int:
        """In base units."""
        try:
            said = {"qty": decimal_text(Fraction(qty, UNITS)), "uom": uom}
            found = base_qty(self.s.items.get((entity, item), Item()), said)
        except Refused as no:
            raise Refusal(no.reason, no.detail) from None
        return int(found * UNITS)

    def digits(self, entity: str) -> int:
        """Of the currency."""
        return digits(self.s.entities[entity].currency)

    def version(self, entity: str) -> int:
        """The newest one."""
        return self.s.entities[entity].version

    def move(self, move: PoolMove) -> None:
        """A row `pool.move`, and everything valued anew."""
        event = {
            "id": move.name, "source": move.source, "type": "pool.move", "time": time_text(move.at),
            "entity": move.entity, "site": move.place, "item": move.item, "lot": move.lot,
            "owner": move.owner, "pool": move.from_pool, "to_pool": move.to_pool,
        }  # fmt: skip
        self.s.log.add(event)
        rows = self.s.rows.setdefault(move.entity, {})
        rows[event_key(event)] = Row(event, move.item, qty=Fraction(move.qty, UNITS))
        self.s.walks[move.entity] = value_of(self.s.entities[move.entity], rows)


class Engine(Truth):
    """The reference, but for its promises.

    `quick`: movements of items that the engine does not touch go by it, as in the ledger's fast path.
    """

    def __init__(self, refuse_unknown: frozenset[str] = frozenset(), quick: bool = False) -> None:
        super().__init__(refuse_unknown)
        self.quick, self.went_by = quick, 0
        self.stock = ReferenceStock()
        self.promises = Promises(self.stock)
        self.outcomes: list[Outcome] = []

    def restart(self, folder: Path) -> None:
        """Save, and go on with what a new engine reads."""
        manifest = json.loads(json.dumps(self.promises.save(folder)))
        self.promises.drop_stale(folder)
        self.promises = Promises(self.stock)
        self.promises.restore(folder, manifest)

    def goes_by(self, event: Event, now: int, items: list[tuple[str, str]]) -> bool:
        """Has the engine no say in it?"""
        moment = self.promises.next_moment(event["entity"])
        plain_one = event["type"] not in (*PROMISES, "stock.post") and "expect_version" not in event
        calm = (moment is None or now < moment) and not any(self.promises.touches(*item) for item in items)
        return self.quick and plain_one and calm

    def commit(self, events: list[Event]) -> None:
        """Accept all events of a record, or leave no trace and say why."""
        self.check_types(events)
        self.look_up(events)
        trial = self.stock.s = self.accepted.copy()
        self.promises.begin()
        try:
            for event in events:
                arrived = self.records[-1].arrived
                self.accept(trial, event, arrived, events[0]["source"] in self.refuse_unknown)
        except (Refused, Refusal) as no:
            self.promises.rollback()
            self.stock.s = self.accepted
            raise Refused(no.reason, no.detail) from None
        self.accepted = trial
        self.outcomes.append(self.promises.end())

    def accept(self, s: Accepted, event: Event, arrived: int, refuse: bool) -> None:
        """`tests.reference.admission.accepting.accept`, asking the engine."""
        p, name, root, moved = self.promises, event["entity"], None, event
        s.entity(name)
        before, now = s.walk(name), min(time_ms(event["time"]), arrived)
        items = self.items_of(s, event)
        by = self.goes_by(event, now, items)
        self.went_by += by
        if not by:
            p.expect(decoded(event))
        p.advance(name, now)
        there = {} if by else p.levels(items)
        if event["type"] in MASTERS:
            before = accept_master(s, event) or before
        elif event["type"] == "period.close":
            close(s, event)
        elif event["type"] in PROMISES:
            s.log.add(event)
            s.need_masters(event, plain(event.get("item")), refuse)
            said = event
            if event["type"] == "stock.pending":
                said = event | {"movement": granting.movement_of(s, event)}
            p.decide(decoded(said))
        else:
            if event["type"] == "stock.post":
                moved = wire(p.decide(decoded(event)) or {})
            if moved["type"] in granting.OUT and not by:
                s.need_masters(moved, plain(moved.get("item")), refuse)
                p.use(decoded(moved))
            root = take_in(s, moved, refuse)
            p.tell(root, fact_of(s, root))
        s.walks[name] = value_of(s.entities[name], s.rows.get(name, {}))
        if root is not None and not by:
            row = s.rows[name][root]
            p.repay(decoded(moved), row.to_item or row.item)
        after = s.walks[name]
        judge(s, event, root, before, after)
        if not by:
            p.judge(decoded(event), items, there)
        commit(s, event, arrived, before, after)
        p.commit(name, s.entities[name].version, arrived)
        note(s, event, root, before, after)

    def items_of(self, s: Accepted, event: Event) -> list[tuple[str, str]]:
        """The items whose stock or lots the event may change."""
        name, found = event["entity"], {""}
        parts = [event, event.get("set"), event.get("movement"), (event.get("set") or {}).get("set")]
        if event["type"] == "stock.post" and reference(event, event["pending"]) in self.promises.book.holds:
            parts.append(self.promises.book.holds[reference(event, event["pending"])].movement)
        keys = [reference(event, part["returns"]) for part in parts if part and part.get("returns")]
        keys += [s.log.root(event)] if event["type"] in ("event.correct", "event.cancel") else []
        for key in keys:
            row = s.rows.get(name, {}).get(key)
            if row is not None:
                found |= {row.item, row.to_item}
        found |= {plain(part.get(x)) for part in parts if part for x in ("item", "to_item")}
        return [(name, item) for item in sorted(found - {""})]


def fact_of(s: Accepted, key: EventKey) -> Fact | None:
    """What the row says of its lot now."""
    row = next(rows[key] for rows in s.rows.values() if key in rows)
    e = row.event
    if row.live and row.type == "lot.status":
        order = (row.own_at, e["source"], e.get("seq", -1), e["id"])
        return Fact(e["entity"], row.item, e["lot"], row.own_at, None, e["status"], order)
    if row.live and row.type == "stock.receipt" and e.get("lot"):
        ends = time_ms(e["expiry"]) if e.get("expiry") else None
        return Fact(e["entity"], row.item, plain(e.get("lot")), row.own_at, ends)
    return None
