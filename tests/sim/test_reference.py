"""The reference ledger against itself: properties that hold whatever the stream."""

from __future__ import annotations

import copy
import pickle
import random
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from tests.casefiles.comparing import FACES, differences, table
from tests.casefiles.ways import ReferenceWay
from tests.conftest import SHARE
from tests.records import Faces, Record, Run
from tests.reference.cells import AverageCell
from tests.reference.ledger import Reference
from tests.sim.streams import stream

STREAMS = max(3, round(12 * SHARE))


def run(records: list[Record]) -> Faces:
    return ReferenceWay().run(Run(records))[0]


def posted(ledger: Reference) -> bytes:
    """Everything that a refused record must not change."""
    book = ledger.book
    return pickle.dumps([[t.rows for t in book.tables()], book.out.lines, book.out.true_ups, book.out.sales])


@pytest.mark.parametrize("number", range(STREAMS))
def test_every_record_keeps_the_invariants(number: int, seed: int) -> None:
    """After each record: every invariant over everything, and V within half a minor unit of the average."""
    ledger = Reference()
    for record in stream(seed + number, 100):
        ledger.post_record(record.events, record.arrived)
        ledger.check()
        for cell in ledger.book.cells.rows.values():
            if isinstance(cell, AverageCell) and cell.Q > 0:
                exact = Fraction(cell.Av) * cell.Q / cell.Aq
                assert abs(cell.V - exact) <= Fraction(1, 2), "D18: the error stays within half a minor unit"


@pytest.mark.parametrize("number", range(STREAMS))
def test_the_same_event_twice_changes_nothing(number: int, seed: int) -> None:
    """Each record is sent again at once: what was refused is refused again, the rest is duplicate."""
    records = stream(seed + number, 80)
    twice = [record for record in records for _ in range(2)]
    once_faces, once = ReferenceWay().run(Run(records))
    twice_faces, again = ReferenceWay().run(Run(twice))
    assert again is not None
    assert again[::2] == once
    for first, second in zip(again[::2], again[1::2], strict=True):
        wanted = first if first.startswith("refused") else "duplicate"
        # a record that waited and was refused in between is not known any more
        assert second == wanted or (first == "waiting" and second == "waiting")
    for face in ("movement", "true_up", "stock", "cell", "cogs", "sale", "count"):
        assert table(face, once_faces[face], FACES[face]) == table(face, twice_faces[face], FACES[face])


@pytest.mark.parametrize("number", range(STREAMS))
def test_a_refused_record_leaves_no_trace(number: int, seed: int) -> None:
    ledger, refused = Reference(), 0
    for record in stream(seed + number, 80):
        waiting = len(ledger.waiters)
        before = posted(ledger)
        outcome = ledger.post_record(record.events, record.arrived)[0].outcome
        if outcome in ("refused", "duplicate", "waiting") and len(ledger.waiters) >= waiting:
            refused += 1
            assert posted(ledger) == before
    assert refused > 5


@pytest.mark.parametrize("number", range(STREAMS))
def test_entities_do_not_see_each_other(number: int, seed: int) -> None:
    """Records of one entity alone give that entity the same faces (ids are unique in these streams)."""
    records = [r for r in stream(seed + number, 120) if len({e["entity"] for e in r.events}) == 1]
    records = [r for r in records if not any(e.get("returns") for e in r.events)]
    every = run(records)
    for entity in {r.events[0]["entity"] for r in records}:
        alone = run([r for r in records if r.events[0]["entity"] == entity])
        for face in ("movement", "true_up", "stock", "cell", "cogs", "sale", "count"):
            mine = [row for row in every[face] if row["entity"] == entity]
            assert table(face, mine, FACES[face]) == table(face, alone[face], FACES[face])


@pytest.mark.parametrize("number", range(STREAMS))
def test_input_is_not_changed(number: int, seed: int) -> None:
    records = stream(seed + number, 60)
    before = copy.deepcopy(records)
    first, second = run(records), run(records)
    assert records == before
    assert not differences(first, second)


def test_streams_are_nasty_and_repeatable(seed: int) -> None:
    """Every verdict and state that part 1 knows is met."""
    seen: Counter[str] = Counter()
    for number in range(25):
        faces, verdicts = ReferenceWay().run(Run(stream(seed + number, 150)))
        seen.update(verdicts or [])
        seen.update(row["state"] for row in faces["cogs"])
        seen.update(row["leg"] for row in faces["true_up"])
    wanted = {
        "ok", "duplicate", "waiting", "billed", "estimated", "uncosted", "cogs",
        "variance",
        *(f"refused {reason}" for reason in (
            "negative_stock", "not_allowed", "over_return", "id_conflict", "unknown_uom", "fraction",
            "missing_field", "amount_mismatch", "unknown_reference", "overflow",
        )),
    }  # fmt: skip
    assert wanted <= seen.keys(), sorted(wanted - seen.keys())
    assert stream(seed, 50) == stream(seed, 50)


def sequence(seed: int, fifo: bool) -> tuple[Reference, list[dict[str, Any]]]:
    """Only receipts and deliveries of one cell, never below 0."""
    rng, here, events = random.Random(seed), 0, []
    ledger = Reference()
    base = {"source": "t", "time": "2025-01-01T00:00:00Z", "entity": "E"}
    method = "fifo" if fifo else "moving_average"
    ledger.post({**base, "id": "m", "type": "master.entity", "valuation": method})
    for i in range(60):
        qty = rng.randint(1, 9)
        event = {**base, "id": str(i), "item": "X", "site": "A"}
        if here < qty or rng.random() < 0.4:
            event |= {"type": "stock.receipt", "qty": str(qty), "amount": f"{rng.randint(0, 999) / 100:.2f}"}
            here += qty
        else:
            event |= {"type": "sale.delivery", "qty": str(qty)}
            here -= qty
        events.append(event)
        assert ledger.post(event)[0].outcome == "ok"
    if here:
        ledger.post(
            {**base, "id": "end", "type": "sale.delivery", "item": "X", "site": "A", "qty": str(here)}
        )
    return ledger, events


@pytest.mark.parametrize("fifo", [False, True])
@pytest.mark.parametrize("number", range(10))
def test_what_came_in_goes_out(number: int, fifo: bool) -> None:
    """Without negatives both methods take out, in all, exactly what came in."""
    ledger, _ = sequence(number, fifo)
    lines = ledger.book.out.lines
    came = sum(x.value for x in lines if x.from_place == "@supplier")
    went = sum(x.value for x in lines if x.to_place == "@customer")
    assert came == went
    assert not ledger.cells()
    assert not ledger.true_ups()
