"""The archive: every record as received, before anything looks at it; the log that a replay needs and nothing
else.

Blocks are appended to a write-ahead file and become Parquet files (closed by size or age), each file's sha256
chained to the one before. Records have an *ordinal*, 0, 1, 2 … over the whole archive. **Loses** nothing that
was appended when the process dies; with `sync` nothing on power loss either. A frame that was cut short is
dropped: its source still has it.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from connectors.contract import RawBatch

_FRAME = struct.Struct("<4sIQQQ")  # magic, crc32 of the rest, header bytes, offsets bytes, data bytes
_MAGIC = b"STA1"
CLOSE_BYTES = 64 << 20
CLOSE_MS = 60_000


class ArchiveError(RuntimeError):
    """The archive is not what was written: `place`, `what`, `cure`."""

    def __init__(self, place: str, what: str, cure: str) -> None:
        super().__init__(f"{place}: {what}; {cure}")
        self.place, self.what, self.cure = place, what, cure


@dataclass(frozen=True, slots=True)
class Archived:
    """A block of records of one part that arrived together; `first` is the ordinal of its first record."""

    first: int
    source: str
    part: str
    run_id: str
    decoder: str
    file_id: str
    arrived_at: int
    trust: int
    offsets: NDArray[np.int64]
    data: pa.LargeBinaryArray

    def __len__(self) -> int:
        return len(self.data)

    @property
    def last(self) -> int:
        """The ordinal of the last record."""
        return self.first + len(self.data) - 1

    def cut(self, ordinal: int) -> tuple[Archived | None, Archived | None]:
        """(records up to `ordinal`, records behind it); None where a side is empty."""
        n = ordinal + 1 - self.first
        if n <= 0:
            return None, self
        if n >= len(self):
            return self, None
        return self._slice(0, n), self._slice(n, len(self))

    def _slice(self, a: int, b: int) -> Archived:
        return Archived(
            self.first + a, self.source, self.part, self.run_id, self.decoder, self.file_id, self.arrived_at,
            self.trust,
            self.offsets[a:b], self.data.slice(a, b - a),
        )  # fmt: skip


def _bytes_of(data: pa.LargeBinaryArray) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """(bounds from 0, bytes) of a block's records."""
    _, offsets, values = data.buffers()
    bounds = np.frombuffer(offsets, np.int64)[data.offset : data.offset + len(data) + 1]
    raw = np.frombuffer(values, np.uint8) if values is not None and values.size else np.zeros(0, np.uint8)
    return bounds - bounds[0], raw[bounds[0] : bounds[-1]]


def _frame(block: Archived) -> list[bytes | memoryview]:
    bounds, raw = _bytes_of(block.data)
    header = json.dumps({
        "first": block.first, "n": len(block), "source": block.source, "part": block.part,
        "run_id": block.run_id,
        "decoder": block.decoder, "file_id": block.file_id, "arrived_at": block.arrived_at,
        "trust": block.trust,
    }, ensure_ascii=False).encode()  # fmt: skip
    numbers = np.concatenate([block.offsets, bounds]).astype("<i8").tobytes()
    data = np.ascontiguousarray(raw).data
    crc = zlib.crc32(data, zlib.crc32(numbers, zlib.crc32(header)))
    return [_FRAME.pack(_MAGIC, crc, len(header), len(numbers), len(data)), header, numbers, data]


def _read_frames(path: Path) -> tuple[list[Archived], int]:
    """The whole frames of a write-ahead file, and how many bytes they take."""
    raw = path.read_bytes() if path.exists() else b""
    blocks, at = [], 0
    while at + _FRAME.size <= len(raw):
        magic, crc, h, n, d = _FRAME.unpack_from(raw, at)
        end = at + _FRAME.size + h + n + d
        body = memoryview(raw)[at + _FRAME.size : end]
        if magic != _MAGIC or end > len(raw) or zlib.crc32(body) != crc:
            break
        head = json.loads(bytes(body[:h]))
        numbers = np.frombuffer(body[h : h + n], "<i8")
        count = head["n"]
        data = pa.LargeBinaryArray.from_buffers(
            pa.large_binary(),
            count,
            [None, pa.py_buffer(numbers[count:].copy()), pa.py_buffer(bytes(body[h + n :]))],
        )
        blocks.append(_block(head, numbers[:count].copy(), data))
        at = end
    return blocks, at


