"""One immutable run of history: rows sorted by item and order key, ids in full, an index by hash.

Rows are sorted by item, event time, rank of the type, source, seq and id, which is what a correction replays,
and packed (`kernels.frames`). Ids stand beside them in full, the common beginning of a frame once, so that an
event is the same only if source and id are the same text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.kernels.arrays import map_arrays, write_arrays
from pipelines.kernels.compiled import kernel
from pipelines.kernels.frames import FRAME, Frames, pack, unpack, value_at
from pipelines.kernels.strings import Interner, string_buffers
from pipelines.ledger.chains.chain import RANK
from pipelines.ledger.columns import H_DEAD
from pipelines.ledger.hashing import id_hashes

I64 = NDArray[np.int64]
# Columns of a row: those of recent history that last (`past.layout` turns one into the other). R_END: where
# its id ends in the text.
(
    R_ITEM, R_AT, R_TYPE, R_SOURCE, R_SEQ, R_ENT, R_VER, R_ACC, R_OTHER, R_QTY, R_COST, R_AMT, R_BITS, R_LINK,
    R_OWN, R_UNIT, R_SQTY, R_PRICE, R_RAW, R_DISC, R_TAX, R_SENT, R_LANDED, R_CROW, R_END,
) = range(25)  # fmt: skip
RW = 25


@kernel
def _index(h, bits, after, buckets, rest, row):  # type: ignore[no-untyped-def]
    """Rows by the first `bits` of their hashes, counted out. Bucket k: from buckets[k] to buckets[k + 1] of
    `row`; `rest`: the 32 bits of the hash that follow. `after`: room for as many buckets.
    """
    for i in range(h.shape[0]):
        buckets[np.int64(h[i] >> np.uint64(64 - bits)) + 1] += np.uint32(1)
    for k in range(after.shape[0]):
        buckets[k + 1] += buckets[k]
        after[k] = buckets[k]
    for i in range(h.shape[0]):
        b = np.int64(h[i] >> np.uint64(64 - bits))
        row[after[b]], rest[after[b]] = i, np.uint32((h[i] << np.uint64(bits)) >> np.uint64(32))
        after[b] += np.uint32(1)


@kernel
def _by_item(rows, order, low, after, out):  # type: ignore[no-untyped-def]
    """`order` again, item by item, counted out. `low`: the least item; `after`: a zero each and one more."""
    for i in range(rows.shape[0]):
        after[rows[i, R_ITEM] - low + 1] += 1
    for k in range(after.shape[0] - 1):
        after[k + 1] += after[k]
    for i in range(order.shape[0]):
        k = rows[order[i], R_ITEM] - low
        out[after[k]] = order[i]
        after[k] += 1


@kernel
def _same_id(r, source, ibuf, a, b, base, shape, start, words, text, cut):  # type: ignore[no-untyped-def]
    """Whether row r is of this source and id, and counts. `cut`: where each frame's common beginning starts
    and ends.
    """
    if value_at(r, R_BITS, base, shape, start, words) & 255 == H_DEAD:
        return False
    if value_at(r, R_SOURCE, base, shape, start, words) != source:
        return False
    f = r // FRAME
    head, first = np.int64(cut[f, 0]), np.int64(cut[f, 1])
    last = value_at(r, R_END, base, shape, start, words)
    if r % FRAME != 0:
        first = value_at(r - 1, R_END, base, shape, start, words)
    common = np.int64(cut[f, 1]) - head
    if common + last - first != b - a:
        return False
    for i in range(common):
        if text[head + i] != ibuf[a + i]:
            return False
    for i in range(last - first):
        if text[first + i] != ibuf[a + common + i]:
            return False
    return True


@kernel
def _probe(  # type: ignore[no-untyped-def]
    order, h, source, ibuf, ioffs, buckets, shift, rest, rows, base, shape, start, words, text, cut, found,
):  # fmt: skip
    """The row of each id of `order` (which sorts h) -> found, left alone where there is none."""
    for j in range(order.shape[0]):
        i = order[j]
        k = np.int64(h[i] >> np.uint64(shift))
        tail = np.uint32((h[i] << np.uint64(64 - shift)) >> np.uint64(32))
        for r in range(np.int64(buckets[k]), np.int64(buckets[k + 1])):
            if rest[r] == tail:
                a, b = np.int64(ioffs[i]), np.int64(ioffs[i + 1])
                row = np.int64(rows[r])
                if _same_id(row, source[i], ibuf, a, b, base, shape, start, words, text, cut):
                    found[i] = row
                    break


@kernel
def _cut_texts(buf, offs, order, ends, cut, out):  # type: ignore[no-untyped-def]
    """Ids in `order`, frame by frame: the common beginning once, then each rest. Returns the bytes used."""
    at = np.int64(0)
    for f in range(cut.shape[0]):
        a, b = f * FRAME, min((f + 1) * FRAME, order.shape[0])
        p = np.int64(offs[order[a]])
        common = np.int64(offs[order[a] + 1]) - p
        for i in range(a + 1, b):
            q, n = np.int64(offs[order[i]]), np.int64(offs[order[i] + 1])
            k = 0
            while k < common and q + k < n and buf[q + k] == buf[p + k]:
                k += 1
            common = np.int64(k)
        cut[f, 0], cut[f, 1] = at, at + common
        for k in range(common):
            out[at + k] = buf[p + k]
        at += common
        for i in range(a, b):
            for k in range(np.int64(offs[order[i]]) + common, np.int64(offs[order[i] + 1])):
                out[at] = buf[k]
                at += 1
            ends[i] = at
    return at


@kernel
def _join_texts(ends, cut, text, offs, out):  # type: ignore[no-untyped-def]
    """The other way round: whole ids -> out, their offsets -> offs; with `out` empty only the offsets."""
    at = np.int64(0)
    for i in range(ends.shape[0]):
        f = i // FRAME
        head, first, last = np.int64(cut[f, 0]), np.int64(cut[f, 1]), ends[i]
        if i % FRAME != 0:
            first = ends[i - 1]
        common = np.int64(cut[f, 1]) - head
        if out.shape[0] > 0:
            for k in range(common):
                out[at + k] = text[head + k]
            for k in range(last - first):
                out[at + common + k] = text[first + k]
        at += common + last - first
        offs[i + 1] = at
    return at


def in_order(rows: I64, ids: pa.StringArray, words: Interner) -> I64:
    """The order of the rows: item, event time, rank, source, seq, id; the texts by their bytes."""
    if not len(rows):
        return np.empty(0, np.int64)
    at, low, high = rows[:, R_AT].copy(), int(rows[:, R_ITEM].min()), int(rows[:, R_ITEM].max())
    order = np.empty(len(rows), np.int64)
    # Rows come nearly in the order of their times, which a stable sort is quick to see.
    _by_item(rows, np.argsort(at, kind="stable"), low, np.zeros(high - low + 2, np.int64), order)
    tied = _among(np.diff(at[order]) == 0, np.diff(rows[order, R_ITEM]) == 0)
    if len(tied):
        few = order[tied]
        order[tied] = few[_by_whole_key(rows[few], ids.take(pa.array(few)), words)]
    return order


def _among(*same: NDArray[np.bool_]) -> I64:
    """The rows that are like their neighbour in everything."""
    both = np.logical_and.reduce(same)
    return np.flatnonzero(np.r_[both, False] | np.r_[False, both])


def _by_whole_key(rows: I64, ids: pa.StringArray, words: Interner) -> I64:
    used, place = np.unique(rows[:, R_SOURCE], return_inverse=True)
    by_text = np.argsort(np.argsort(np.array([words.text(w).encode() for w in used.tolist()], object)))
    key = [rows[:, R_SEQ], by_text[place], RANK[rows[:, R_TYPE]], rows[:, R_AT], rows[:, R_ITEM]]
    order: I64 = np.lexsort(key)
    tied = order[_among(*(np.diff(column[order]) == 0 for column in key))]
    if not len(tied):
        return order
    by_id = np.zeros(len(order), np.int64)
    by_id[tied[pc.array_sort_indices(ids.take(pa.array(tied))).to_numpy()]] = np.arange(len(tied))
    return np.asarray(np.lexsort([by_id, *key]))


@dataclass
class Run:
    """One immutable run, mapped. `level` of its merging."""

    name: str
    level: int
    rows: Frames
    content: NDArray[np.uint64]
    text: NDArray[np.uint8]
    cut: NDArray[np.int64]
    buckets: NDArray[np.uint32]
    rest: NDArray[np.uint32]
    row: NDArray[np.uint32]

    @classmethod
    def open(cls, folder: Path, name: str, level: int) -> Run:
        """Map a run's file."""
        a = map_arrays(folder / f"{name}.run")
        rows = Frames(a["base"], a["shape"], a["start"], a["words"], len(a["content"]))
        return cls(name, level, rows, *(a[x] for x in ("content", "text", "cut", "buckets", "rest", "row")))

    def find(self, order: I64, h: NDArray[np.uint64], source: I64, ids: tuple[Any, Any]) -> I64:
        """int64[n]: the row of each (source, id), -1 where it is not here; `order` sorts the hashes h."""
        found = np.full(len(h), -1, np.int64)
        shift = 64 - (len(self.buckets) - 2).bit_length()
        where = (self.buckets, shift, self.rest, self.row, *self.rows[:4], self.text, self.cut)
        _probe(order, h, source, *ids, *where, found)
        return found

    def unpacked(self) -> tuple[I64, pa.StringArray]:
        """Every row, int64[n, RW], and its id."""
        return self.between(0, self.rows.n)

    def of_item(self, item: int) -> tuple[I64, NDArray[np.uint64], pa.StringArray]:
        """The rows of an item, their contents and ids."""
        least = self.rows.base[:, R_ITEM]
        first = max(int(np.searchsorted(least, item, "left")) - 1, 0) * FRAME
        last = min(int(np.searchsorted(least, item, "right")) * FRAME, self.rows.n)
        if first >= last:
            return np.empty((0, RW), np.int64), np.empty(0, np.uint64), pa.array([], pa.string())
        rows, ids = self.between(first, last)
        mine = np.flatnonzero(rows[:, R_ITEM] == item)
        return rows[mine], self.content[first + mine], ids.take(pa.array(mine))

    def between(self, first: int, last: int) -> tuple[I64, pa.StringArray]:
        """The rows from `first`, at which a frame begins, to before `last`, and their ids."""
        rows = unpack(self.rows, first, last)
        ends, cut = np.ascontiguousarray(rows[:, R_END]), self.cut[first // FRAME :]
        offs = np.zeros(len(ends) + 1, np.int32)
        out = np.empty(_join_texts(ends, cut, self.text, offs, np.empty(0, np.uint8)), np.uint8)
        if len(out):
            _join_texts(ends, cut, self.text, offs, out)
        return rows, pa.StringArray.from_buffers(len(ends), pa.py_buffer(offs), pa.py_buffer(out))


def write_run(
    folder: Path,
    name: str,
    level: int,
    rows: I64,
    content: NDArray[np.uint64],
    ids: pa.StringArray,
    words: Interner,
) -> Run:
    """Sort, pack, index, write; `rows`: int64[n, RW] without R_END, with their contents and ids."""
    buf, offs = string_buffers(ids)
    order = in_order(rows, ids, words)
    rows = rows[order]
    cut = np.empty((-(-len(rows) // FRAME), 2), np.int64)
    text = np.empty(int(offs[-1] - offs[0]), np.uint8)
    ends = np.empty(len(rows), np.int64)
    used_bytes = _cut_texts(buf, offs, order, ends, cut, text)
    rows[:, R_END] = ends
    frames = pack(rows)
    h = id_hashes(words.column(rows[:, R_SOURCE]), ids.take(pa.array(order)))[0].view(np.uint64)
    bits = max(1, int(len(h) // 4).bit_length())
    buckets, rest = np.zeros((1 << bits) + 1, np.uint32), np.empty(len(h), np.uint32)
    row = np.empty(len(h), np.uint32)
    _index(h, bits, np.empty(1 << bits, np.uint32), buckets, rest, row)
    write_arrays(folder / f"{name}.run", {
        "base": frames.base, "shape": frames.shape, "start": frames.start, "words": frames.words,
        "content": content[order], "text": text[:used_bytes], "cut": cut, "buckets": buckets,
        "rest": rest, "row": row,
    })  # fmt: skip
    return Run.open(folder, name, level)
