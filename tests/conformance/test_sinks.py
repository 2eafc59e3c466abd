"""Every sink keeps the contract of `sinks.contract`; a sink is found by being there."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from connectors.archive import Archived
from pipelines.runtime.chain import JobChain
from sinks.contract import Block, Opened, Sink
from tests.casefiles.caserun import CaseDecoders
from tests.conformance import members
from tests.conformance.feeding import Tables, archived
from tests.conformance.holding import differences
from tests.repo import fail_on
from tests.sim.streams import stream

CLASSES = {c.__name__: c for c in members.sinks()}
NAMES = sorted(CLASSES)
DEATHS = 5  # moments at which a write is cut off


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture(scope="module")
def records(seed: int) -> list[Archived]:
    """Records of three blocks."""
    plain = [record for record in stream(seed, 100) if len(record.events) == 1]
    return archived(plain, 30)[:3]


def chained(records: list[Archived], held: int = -1) -> Iterator[Block]:
    """The blocks of the job; what the sink holds already (up to the ordinal `held`) is not told again."""
    chain = JobChain(CaseDecoders(Path("maps")))
    for each in records:
        old, new = each.cut(held)
        if old is not None:
            chain.process(old)
        if new is not None:
            yield chain.process(new)


def opened(name: str, folder: Path) -> Opened:
    """The sink as a new process finds it."""
    found: Opened = CLASSES[name].sample(folder)
    return found


def found_after(name: str, folder: Path, blocks: list[Block]) -> Tables:
    """What a reader finds after these blocks."""
    there = opened(name, folder)
    try:
        there.sink.recover()
        for block in blocks:
            there.sink.write(block)
        there.sink.close()
        return there.found()
    finally:
        there.close()


@pytest.fixture(scope="module")
def straight(request: pytest.FixtureRequest, records: list[Archived], tmp_path_factory: Any) -> Any:
    """Sink -> what it holds after an undisturbed run."""
    kept: dict[str, Tables] = {}

    def of(name: str) -> Tables:
        if name not in kept:
            kept[name] = found_after(name, tmp_path_factory.mktemp("straight"), list(chained(records)))
            assert kept[name], "the sink shows nothing: the check is empty"
        return kept[name]

    return of


def test_there_are_sinks() -> None:
    assert "BlockWriter" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_declares_its_guarantees(name: str, tmp_path: Path) -> None:
    there = opened(name, tmp_path)
    assert isinstance(there.sink, Sink)
    assert there.sink.recover() == -1, "an empty sink holds nothing"
    there.close()
    said = dataclasses.asdict(CLASSES[name].guarantees)
    assert all(len(v) > 10 for v in said.values()), said
    docstring = inspect.getdoc(sys.modules[CLASSES[name].__module__]) or ""
    for word in ("**Idempotent by**", "**Atomic over**", "**On restart**"):
        assert word in docstring, f"{name}: its module does not say {word}"


@pytest.mark.parametrize("name", NAMES)
def test_the_same_block_twice_is_once(
    name: str, records: list[Archived], straight: Any, tmp_path: Path
) -> None:
    twice = [block for block in chained(records) for _ in (1, 2)]
    fail_on(differences([straight(name)], [found_after(name, tmp_path, twice)]))


@pytest.mark.parametrize("moment", range(DEATHS))
@pytest.mark.parametrize("name", NAMES)
def test_a_write_that_was_cut_off_is_there_once(
    name: str, moment: int, records: list[Archived], straight: Any, tmp_path: Path
) -> None:
    """Killed at a call inside the sink, opened anew; what is not held whole comes again, cut differently."""
    first, second, *_ = chained(records)
    there = opened(name, tmp_path)
    there.sink.write(first)
    calls = count_calls(there.sink, first)
    with pytest.raises(Killed):
        killed_at(1 + calls * moment // DEATHS, there.sink, second)
    there.close()
    again = opened(name, tmp_path)
    held = again.sink.recover()
    assert held in (first.last_ordinal, second.last_ordinal)
    pieces = [piece for whole in records for piece in halves(whole)]
    for block in chained(pieces, held):
        again.sink.write(block)
    again.sink.close()
    found = again.found()
    again.close()
    fail_on(differences([straight(name)], [found]))


def halves(whole: Archived) -> list[Archived]:
    """Two blocks of one."""
    return [piece for piece in whole.cut(whole.first + len(whole) // 2) if piece is not None]


def count_calls(sink: Sink, block: Block) -> int:
    """Calls inside `sinks` of one write."""
    seen = 0

    def tracer(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal seen
        seen += event == "call" and "/sinks/" in frame.f_code.co_filename

    sys.settrace(tracer)
    try:
        sink.write(block)
    finally:
        sys.settrace(None)
    return seen


def killed_at(call: int, sink: Sink, block: Block) -> None:
    """Write, and die at the `call`-th call inside `sinks`."""
    left = call

    def tracer(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal left
        if event == "call" and "/sinks/" in frame.f_code.co_filename:
            left -= 1
            if left == 0:
                raise Killed

    sys.settrace(tracer)
    try:
        sink.write(block)
    finally:
        sys.settrace(None)
