"""Replacing parts of many records at once.

Law: `spliced` equals doing it record by record with Python's bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.kernels.compiled import kernel

I64 = NDArray[np.int64]


@kernel
def _append(out, p, piece):  # type: ignore[no-untyped-def]
    room = out[p : p + piece.shape[0]]
    for k in range(piece.shape[0]):
        room[k] = piece[k]
    return p + piece.shape[0]


@kernel
def _copy(buf, first, last, starts, ends, which, texts, text_ends, out):  # type: ignore[no-untyped-def]
    at, p = first, np.int64(0)
    for i in range(starts.shape[0]):
        p = _append(out, p, buf[at : starts[i]])
        p = _append(out, p, texts[text_ends[which[i]] : text_ends[which[i] + 1]])
        at = ends[i]
    _append(out, p, buf[at:last])


def spliced(
    buf: NDArray[np.uint8], bounds: I64, starts: I64, ends: I64, texts: Sequence[bytes], which: I64
) -> pa.LargeBinaryArray:
    """The records of `buf` with `buf[starts[i]:ends[i]]` replaced by `texts[which[i]]`.

    `bounds`: int64[n + 1], where records begin and the last ends. `starts`, `ends`, `which`: int64[m]; spans
    ascend, do not overlap, and each lies within one record.
    """
    joined = np.frombuffer(b"".join(texts) or b"\0", np.uint8)
    text_ends = np.cumsum(np.fromiter([0, *map(len, texts)], np.int64, len(texts) + 1))
    grown = np.cumsum(np.concatenate([np.zeros(1, np.int64), np.diff(text_ends)[which] - (ends - starts)]))
    moved = bounds - bounds[0] + grown[np.searchsorted(ends, bounds, "right")]
    out = np.empty(int(moved[-1]), np.uint8)
    _copy(buf, bounds[0], bounds[-1], starts, ends, which, joined, text_ends, out)
    buffers = [None, pa.py_buffer(moved), pa.py_buffer(out)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(bounds) - 1, buffers)
