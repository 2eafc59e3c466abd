"""Every step keeps the contract of `pipelines.step`; a step is found by being there."""

from __future__ import annotations

import doctest
import gc
import importlib
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connectors.archive import Archived
from connectors.mock.load import movements
from pipelines.runtime.config.references import Installed
from pipelines.step import Step
from tests.conformance import members
from tests.conformance.feeding import Inputs, Tables, archived, block, fresh, inputs_of, run, said
from tests.conformance.holding import differences, held
from tests.conformance.waivers import waive
from tests.repo import fail_on
from tests.sim.streams import stream

NAMES = sorted(members.steps())
RECORDS = 150
ARRIVED = 1_800_000_000_000


@pytest.fixture(autouse=True)
def _waived(request: pytest.FixtureRequest) -> None:
    """Waivers by the name of the check and of the step."""
    if "name" in request.fixturenames:
        waive(request, request.function.__name__, request.getfixturevalue("name"))


@pytest.fixture(scope="module")
def blocks(seed: int) -> list[Archived]:
    """A nasty stream, in blocks of at most 16 records, and enough plain movements to finish a leaf."""
    return [*archived(stream(seed, RECORDS), 16), *load(1_100, 50, 1_000, seed % 1000, 300)]


def new(name: str) -> Any:
    """The step, without a past."""
    return fresh(name)[-1]


def same(a: list[Tables], b: list[Tables]) -> bool:
    """Equal to the last row, in order."""
    return len(a) == len(b) and all(
        x.keys() == y.keys() and all(x[n].equals(y[n]) for n in x) for x, y in zip(a, b, strict=True)
    )


def test_there_are_steps() -> None:
    assert {"intake.decode", "ledger.post", "audit.intake", "audit.chain"} <= set(NAMES)
    assert {step for chain in members.jobs().values() for step in chain} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_speaks_the_contract(name: str) -> None:
    step = new(name)
    assert isinstance(step, Step)
    assert step.name == name
    assert step.version >= 1
    assert step.reads


@pytest.mark.parametrize("name", NAMES)
def test_it_gives_what_it_says_and_its_file_says_it_too(name: str, blocks: list[Archived]) -> None:
    step, found = new(name), Installed.find()
    assert found.steps[name] == (step.reads, step.gives)
    given = {table for tables in run(step, inputs_of(name, blocks)) for table in tables}
    assert given
    assert given <= set(step.gives)
    assert found.steps.keys() == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_its_example_runs(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"pipelines.{name}"))
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_inputs_stay_as_they_were(name: str, blocks: list[Archived]) -> None:
    step = new(name)
    for given in inputs_of(name, blocks):
        before = [_bytes(table) for table in given]
        said(step, given)
        assert [_bytes(table) for table in given] == before


def _bytes(table: Any) -> bytes:
    if table is None:
        return b""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write(table)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("name", NAMES)
def test_twice_gives_the_same(name: str, blocks: list[Archived]) -> None:
    inputs = inputs_of(name, blocks)
    first = run(new(name), inputs)
    assert any(first), "the stream leads to nothing: the check is empty"
    assert same(first, run(new(name), inputs))


@pytest.mark.parametrize("name", NAMES)
def test_saved_anywhere_and_gone_on_is_straight(name: str, blocks: list[Archived], tmp_path: Path) -> None:
    """Saved after every batch, each time into the same folder; what follows comes from a new instance."""
    inputs = inputs_of(name, blocks)
    straight, found, step = run(new(name), inputs), [], new(name)
    for given in inputs:
        found.append(said(step, given))
        step.save(tmp_path)
        step = new(name)
        step.restore(tmp_path)
    fail_on(differences(straight, found))
    assert same(straight, found)


@pytest.mark.parametrize("name", NAMES)
def test_what_came_after_the_last_save_is_replayed_equal(
    name: str, blocks: list[Archived], tmp_path: Path
) -> None:
    inputs = inputs_of(name, blocks)
    middle, step = len(inputs) // 2, new(name)
    run(step, inputs[:middle])
    step.save(tmp_path)
    lost = run(step, inputs[middle:])
    again = new(name)
    again.restore(tmp_path)
    assert same(lost, run(again, inputs[middle:]))


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_folder_is_an_empty_state(name: str, blocks: list[Archived], tmp_path: Path) -> None:
    inputs = inputs_of(name, blocks)
    used = new(name)
    run(used, inputs)
    used.restore(tmp_path / "nothing")
    assert same(run(new(name), inputs), run(used, inputs))


