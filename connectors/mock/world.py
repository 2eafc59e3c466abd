"""The world: three supermarkets in which things physically happen, in simulated time, from one seed.

`python -m connectors.mock.world --seed 1 --days 2 --out world.ndjson.gz --truth DIR` writes the events as a
till, a back office and a lorry's papers would tell them, in the order of their arrival, and beside them the
truth, which the pipeline never reads. The same seed and start give the same bytes.

**Key and grain** one record per happening, canonical events of `schemas`. **Units** as `schemas`.
**Order and lateness** by arrival; tills go off the network, papers are typed hours later, some returns come
before their delivery. **Refuses** nothing: some records deserve to be refused, `troubles.ndjson` says which.
"""

from __future__ import annotations

import gzip
import heapq
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
import numpy as np

from connectors.mock.world_back import Back
from connectors.mock.world_catalogue import ENTITY, SITES, SUPPLIERS
from connectors.mock.world_params import (
    DAY_MS,
    HOUR_MS,
    OFFSET_MS,
    RANGES,
    STORE_RANGES,
    daily_demand,
    day_curve,
    draw,
    local_day,
    promotions,
    wanted,
)
from connectors.mock.world_shelf import Row, Shelf, write_rows
from connectors.mock.world_supply import Supply
from connectors.mock.world_tills import Tills
from connectors.mock.world_trouble import MINUTE_MS, Trouble
from connectors.mock.world_wire import Clock, Post, Stamp, as_it_is

START = "2025-03-03T00:00:00+08:00"
"""A Monday; where a world begins unless it is told otherwise."""


def midnight(ms: int) -> int:
    """The last local midnight at or before."""
    return local_day(ms) * DAY_MS - OFFSET_MS


