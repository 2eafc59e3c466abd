"""Every source keeps the contract of `connectors.contract`; a source is found by being there."""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connectors.contract import Part, RawBatch, Source
from tests.conformance import members
from tests.conformance.waivers import waive

CLASSES = {c.__name__: c for c in members.sources()}
NAMES = sorted(CLASSES)
POSITIONS = 12  # of a long part only so many are tried


@pytest.fixture(autouse=True)
def _waived(request: pytest.FixtureRequest) -> None:
    """Waivers by the name of the check and of the source."""
    if "name" in request.fixturenames:
        waive(request, request.function.__name__, request.getfixturevalue("name"))


def parts(name: str, folder: Path) -> Iterator[tuple[Source, str]]:
    """Every part of every sample."""
    found = list(CLASSES[name].samples(folder))
    assert found, f"{name}.samples gives nothing to try"
    for source in found:
        for part in source.parts():
            yield source, part


def walk(part: Part, records: int, size: int = 1 << 20) -> Iterator[tuple[RawBatch, int]]:
    """(batch, position behind it) until nothing comes twice in a row; the part is closed."""
    idle = 0
    while idle < 2 and not part.eof:
        batch = part.next_batch(records, size)
        idle = idle + 1 if batch is None else 0
        if batch is not None:
            yield batch, part.position()
    part.close()


def batches(part: Part, records: int = 7, size: int = 1 << 20) -> list[RawBatch]:
    """The batches of `walk`."""
    return [batch for batch, _ in walk(part, records, size)]


def lines(found: list[RawBatch]) -> list[tuple[int, bytes]]:
    """(position, bytes) of each record."""
    return [pair for b in found for pair in zip(b.offsets.tolist(), b.data.to_pylist(), strict=True)]


def test_there_are_sources() -> None:
    assert {"NdjsonSource", "PosSource", "WorldSource"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_four_methods(name: str, tmp_path: Path) -> None:
    for source, part in parts(name, tmp_path):
        assert isinstance(source, Source)
        opened = source.build(part, None)
        assert isinstance(opened, Part)
        opened.close()


@pytest.mark.parametrize("name", NAMES)
def test_it_declares_what_may_be_expected(name: str, tmp_path: Path) -> None:
    for source, _ in parts(name, tmp_path):
        said = dataclasses.asdict(source.capabilities)
        assert all(isinstance(v, bool) or len(v) > 5 for v in said.values()), said
    docstring = (inspect.getdoc(sys.modules[CLASSES[name].__module__]) or "") + (CLASSES[name].__doc__ or "")
    assert "**Restart**" in docstring, f"{name}: the docstring does not say what a restart may lose or double"


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_are_the_same_twice(name: str, tmp_path: Path) -> None:
    for source in CLASSES[name].samples(tmp_path):
        assert source.parts()
        assert source.parts() == source.parts()
        assert len(set(source.parts())) == len(source.parts())


@pytest.mark.parametrize("name", NAMES)
def test_batches_are_bounded_and_say_where_they_come_from(name: str, tmp_path: Path) -> None:
    for source, part in parts(name, tmp_path):
        for records, size in ((1, 1 << 20), (7, 1 << 20), (1000, 64)):
            for batch in batches(source.build(part, None), records, size)[:200]:
                assert 0 < len(batch) <= records
                assert len(batch) == 1 or sum(map(len, batch.data.to_pylist())) <= size
                assert (batch.source, batch.part) == (source.name, part)
                assert batch.data.type == pa.large_binary()
                assert batch.decoder


@pytest.mark.parametrize("name", NAMES)
def test_positions_grow_and_the_size_of_a_batch_changes_nothing(name: str, tmp_path: Path) -> None:
    for source, part in parts(name, tmp_path):
        whole = lines(batches(source.build(part, None), 100_000))
        assert whole
        assert all(a < b for (a, _), (b, _) in itertools.pairwise(whole))
        assert lines(batches(source.build(part, None), 3)) == whole


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bytes_come_again(name: str, tmp_path: Path) -> None:
    """Of another instance over the same, and of the same instance."""
    once = {(s.name, p): lines(batches(s.build(p, None))) for s, p in parts(name, tmp_path)}
    for source, part in parts(name, tmp_path):
        assert lines(batches(source.build(part, None))) == once[source.name, part]
        assert lines(batches(source.build(part, None))) == once[source.name, part]


@pytest.mark.parametrize("name", NAMES)
def test_resumed_anywhere_it_gives_exactly_the_rest(name: str, tmp_path: Path) -> None:
    for source, part in parts(name, tmp_path):
        found = list(walk(source.build(part, None), 1))
        whole, marks = lines([batch for batch, _ in found]), [position for _, position in found]
        assert marks == [position + 1 for position, _ in whole]
        step = max(1, len(marks) // POSITIONS)
        for taken in range(0, len(marks) + 1, step):
            resume = marks[taken - 1] if taken else 0
            assert lines(batches(source.build(part, resume), 1000)) == whole[taken:], (part, resume)


@pytest.mark.parametrize("name", NAMES)
def test_it_ends_and_stays_at_its_end(name: str, tmp_path: Path) -> None:
    for source, part in parts(name, tmp_path):
        opened: Any = source.build(part, None)
        for _ in range(100_000):
            if opened.next_batch(1000, 1 << 20) is None and opened.eof:
                break
        assert opened.eof, "it never ends"
        end = opened.position()
        assert opened.next_batch(10, 1 << 20) is None
        assert opened.position() == end
        opened.close()