@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("name", NAMES)
def test_split_is_whole(name: str, size: int, blocks: list[Archived]) -> None:
    pieces = [piece for whole in blocks for piece in _cut(whole, size if len(whole) <= 16 else 40 * size)]
    assert len(pieces) > len(blocks)
    fail_on(differences(run(new(name), inputs_of(name, blocks)), run(new(name), inputs_of(name, pieces))))


def _cut(whole: Archived, size: int) -> list[Archived]:
    found, rest = [], whole
    while rest is not None:
        head, rest = rest.cut(rest.first + size - 1)
        found.append(head)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_entities_apart_are_entities_together(name: str, seed: int) -> None:
    """Each entity alone in an instance of its own: together they say what one instance says of all."""
    records = [r for r in stream(seed, RECORDS) if len({e["entity"] for e in r.events}) == 1]
    each = archived(records, 1, spoilt=False)
    groups: dict[str, list[Archived]] = {}
    for record, one in zip(records, each, strict=True):
        groups.setdefault(record.events[0]["entity"], []).append(one)
    assert len(groups) > 1, "one entity only: the check is empty"
    apart = [held(run(new(name), inputs_of(name, group))) for group in groups.values()]
    together = held(run(new(name), inputs_of(name, each)))
    for table, bag in together.items():
        if table != "ops.intake":
            assert sum((a.get(table, type(bag)()) for a in apart), type(bag)()) == bag, table


def load(n: int, accounts: int, first: int, seed: int, size: int = 2000) -> list[Archived]:
    """Plain movements in blocks of `size`."""
    lines = movements(n, accounts, seed).splitlines(keepends=True)
    return [block(first + i, lines[i : i + size], ARRIVED) for i in range(0, len(lines), size)]


def written(folder: Path, before: dict[Path, tuple[int, int]]) -> int:
    """Bytes of files that are new or not what they were."""
    now = {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}
    fresh_files = [p for p, stamp in now.items() if before.get(p) != stamp]
    before.clear()
    before.update(now)
    return sum(p.stat().st_size for p in fresh_files)


@pytest.mark.parametrize("name", NAMES)
def test_saving_costs_the_change(name: str, tmp_path: Path) -> None:
    """20,000 movements over 2,000 accounts, then 20 more, then none."""
    many, few = load(20_000, 2_000, 0, 1), block(50_000, _lines(20), ARRIVED)
    *inputs, last = inputs_of(name, [*many, few])
    step, seen = new(name), {}
    run(step, inputs)
    step.save(tmp_path)
    base = written(tmp_path, seen)
    said(step, last)
    step.save(tmp_path)
    change = written(tmp_path, seen)
    step.save(tmp_path)
    nothing = written(tmp_path, seen)
    assert nothing <= 16_384, f"{nothing} bytes for no change"
    assert change <= 65_536, f"{change} bytes for 20 events after {base} for 20,000"


def _lines(n: int) -> list[bytes]:
    event = (
        '{"id":"few%d","source":"till","type":"stock.receipt","time":"2026-01-05T08:00:00Z","entity":"E",'
        '"site":"S1","item":"few","qty":"1","unit_cost":"1"}'
    )
    return [(event % i).encode() for i in range(n)]


@pytest.mark.parametrize("name", NAMES)
def test_memory_is_bounded_by_keys(name: str, tmp_path: Path) -> None:
    """Four times the history over the same accounts takes hardly more memory, saved as often.

    A step may keep the room that it needed from one save to the next.
    """
    inputs = inputs_of(name, load(40_000, 500, 0, 2))
    step = new(name)
    quarter = len(inputs) // 4
    tracemalloc.start()
    try:
        taken = []
        for first in range(0, len(inputs), quarter):
            run_and_forget(step, inputs[first : first + quarter])
            step.save(tmp_path)
            taken.append(_memory())
    finally:
        tracemalloc.stop()
    more = taken[-1] - taken[0]
    assert more < 30_000 * 16, f"{more} bytes more after 30,000 more events"


def run_and_forget(step: Any, inputs: list[Inputs]) -> None:
    """Outputs are dropped."""
    for given in inputs:
        said(step, given)


def _memory() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0] + int(pa.total_allocated_bytes())
