"""The fast ledger in event time: random worlds in any order of arrival, cut and saved at random.

Late events, corrections, cancels, landed costs, returns before their deliveries, late standard costs:
every face equals the slow reference's. A difference is shrunk to the fewest records.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests import fast
from tests.casefiles.comparing import differences
from tests.casefiles.ways import ReferenceWay
from tests.conftest import SHARE
from tests.records import Event, Record, Run
from tests.sim.cutting import cuts_and_saves
from tests.sim.shrinking import shrink
from tests.sim.truth.streams import records, world

WORLDS = max(4, round(30 * SHARE))
MANY = max(60, round(1000 * SHARE))
LATER = ("to_item", "to_lot", "to_owner")  # what the fast ledger refuses still


def named(event: Event) -> list[str]:
    """The events that it names."""
    one = [event[name] for name in ("returns", "corrects", "cancels") if name in event]
    return one + list(event.get("receipts", ()))


def known_types(events: list[Event]) -> list[Event]:
    """Without what the fast ledger does not know yet, and without what names that."""
    kept = [e for e in events if not any(name in e for name in LATER)]
    while True:
        ids = {f"{e['source']}#{e['id']}" for e in kept}
        fewer = [e for e in kept if all(name in ids for name in named(e))]
        if len(fewer) == len(kept):
            return kept
        kept = fewer


def arrivals(seed: int, n: int) -> list[Record]:
    """A world of n events; of three, two come in an order of their own."""
    rng = random.Random(seed)
    settings: dict[str, Any] = {
        "valuation": rng.choice(["moving_average", "fifo"]), "negative": rng.choice(["accept", "refuse"]),
    }  # fmt: skip
    masters, events = world(seed, n, **settings)
    events = known_types(events)
    if seed % 3:
        rng.shuffle(events)
    return records(masters + events)


def found(some: list[Record], seed: int) -> list[str]:
    """The differences between the two ledgers; an exception is one too."""
    cuts, saves = cuts_and_saves(some, seed, [0.05, 0.3, 1.0], 3)
    wanted, _ = ReferenceWay().run(Run(some))
    try:
        return differences(wanted, fast.fast_faces(Run(some), cuts, saves))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is shown with its records
        return [f"{type(error).__name__}: {error}"]


def look(seed: int, n: int) -> None:
    """Fail with the fewest records that show a difference."""
    some = arrivals(seed, n)
    if not found(some, seed):
        return
    fewest = shrink(some, lambda few: bool(found(few, seed)))
    told = [str(event) for record in fewest for event in record.events]
    pytest.fail("\n".join([f"world {seed}", *found(fewest, seed), *told]), pytrace=False)


@pytest.mark.parametrize("number", range(WORLDS))
def test_any_order_of_arrival_is_the_reference(number: int, seed: int) -> None:
    look(seed + number, 26)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(MANY))
def test_a_thousand_worlds(number: int, seed: int) -> None:
    """Longer ones now and then."""
    look(seed + 10_000 + number, random.Random(number).choice([12, 26, 26, 60]))
