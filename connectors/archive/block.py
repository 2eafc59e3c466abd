"""A block of records that arrived together, and its two forms on disk: a frame of a write-ahead file, rows
of Parquet.

A frame is `magic, crc32 of the rest, three lengths, header (JSON), offsets and bounds (int64), bytes`. Rows
of Parquet say to which block they belong, so that a replay cuts its batches where the first run did.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

FRAME = struct.Struct("<4sIQQQ")  # magic, crc32 of the rest, header bytes, offsets bytes, data bytes
MAGIC = b"STA1"


@dataclass(frozen=True, slots=True)
class Archived:
    """A block of records of one part that arrived together.

    `first` is the ordinal of its first record, `offsets` int64[n] the positions in the part.
    `refuse_unknown`: the doors by which no unknown item or site might come when it arrived, since that too
    decides what becomes of a record.
    """

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
    refuse_unknown: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.data)

    @property
    def last(self) -> int:
        """The ordinal of the last record."""
        return self.first + len(self.data) - 1

    def head(self) -> dict[str, Any]:
        """What all its records have in common, as a frame's header says it."""
        return {
            "first": self.first,
            "n": len(self),
            "source": self.source,
            "part": self.part,
            "run_id": self.run_id,
            "decoder": self.decoder,
            "file_id": self.file_id,
            "arrived_at": self.arrived_at,
            "trust": self.trust,
            "refuse_unknown": list(self.refuse_unknown),
        }

    def cut(self, ordinal: int) -> tuple[Archived | None, Archived | None]:
        """(records up to `ordinal`, records behind it); None where a side is empty."""
        n = ordinal + 1 - self.first
        if n <= 0:
            return None, self
        if n >= len(self):
            return self, None
        return self._slice(0, n), self._slice(n, len(self))

    def _slice(self, a: int, b: int) -> Archived:
        return _block(self.head() | {"first": self.first + a}, self.offsets[a:b], self.data.slice(a, b - a))


def _block(head: dict[str, Any], offsets: NDArray[np.int64], data: pa.LargeBinaryArray) -> Archived:
    return Archived(
        head["first"], head["source"], head["part"], head["run_id"], head["decoder"], head["file_id"],
        head["arrived_at"], head["trust"], offsets, data, tuple(head["refuse_unknown"]),
    )  # fmt: skip


# frames of a write-ahead file -------------------------------------------------------------------------------


def frame(block: Archived) -> list[bytes | memoryview]:
    """The pieces of a frame, to be written one after another."""
    bounds, raw = _bytes_of(block.data)
    header = json.dumps(block.head(), ensure_ascii=False).encode()
    numbers = np.concatenate([block.offsets, bounds]).astype("<i8").tobytes()
    data = np.ascontiguousarray(raw).data
    crc = zlib.crc32(data, zlib.crc32(numbers, zlib.crc32(header)))
    return [FRAME.pack(MAGIC, crc, len(header), len(numbers), len(data)), header, numbers, data]


def _bytes_of(data: pa.LargeBinaryArray) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """(bounds from 0, bytes) of a block's records."""
    _, offsets, values = data.buffers()
    bounds = np.frombuffer(offsets, np.int64)[data.offset : data.offset + len(data) + 1]
    raw = np.frombuffer(values, np.uint8) if values is not None and values.size else np.zeros(0, np.uint8)
    return bounds - bounds[0], raw[bounds[0] : bounds[-1]]


@dataclass(frozen=True, slots=True)
class Frames:
    """What a write-ahead file holds: whole `blocks`, their `size` in bytes, and what is wrong behind them.

    `torn`: an unfinished frame follows, which is what a death while writing leaves. `damaged`: a frame of
    full length follows that is not what was written.
    """

    blocks: list[Archived]
    size: int
    torn: bool
    damaged: bool


def read_frames(path: Path) -> Frames:
    """The frames of a write-ahead file; a missing file has none."""
    raw = path.read_bytes() if path.exists() else b""
    blocks, at, damaged = [], 0, False
    while at + FRAME.size <= len(raw):
        magic, crc, h, n, d = FRAME.unpack_from(raw, at)
        end = at + FRAME.size + h + n + d
        body = memoryview(raw)[at + FRAME.size : end]
        if magic != MAGIC or (end <= len(raw) and zlib.crc32(body) != crc):
            damaged = True
            break
        if end > len(raw):
            break
        blocks.append(_of_frame(body, h, n))
        at = end
    return Frames(blocks, at, at < len(raw), damaged)


