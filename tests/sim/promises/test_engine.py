"""The promise engine and the reference decide the same, event by event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.casefiles.caseio import read_case
from tests.casefiles.comparing import table
from tests.conftest import SHARE
from tests.records import Record
from tests.reference.admission.ledger import Truth
from tests.repo import fail_on
from tests.sim.promises.engine import Engine
from tests.sim.promises.showing import figures, shown
from tests.sim.promises.worlds import read_along, world
from tests.sim.shrinking import shrink

CASES = sorted((Path(__file__).parents[2] / "cases" / "ledger" / "post" / "truth").glob("*.case"))
WORLDS = max(6, round(24 * SHARE))
MANY = max(40, round(1000 * SHARE))
COLUMNS = {
    "line": ["version", "event_id", "event_at", "from_place", "to_place", "from_pool", "to_pool", "item",
             "lot", "owner", "qty", "value_amt"],
    "promise": ["event_id", "kind", "site", "item", "pool", "lot", "qty", "open_qty", "state"],
    "pool": ["entity", "site", "item", "pool", "held_qty", "reserved_qty", "free_qty", "owed_qty"],
}  # fmt: skip


def difference(
    records: Sequence[Record], refuse: frozenset[str] = frozenset(), every: int = 1, quick: bool = False,
    folder: Path | None = None,
) -> str:  # fmt: skip
    """The first difference, '' if there is none: the verdict of each record, then what both show.

    With a folder the engine is saved and restored behind every third record.
    """
    wanted, found = Truth(refuse), Engine(refuse, quick)
    for number, record in enumerate(records):
        a, b = (ledger.post_record(record.events, record.arrived)[0] for ledger in (wanted, found))
        if str(a) != str(b):
            return f"{record.events}: {b}, the reference says {a}"
        if folder is not None and number % 3 == 2:
            found.restart(folder)
        if number % every and number < len(records) - 1:
            continue
        if figures(wanted) != figures(found):
            rows = sorted(figures(wanted).items() ^ figures(found).items(), key=str)
            return f"after {record.events}: {rows}"
        left, right = shown(wanted), shown(found)
        for face, columns in COLUMNS.items():
            x, y = table(face, left[face], columns), table(face, right[face], columns)
            if x != y:
                return f"after {record.events}: {face} - {list(x - y)} + {list(y - x)}"
    return ""


def judge(records: list[Record], **how: Any) -> None:
    """Fail with the fewest records that still differ."""
    if difference(records, **how):
        few = shrink(records, lambda some: bool(difference(some, **how)))
        events = "\n".join(str(event) for record in few for event in record.events)
        pytest.fail(f"{difference(few, **how)}\n{events}")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    """Every case of the ledger's truth: promises are asked about all of them."""
    case = read_case(path, path.name)
    fail_on([text] if (text := difference(list(case.run.records), case.run.refuse_unknown)) else [])


@pytest.mark.parametrize("number", range(WORLDS))
def test_world(number: int, seed: int, tmp_path: Path) -> None:
    """Every second one as the fast path would ask, every third one saved and restored on the way."""
    judge(world(seed + number, 60), quick=number % 2 == 1, folder=tmp_path if number % 3 == 0 else None)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(MANY))
def test_many_worlds(number: int, seed: int) -> None:
    judge(world(seed + 5000 + number, 110), every=10, quick=number % 2 == 1)


def test_worlds_say_much(seed: int) -> None:
    """Else the comparison would say little: every verdict and state that there is comes up."""
    outcomes: Counter[str] = Counter()
    went_by = 0
    for number in range(12):
        records, ledger = read_along(seed + number, 80)
        quick = Engine(quick=True)
        for record in records if number < 4 else []:
            quick.post_record(record.events, record.arrived)
        went_by += quick.went_by
        outcomes.update(str(verdict) for verdict in ledger.final)
        outcomes.update(hold.state for hold in ledger.accepted.holds.values())
        outcomes.update(key[1].rpartition("/")[2].rstrip("0123456789") for key in ledger.accepted.log.events)
    wanted = {
        "ok", "refused not_available", "refused reserved_stock", "refused stale_version", "open", "consumed",
        "released", "posted", "voided", "expired", "closed", "borrow", "repay",
    }  # fmt: skip
    assert wanted <= outcomes.keys(), wanted - outcomes.keys()
    assert went_by > 4 * 5, "hardly any movement went by the engine"
    assert outcomes["ok"] > 0.4 * sum(n for name, n in outcomes.items() if " " in name), outcomes
