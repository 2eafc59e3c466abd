"""Reading an archive without owning it: closed files first, then what lies in write-ahead files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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


def read_closed(folder: Path, entries: list[Entry], first: int) -> Iterator[Archived]:
    """Blocks of closed files from ordinal `first` on; those that arrived together stay together."""
    for entry in entries:
        if entry["last"] >= first:
            yield from read_parquet(folder / entry["file"], first)


def wal_files(folder: Path) -> list[Path]:
    """Write-ahead files in the order in which they were written."""
    return [*sorted(folder.glob("closing-*.wal")), folder / "open.wal"]