def _block(head: dict[str, Any], offsets: NDArray[np.int64], data: pa.LargeBinaryArray) -> Archived:
    return Archived(
        head["first"], head["source"], head["part"], head["run_id"], head["decoder"], head["file_id"],
        head["arrived_at"],
        head["trust"], offsets, data,
    )  # fmt: skip


class Archive:
    """The archive of one data directory; one process writes to it."""

    def __init__(self, folder: Path | str, *, sync: bool = False) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._sync = sync
        self.closed: list[dict[str, Any]] = read_chain(self.folder)
        self.positions: dict[tuple[str, str, str], int] = {}
        for entry in self.closed:
            self.positions.update({(a, b, c): n for a, b, c, n in entry["positions"]})
        self.next_ordinal = self.closed[-1]["last"] + 1 if self.closed else 0
        self._open: list[Archived] = []
        self._bytes, self._since = 0, 0
        self._closing: threading.Thread | None = None
        self._error: BaseException | None = None
        self._recover()
        self._file = (self.folder / "open.wal").open("ab")

    def _recover(self) -> None:
        for path in sorted(self.folder.glob("closing-*.wal")):
            blocks = [b for b in _read_frames(path)[0] if b.first >= self.next_ordinal]
            for block in blocks:
                self._count(block)
            if blocks:
                self._write_file(blocks, path)
            path.unlink(missing_ok=True)
        path = self.folder / "open.wal"
        blocks, size = _read_frames(path)
        if path.exists() and path.stat().st_size > size:
            with path.open("r+b") as file:
                file.truncate(size)
        for block in blocks:
            if block.first >= self.next_ordinal:
                self._count(block)
                self._keep(block)

    def _count(self, block: Archived) -> None:
        self.next_ordinal = block.last + 1
        self.positions[block.run_id, block.source, block.part] = int(block.offsets[-1]) + 1

    def _keep(self, block: Archived) -> None:
        self._since = self._since or block.arrived_at
        self._open.append(block)
        self._bytes += block.data.nbytes

    def append(self, batch: RawBatch, run_id: str, file_id: str, arrived_at: int, trust: int) -> Archived:
        """Store a block as received; it is safe from the death of the process when this returns."""
        if self._error is not None:
            raise self._error
        block = Archived(
            self.next_ordinal, batch.source, batch.part, run_id, batch.decoder, file_id, arrived_at, trust,
            batch.offsets,
            batch.data,
        )  # fmt: skip
        for part in _frame(block):
            self._file.write(part)
        self._file.flush()
        if self._sync:
            os.fsync(self._file.fileno())
        self._count(block)
        self._keep(block)
        if self._bytes >= CLOSE_BYTES or arrived_at - self._since >= CLOSE_MS:
            self.close_file()
        return block

    def close_file(self, *, wait: bool = False) -> None:
        """Turn what is open into a Parquet file of the chain, beside the work."""
        self._join()
        if self._open:
            self._file.close()
            path = self.folder / f"closing-{self._open[0].first:020}.wal"
            (self.folder / "open.wal").replace(path)
            self._file = (self.folder / "open.wal").open("ab")
            blocks, self._open, self._bytes, self._since = self._open, [], 0, 0
            self._closing = threading.Thread(target=self._close, args=(blocks, path), name="archive")
            self._closing.start()
        if wait:
            self._join()

    def _join(self) -> None:
        if self._closing is not None:
            self._closing.join()
            self._closing = None
        if self._error is not None:
            raise self._error

    def _close(self, blocks: list[Archived], path: Path) -> None:
        try:
            self._write_file(blocks, path)
            path.unlink()
        except BaseException as error:  # noqa: BLE001 -- told to the writer at its next append
            self._error = error

    def _write_file(self, blocks: list[Archived], wal: Path) -> None:
        name = f"{blocks[0].first:020}.parquet"
        draft = self.folder / f"{name}.tmp"
        with pq.ParquetWriter(draft, _SCHEMA, compression="zstd", compression_level=1) as writer:
            for block in blocks:
                writer.write_table(_rows(block))
        digest = _sha256(draft)
        previous = self.closed[-1]["chain"] if self.closed else "0" * 64
        entry = {
            "file": name, "first": blocks[0].first, "last": blocks[-1].last, "sha256": digest,
            "previous": previous,
            "chain": hashlib.sha256(f"{previous}{digest}".encode()).hexdigest(),
            "positions": [[b.run_id, b.source, b.part, int(b.offsets[-1]) + 1] for b in blocks],
        }  # fmt: skip
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(self.folder / name)
        with (self.folder / "chain.jsonl").open("a", encoding="utf-8") as out:
            out.write(json.dumps(entry, ensure_ascii=False) + "\n")
            out.flush()
            os.fsync(out.fileno())
        self.closed.append(entry)

    def read(self, first: int = 0) -> Iterator[Archived]:
        """Blocks from ordinal `first` on, in order; closed files and what is open."""
        yield from read_closed(self.folder, list(self.closed), first)
        for block in list(self._open):
            behind = block.cut(first - 1)[1]
            if behind is not None:
                yield behind

    def close(self) -> None:
        """Close the last file and let go."""
        self.close_file(wait=True)
        self._file.close()


