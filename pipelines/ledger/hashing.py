"""Hashes of ids, references and contents, column by column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.kernels.compiled import kernel
from pipelines.kernels.exact import NONE
from pipelines.kernels.strings import hash_bytes, mix, string_buffers

I64 = NDArray[np.int64]
_SEED = np.uint64(0x5D8A3C1B9E4F7261)


@kernel
def _id_hashes(sbuf, soffs, ibuf, ioffs, h1, h2):  # type: ignore[no-untyped-def]
    for i in range(h1.shape[0]):
        s, _ = hash_bytes(sbuf, np.int64(soffs[i]), np.int64(soffs[i + 1]), _SEED)
        a, b = hash_bytes(ibuf, np.int64(ioffs[i]), np.int64(ioffs[i + 1]), s)
        h1[i], h2[i] = np.int64(a), np.int64(b)


@kernel
def _ref_hashes(sbuf, soffs, rbuf, roffs, h1, h2):  # type: ignore[no-untyped-def]
    for i in range(h1.shape[0]):
        a, b = np.int64(roffs[i]), np.int64(roffs[i + 1])
        if a == b:
            h1[i], h2[i] = NONE, NONE
            continue
        cut = np.int64(-1)
        for j in range(a, b):
            if rbuf[j] == 35:  # source#id
                cut = np.int64(j)
                break
        if cut < 0:
            s, _ = hash_bytes(sbuf, np.int64(soffs[i]), np.int64(soffs[i + 1]), _SEED)
            x, y = hash_bytes(rbuf, a, b, s)
        else:
            s, _ = hash_bytes(rbuf, a, cut, _SEED)
            x, y = hash_bytes(rbuf, cut + 1, b, s)
        h1[i], h2[i] = np.int64(x), np.int64(y)


@kernel
def fold_numbers(values, missing, salt, out):  # type: ignore[no-untyped-def]
    """Mix a column of numbers into the hashes; `missing` counts for nothing."""
    for i in range(out.shape[0]):
        if values[i] != missing:
            out[i] ^= np.int64(mix((np.uint64(values[i]) + np.uint64(1)) * salt))


@kernel
def fold_texts(buf, offs, salt, out):  # type: ignore[no-untyped-def]
    """Mix a column of texts into the hashes; the empty one counts for nothing."""
    for i in range(out.shape[0]):
        a, b = np.int64(offs[i]), np.int64(offs[i + 1])
        if b > a:
            h, _ = hash_bytes(buf, a, b, salt)
            out[i] ^= np.int64(h)


def salt_of(name: str) -> np.uint64:
    """A column's own salt."""
    h = 0x9E3779B97F4A7C15
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return np.uint64(h | 1)


def id_hashes(source: pa.Array, ids: pa.Array) -> tuple[I64, I64]:
    """Two hashes of each (source, id)."""
    h1, h2 = np.empty(len(ids), np.int64), np.empty(len(ids), np.int64)
    _id_hashes(*string_buffers(source), *string_buffers(ids), h1, h2)
    return h1, h2


def reference_hashes(source: pa.Array, returns: pa.Array) -> tuple[I64, I64]:
    """Two hashes of each reference, `id` of the same source or `source#id`; NONE where there is none."""
    h1, h2 = np.empty(len(returns), np.int64), np.empty(len(returns), np.int64)
    _ref_hashes(*string_buffers(source), *string_buffers(returns), h1, h2)
    return h1, h2


def split_reference(own: str, text: str) -> tuple[str, str]:
    """(source, id) of a reference: `id` of the same source, or `source#id`."""
    source, mark, name = text.partition("#")
    return (source, name) if mark else (own, text)


def id_hash(source: str, name: str) -> tuple[np.int64, np.int64]:
    """`id_hashes` of one."""
    h1, h2 = id_hashes(pa.array([source]), pa.array([name]))
    return h1[0], h2[0]


def blank(column: pa.Array) -> bool:
    """Whether every string is empty."""
    _, offs = string_buffers(column)
    return bool(offs[0] == offs[-1])
