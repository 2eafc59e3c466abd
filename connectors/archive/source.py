"""Source `archive`: what another data directory has archived, as it first arrived.

**Parts** one, the archive. **Position** the ordinal of the record in it. Each block says its origin (source,
part, positions, arrival, trust, map), so that a job is rebuilt from it: the same verdicts, versions and hash
chain. **Restart** nothing is lost or doubled: an archive only grows. It is checked whole against its chain
before its first record is handed out, and nothing of a damaged one is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.archive.block import Archived
from connectors.archive.chain import NAME, ArchiveError, check_chain
from connectors.archive.reading import count_records, read_archive
from connectors.archive.writing import Archive
from connectors.contract import Capabilities, Origin, RawBatch

FOLDER = "archive"


def archive_at(path: str) -> Path | None:
    """The folder of the archive that `path` means: a data directory or the folder itself; None: neither.

    ArchiveError for a single file of an archive.
    """
    here = Path(path)
    if here.is_file() and _is_archive(here.parent) and here.suffix in (".parquet", ".wal", ".jsonl"):
        raise ArchiveError(here, "one_file")
    return next((folder for folder in (here, here / FOLDER) if _is_archive(folder)), None)


def _is_archive(folder: Path) -> bool:
    return (folder / NAME).is_file() or (folder / "open.wal").is_file()


def _fill(archive: Archive) -> None:
    for n, source in enumerate(("till", "lorry", "till")):
        lines = pa.array([b'{"id":"%d"}\n' % i for i in range(n, n + 9)], pa.large_binary())
        batch = RawBatch(source, f"{source}.ndjson", "ndjson", lines, np.arange(100 * n, 100 * n + 9))
        archive.append(batch, "r000001", "", 1_780_000_000_000 + n, 1)
        if n < 2:
            archive.close_file(wait=True)
    archive.let_go()


class ArchiveSource:
    """An archive that nobody writes to.

    `path`: a data directory or its folder `archive`. `taken`: how many of its records the run has already
    archived, which is where it goes on if no position is given.
    """

    capabilities = Capabilities(
        replayable=True,
        ordered_by="the order of arrival",
        acknowledged="never: the archive stays",
        on_restart="nothing is lost or doubled: the position is the ordinal of a record that never changes",
    )

    def __init__(self, name: str, path: str) -> None:
        self.name, self.taken = name, 0
        self._path = path

    @classmethod
    def samples(cls, folder: Path) -> list[ArchiveSource]:
        """Closed files and a write-ahead file, of records of two sources."""
        if not (folder / "D").exists():
            _fill(Archive(folder / "D" / FOLDER))
        return [cls("archive", str(folder / "D")), cls("archive", str(folder / "D" / FOLDER))]

    def parts(self) -> list[str]:
        """Its folder; ArchiveError when there is no archive."""
        folder = archive_at(self._path)
        if folder is None:
            raise ArchiveError(Path(self._path), "none")
        return [str(folder)]

    def build(self, part: str, resume: int | None) -> ArchivePart:
        """Open it at record `resume`; ArchiveError for the first file that is not what was written, and when
        it has fewer records than that.
        """
        for error in check_chain(Path(part)):
            raise error
        first = self.taken if resume is None else resume
        if first > (held := count_records(Path(part))):
            raise ArchiveError(Path(part), "short", held=held, taken=first)
        return ArchivePart(self.name, part, first)


class ArchivePart:
    """An archive from one of its records on; blocks stay together as far as a batch may be as large."""

    def __init__(self, source: str, part: str, first: int) -> None:
        self.source, self.part, self.eof = source, part, False
        self.source_id = ""
        self._next = first
        self._blocks: Iterator[Archived] = read_archive(Path(part), first)
        self._rest: Archived | None = None

    def next_batch(self, max_records: int, max_bytes: int) -> RawBatch | None:
        """See `contract.Part`; records of one origin, at least one however long."""
        block = self._rest or next(self._blocks, None)
        if block is None:
            self.eof = True
            return None
        ends = np.cumsum(pc.binary_length(block.data).to_numpy())
        fit = int(np.searchsorted(ends, max_bytes, side="right"))
        mine, self._rest = block.cut(block.first + max(1, min(max_records, fit)) - 1)
        assert mine is not None
        self._next = mine.last + 1
        origin = Origin(
            mine.source, mine.part, mine.file_id, mine.arrived_at, mine.trust, mine.refuse_unknown,
            mine.offsets,
        )  # fmt: skip
        ordinals = np.arange(mine.first, self._next, dtype=np.int64)
        return RawBatch(self.source, self.part, mine.decoder, mine.data, ordinals, origin)

    def position(self) -> int:
        """The ordinal of the next record."""
        return self._next

    def close(self) -> None:
        """Let go of the file that is being read."""
        self._blocks = iter(())
        self._rest = None
