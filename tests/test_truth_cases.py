"""Case files of the ledger in event time (`docs/truth.md`), in the ways of the reference only.

They stand beside the cases that every ledger must pass today; those are run here too. Each file is run as it
is, and with its events in other orders of arrival: wherever the same events are accepted, the same lines must
be there.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.casefiles.caseio import Case, day_text, read_case
from tests.casefiles.comparing import difference, table
from tests.records import Record
from tests.reference.admission.ledger import Truth
from tests.repo import fail_on

POST = Path(__file__).parent / "cases" / "ledger" / "post"
NEW = sorted((POST / "truth").glob("*.case"))
TODAY = sorted(POST.glob("*.case"))
ORDER_FREE = {
    "net": [
        "event_id",
        "cause_id",
        "leg",
        "event_at",
        "from_place",
        "to_place",
        "item",
        "lot",
        "qty",
        "value_amt",
    ],
    "stock": ["site", "item", "lot", "owner", "on_hand_qty", "value_amt"],
    "cogs": ["event_id", "qty", "cogs_amt", "provisional_amt", "state"],
}


def run(case: Case, records: list[Record]) -> tuple[Truth, list[str]]:
    """The ledger after the records, and the verdict of each at its arrival."""
    ledger = Truth(case.run.refuse_unknown)
    return ledger, [str(ledger.post_record(r.events, r.arrived)[0]) for r in records]


def face_name(text: str) -> str:
    """`stock_as_of@d3@now` -> with full times."""
    return "@".join(day_text(part) for part in text.split("@"))


@pytest.mark.parametrize("path", [*NEW, *TODAY], ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = read_case(path, str(path.relative_to(POST.parent.parent.parent.parent)))
    ledger, verdicts = run(case, list(case.run.records))
    problems = [
        f"{case.path}:{line}: verdict {found!r}, expected {wanted!r}"
        for found, (line, wanted) in zip(verdicts, case.verdicts, strict=True)
        if found != wanted
    ]
    for expect in case.expects:
        rows = ledger.face(face_name(expect.face))
        lines = difference(expect.face, expect.columns, expect.rows, rows)
        problems += [f"{case.path}:{expect.line}: {line}" for line in lines]
    fail_on(problems)


def told(ledger: Truth) -> dict[str, Any]:
    """What must not depend on the order of arrival."""
    return {face: table(face, ledger.face(face), columns) for face, columns in ORDER_FREE.items()}


def accepted(ledger: Truth) -> set[Any]:
    """Keys of what is accepted."""
    return set(ledger.accepted.log.events)


@pytest.mark.parametrize("path", NEW, ids=lambda path: path.stem)
def test_other_orders_of_arrival(path: Path) -> None:
    """Wherever the same events are accepted in the end, lines, stock and COGS are the same (D1, D2)."""
    case = read_case(path, path.name)
    masters = [r for r in case.run.records if r.events[0]["source"] == "setup"]
    others = [r for r in case.run.records if r.events[0]["source"] != "setup"]
    wanted, _ = run(case, list(case.run.records))
    for salt in range(8):
        order = list(others)
        random.Random(salt).shuffle(order)
        arrivals = sorted(r.arrived for r in order)
        again = [Record(r.events, at) for r, at in zip(order, arrivals, strict=True)]
        found, _ = run(case, masters + again)
        if accepted(found) == accepted(wanted) and found.accepted.closed == wanted.accepted.closed:
            assert told(found) == told(wanted), [r.events[0]["id"] for r in order]


def test_there_are_cases() -> None:
    titles = [read_case(path, path.name).title for path in NEW]
    assert len(titles) == len(set(titles)), "two cases bear the same title"
    sources = " ".join(read_case(path, path.name).source for path in NEW)
    missing = [n for n in (*range(1, 18), *range(20, 23), *range(24, 32)) if f"D{n}" not in sources.split()]
    assert not missing, f"no case for D{missing}"
