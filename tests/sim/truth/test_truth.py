"""The ledger in event time: any order of arrival, the same balances and the same final COGS (D1)."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from tests.casefiles.comparing import FACES, differences, table
from tests.conftest import SHARE
from tests.records import Event, Faces, Record
from tests.reference.admission.ledger import Truth
from tests.reference.exact import EventKey, event_key, reference, time_ms
from tests.reference.ledger import Reference
from tests.reference.truth.lines import net
from tests.reference.truth.rows import RANKS
from tests.sim.streams import stream
from tests.sim.truth.streams import records, world

STREAMS = max(3, round(8 * SHARE))
WORLDS = max(4, round(8 * SHARE))
MANY = max(20, round(500 * SHARE))
ORDERS = 6


def place_in_time(event: Event, known: dict[EventKey, Event]) -> tuple[Any, ...]:
    """The order of event time, written down once more: a linked return is not before what it returns."""
    of = known.get(reference(event, event["returns"])) if event.get("returns") else None
    at = max(time_ms(event["time"]), time_ms(of["time"]) if of else 0)
    return (at, RANKS.get(event["type"], 0), event["source"], event.get("seq", -1), event["id"])


def in_event_time(events: list[Event]) -> list[Event]:
    """Sorted, and no return says an earlier time than what it returns."""
    known = {event_key(e): e for e in events}
    found = []
    for event in events:
        of = known.get(reference(event, event["returns"])) if event.get("returns") else None
        late = of is not None and time_ms(of["time"]) > time_ms(event["time"])
        found.append(event | {"time": of["time"]} if late and of is not None else event)
    return sorted(found, key=lambda e: place_in_time(e, known))


def send(ledger: Truth | Reference, some: list[Record]) -> list[str]:
    """The verdict of each record at its arrival."""
    return [str(ledger.post_record(record.events, record.arrived)[0]) for record in some]


@pytest.mark.parametrize("number", range(STREAMS))
def test_in_order_it_is_todays_reference(number: int, seed: int) -> None:
    """On a stream in event-time order all verdicts and faces are those of the ledger that posts on arrival.

    Other owners' goods have no value any more, standard valuation and events about events are new: left out.
    """
    events = [
        {k: v for k, v in e.items() if k != "owner"}
        for record in stream(seed + number, 90)
        for e in record.events
        if e["type"] != "event.cancel" and e.get("valuation") != "standard"
    ]
    today, truth = Reference(), Truth()
    some = records(in_event_time(events))
    assert send(today, some) == send(truth, some)
    assert not differences(today.faces(), truth.faces())
    assert not truth.accepted.broken


def shuffled(events: list[Event], salt: int) -> list[Event]:
    """The events in another order; salt 0 leaves them."""
    order = list(events)
    if salt:
        random.Random(salt).shuffle(order)
    return order


def auditing(ledger: Truth, some: list[Record]) -> None:
    """Send, and after each record: what is posted in total is one replay, and it sums to 0."""
    for record in some:
        ledger.post_record(record.events, record.arrived)
        for walk in ledger.accepted.walks.values():
            assert net(ledger.accepted.lines) == walk.entries, record
        inside = sum(cell.V for walk in ledger.accepted.walks.values() for cell in walk.state.cells.values())
        brought = sum(
            x.entry.value * (x.key.account[1].startswith("@") - x.key.to_place.startswith("@"))
            for x in ledger.accepted.lines
        )
        assert inside == brought
        assert len({x.version for x in ledger.accepted.lines} - set(ledger.accepted.version_of.values())) == 0


def told(faces: Faces) -> dict[str, Any]:
    """What must not depend on the order of arrival; version numbers do (D2)."""
    columns = {
        "net": ["event_id", "cause_id", "leg", "event_at", "from_place", "to_place", "qty", "value_amt"],
        "stock": FACES["stock"], "cell": FACES["cell"], "cogs": FACES["cogs"],
        "count": [c for c in FACES["count"] if c != "version"],
        "sale": [c for c in FACES["sale"] if c != "version"], "flag": ["event_id", "flag", "detail"],
    }  # fmt: skip
    return {face: table(face, faces[face], columns[face]) for face in columns}


def accepted(ledger: Truth) -> frozenset[str]:
    """The ids of what is accepted now."""
    return frozenset(key[1] for key in ledger.accepted.log.events)


@pytest.mark.parametrize("number", range(WORLDS))
def test_any_order_of_arrival_gives_the_same(number: int, seed: int) -> None:
    """Corrections, cancels, returns before their deliveries and all; grouped by what was accepted (D2)."""
    masters, events = world(seed + number, 20)
    first: dict[frozenset[str], dict[str, Any]] = {}
    for salt in range(ORDERS):
        ledger = Truth()
        auditing(ledger, records(masters + shuffled(events, salt)))
        assert told(ledger.faces()) == first.setdefault(accepted(ledger), told(ledger.faces()))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(MANY))
def test_thousands_of_orders(number: int, seed: int) -> None:
    """The same with more worlds, longer ones now and then."""
    masters, events = world(seed + 1000 + number, random.Random(number).choice([8, 14, 20, 30]))
    first: dict[frozenset[str], dict[str, Any]] = {}
    for salt in range(ORDERS):
        ledger = Truth()
        send(ledger, records(masters + shuffled(events, salt)))
        assert net(ledger.accepted.lines) == ledger.accepted.walk("E").entries
        assert told(ledger.faces()) == first.setdefault(accepted(ledger), told(ledger.faces()))


def test_most_orders_accept_the_same(seed: int) -> None:
    """Else the property above would say little."""
    groups: Counter[int] = Counter()
    for number in range(WORLDS):
        masters, events = world(seed + number, 20)
        found = set()
        for salt in range(ORDERS):
            ledger = Truth()
            send(ledger, records(masters + shuffled(events, salt)))
            found.add(accepted(ledger))
        groups[len(found)] += 1
    assert groups[1] > WORLDS / 2, groups


@pytest.mark.parametrize("number", range(WORLDS))
def test_any_order_gives_what_the_right_order_gives_today(number: int, seed: int) -> None:
    """An independent judge: the ledger that posts on arrival, sent what was accepted in event-time order."""
    masters, events = world(seed + number, 24, plain=True)
    truth, today = Truth(), Reference()
    send(truth, records(masters + shuffled(events, number + 1)))
    kept = [e for e in events if event_key(e) in truth.accepted.log.events]
    verdicts = send(today, records(masters + in_event_time(kept)))
    assert set(verdicts) == {"ok"}
    wanted, found = today.faces(), truth.faces()
    for face in ("stock", "cell", "cogs"):
        assert table(face, found[face], FACES[face]) == table(face, wanted[face], FACES[face]), face