_SCHEMA = pa.schema([
    ("ordinal", pa.int64()), ("source", pa.string()), ("part", pa.string()), ("run_id", pa.string()),
    ("decoder", pa.string()),
    ("file_id", pa.string()), ("position", pa.int64()), ("arrived_at", pa.int64()), ("trust", pa.int8()),
    ("raw", pa.large_binary()),
])  # fmt: skip


def _rows(block: Archived) -> pa.Table:
    n = len(block)

    def same(v: Any, kind: pa.DataType) -> pa.Array:
        return pa.repeat(pa.scalar(v, kind), n)

    return pa.table([
        pa.array(np.arange(block.first, block.first + n)), same(block.source, pa.string()),
        same(block.part, pa.string()),
        same(block.run_id, pa.string()), same(block.decoder, pa.string()), same(block.file_id, pa.string()),
        pa.array(block.offsets), same(block.arrived_at, pa.int64()), same(block.trust, pa.int8()), block.data,
    ], schema=_SCHEMA)  # fmt: skip


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_chain(folder: Path) -> list[dict[str, Any]]:
    """The entries of the chain, in order."""
    path = folder / "chain.jsonl"
    if not path.exists():
        return []
    lines = path.read_bytes().splitlines(keepends=True)
    whole = [x for x in lines if x.endswith(b"\n")]
    if len(whole) < len(lines):  # a line that was cut short when the process died: its file is written again
        path.write_bytes(b"".join(whole))
    return [json.loads(line) for line in whole]


def check_chain(folder: Path) -> Iterator[ArchiveError]:
    """Every file that is missing or not what was written, named."""
    previous = "0" * 64
    for entry in read_chain(folder):
        path = folder / entry["file"]
        cure = "restore this file from a backup"
        if not path.exists():
            yield ArchiveError(str(path), "is missing", cure)
        elif (found := _sha256(path)) != entry["sha256"]:
            yield ArchiveError(
                str(path), f"sha256 is {found[:16]}…, was {entry['sha256'][:16]}…: bytes were changed", cure
            )
        if entry["previous"] != previous:
            yield ArchiveError(
                str(folder / "chain.jsonl"), f"{entry['file']} does not follow the file before it", cure
            )
        previous = hashlib.sha256(f"{entry['previous']}{entry['sha256']}".encode()).hexdigest()
        if entry["chain"] != previous:
            yield ArchiveError(
                str(folder / "chain.jsonl"), f"{entry['file']}: its chain value was changed", cure
            )


def read_closed(folder: Path, entries: list[dict[str, Any]], first: int) -> Iterator[Archived]:
    """Blocks of closed files from ordinal `first` on: neighbours that arrived together stay together."""
    for entry in entries:
        if entry["last"] < first:
            continue
        file = pq.ParquetFile(folder / entry["file"])
        for group in range(file.num_row_groups):
            yield from _blocks(file.read_row_group(group), first)


def _blocks(rows: pa.Table, first: int) -> Iterator[Archived]:
    rows = rows.combine_chunks()
    ordinal = rows.column("ordinal").to_numpy()
    rows = rows.slice(int(np.searchsorted(ordinal, first)))
    if not rows.num_rows:
        return
    row = rows.slice(0, 1).drop_columns(["raw"]).to_pylist()[0]
    data = rows.column("raw").combine_chunks()
    data = data.chunk(0) if isinstance(data, pa.ChunkedArray) else data
    yield Archived(
        row["ordinal"], row["source"], row["part"], row["run_id"], row["decoder"], row["file_id"],
        row["arrived_at"],
        row["trust"], rows.column("position").to_numpy(), data,
    )  # fmt: skip