class World:
    """One seeded world, `now_ms` its time.

    `start_ms`: a local midnight (+08:00), else `ValueError`; the opening stock lies a minute before it.
    `clock`: how the world's time is told on the wire. `tag`: begins every id, so that two worlds in one
    ledger are not taken for one another. `recorded_until`: as `Post`.
    """

    def __init__(
        self,
        seed: int,
        start_ms: int,
        clock: Clock = as_it_is,
        tag: str = "",
        recorded_until: int | None = None,
    ) -> None:
        if start_ms != midnight(start_ms):
            raise ValueError(
                f"start {Stamp()(start_ms)}: a world begins at midnight; give 00:00:00+08:00 of a day"
            )
        self.seed, self.start_ms, self.now_ms = seed, start_ms, start_ms
        rng = self._rng = np.random.default_rng(seed)
        self.drawn = draw(rng, RANGES)
        self.stores = [draw(rng, STORE_RANGES) for _ in SITES]
        curves, want = [day_curve(s) for s in self.stores], wanted()
        demand = [daily_demand(s, c, want) for s, c in zip(self.stores, curves, strict=True)]
        self._agenda: list[tuple[int, int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._planned = 0
        self._shelf, self._post = Shelf(), Post(Stamp(clock), tag, recorded_until)
        trouble = Trouble(rng, self.drawn, self._post, self._shelf)
        shared = (self._post, self._shelf, trouble, self._later)
        self._tills = Tills(rng, self.drawn, self.stores, curves, want, *shared)
        self._supply = Supply(rng, self.drawn, demand, *shared)
        self._back = Back(rng, self.drawn, self.stores, *shared)
        self._back.masters(start_ms - MINUTE_MS, self._supply)
        self._supply.opening(start_ms - MINUTE_MS // 2)
        self._tills.off = promotions(rng, self.drawn).tolist()
        self._order(start_ms - DAY_MS)

    @property
    def sent(self) -> int:
        """Records sent so far, on their way or arrived."""
        return self._post.sent

    def _later(self, time: int, rank: int, act: Callable[..., None], more: tuple[Any, ...]) -> None:
        """At `time` do `act(time, *more)`; of one instant the smaller rank first, as the ledger has it."""
        self._planned += 1
        heapq.heappush(self._agenda, (time, rank, self._planned, act, more))

    def _order(self, day: int) -> None:
        for site in range(len(SITES)):
            for supplier in SUPPLIERS:
                self._supply.order(day, site, supplier)

    def _plan_day(self, day: int) -> None:
        if (local_day(day) + 3) % 7 == 0:
            self._tills.off = promotions(self._rng, self.drawn).tolist()
        self._back.plan_day(day)
        self._later(day + 12 * HOUR_MS, 9, lambda t: self._supply.transfers(t + HOUR_MS), ())
        self._later(day + 21 * HOUR_MS + HOUR_MS // 2, 9, lambda _t: self._order(day), ())

    def _hour(self) -> None:
        """Let one hour happen."""
        begin, end = self.now_ms, self.now_ms + HOUR_MS
        if begin == midnight(begin):
            self._plan_day(begin)
        for site in range(len(SITES)):
            self._tills.plan_hour(site, begin)
        agenda = self._agenda
        while agenda and agenda[0][0] < end:
            time, _, _, act, more = heapq.heappop(agenda)
            act(time, *more)
        self.now_ms = end

    def events(self, until_ms: int) -> Iterator[tuple[int, bytes]]:
        """(arrival, record) of all that arrives up to `until_ms` (ms of the world), in order.

        To be called again with a later time; what has been handed out does not come again.
        """
        while self.now_ms <= until_ms:
            self._hour()
            yield from self._post.arrived(min(until_ms, self.now_ms - 1))
        yield from self._post.arrived(until_ms)

    def finish(self) -> Iterator[tuple[int, bytes]]:
        """What is still on its way, as it will arrive; nothing new happens."""
        yield from self._post.arrived(None)

    def truth(self) -> dict[str, list[Row]]:
        """What is so at `now_ms` (a full hour), known to nobody in the stores.

        `stock`: shelf and books per (site, item, lot), books being those of a ledger that has everything that
        was ever sent; `thefts losses unrecorded counts troubles`: what happened; `world`: seed, time and
        parameters.
        """
        world: Row = {
            "seed": self.seed, "entity": ENTITY, "start": Stamp()(self.start_ms), "now": Stamp()(self.now_ms),
            "sent": self.sent, "lost_sales": self._shelf.lost_sales, "drawn": self.drawn,
            "stores": dict(zip(SITES, self.stores, strict=True)),
        }  # fmt: skip
        return {"world": [world], "stock": self._shelf.stock(), **self._shelf.log}

    def write_truth(self, folder: Path) -> None:
        """Each table of `truth` as `folder`/NAME.ndjson; the folder is made."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self.truth().items():
            write_rows(folder / f"{name}.ndjson", rows)


def _write(world: World, days: int, out: BinaryIO | gzip.GzipFile) -> int:
    """All records of `days` days; returns how many."""
    written = 0
    for day in range(days):
        end = world.start_ms + (day + 1) * DAY_MS - 1
        block = [line for _, line in world.events(end)]
        written += len(block)
        out.write(b"".join(block))
        click.echo(f"\r{day + 1}/{days} d  {written:,} records", err=True, nl=False)
    block = [line for _, line in world.finish()]
    out.write(b"".join(block))
    click.echo(f"\r{days}/{days} d  {written + len(block):,} records", err=True)
    return written + len(block)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="NDJSON file; .gz compresses it")
@click.option("--seed", type=click.IntRange(0), default=1, help="the same seed gives the same bytes")
@click.option("--days", type=click.IntRange(1), default=2, help="days that happen")
@click.option("--start", default=START, help="its first midnight, RFC 3339")
@click.option(
    "--truth", type=click.Path(path_type=Path), help="folder for the truth; only an auditor reads it"
)
def main(out: Path, seed: int, days: int, start: str, truth: Path | None) -> None:
    """Write a seeded world of three supermarkets to a file."""
    try:
        world = World(seed, int(datetime.fromisoformat(start).timestamp() * 1000))
    except ValueError as e:
        raise click.BadParameter(str(e), param_hint="--start") from e
    with out.open("wb") as file:
        if out.suffix == ".gz":  # no name and no time inside: the same world gives the same bytes
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6) as packed:
                _write(world, days, packed)
        else:
            _write(world, days, file)
    if truth is not None:
        world.write_truth(truth)


if __name__ == "__main__":
    main()
