"""A hash table from a pair of integers to a dense row number, callable inside other kernels.

Law: equal pairs get equal rows, rows are dense in order of first sight. Room is made before a batch
(`reserve`), so the kernels never have to stop for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.kernels.compiled import kernel
from pipelines.kernels.strings import mix

_K1 = np.uint64(0x9E3779B97F4A7C15)
_K2 = np.uint64(0xD6E8FEB86659FD93)


@kernel
def slot_of(k1, k2, mask):  # type: ignore[no-untyped-def]
    """The first slot to look at."""
    return np.int64(mix((np.uint64(k1) * _K1) ^ (np.uint64(k2) * _K2)) & np.uint64(mask))


@kernel
def find(keys, slots, k1, k2):  # type: ignore[no-untyped-def]
    """The row of (k1, k2), or -1."""
    mask = np.int64(slots.shape[0] - 1)
    s = slot_of(k1, k2, mask)
    while slots[s] >= 0:
        row = np.int64(slots[s])
        if keys[row, 0] == k1 and keys[row, 1] == k2:
            return row
        s = (s + 1) & mask
    return np.int64(-1)


@kernel
def insert(keys, slots, row, k1, k2):  # type: ignore[no-untyped-def]
    """Give (k1, k2), which is not there yet, the number `row`."""
    mask = np.int64(slots.shape[0] - 1)
    s = slot_of(k1, k2, mask)
    while slots[s] >= 0:
        s = (s + 1) & mask
    slots[s] = row
    keys[row, 0] = k1
    keys[row, 1] = k2


@kernel
def rebuild(keys, slots, first, count):  # type: ignore[no-untyped-def]
    """Put rows first..count-1 into the slots."""
    for row in range(first, count):
        insert(keys, slots, row, keys[row, 0], keys[row, 1])


def slots_for(count: int) -> NDArray[np.int32]:
    """Empty slots with room for `count` rows at half load."""
    size = 1 << max(10, int(2 * count - 1).bit_length())
    return np.full(size, -1, np.int32)


@kernel
def _rows_of(keys, slots, count, k1, k2, out):  # type: ignore[no-untyped-def]
    for i in range(k1.shape[0]):
        row = find(keys, slots, k1[i], k2[i])
        if row < 0:
            row = count
            insert(keys, slots, row, k1[i], k2[i])
            count += 1
        out[i] = row
    return count


@kernel
def _find_all(keys, slots, k1, k2, out):  # type: ignore[no-untyped-def]
    for i in range(k1.shape[0]):
        out[i] = find(keys, slots, k1[i], k2[i])


class PairMap:
    """(k1, k2) -> dense row, for whole columns."""

    def __init__(self) -> None:
        self.count = 0
        self.keys = np.zeros((1024, 2), np.int64)
        self.slots = slots_for(512)

    def rows(self, k1: NDArray[np.int64], k2: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64[n]: the row of each pair, new ones in order of first sight."""
        self.reserve(len(k1))
        out = np.empty(len(k1), np.int64)
        self.count = int(_rows_of(self.keys, self.slots, self.count, k1, k2, out))
        return out

    def find(self, k1: NDArray[np.int64], k2: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64[n]: the row of each pair, -1 where it is not there."""
        out = np.empty(len(k1), np.int64)
        _find_all(self.keys, self.slots, k1, k2, out)
        return out

    def reserve(self, more: int) -> None:
        """Room for `more` new pairs."""
        need = self.count + more
        if need > len(self.keys):
            keys = np.zeros((max(need, 2 * len(self.keys)), 2), np.int64)
            keys[: self.count] = self.keys[: self.count]
            self.keys = keys
        if 2 * need > len(self.slots):
            self.slots = slots_for(max(need, len(self.slots)))
            rebuild(self.keys, self.slots, 0, self.count)

    def load(self, keys: NDArray[np.int64]) -> None:
        """Append saved pairs in their order."""
        self.reserve(len(keys))
        self.keys[self.count : self.count + len(keys)] = keys
        rebuild(self.keys, self.slots, self.count, self.count + len(keys))
        self.count += len(keys)
