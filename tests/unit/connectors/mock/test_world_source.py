"""The world as a source: history at once, then at its speed, resumable to the byte, never in the future."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from connectors.contract import Part, Source
from connectors.mock.world_params import DAY_MS, HOUR_MS
from connectors.mock.world_source import Pace, Run, WorldPart, WorldSource
from tests.unit.connectors.mock.world_books import instant

WALL = int(datetime(2025, 6, 4, 3, 30, tzinfo=UTC).timestamp() * 1000)  # 11:30 in Shanghai


class Wall:
    """A clock that stands until it is moved."""

    def __init__(self, ms: int = WALL) -> None:
        self.ms = ms

    def __call__(self) -> int:
        return self.ms


def drain(part: WorldPart) -> list[bytes]:
    found: list[bytes] = []
    while (batch := part.next_batch(5000, 1 << 20)) is not None:
        assert batch.offsets.tolist() == list(range(part.position() - len(batch), part.position()))
        assert sum(len(r) for r in batch.data.to_pylist()) <= (1 << 20)
        found += batch.data.to_pylist()
    return found


def newest(lines: list[bytes], name: str) -> float:
    times = []
    for line in lines:
        try:
            times.append(instant(msgspec.json.decode(line)[name]))
        except (msgspec.DecodeError, KeyError):
            continue
    return max(times)


def test_it_is_a_source() -> None:
    source = WorldSource(7, 60, Wall())
    assert isinstance(source, Source)
    assert source.capabilities.replayable
    assert isinstance(source.build(source.parts()[0], None), Part)


def test_the_first_batch_is_small_work_and_history_comes_at_once() -> None:
    source = WorldSource(7, 60, Wall())
    part = source.build(source.parts()[0], None)
    first = part.next_batch(100, 1 << 20)
    assert first is not None
    assert len(first) == 100
    assert b'"master.entity"' in first.data[0].as_py()
    rest = drain(part)
    assert len(rest) > 20_000
    assert WALL / 1000 - newest(rest, "time") < 60
    assert part.next_batch(100, 1 << 20) is None
    assert not part.eof


@pytest.mark.parametrize("pace", list(Pace))
def test_it_goes_on_at_its_speed_and_never_outruns_the_wall(pace: Pace) -> None:
    wall = Wall()
    source = WorldSource(7, 60, wall, pace=pace, lag_ms=3 * HOUR_MS)
    part = source.build(source.parts()[0], None)
    drain(part)
    seconds, came = 0, 0
    while seconds < 60:
        seconds += 2
        wall.ms += 2000
        block = drain(part)
        came += len(block)
        for name in ("time", "recordedtime"):
            assert not block or newest(block, name) * 1000 <= wall.ms
    assert came > 300  # an hour of a shopping day
    if pace is Pace.LIVE:
        assert wall.ms / 1000 - newest(block, "time") < 30


def test_catching_up_ends_at_the_pace_of_the_wall() -> None:
    wall = Wall()
    source = WorldSource(7, 3600, wall, pace=Pace.CATCH_UP, lag_ms=HOUR_MS)
    part = source.build(source.parts()[0], None)
    drain(part)
    wall.ms += 5000
    assert wall.ms / 1000 - newest(drain(part), "time") < 60
    wall.ms += 60_000
    assert 0 < len(drain(part)) < 200


@pytest.mark.parametrize("pace", list(Pace))
def test_resuming_gives_the_same_bytes(pace: Pace) -> None:
    wall = Wall()
    source = WorldSource(7, 120, wall, pace=pace, lag_ms=2 * HOUR_MS)
    name = source.parts()[0]
    part = source.build(name, None)
    whole = drain(part)
    wall.ms += 20_000
    whole += drain(part)
    for position in (0, 1, 777, len(whole) - 50):
        later_wall = Wall(wall.ms + DAY_MS)  # another start of the command, a day later
        later = WorldSource(99, 5, later_wall)
        again = later.build(name, position)
        later_wall.ms += HOUR_MS
        batch = again.next_batch(40, 1 << 30)
        assert batch is not None
        assert batch.offsets[0] == position
        assert batch.data.to_pylist() == whole[position : position + 40]


def test_only_the_burst_is_recorded_when_asked_so() -> None:
    wall = Wall()
    source = WorldSource(7, 60, wall, recorded=False)
    part = source.build(source.parts()[0], None)
    assert all(b"recordedtime" in line or not line.endswith(b"}\n") for line in drain(part))
    wall.ms += 30_000
    fresh = [line for line in drain(part) if line.endswith(b"}\n")]
    assert fresh
    assert not any(b'"recordedtime"' in line for line in fresh)


def test_two_worlds_have_different_ids() -> None:
    def ids(ms: int) -> set[str]:
        source = WorldSource(7, 60, Wall(ms))
        batch = source.build(source.parts()[0], None).next_batch(500, 1 << 20)
        assert batch is not None
        return {msgspec.json.decode(r)["id"] for r in batch.data.to_pylist()}

    assert ids(WALL).isdisjoint(ids(WALL + 5000))


def test_names_and_speeds_are_checked() -> None:
    run = Run(Pace.LIVE, 7, 60_000, WALL, WALL, recorded=False)
    assert Run.parse(run.name) == run
    with pytest.raises(ValueError, match=r"is no world; take the name that parts\(\) gave"):
        Run.parse("xuhui")
    with pytest.raises(ValueError, match="give seconds of the world per second"):
        WorldSource(1, 0, Wall())
