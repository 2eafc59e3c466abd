"""The case files of every room but the ledger's: records with their verdicts, and the tables expected.

`tests/cases/<room>/<step>.case`, or files in a folder of that name. A case of events runs through the whole
job, on Bytewax and back from the archive; one of raw `records` goes to its step, whole and line by line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.archive import Archived
from tests.casefiles.caseio import read_case, read_cell
from tests.casefiles.comparing import difference
from tests.casefiles.faces import rows_of
from tests.conformance.feeding import block, fresh, inputs_of, run
from tests.fast import archive_faces, bytewax_faces
from tests.records import Row
from tests.repo import ROOT, fail_on

CASES = ROOT / "tests" / "cases"
FILES = sorted(p for p in CASES.rglob("*.case") if p.relative_to(CASES).parts[:2] != ("ledger", "post"))
ARRIVED = 1_748_736_000_000  # 2025-06-01


def raw(path: Path) -> bool:
    """Is it a case of raw records?"""
    return "\nrecords\n" in path.read_text("utf-8")


@pytest.mark.parametrize("faces", [bytewax_faces, archive_faces], ids=["bytewax", "back_from_the_archive"])
@pytest.mark.parametrize("path", [p for p in FILES if not raw(p)], ids=lambda p: str(p.relative_to(CASES)))
def test_events(path: Path, faces: Any) -> None:
    case = read_case(path, str(path.relative_to(ROOT)))
    found = faces(case.run)
    refused = {row["ordinal"]: f"refused {row['reason']}" for row in found["refusal"]}
    problems = [
        f"{case.path}:{line}: {refused.get(i, 'not refused')}, expected {wanted}"
        for i, (line, wanted) in enumerate(case.verdicts)
        if refused.get(i, "") != (wanted if wanted.startswith("refused") else "")
    ]
    assert case.expects, f"{case.path}: expects nothing"
    for expect in case.expects:
        lines = difference(expect.face, expect.columns, expect.rows, found[expect.face])
        problems += [f"{case.path}:{expect.line}: {line}" for line in lines]
    fail_on(problems)


def test_there_are_cases_of_both_kinds() -> None:
    assert any(map(raw, FILES))
    assert not all(map(raw, FILES))


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("path", [p for p in FILES if raw(p)], ids=lambda p: str(p.relative_to(CASES)))
def test_records(path: Path, size: int) -> None:
    head, _, rest = path.read_text("utf-8").partition("\nrecords\n")
    body, *expects = rest.split("\nexpect ")
    assert "title:" in head
    assert expects, f"{path}: expects nothing"
    told = [line.rsplit("=>", 1) for line in body.splitlines() if line.strip()]
    lines = [as_bytes(text.strip()) for text, _ in told]
    blocks: list[Archived] = [
        block(first, lines[first : first + size], ARRIVED) for first in range(0, len(lines), size)
    ]
    step = ".".join(path.relative_to(CASES).with_suffix("").parts[:2])
    tables = run(fresh(step)[-1], inputs_of(step, blocks))
    refused = {row["rec"]: f"refused {row['reason']}" for row in every(tables, "intake.refused")}
    problems = [
        f"{path.name}: {text.strip()[:80]}: {refused.get(i, 'ok')}, expected {verdict.strip()}"
        for i, (text, verdict) in enumerate(told)
        if refused.get(i, "ok") != verdict.strip()
    ]
    for text in expects:
        signature, *rows = [line for line in text.splitlines() if line.strip()]
        name, _, columns = signature.rstrip(")").partition("(")
        names = [c.strip() for c in columns.split(",")]
        wanted = [dict(zip(names, map(read_cell, row.split()), strict=True)) for row in rows]
        problems += difference(name, names, wanted, every(tables, name))
    fail_on(problems)


def as_bytes(text: str) -> bytes:
    """The record that a line of a case stands for: `hex` spells bytes that are no text."""
    return bytes.fromhex(text[4:]) if text.startswith("hex ") else text.encode()


def every(tables: list[Any], name: str) -> list[Row]:
    """The rows of all batches, quantities in units."""
    found: list[Row] = []
    for batch in tables:
        found += rows_of(batch, name)
    return found
