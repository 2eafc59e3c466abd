"""The decoded event batch from the scanner's table: strings gathered, defaults of the block filled in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.intake.layout import COLUMN
from pipelines.intake.scan import SPAN_BITS, text_gather, text_lengths
from pipelines.intake.strict import Row
from pipelines.kernels.exact import NONE
from schemas.derive import event_arrow_schema

I64 = NDArray[np.int64]
EVENT_SCHEMA = event_arrow_schema()


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known of a block beside its bytes: when it came, its first ordinal in the archive, what its
    door says.
    """

    at_ms: int
    first_ordinal: int
    trust: int = 2
    file_id: str = ""
    first_offset: int = 0
    strict: bool = False


def text_column(spans: I64, buf: NDArray[np.uint8], extra: NDArray[np.uint8]) -> pa.Array:
    """The strings that `spans` point to: in `buf`, and behind it in `extra`."""
    offs = np.empty(len(spans) + 1, np.int32)
    out = np.empty(text_lengths(spans, offs), np.uint8)
    text_gather(spans, buf, extra, out)
    return pa.StringArray.from_buffers(len(spans), pa.py_buffer(offs), pa.py_buffer(out))


def blank(n: int) -> pa.Array:
    """`n` empty strings."""
    return pa.StringArray.from_buffers(n, pa.py_buffer(np.zeros(n + 1, np.int32)), pa.py_buffer(b""))


def place(rec: I64, i: int, row: Row, base: int, extra: bytearray) -> None:
    """Write a strictly read row into the scanner's table; its strings go behind the batch's bytes."""
    rec[i] = NONE
    for name, v in row.items():
        if isinstance(v, str):
            raw = v.encode()
            rec[i, COLUMN[name]] = ((base + len(extra)) << SPAN_BITS) | len(raw)
            extra += raw
        else:
            rec[i, COLUMN[name]] = v


def event_batch(rec: I64, buf: NDArray[np.uint8], extra: bytes, a: Arrival, index: I64) -> pa.RecordBatch:
    """The event batch of the rows in `rec`; `index` is each row's record within the block."""
    tail = np.frombuffer(extra, np.uint8) if extra else buf[:0]
    rec[:, COLUMN["rec"]] = a.first_ordinal + index
    for name, default in (("trust", a.trust), ("recorded_at", a.at_ms), ("strict", int(a.strict))):
        col = rec[:, COLUMN[name]]
        col[col == NONE] = default
    arrays = []
    for f in EVENT_SCHEMA:
        col = np.ascontiguousarray(rec[:, COLUMN[f.name]])
        if pa.types.is_integer(f.type):
            missing = col == NONE
            if f.nullable and missing.any():
                arrays.append(pa.array(col, pa.int64(), mask=missing))
            else:
                arrays.append(pa.array(col.astype(f.type.to_pandas_dtype())))
        else:
            absent = not (col != NONE).any()
            arrays.append(blank(len(col)) if absent else text_column(col, buf, tail))
    if a.file_id or len(index) == 0:
        arrays[COLUMN["id"]] = _default_ids(arrays[COLUMN["id"]], a, index)
    return pa.RecordBatch.from_arrays(arrays, schema=EVENT_SCHEMA)


def _default_ids(ids: pa.Array, a: Arrival, index: I64) -> pa.Array:
    empty = np.flatnonzero(np.diff(np.frombuffer(ids.buffers()[1], np.int32)[: len(ids) + 1]) == 0)
    if not len(empty):
        return ids
    words = ids.to_pylist()
    for i in empty:
        words[i] = f"{a.file_id}-{a.first_offset + int(index[i])}"
    return pa.array(words, pa.string())
