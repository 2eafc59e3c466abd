"""Where batches end, and after which of them the state is saved: at random, but by what the records are.

So a record keeps the cut behind it when a shrinker leaves others out.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.records import Record


def cuts_and_saves(
    records: list[Record], salt: int, shares: Sequence[float], saved: float
) -> tuple[list[int], list[int]]:
    """A batch ends behind one of `shares` of the records; a `saved`-th of those cuts is a save."""
    share = random.Random(salt).choice(shares)
    draws = [random.Random(f"{salt} {r.events[0]['id']} {r.arrived}").random() for r in records]
    cuts = [i for i, draw in enumerate(draws, 1) if draw < share or i == len(records)]
    return cuts, [cut for cut in cuts if draws[cut - 1] < share / saved]
