"""Writing the archive: a block is safe when `append` returns; files are closed and chained beside the work.

Blocks are appended to a write-ahead file and become Parquet files, closed by size or after a minute, each
chained by its sha256 to the one before. Records have an *ordinal*, 0, 1, 2 … over the whole archive.
**Loses** nothing that was appended when the process dies; with `sync` nothing on power loss either. A frame
that was cut short is dropped: its source still has it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.archive.block import Archived, frame, read_frames, write_parquet
from connectors.archive.chain import NAME, START, Entry, append, read_chain, seal, sha256_of
from connectors.archive.reading import read_closed
from connectors.contract import Origin, RawBatch

CLOSE_BYTES = 64 << 20
CLOSE_MS = 60_000


class Archive:
    """The archive of one data directory; one process writes to it."""

    def __init__(self, folder: Path | str, *, sync: bool = False) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._sync = sync
        self.closed, size = read_chain(self.folder)
        if (
            self.folder / NAME
        ).exists():  # a line that was cut short when the process died: its file is written again
            os.truncate(self.folder / NAME, size)
        self.positions: dict[tuple[str, str, str], int] = {}
        for entry in self.closed:
            self.positions.update({(a, b, c): n for a, b, c, n in entry["positions"]})
        self.next_ordinal = self.closed[-1]["last"] + 1 if self.closed else 0
        self._open: list[Archived] = []
        self._bytes, self._since = 0, 0
        self._leaving: list[Archived] = []
        self._moving = threading.Lock()
        self._closing: threading.Thread | None = None
        self._error: BaseException | None = None
        self._recover()
        self._wal = self._open_wal()

    def _open_wal(self) -> int:
        return os.open(self.folder / "open.wal", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def _recover(self) -> None:
        for path in self.folder.glob("*.tmp"):
            path.unlink()
        for path in sorted(self.folder.glob("closing-*.wal")):
            blocks = [b for b in read_frames(path).blocks if b.first >= self.next_ordinal]
            for block in blocks:
                self._count(block)
            if blocks:
                self._write_file(blocks)
            path.unlink()
        path = self.folder / "open.wal"
        frames = read_frames(path)
        if frames.torn:
            os.truncate(path, frames.size)
        for block in frames.blocks:
            if block.first >= self.next_ordinal:
                self._count(block)
                self._keep(block, block.arrived_at)

    def _count(self, block: Archived) -> None:
        self.next_ordinal = block.last + 1
        self.positions[block.run_id, block.source, block.part] = int(block.offsets[-1]) + 1

    def _keep(self, block: Archived, now: int) -> None:
        self._since = self._since or now
        self._open.append(block)
        self._bytes += block.data.nbytes

    def append(
        self, batch: RawBatch, run_id: str, file_id: str, arrived_at: int, trust: int,
        refuse_unknown: tuple[str, ...] = (),
    ) -> Archived:  # fmt: skip
        """Store a block as received; it is safe from the death of the process when this returns.

        What another directory has archived is kept as it first arrived, whatever the arguments say; only the
        run is this one. OSError when it cannot be written: then nothing of it is kept.
        """
        o = batch.origin or Origin(
            batch.source, batch.part, file_id, arrived_at, trust, refuse_unknown, batch.offsets
        )
        block = Archived(
            self.next_ordinal, o.source, o.part, run_id, batch.decoder, o.file_id, o.arrived_at, o.trust,
            o.offsets, batch.data, o.refuse_unknown,
        )  # fmt: skip
        self._write(block)
        self._count(block)
        self._keep(block, arrived_at)
        if self._bytes >= CLOSE_BYTES:
            self.close_file()
        self.tick(arrived_at)
        return block

    def _write(self, block: Archived) -> None:
        path = self.folder / "open.wal"
        before = os.fstat(self._wal).st_size
        try:
            for piece in frame(block):
                rest = memoryview(piece)
                while rest:
                    rest = rest[os.write(self._wal, rest) :]
            if self._sync:
                os.fsync(self._wal)
        except OSError as error:
            os.ftruncate(self._wal, before)
            error.filename = str(path)
            raise

    def tick(self, now: int) -> None:
        """Close the open file when its first block is a minute old. Raises what the last closing failed
        with.
        """
        if self._error is not None:
            raise self._error
        if self._open and now - self._since >= CLOSE_MS:
            self.close_file()

    def close_file(self, *, wait: bool = False) -> None:
        """Turn what is open into a Parquet file of the chain, beside the work."""
        self._join()
        if self._open:
            path = self.folder / f"closing-{self._open[0].first:020}.wal"
            os.close(self._wal)
            (self.folder / "open.wal").replace(path)
            self._wal = self._open_wal()
            with self._moving:
                self._leaving, self._open = self._open, []
            self._bytes, self._since = 0, 0
            self._closing = threading.Thread(target=self._close, args=(path,), name="archive")
            self._closing.start()
        if wait:
            self._join()

    def _join(self) -> None:
        if self._closing is not None:
            self._closing.join()
            self._closing = None
        if self._error is not None:
            raise self._error

    def _close(self, path: Path) -> None:
        try:
            self._write_file(self._leaving)
            path.unlink()
        except BaseException as error:  # noqa: BLE001 -- told to the writer at its next append
            self._error = error

    def _write_file(self, blocks: list[Archived]) -> None:
        name = f"{blocks[0].first:020}.parquet"
        draft = self.folder / f"{name}.tmp"
        try:
            write_parquet(draft, blocks)
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            draft.replace(self.folder / name)
            ends = {(b.run_id, b.source, b.part): int(b.offsets[-1]) + 1 for b in blocks}
            entry: Entry = {
                "file": name,
                "first": blocks[0].first,
                "last": blocks[-1].last,
                "sha256": sha256_of(self.folder / name),
                "positions": [[*part, end] for part, end in ends.items()],
                "previous": self.closed[-1]["chain"] if self.closed else START,
            }
            entry["chain"] = seal(entry)
            append(self.folder, entry)
        except OSError as error:
            error.filename = error.filename or str(self.folder / name)
            raise
        with self._moving:
            self.closed.append(entry)
            self._leaving = []

    def read(self, first: int = 0) -> Iterator[Archived]:
        """Blocks from ordinal `first` on, in order; closed files and what is open."""
        with self._moving:
            closed, loose = list(self.closed), [*self._leaving, *self._open]
        yield from read_closed(self.folder, closed, first)
        for block in loose:
            behind = block.cut(first - 1)[1]
            if behind is not None:
                yield behind

    def taken(self, run_id: str) -> int:
        """How many records of a run are archived here."""
        with self._moving:
            closed, loose = list(self.closed), [*self._leaving, *self._open]
        found = sum(len(block) for block in loose if block.run_id == run_id)
        for entry in closed:
            if any(run == run_id for run, *_ in entry["positions"]):
                runs = pq.read_table(self.folder / entry["file"], columns=["run_id"]).column(0)
                found += pc.sum(pc.equal(runs, run_id)).as_py()
        return found

    def let_go(self) -> None:
        """Wait for a closing under way and close the write-ahead file; it stays for the next start."""
        if self._closing is not None:
            self._closing.join()
        os.close(self._wal)

    def close(self) -> None:
        """Close the last file of the chain and let go."""
        try:
            self.close_file(wait=True)
        finally:
            self.let_go()
