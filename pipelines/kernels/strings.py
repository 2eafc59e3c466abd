"""Strings as dense integers: a growing dictionary over Arrow string columns, without a Python object per row.

Law: equal bytes get equal ids, ids are dense in order of first sight, and `column(ids)` gives the strings
back. The dictionary never forgets; its arrays are append-only, so saving it costs what was added.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.kernels.compiled import kernel

I64 = NDArray[np.int64]

_C1 = np.uint64(0x9E3779B97F4A7C15)
_C2 = np.uint64(0xBF58476D1CE4E5B9)
_C3 = np.uint64(0x94D049BB133111EB)
_C4 = np.uint64(0xD6E8FEB86659FD93)
_R29, _R35, _R33, _R31, _R32 = np.uint64(29), np.uint64(35), np.uint64(33), np.uint64(31), np.uint64(32)


@kernel
def mix(h):  # type: ignore[no-untyped-def]
    """Finalise a 64-bit hash (every input bit reaches every output bit)."""
    h = (h ^ (h >> _R32)) * _C4
    h = (h ^ (h >> _R29)) * _C2
    return h ^ (h >> _R32)


@kernel
def hash_bytes(buf, a, b, seed):  # type: ignore[no-untyped-def]
    """Two 64-bit hashes of buf[a:b]."""
    h = seed ^ (np.uint64(b - a) * _C1)
    g = seed + (np.uint64(b - a) * _C3)
    i = a
    while i + 8 <= b:
        w = np.uint64(0)
        for j in range(8):
            w |= np.uint64(buf[i + j]) << np.uint64(8 * j)
        h = h ^ (w * _C1)
        h = ((h << _R29) | (h >> _R35)) * _C2
        g = g ^ (w * _C3)
        g = ((g << _R31) | (g >> _R33)) * _C4
        i += 8
    w = np.uint64(0)
    j = 0
    while i < b:
        w |= np.uint64(buf[i]) << np.uint64(8 * j)
        i += 1
        j += 1
    h = (h ^ (w * _C1)) * _C2
    g = (g ^ (w * _C3)) * _C4
    return mix(h), mix(g)


@kernel
def _same(buf, a, b, arena, c, d):  # type: ignore[no-untyped-def]
    if b - a != d - c:
        return False
    for i in range(b - a):
        if buf[a + i] != arena[c + i]:
            return False
    return True


@kernel
def _intern(buf, offs, n, arena, ends, hashes, slots, count, out):  # type: ignore[no-untyped-def]
    """Ids of n strings; returns (count, rows done): stops early when an array is full."""
    mask = np.int64(slots.shape[0] - 1)
    last = np.int64(-1)
    for i in range(n):
        a, b = np.int64(offs[i]), np.int64(offs[i + 1])
        if last >= 0 and _same(buf, a, b, arena, ends[last], ends[last + 1]):
            out[i] = last
            continue
        h, _ = hash_bytes(buf, a, b, _C3)
        s = np.int64(h >> _R29) & mask
        while True:
            k = np.int64(slots[s])
            if k < 0:
                full = ends[count] + (b - a) > arena.shape[0] or count + 2 > hashes.shape[0]
                if full or 2 * (count + 1) > slots.shape[0]:
                    return count, i
                for j in range(b - a):
                    arena[ends[count] + j] = buf[a + j]
                ends[count + 1] = ends[count] + (b - a)
                hashes[count] = h
                slots[s] = count
                k = count
                count += 1
                break
            if hashes[k] == h and _same(buf, a, b, arena, ends[k], ends[k + 1]):
                break
            s = (s + 1) & mask
        out[i] = k
        last = k
    return count, n


@kernel
def _rehash(hashes, count, slots):  # type: ignore[no-untyped-def]
    mask = np.int64(slots.shape[0] - 1)
    for k in range(count):
        s = np.int64(hashes[k] >> _R29) & mask
        while slots[s] >= 0:
            s = (s + 1) & mask
        slots[s] = k


@kernel
def _lengths(ids, ends, offs):  # type: ignore[no-untyped-def]
    total = np.int64(0)
    offs[0] = 0
    for i in range(ids.shape[0]):
        k = ids[i]
        if k >= 0:
            total += ends[k + 1] - ends[k]
        offs[i + 1] = total
    return total


@kernel
def _gather(ids, arena, ends, offs, out):  # type: ignore[no-untyped-def]
    for i in range(ids.shape[0]):
        k = ids[i]
        if k >= 0:
            p = np.int64(offs[i])
            for j in range(ends[k], ends[k + 1]):
                out[p] = arena[j]
                p += 1


def string_buffers(column: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """(data, offsets) of a non-null Arrow string column, without copying."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    _, offsets, data = column.buffers()
    offs = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    buf = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    return buf, offs


class Interner:
    """A dictionary string → dense id. Id 0 is always the empty string."""

    def __init__(self) -> None:
        self.count = 0
        self.arena = np.empty(1 << 12, np.uint8)
        self.ends = np.zeros((1 << 8) + 1, np.int64)
        self.hashes = np.empty(1 << 8, np.uint64)
        self.slots = np.full(1 << 9, -1, np.int32)
        self.id("")

    def ids(self, column: pa.Array) -> I64:
        """int64[n]: the id of each string of a non-null string column."""
        buf, offs = string_buffers(column)
        out = np.empty(len(column), np.int64)
        done = 0
        while True:
            self.count, step = _intern(
                buf,
                offs[done:],
                len(column) - done,
                self.arena,
                self.ends,
                self.hashes,
                self.slots,
                self.count,
                out[done:],
            )
            done += step
            if done == len(column):
                return out
            self._grow(int(offs[done + 1] - offs[done]))

    def id(self, text: str) -> int:
        """The id of one string."""
        return int(self.ids(pa.array([text], pa.string()))[0])

    def _grow(self, need: int) -> None:
        if int(self.ends[self.count]) + need > len(self.arena):
            arena = np.empty(2 * len(self.arena) + need, np.uint8)
            arena[: self.ends[self.count]] = self.arena[: self.ends[self.count]]
            self.arena = arena
        if self.count + 2 > len(self.hashes):
            self.ends = np.concatenate([self.ends, np.zeros(len(self.hashes), np.int64)])
            self.hashes = np.concatenate([self.hashes, np.empty(len(self.hashes), np.uint64)])
        if 2 * (self.count + 1) > len(self.slots):
            self.slots = np.full(2 * len(self.slots), -1, np.int32)
            _rehash(self.hashes, self.count, self.slots)

    def column(self, ids: I64) -> pa.Array:
        """A string column; a negative id gives the empty string."""
        offs = np.empty(len(ids) + 1, np.int32)
        data = np.empty(_lengths(ids, self.ends, offs), np.uint8)
        _gather(ids, self.arena, self.ends, offs, data)
        return pa.StringArray.from_buffers(len(ids), pa.py_buffer(offs), pa.py_buffer(data))

    def dictionary(self, ids: I64) -> pa.DictionaryArray:
        """The same as a dictionary column over the distinct strings used (for few distinct values)."""
        used, codes = np.unique(np.where(ids < 0, 0, ids), return_inverse=True)
        return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), self.column(used))

    def text(self, k: int) -> str:
        """The string of one id."""
        return bytes(self.arena[self.ends[k] : self.ends[k + 1]]).decode() if k >= 0 else ""

    def since(self, first: int) -> pa.Array:
        """The strings with ids >= first, in order: what to save."""
        return self.column(np.arange(first, self.count, dtype=np.int64))

    def load(self, column: pa.Array) -> None:
        """Append saved strings in their order."""
        self.ids(column)
