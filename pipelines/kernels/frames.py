"""Integer columns in few bits that can still be read row by row: frames of 256 rows.

Of each column of a frame the smallest value is stored, a power of ten that divides all differences from it,
and the differences in as many bits as the largest needs. Quantities in whole units, money, times and numbers
that grow thus take one or two bytes instead of eight.

Law: `unpack(pack(x)) == x` for every int64[n, k], also row by row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.kernels.compiled import helper, kernel

I64 = NDArray[np.int64]
FRAME = 256
_POW10 = np.array([10**i for i in range(19)], np.uint64)
_ONE = np.uint64(1)


class Frames(NamedTuple):
    """Packed columns. `base`: int64[m, k] smallest values; `shape`: uint8[m, k, 2] power of ten, bits;
    `start`: uint64[m, k] first bit in `words`: uint64[w]; `n` rows.
    """

    base: I64
    shape: NDArray[np.uint8]
    start: NDArray[np.uint64]
    words: NDArray[np.uint64]
    n: int


@helper
def _measure(x, a, b, col):  # type: ignore[no-untyped-def]
    """(smallest, power of ten, bits) of x[a:b, col]."""
    low = x[a, col]
    for i in range(a + 1, b):
        low = min(low, x[i, col])
    power = 18
    high = np.uint64(0)
    for i in range(a, b):
        d = np.uint64(x[i, col]) - np.uint64(low)
        high = max(high, d)
        while power > 0 and d % _POW10[power] != np.uint64(0):
            power -= 1
    if high == np.uint64(0):
        return low, 0, 0
    high //= _POW10[power]
    bits = 0
    while bits < 64 and high >> np.uint64(bits) != np.uint64(0):
        bits += 1
    return low, power, bits


@kernel
def _plan(x, base, shape, start):  # type: ignore[no-untyped-def]
    """Fill in the frames' heads; returns how many bits they need."""
    at = np.uint64(0)
    for f in range(base.shape[0]):
        a, b = f * FRAME, min((f + 1) * FRAME, x.shape[0])
        for c in range(x.shape[1]):
            base[f, c], shape[f, c, 0], shape[f, c, 1] = _measure(x, a, b, c)
            start[f, c] = at
            at += np.uint64(b - a) * np.uint64(shape[f, c, 1])
    return at


@kernel
def _write(x, base, shape, start, words):  # type: ignore[no-untyped-def]
    for f in range(base.shape[0]):
        a, b = f * FRAME, min((f + 1) * FRAME, x.shape[0])
        for c in range(x.shape[1]):
            bits, at = np.uint64(shape[f, c, 1]), start[f, c]
            if bits == np.uint64(0):
                continue
            unit = _POW10[shape[f, c, 0]]
            for i in range(a, b):
                d = (np.uint64(x[i, c]) - np.uint64(base[f, c])) // unit
                w, s = np.int64(at >> np.uint64(6)), at & np.uint64(63)
                words[w] |= d << s
                if s + bits > np.uint64(64):
                    words[w + 1] |= d >> (np.uint64(64) - s)
                at += bits


@helper
def value_at(r, c, base, shape, start, words):  # type: ignore[no-untyped-def]
    """The value of row r in column c."""
    f = r // FRAME
    bits = np.uint64(shape[f, c, 1])
    if bits == np.uint64(0):
        return base[f, c]
    at = start[f, c] + np.uint64(r - f * FRAME) * bits
    w, s = np.int64(at >> np.uint64(6)), at & np.uint64(63)
    d = words[w] >> s
    if s + bits > np.uint64(64):
        d |= words[w + 1] << (np.uint64(64) - s)
    if bits < np.uint64(64):
        d &= (_ONE << bits) - _ONE
    return np.int64(np.uint64(base[f, c]) + d * _POW10[shape[f, c, 0]])


@kernel
def _read(rows, base, shape, start, words, out):  # type: ignore[no-untyped-def]
    for i in range(rows.shape[0]):
        for c in range(out.shape[1]):
            out[i, c] = value_at(rows[i], c, base, shape, start, words)


@kernel
def _read_all(first, base, shape, start, words, out):  # type: ignore[no-untyped-def]
    for i in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[i, c] = value_at(first + i, c, base, shape, start, words)


def pack(x: I64) -> Frames:
    """Pack int64[n, k]."""
    n, k = x.shape
    m = -(-n // FRAME)
    base, shape = np.empty((m, k), np.int64), np.empty((m, k, 2), np.uint8)
    start = np.empty((m, k), np.uint64)
    bits = int(_plan(x, base, shape, start))
    words = np.zeros(bits // 64 + 2, np.uint64)
    _write(x, base, shape, start, words)
    return Frames(base, shape, start, words, n)


def unpack(p: Frames, first: int = 0, last: int | None = None) -> I64:
    """int64[last - first, k]: the rows from `first` to before `last`; all of them by default."""
    out = np.empty(((p.n if last is None else last) - first, p.base.shape[1]), np.int64)
    _read_all(first, p.base, p.shape, p.start, p.words, out)
    return out


def pick(p: Frames, rows: I64) -> I64:
    """int64[len(rows), k]: the rows of these numbers."""
    out = np.empty((len(rows), p.base.shape[1]), np.int64)
    _read(rows, p.base, p.shape, p.start, p.words, out)
    return out
