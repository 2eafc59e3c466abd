"""The world as a source: a first day of history at once, then the same world going on at a chosen speed.

Ledgers refuse what lies in the future, so a world that runs faster than the wall has to be told in one of two
ways (`Pace`):

- `LIVE` (for a board): up to the anchor, the wall's time when the part was named, times are told as they are;
  after it a second of the wall holds `speed` seconds of the world, told compressed. An event is always about
  as old as its arrival, for ever; a day of the world takes 24 h / speed, so hours after the anchor are fuller
  than those before it.
- `CATCH_UP` (for history with a true rhythm): the anchor lies `lag_ms` in the past; from it the world runs at
  `speed` until it has caught up with the wall, then at the wall's own pace. Times are true, arrivals
  simulated.

Every record carries its simulated arrival as `recordedtime` (LIVE: told compressed too), which is never after
the wall's time; with `recorded=False` only the first burst does, and the ledger stamps the rest.

**Restart** The part's name holds seed, pace, speed and start (`live-seed7-x60-from…-at…`), so `build` gives
the same bytes for the same name, whatever the time is: keep the name with the position. Resuming makes the
records before the position again and drops them (about 30,000 a second). Ids bear a tag made of the anchor:
a new world in an old ledger is new events, not conflicts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from connectors.contract import Capabilities, RawBatch
from connectors.mock.world import World, midnight
from connectors.mock.world_params import DAY_MS, HOUR_MS
from connectors.mock.world_wire import as_it_is, compressed

_NAME = re.compile(r"(live|catch_up)-seed(\d+)-x(\d+)-from(\d+)-at(\d+)(-norec)?")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Pace(StrEnum):
    """How a world that is faster than the wall is told; see the module."""

    LIVE = "live"
    CATCH_UP = "catch_up"


@dataclass(frozen=True, slots=True)
class Run:
    """All that makes the bytes: `from_ms` the world's midnight, `at_ms` the anchor, both in ms since 1970.

    `thousandths`: the speed x 1000. `recorded`: whether records after the burst carry `recordedtime`.
    """

    pace: Pace
    seed: int
    thousandths: int
    from_ms: int
    at_ms: int
    recorded: bool = True

    @property
    def name(self) -> str:
        """The part's name."""
        end = "" if self.recorded else "-norec"
        return f"{self.pace}-seed{self.seed}-x{self.thousandths}-from{self.from_ms}-at{self.at_ms}{end}"

    @staticmethod
    def parse(part: str) -> Run:
        """The run a part's name stands for; `ValueError` when it is none."""
        m = _NAME.fullmatch(part)
        if m is None:
            raise ValueError(f"part {part!r} is no world; take the name that parts() gave")
        seed, thousandths, from_ms, at_ms = (int(g) for g in m.groups()[1:5])
        return Run(Pace(m[1]), seed, thousandths, from_ms, at_ms, m[6] is None)

    def world(self) -> World:
        """The world from its beginning."""
        clock = compressed(self.at_ms, self.thousandths / 1000) if self.pace is Pace.LIVE else as_it_is
        return World(self.seed, self.from_ms, clock, self.tag, None if self.recorded else self.at_ms)

    @property
    def tag(self) -> str:
        """The anchor's second in base 36."""
        n, text = self.at_ms // 1000, ""
        while n:
            n, digit = divmod(n, 36)
            text = _DIGITS[digit] + text
        return text

    def due(self, wall_ms: int, opened_ms: int, reached_ms: int) -> int:
        """Up to which arrival (ms of the world) records have come at `wall_ms`.

        `opened_ms`: when the part was opened. `reached_ms`: the arrival that had been handed out before.
        """
        if self.pace is Pace.LIVE:
            return self.at_ms + max(0, wall_ms - self.at_ms) * self.thousandths // 1000
        going = max(self.at_ms, reached_ms) + max(0, wall_ms - opened_ms) * self.thousandths // 1000
        return min(going, wall_ms)


