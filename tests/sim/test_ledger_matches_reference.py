"""Random streams through the fast ledger, cut and saved at random: every face equals the reference's.

A difference is shrunk to the fewest records and shown as a case file.
"""

from __future__ import annotations

import pytest

from tests import fast
from tests.casefiles.caseio import Expect, write_case
from tests.casefiles.comparing import FACES, differences
from tests.casefiles.ways import ReferenceWay
from tests.conftest import SHARE
from tests.records import Faces, Record, Run
from tests.sim.cutting import cuts_and_saves
from tests.sim.shrinking import shrink
from tests.sim.streams import stream, strict

STREAMS = max(2, round(40 * SHARE))
RECORDS = 120


def fast_faces(records: list[Record], salt: int) -> Faces:
    """Batches and snapshots are random."""
    return fast.fast_faces(
        Run(records, strict(salt)), *cuts_and_saves(records, salt, [0.02, 0.1, 0.5, 1.0], 5)
    )


def found(records: list[Record], salt: int) -> list[str]:
    """The differences; an exception of the fast ledger is one too."""
    wanted, _ = ReferenceWay().run(Run(records, strict(salt)))
    try:
        return differences(wanted, fast_faces(records, salt))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is shown with its records
        return [f"{type(error).__name__}: {error}"]


def as_case(records: list[Record], seed: int) -> str:
    """The records as a case file, with what the reference says of them."""
    run = Run(records, strict(seed))
    faces, verdicts = ReferenceWay().run(run)
    columns = {
        "true_up": ["event_id", "cause_id", "leg", "value_amt"],
        "cogs": ["event_id", "qty", "cogs_amt", "provisional_amt", "state"],
        "cell": list(FACES["cell"]),
    }
    expects = [Expect(face, c, faces[face], 0) for face, c in columns.items()]
    return write_case(f"shrunk from stream {seed}", "property test", run, verdicts or [], expects)


@pytest.mark.parametrize("number", range(STREAMS))
def test_fast_equals_reference(number: int, seed: int) -> None:
    own = seed + number
    # standard valuation is the reference's alone so far
    records = [r for r in stream(own, RECORDS) if all(e.get("valuation") != "standard" for e in r.events)]
    if not found(records, own):
        return
    fewest = shrink(records, lambda some: bool(found(some, own)))
    pytest.fail("\n".join([*found(fewest, own), "", as_case(fewest, own)]), pytrace=False)


def test_shrinking_finds_the_few_that_matter() -> None:
    records = stream(1, 60)
    wanted = {records[10].events[0]["id"], records[40].events[0]["id"]}

    def fails(some: list[Record]) -> bool:
        return wanted <= {e["id"] for record in some for e in record.events}

    fewest = shrink(records, fails)
    assert {e["id"] for record in fewest for e in record.events} == wanted
