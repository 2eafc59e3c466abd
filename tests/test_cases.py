"""Every case file, run in every way: verdicts, expected rows, and every face equal to the reference's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.casefiles.caseio import Case, CaseError, Reader, read_case, write_case
from tests.casefiles.comparing import FACES, difference, differences
from tests.casefiles.ways import WAYS, ReferenceWay, Way
from tests.repo import fail_on

FOLDER = Path(__file__).parent / "cases" / "ledger" / "post"
# What the fast ledger refuses still (`not_yet`), by what stands in the case: the reference knows it already.
LATER = (
    "stock.reserve", "stock.pending", "pool.open", "lot.status", "expect_version", "valuation=standard",
    "catch_uom", "to_item", "to_lot", "to_owner", "allocate",
)  # fmt: skip
FILES = [
    path for path in sorted(FOLDER.rglob("*.case")) if not any(w in path.read_text("utf-8") for w in LATER)
]  # fmt: skip


def load(path: Path) -> Case:
    return read_case(path, f"tests/cases/ledger/post/{path.relative_to(FOLDER)}")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name.replace(" ", "_"))
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_case(path: Path, way: Way) -> None:
    case = load(path)
    faces, verdicts = way.run(case.run)
    problems: list[str] = []
    for i, (line, wanted) in enumerate(case.verdicts):
        if verdicts is not None and verdicts[i] != wanted:
            problems.append(f"{case.path}:{line}: verdict {verdicts[i]!r}, expected {wanted!r}")
    for expect in case.expects:
        if expect.face not in faces:  # a face that only the reference or a store has
            continue
        lines = difference(expect.face, expect.columns, expect.rows, faces[expect.face])
        problems += [f"{case.path}:{expect.line}: {line}" for line in lines]
    if way.name != "reference":
        wanted_faces, _ = ReferenceWay().run(case.run)
        problems += differences(wanted_faces, faces)
    fail_on(problems)


def test_there_are_cases() -> None:
    assert len(FILES) >= 60
    titles = [load(path).title for path in FILES]
    assert len(titles) == len(set(titles)), "two cases bear the same title"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.case")), ids=lambda path: path.stem)
def test_a_case_expects_something_that_exists(path: Path) -> None:
    case = load(path)
    assert case.expects, f"{case.path}: expects nothing"
    for expect in case.expects:
        known = {*FACES[expect.face], "event_id", "waits_for"}
        assert set(expect.columns) <= known, (
            f"{case.path}:{expect.line}: columns of {expect.face}: {sorted(known)}"
        )


def test_what_is_written_reads_back() -> None:
    case = load(FILES[0])
    verdicts = [verdict for _, verdict in case.verdicts]
    again = Reader("again").read(write_case(case.title, case.source, case.run, verdicts, case.expects))
    assert again.run == case.run
    assert [v for _, v in again.verdicts] == verdicts
    assert [(e.face, e.columns, e.rows) for e in again.expects] == [
        (e.face, e.columns, e.rows) for e in case.expects
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("titel: x", "x.case:1: unknown header 'titel'"),
        ("title: x\nsource: y\nevents\nid type\nr1", "x.case:5: 1 words for 2 columns"),
        ("title: x\nsource: y\nevents\nid type\nr1 a b => ok", "x.case:5: 'b' is neither"),
        ("title: x\nsource: y\nevents\nid type\nr1 a", "no verdict"),
        ("title: x\nsource: y\nevents\nid type\nr1 a => ok\nexpect stock", "x.case:6: write expect"),
        ("source: y", "x.case:1: a case needs a title"),
    ],
)
def test_a_bad_case_says_where(text: str, message: str) -> None:
    with pytest.raises(CaseError, match=message.replace("(", r"\(")):
        Reader("x.case").read(text)