def _of_frame(body: memoryview, h: int, n: int) -> Archived:
    head = json.loads(bytes(body[:h]))
    numbers = np.frombuffer(body[h : h + n], "<i8")
    count = head["n"]
    buffers = [None, pa.py_buffer(numbers[count:].copy()), pa.py_buffer(bytes(body[h + n :]))]
    data = pa.LargeBinaryArray.from_buffers(pa.large_binary(), count, buffers)
    return _block(head, numbers[:count].copy(), data)


# rows of a Parquet file -------------------------------------------------------------------------------------

SCHEMA = pa.schema([
    ("block", pa.int32()), ("ordinal", pa.int64()), ("source", pa.string()), ("part", pa.string()),
    ("run_id", pa.string()), ("decoder", pa.string()), ("file_id", pa.string()), ("position", pa.int64()),
    ("arrived_at", pa.int64()), ("trust", pa.int8()), ("refuse_unknown", pa.list_(pa.string())),
    ("raw", pa.large_binary()),
])  # fmt: skip
GROUP_ROWS, GROUP_BYTES = 1 << 16, 16 << 20
# A dictionary of records that all differ, or of numbers that count up, is built only to be thrown away.
_COUNTING = ("ordinal", "position")
WRITING: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "use_dictionary": [f.name for f in SCHEMA if f.name not in (*_COUNTING, "raw")],
    "column_encoding": dict.fromkeys(_COUNTING, "DELTA_BINARY_PACKED"),
    "write_statistics": False,
}


def write_parquet(path: Path, blocks: list[Archived]) -> None:
    """Write blocks; a row group holds whole ones, many small or one large."""
    with pq.ParquetWriter(path, SCHEMA, **WRITING) as writer:
        group: list[pa.Table] = []
        for number, block in enumerate(blocks):
            group.append(_rows(block, number))
            full = sum(rows.num_rows for rows in group) >= GROUP_ROWS or _size(group) >= GROUP_BYTES
            if full or number == len(blocks) - 1:
                whole = pa.concat_tables(group)
                writer.write_table(whole, row_group_size=whole.num_rows)
                group = []


def _size(group: list[pa.Table]) -> int:
    return sum(rows.column("raw").nbytes for rows in group)


def _rows(block: Archived, number: int) -> pa.Table:
    n = len(block)
    own = {
        "ordinal": pa.array(np.arange(block.first, block.first + n)),
        "position": pa.array(block.offsets),
        "raw": block.data,
    }
    head = block.head() | {"block": number}
    arrays = [own[f.name] if f.name in own else _repeated(head[f.name], f.type, n) for f in SCHEMA]
    return pa.table(arrays, schema=SCHEMA)


def _repeated(value: Any, kind: pa.DataType, n: int) -> pa.Array:
    if not pa.types.is_list(kind):
        return pa.repeat(pa.scalar(value, kind), n)
    # Repeating a list as a scalar costs more than writing everything else.
    ends = pa.array(np.arange(n + 1) * len(value), pa.int32())
    return pa.ListArray.from_arrays(
        ends, pa.array(value, kind.value_type).take(np.tile(np.arange(len(value)), n))
    )


def read_parquet(path: Path, first: int = 0) -> Iterator[Archived]:
    """The blocks of a file from ordinal `first` on."""
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group).combine_chunks()
            rows = rows.slice(int(np.searchsorted(rows.column("ordinal").to_numpy(), first)))
            numbers = rows.column("block").to_numpy()
            edges = [*np.flatnonzero(np.diff(numbers, prepend=-1)).tolist(), rows.num_rows]
            for a, b in pairwise(edges):
                yield _of_rows(rows.slice(a, b - a))


def _of_rows(rows: pa.Table) -> Archived:
    head = rows.slice(0, 1).drop_columns(["raw"]).to_pylist()[0]
    data = rows.column("raw").combine_chunks()
    data = pa.concat_arrays(data.chunks) if isinstance(data, pa.ChunkedArray) else data
    return _block(head | {"first": head["ordinal"]}, rows.column("position").to_numpy(), data)
