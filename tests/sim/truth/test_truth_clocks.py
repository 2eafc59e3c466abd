"""Two clocks, periods, promises: what never changes once it was said, and what is never promised."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from tests.casefiles.comparing import table
from tests.conftest import SHARE
from tests.records import Event, Record
from tests.reference.admission.ledger import Truth
from tests.reference.exact import time_text
from tests.reference.promises import lots
from tests.reference.truth.landing import spread
from tests.reference.truth.lines import net
from tests.reference.truth.valuation import steps
from tests.reference.truth.walk import Walk
from tests.sim.truth.streams import ARRIVAL_MS, records, world

WORLDS = max(4, round(6 * SHARE))
STOCK = ["site", "item", "lot", "owner", "on_hand_qty", "value_amt"]
BOOKED = ["period", "place", "item", "lot", "owner", "pool", "qty", "value_amt"]
DAYS = [f"2025-{day}T12:00:00Z" for day in ("01-30", "02-01", "02-03")]


def closing(seed: int) -> list[Record]:
    """A shuffled world with a period closed in the middle of its arrival."""
    masters, events = world(seed, 24)
    random.Random(seed).shuffle(events)
    close = {"id": "close", "source": "desk", "type": "period.close", "entity": "E", "period": "2025-01"}
    events.insert(12, {**close, "time": "2025-02-04T00:00:00Z"})
    return records(masters + events)


@pytest.mark.parametrize("number", range(WORLDS))
def test_what_was_known_never_changes(number: int, seed: int) -> None:
    """After each record, every as-of of an earlier known_at (by time and by version) is what it was then."""
    ledger = Truth()
    said: dict[tuple[str, str], Any] = {}
    for record in closing(seed + number):
        ledger.post_record(record.events, record.arrived)
        version = ledger.accepted.entities["E"].version
        for day in DAYS:
            for known in (time_text(record.arrived), f"v{version}"):
                found = table("stock", ledger.face(f"stock_as_of@{day}@{known}"), STOCK)
                assert said.setdefault((day, known), found) == found
    for (day, known), before in said.items():
        assert table("stock", ledger.face(f"stock_as_of@{day}@{known}"), STOCK) == before, (day, known)


@pytest.mark.parametrize("number", range(WORLDS))
def test_as_of_now_is_the_replay_up_to_then(number: int, seed: int) -> None:
    """As known now, a moment holds what a replay of the rows up to that moment holds, cell by cell."""
    ledger = Truth()
    for record in closing(seed + number):
        ledger.post_record(record.events, record.arrived)
    entity, rows = ledger.accepted.entities["E"], ledger.accepted.rows["E"]
    walk = Walk(entity, rows, spread(rows))
    cells: dict[int, Counter[Any]] = {}
    for row in steps(walk, rows):
        at = row.at(rows)
        cells[at] = Counter({key: cell.V for key, cell in walk.state.cells.items() if cell.V})
    for at, wanted in cells.items():
        found: Counter[Any] = Counter()
        for line in ledger.accepted.lines:
            if line.key.at <= at:
                for account, sign in ((line.key.account, -1), (line.key.other, 1)):
                    if not account[1].startswith("@"):
                        found[walk.cell_key(account)] += sign * line.entry.value
        assert {k: v for k, v in found.items() if v} == dict(wanted), at


@pytest.mark.parametrize("number", range(WORLDS))
def test_a_closed_period_is_never_rewritten(number: int, seed: int) -> None:
    """After the close its balance stays; what comes later is booked later, and listed in the certificate."""
    ledger, closed = Truth(), None
    for record in closing(seed + number):
        ledger.post_record(record.events, record.arrived)
        if ledger.accepted.closed:
            rows = [row for row in ledger.face("period_balance") if row["period"] <= "2025-01"]
            closed = closed or table("period_balance", rows, BOOKED)
            assert table("period_balance", rows, BOOKED) == closed
    assert ledger.accepted.closed == {"E": "2025-01"}
    gain = {row["period"]: row["profit_amt"] for row in ledger.face("profit")}
    listed = sum(row["profit_amt"] for row in ledger.face("prior_period"))
    booked_in_time = Truth()
    for record in closing(seed + number):
        if record.events[0]["type"] != "period.close":
            booked_in_time.post_record(record.events, record.arrived)
    if set(booked_in_time.accepted.log.events) | {("desk", "close")} == set(ledger.accepted.log.events):
        right = {row["period"]: row["profit_amt"] for row in booked_in_time.face("profit")}
        assert right.get("2025-01", 0) == gain.get("2025-01", 0) + listed


def commands(seed: int) -> list[Record]:
    """Receipts, reservations, deliveries with and without a document, pools that borrow and end, cancels."""
    rng = random.Random(seed)
    events: list[Event] = []
    base: dict[str, Any] = {"source": "shop", "entity": "E", "item": "X", "site": "A"}
    for i in range(60):
        time = f"2025-01-{1 + i // 4:02d}T{6 * (i % 4):02d}:00:00Z"
        event: Event = {**base, "id": f"e{i}", "time": time, "qty": str(rng.randint(1, 6))}
        pool, document = rng.choice(["", "", "web", "vip"]), rng.choice(["", "D1", "D2", "D3"])
        kind = rng.choice(
            ["receipt"] * 4
            + ["reserve"] * 5
            + ["delivery"] * 6
            + ["open", "close", "cancel", "cancel", "release"]
        )
        days = rng.randint(1, 5)
        later = f"2025-01-{min(31, 1 + i // 4 + days):02d}T00:00:00Z"
        if kind == "receipt":
            event |= {"type": "stock.receipt", "unit_cost": "10", "pool": pool}
        elif kind == "reserve":
            event |= {"type": "stock.reserve", "document": document, "pool": pool}
            event |= {"expires": later} if rng.random() < 0.5 else {}
        elif kind == "delivery":
            event |= {"type": "sale.delivery", "document": document, "pool": pool}
        elif kind in ("open", "close"):
            event |= {"type": f"pool.{kind}", "pool": pool or "web"}
            if kind == "open":
                event |= {"expires": later, "priority": rng.randint(0, 9), "borrow": rng.random() < 0.6}
        elif kind == "release":
            event |= {"type": "stock.release", "document": document}
        else:
            some = rng.choice(
                [e["id"] for e in events if e["type"] in ("stock.receipt", "sale.delivery")] or ["-"]
            )
            keep = ("id", "source", "entity", "time")
            event = {k: event[k] for k in keep} | {"type": "event.cancel", "cancels": some}
        events.append({k: v for k, v in event.items() if v != ""})
    return records(events)


def test_no_more_is_promised_than_is_there(seed: int) -> None:
    """No count takes stock away here: so after each record what is promised on a shelf is there."""
    seen: Counter[str] = Counter()
    for number in range(WORLDS * 2):
        ledger = Truth()
        for record in commands(seed + number):
            verdict = str(ledger.post_record(record.events, record.arrived)[0])
            seen[f"{record.events[0]['type']} {verdict}"] += 1
            s = ledger.accepted
            assert net(s.lines) == s.walk("E").entries
            for hold in s.holds.values():
                promised = sum(lots.held(s, hold.shelf).values())
                assert promised == 0 or sum(lots.on_shelf(s, hold.shelf).values()) >= promised, record
            there = sum(qty for a, qty in s.walk("E").state.accounts.items() if not a[1].startswith("@"))
            everything = sum(h.open for h in s.holds.values())
            assert everything == 0 or everything <= there, record
        seen[f"debts {any(owed == 0 for _, _, owed in ledger.accepted.debts)}"] += 1
        seen.update(h.state for h in ledger.accepted.holds.values())
    wanted = {
        "stock.reserve ok", "stock.reserve refused not_available", "sale.delivery refused reserved_stock",
        "event.cancel refused reserved_stock", "pool.open ok", "pool.close ok", "debts True", "expired",
        "consumed", "closed",
    }  # fmt: skip
    assert wanted <= seen.keys(), sorted(wanted - seen.keys())


def test_twenty_ask_for_ten(seed: int) -> None:
    """10 units, 20 requests of one: exactly 10 are granted, whichever come first."""
    base = {"source": "shop", "entity": "E", "item": "X", "site": "A", "time": "2025-01-02T00:00:00Z"}
    ledger = Truth()
    ledger.post({**base, "id": "r", "type": "stock.receipt", "qty": "10", "unit_cost": "1"}, ARRIVAL_MS)
    asked = [{**base, "id": f"v{i}", "type": "stock.reserve", "qty": "1"} for i in range(20)]
    random.Random(seed).shuffle(asked)
    verdicts = [str(ledger.post(event)[0]) for event in asked]
    assert verdicts == ["ok"] * 10 + ["refused not_available"] * 10
