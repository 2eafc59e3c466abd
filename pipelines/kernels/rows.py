"""Growing tables of int64 rows that know which rows changed, so that saving costs the change.

The hot state of a step is a few of these: one 2-D array each (many separate arrays cost several times as much
per event), written by kernels that mark every row they touch. Law: `restore(save(x)) == x`, and a save writes
the rows marked since the last one and nothing else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.kernels.compiled import kernel

I64 = NDArray[np.int64]


@kernel
def _collect(marks, count, out):  # type: ignore[no-untyped-def]
    n = 0
    for i in range(count):
        if marks[i] != 0:
            out[n] = i
            marks[i] = 0
            n += 1
    return n


@kernel
def columns(data, rows, names, out):  # type: ignore[no-untyped-def]
    """Of these rows these columns -> the first columns of `out`."""
    for i in range(rows.shape[0]):
        for k in range(names.shape[0]):
            out[i, k] = data[rows[i], names[k]]


@kernel
def _turn(x, out):  # type: ignore[no-untyped-def]
    """out[k, i] = x[i, k], a few rows at a time, so that both sides stay near."""
    for first in range(0, x.shape[0], 32):
        last = min(first + 32, x.shape[0])
        for k in range(x.shape[1]):
            for i in range(first, last):
                out[k, i] = x[i, k]


def by_column(rows: I64) -> I64:
    """The same int64[n, k], each column in one piece: what reads columns of rows as a kernel writes them."""
    out = np.empty(rows.shape[::-1], np.int64)
    _turn(rows, out)
    return out.T


def by_row(columns_: I64) -> I64:
    """The same int64[n, k], each row in one piece: what a kernel reads, filled column by column before."""
    out = np.empty(columns_.shape, np.int64)
    _turn(columns_.T, out)
    return out


class Rows:
    """`data`: int64[capacity, width]; `marks`: uint8[capacity], non-zero = changed since the last save."""

    def __init__(self, width: int, capacity: int = 1024) -> None:
        self.width = width
        self.count = 0
        self.data = np.zeros((capacity, width), np.int64)
        self.marks = np.zeros(capacity, np.uint8)

    def reserve(self, more: int) -> bool:
        """Make room for `more` rows beyond `count`; True when the arrays moved."""
        need = self.count + more
        if need <= len(self.data):
            return False
        size = max(need, 2 * len(self.data))
        data = np.zeros((size, self.width), np.int64)
        data[: self.count] = self.data[: self.count]
        marks = np.zeros(size, np.uint8)
        marks[: self.count] = self.marks[: self.count]
        self.data, self.marks = data, marks
        return True

    def append(self, row: list[int]) -> int:
        """Add one row; returns its number."""
        self.reserve(1)
        self.data[self.count] = row
        self.marks[self.count] = 1
        self.count += 1
        return self.count - 1

    def changed(self) -> tuple[I64, I64]:
        """(row numbers, their rows) changed since the last call; clears the marks."""
        out = np.empty(self.count, np.int64)
        picked = out[: _collect(self.marks, self.count, out)].copy()
        return picked, self.data[picked]

    def patch(self, numbers: I64, rows: I64, count: int) -> None:
        """Apply what `changed` gave."""
        self.reserve(count - self.count)
        self.count = count
        self.data[numbers] = rows