class WorldPart:
    """The one stream of a world. Offsets are record numbers from 0."""

    def __init__(self, source: str, run: Run, resume: int, now_ms: Callable[[], int]) -> None:
        self.eof = False
        self._source, self._run, self._now, self._next = source, run, now_ms, 0
        self._world = run.world()
        self._flow: Iterator[tuple[int, bytes]] = iter(())
        self._asked = -1
        self._ready: list[tuple[int, bytes]] = []
        self._reached = run.at_ms
        self._skip(resume)
        self._opened = now_ms()

    def _skip(self, resume: int) -> None:
        """Make again what was handed out before, and drop it."""
        until = self._run.at_ms
        while self._next < resume:
            self._fill(min(10_000, resume - self._next), until)
            if self._ready:
                self._next += len(self._ready)
                self._reached = max(self._reached, self._ready[-1][0])
                self._ready = []
            else:
                until += HOUR_MS

    def _fill(self, records: int, until: int) -> None:
        """Let the world go on until `records` are ready or nothing more arrives by `until`."""
        while True:
            self._ready.extend(islice(self._flow, records - len(self._ready)))
            if len(self._ready) >= records or until <= self._asked:
                return
            self._asked, self._flow = until, self._world.events(until)

    def next_batch(self, max_records: int, max_bytes: int) -> RawBatch | None:
        """What has come by now; None when nothing has."""
        until = self._run.due(self._now(), self._opened, self._reached)
        self._fill(max_records, until)
        taken, size = 0, 0
        for arrival, line in self._ready[:max_records]:
            size += len(line)
            if arrival > until or (taken and size > max_bytes):
                break
            taken += 1
        if not taken:
            return None
        lines, self._ready = [line for _, line in self._ready[:taken]], self._ready[taken:]
        offsets = np.arange(self._next, self._next + taken, dtype=np.int64)
        self._next += taken
        return RawBatch(self._source, self._run.name, "ndjson", pa.array(lines, pa.large_binary()), offsets)

    def position(self) -> int:
        """Records handed out so far."""
        return self._next

    def write_truth(self, folder: Path) -> None:
        """What is so in this world by now, as files; nothing that runs beside it reads them."""
        self._world.write_truth(folder)

    def close(self) -> None:
        """Nothing is held open."""
        self._ready = []
        self.eof = True


class WorldSource:
    """A seeded world that goes on by itself.

    `speed`: seconds of the world per second of the wall, above 0 (`ValueError`). `now_ms`: the wall's clock,
    ms since 1970. `history_days`: whole days before the anchor's own day that are delivered at once, with
    that day up to the anchor. `lag_ms`: CATCH_UP only, how far behind the wall the anchor lies. `run`: a run
    to go on with instead of a new one (`Run.parse` of the stored part).
    """

    capabilities = Capabilities(
        replayable=True,
        ordered_by="arrival in the world's time, then order of sending",
        acknowledged="never: what was handed out can be made again",
        on_restart="nothing lost, nothing doubled: the part's name and a record number give the same bytes",
    )

    def __init__(
        self, seed: int, speed: float, now_ms: Callable[[], int], *, name: str = "world",
        pace: Pace = Pace.LIVE, history_days: int = 1, lag_ms: int = 18 * HOUR_MS, recorded: bool = True,
        run: Run | None = None,
    ) -> None:  # fmt: skip
        if not 0.001 <= speed <= 100_000:
            raise ValueError(f"speed {speed}: give seconds of the world per second, 0.001 to 100000")
        self.name, self._now = name, now_ms
        if run is None:
            at = now_ms() - (lag_ms if pace is Pace.CATCH_UP else 0)
            start = midnight(at) - history_days * DAY_MS
            run = Run(pace, seed, round(speed * 1000), start, at, recorded)
        self.run = run

    @classmethod
    def samples(cls, folder: Path) -> list[WorldSource]:
        """Its first hours at a wall that stands still, in both ways of telling; `folder` is not needed."""
        wall_ms = midnight(1_749_000_000_000) + 2 * HOUR_MS
        return [
            cls(7, 60, lambda: wall_ms, history_days=0),
            cls(7, 60, lambda: wall_ms, pace=Pace.CATCH_UP, history_days=0, lag_ms=HOUR_MS),
        ]

    def parts(self) -> list[str]:
        """The one part: its name says all that makes its bytes."""
        return [self.run.name]

    def build(self, part: str, resume: int | None) -> WorldPart:
        """Open `part` (this one's or an earlier one's name) at a record number; else `ValueError`."""
        return WorldPart(self.name, Run.parse(part), resume or 0, self._now)
