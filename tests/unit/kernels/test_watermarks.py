"""Logical time: the least of the sources that are awake, the same on every replay."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pipelines.kernels.watermarks import IDLE_MS, Watermarks

BLOCK = st.tuples(
    st.sampled_from("abc"), st.integers(0, 90_000), st.lists(st.integers(1, 200_000), max_size=4)
)


def run(blocks: list[tuple[str, int, list[int]]]) -> tuple[Watermarks, list[int]]:
    """The watermarks after all blocks, and the logical time after each."""
    marks, path, now = Watermarks(), [], 0
    for source, later, times in blocks:
        now += later
        marks.advance(source, now, max(times, default=None))
        path.append(marks.logical_ms)
    return marks, path


def test_the_slowest_source_counts() -> None:
    marks = Watermarks()
    marks.advance("till", 10_000, 9_000)
    assert marks.logical_ms == 9_000
    marks.advance("lorry", 10_500, 4_000)
    assert marks.logical_ms == 9_000, "it never goes back"
    marks.advance("till", 11_000, 10_900)
    assert marks.logical_ms == 9_000, "the lorry is behind"
    marks.advance("lorry", 11_500, 10_000)
    assert marks.logical_ms == 10_000


def test_a_source_that_fell_silent_holds_nobody_up() -> None:
    marks = Watermarks()
    marks.advance("lorry", 10_000, 4_000)
    marks.advance("till", 10_000 + IDLE_MS - 1, 60_000)
    assert marks.logical_ms == 4_000
    marks.advance("till", 10_000 + IDLE_MS, 61_000)
    assert marks.logical_ms == 61_000
    marks.advance("lorry", 80_000, 5_000)
    assert marks.logical_ms == 61_000


def test_a_fast_clock_makes_nobody_late() -> None:
    marks = Watermarks()
    marks.advance("till", 10_000, 99_000)
    assert marks.logical_ms == 10_000


def test_a_source_that_sends_only_what_cannot_be_read_holds_nobody_up() -> None:
    marks = Watermarks()
    marks.advance("broken", 10_000, None)
    assert marks == Watermarks()
    marks.advance("till", 11_000, 9_000)
    marks.advance("broken", 12_000, None)
    assert marks.logical_ms == 9_000


@given(st.lists(BLOCK, max_size=20), st.integers(0, 20))
def test_it_never_goes_back_and_a_restart_changes_nothing(
    blocks: list[tuple[str, int, list[int]]], at: int
) -> None:
    whole, path = run(blocks)
    assert path == sorted(path)
    assert whole.logical_ms <= sum(later for _, later, _ in blocks)
    first, _ = run(blocks[:at])
    marks = Watermarks.restored(json.loads(json.dumps(first.saved())))
    now = sum(later for _, later, _ in blocks[:at])
    for source, later, times in blocks[at:]:
        now += later
        marks.advance(source, now, max(times, default=None))
    assert marks == whole


@given(st.lists(BLOCK, max_size=12), st.integers(0, 4))
def test_cutting_a_block_changes_nothing(blocks: list[tuple[str, int, list[int]]], at: int) -> None:
    """The pieces of one arrival come one after another; a piece may have no event."""
    cut = [
        piece
        for source, later, times in blocks
        for piece in ((source, later, times[:at]), (source, 0, times[at:]))
    ]
    assert run(cut)[0] == run(blocks)[0]
