"""Reading an archive without owning it: closed files first, then what lies in write-ahead files."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from connectors.archive.block import Archived, read_frames, read_parquet
from connectors.archive.chain import Entry, read_chain


def read_archive(folder: Path, first: int = 0) -> Iterator[Archived]:
    """All blocks from ordinal `first` on, in order; for an archive that nobody writes to."""
    entries, _ = read_chain(folder)
    yield from read_closed(folder, entries, first)
    ordinal = max(first, entries[-1]["last"] + 1 if entries else 0)
    for path in wal_files(folder):
        for block in read_frames(path).blocks:
            behind = block.cut(ordinal - 1)[1]
            if behind is not None:
                yield behind
                ordinal = behind.last + 1


def count_records(folder: Path) -> int:
    """How many records an archive holds; for one that nobody writes to."""
    return _count(*_parts(folder))


def _parts(folder: Path) -> tuple[list[Entry], list[Archived]]:
    """The closed files, and the blocks that are in none yet."""
    entries, _ = read_chain(folder)
    return entries, [block for path in wal_files(folder) for block in read_frames(path).blocks]


def _count(entries: list[Entry], loose: list[Archived]) -> int:
    return max([*(block.last + 1 for block in loose), entries[-1]["last"] + 1 if entries else 0])


class Summary(NamedTuple):
    """What an archive holds: closed files, bytes of all, records, the first and the last arrival (ms)."""

    files: int
    size: int
    records: int
    first_ms: int
    last_ms: int


def summary(folder: Path) -> Summary | None:
    """What lies in an archive; None when it has no records."""
    entries, loose = _parts(folder)
    arrivals = [
        _arrival(folder / e["file"], last)
        for last, e in zip((False, True), (*entries[:1], *entries[-1:]), strict=False)
    ]
    arrivals += [block.arrived_at for block in (*loose[:1], *loose[-1:])]
    if not arrivals:
        return None
    size = sum(path.stat().st_size for path in folder.iterdir())
    return Summary(len(entries), size, _count(entries, loose), arrivals[0], arrivals[-1])


def read_since(folder: Path, at_ms: int) -> Iterator[Archived]:
    """Blocks that arrived at `at_ms` or later, for a look into an archive that may be growing meanwhile.

    The first closed file to look into is found by halving: arrivals do not go back, unless the clock did.
    """
    entries, _ = read_chain(folder)
    k = bisect_left(entries, at_ms, key=lambda entry: _arrival(folder / entry["file"]))
    for entry in entries[max(0, k - 1) :]:
        yield from (block for block in read_parquet(folder / entry["file"]) if block.arrived_at >= at_ms)
    for path in wal_files(folder):
        yield from (block for block in read_frames(path).blocks if block.arrived_at >= at_ms)


def _arrival(path: Path, last: bool = False) -> int:
    """The arrival of the first or the last record of a closed file."""
    with pq.ParquetFile(path) as file:
        group = file.num_row_groups - 1 if last else 0
        return int(file.read_row_group(group, ["arrived_at"]).column(0)[-1 if last else 0].as_py())


def read_closed(folder: Path, entries: list[Entry], first: int) -> Iterator[Archived]:
    """Blocks of closed files from ordinal `first` on; those that arrived together stay together."""
    for entry in entries:
        if entry["last"] >= first:
            yield from read_parquet(folder / entry["file"], first)


def wal_files(folder: Path) -> list[Path]:
    """Write-ahead files in the order in which they were written."""
    return [*sorted(folder.glob("closing-*.wal")), folder / "open.wal"]
