"""A late event replayed from a stored checkpoint, and stopped early, gives what the whole replay gives."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from tests.conftest import SHARE
from tests.reference.admission.ledger import Truth
from tests.reference.exact import Event, EventKey
from tests.reference.masters import Entity
from tests.reference.truth.checkpoint import dump, load
from tests.reference.truth.landing import spread
from tests.reference.truth.lines import Entry, LineKey
from tests.reference.truth.rows import OrderKey, Row, in_order
from tests.reference.truth.valuation import steps, value_of
from tests.reference.truth.walk import State, Walk
from tests.sim.truth.streams import records, world

WORLDS = max(4, round(8 * SHARE))
METHODS = ["moving_average", "fifo"]
Rows = Mapping[EventKey, Row]


def grown(seed: int, n: int) -> tuple[Entity, Rows, Rows]:
    """The rows of a world before and after its last accepted event, in a shuffled order of arrival."""
    masters, events = world(seed, n)
    random.Random(seed).shuffle(events)
    ledger = Truth()
    before: Rows = {}
    for record in records(masters + events):
        rows = dict(ledger.accepted.rows.get("E", {}))
        if ledger.post_record(record.events, record.arrived)[0].outcome == "ok":
            before = rows
    return ledger.accepted.entities["E"], before, ledger.accepted.rows["E"]


def checkpoints(entity: Entity, rows: Rows) -> dict[OrderKey, str]:
    """Order key -> the state after that row, as text."""
    walk = Walk(entity, rows, spread(rows))
    return {row.order(rows): dump(walk.state) for row in steps(walk, rows)}


def first_change(before: Rows, after: Rows) -> OrderKey | None:
    """The earliest place in time where two sets of rows differ, also by a landed cost or a cancelled link."""
    old, new = spread(before), spread(after)

    def said(rows: Rows, landed: Mapping[EventKey, object], key: EventKey) -> object:
        row = rows.get(key)
        link = rows[row.link].live if row is not None and row.link else None
        return (row and (row.event, row.qty, row.money, row.cost, row.live), link, landed.get(key))

    found = [
        row.order(rows)
        for key in {*before, *after}
        if said(before, old, key) != said(after, new, key)
        for rows in (before, after)
        for row in [rows.get(key)]
        if row is not None and row in in_order(rows)
    ]
    return min(found, default=None)


def posted_from(entries: Mapping[LineKey, Entry], rows: Rows, start: OrderKey) -> dict[LineKey, Entry]:
    """The entries that rows from `start` on have posted: own lines, and true-ups that they caused."""

    def place(key: LineKey) -> OrderKey:
        by_row = key.cause is None or key.leg == "landed"
        return rows[key.event if by_row else key.cause].order(rows)  # type: ignore[index]

    return {key: entry for key, entry in entries.items() if place(key) >= start}


@pytest.mark.parametrize("number", range(WORLDS))
def test_a_checkpoint_restores_exactly(number: int, seed: int) -> None:
    """From every row: what is dumped, loaded and walked on ends in the same state and the same lines."""
    entity, _, rows = grown(seed + number, 26)
    whole = value_of(entity, rows)
    for key, text in checkpoints(entity, rows).items():
        assert dump(load(text)) == text
        rest = value_of(entity, rows, load(text), key)
        assert dump(rest.state) == dump(whole.state)
        for line, entry in rest.entries.items():
            assert whole.entries[line] == entry


@pytest.mark.parametrize("number", range(WORLDS * 3))
def test_a_late_event_from_the_nearest_checkpoint(number: int, seed: int) -> None:
    """The old lines before the first change and the replayed ones behind it are the lines of the new set."""
    entity, before, after = grown(seed + number, 26)
    change = first_change(before, after)
    old, new = value_of(entity, before), value_of(entity, after)
    if change is None:
        assert old.entries == new.entries
        return
    stored = {key: text for key, text in checkpoints(entity, before).items() if key < change}
    nearest = max(stored, default=None)
    state = load(stored[nearest]) if nearest else State()
    replayed = value_of(entity, after, state, nearest)
    kept = set(old.entries) - set(posted_from(old.entries, before, change))
    assert {key: old.entries[key] for key in kept} | replayed.entries == new.entries
    assert dump(replayed.state) == dump(new.state)


def sold_out_again_and_again(seed: int, returned: int) -> tuple[Entity, Rows, Rows]:
    """Six receipts, each sold out before the next one; then the first is billed at another price.

    In cycle `returned` one unit of the very first delivery comes back (0: never).
    """
    rng = random.Random(seed)
    base = {"source": "till", "entity": "E", "item": "X", "site": "A"}
    events: list[Event] = [{**base, "id": "e", "type": "master.entity", "valuation": rng.choice(METHODS)}]
    events[0] |= {"time": "2025-01-01T00:00:00Z"}
    for cycle in range(1, 7):
        day = {"time": f"2025-01-{cycle + 1:02d}T00:00:00Z"}
        qty, more = rng.randint(3, 9), cycle == returned
        price = f"{rng.randint(1, 999) / 100:.2f}"
        events.append({**base, **day, "id": f"r{cycle}", "type": "stock.receipt", "qty": str(qty)})
        events[-1]["unit_cost"] = price
        if more:
            back = {"id": f"b{cycle}", "type": "sale.return", "returns": "s1", "qty": "1"}
            events.append({**base, **day, **back})
        for part, size in enumerate((2, qty - 2 + more)):
            sale = {"id": f"s{cycle}{part or ''}", "type": "sale.delivery", "qty": str(size)}
            events.append({**base, **day, **sale, "time": f"2025-01-{cycle + 1:02d}T1{part}:00:00Z"})
    ledger = Truth()
    for record in records(events):
        assert ledger.post_record(record.events, record.arrived)[0].outcome == "ok", record
    before = dict(ledger.accepted.rows["E"])
    change = {"corrects": "r1", "set": {"unit_cost": "77"}, "time": "2025-01-09T00:00:00Z"}
    ledger.post({"source": "till", "entity": "E", "id": "c", "type": "event.correct", **change})
    return ledger.accepted.entities["E"], before, ledger.accepted.rows["E"]


def stops_after(entity: Entity, before: Rows, after: Rows) -> int:
    """How many rows must be walked until nothing behind can differ; then it is checked that nothing does."""
    rows, old, new = in_order(after), Walk(entity, before, spread(before)), Walk(entity, after, spread(after))
    assert [row.key for row in in_order(before)] == [row.key for row in rows]
    pairs = zip(steps(old, before), steps(new, after), strict=True)
    for walked, _ in enumerate(pairs, 1):
        if dump(old.state, rows[walked:]) == dump(new.state, rows[walked:]):
            break
    last = rows[walked - 1].order(after)
    behind_old = posted_from(value_of(entity, before).entries, before, last)
    behind_new = posted_from(value_of(entity, after).entries, after, last)
    own = {rows[walked - 1].key}
    assert {k: e for k, e in behind_old.items() if k.event not in own and k.cause not in own} == {
        k: e for k, e in behind_new.items() if k.event not in own and k.cause not in own
    }
    return walked


@pytest.mark.parametrize("number", range(WORLDS))
def test_a_replay_may_stop_early(number: int, seed: int) -> None:
    """Where the states agree in all that later rows can ask for, no later line differs.

    That is in the second cycle, whose receipt gives the cell its cost anew; but while a delivery whose cost
    changed has a return to come, not before it.
    """
    assert stops_after(*sold_out_again_and_again(seed + number, 0)) <= 6
    assert stops_after(*sold_out_again_and_again(seed + number, 5)) > 12
