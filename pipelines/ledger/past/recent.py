"""What the ledger has at hand of its past: recent events by id, and the chains of cells that they are in.

Everything here can be had again from history, item by item (`past.paging`); only events that wait exist
nowhere else. So a save keeps those, and the rest may be dropped at any save.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.kernels.compiled import kernel
from pipelines.kernels.keys import slots_for
from pipelines.kernels.rows import Rows
from pipelines.kernels.strings import string_buffers
from pipelines.ledger.columns import (
    COVERS_FULL,
    H_LEN,
    H_TEXT,
    HW,
    PARTS_FULL,
    POINTS_FULL,
    QW,
    ROWS_FULL,
    WN,
    YW,
)
from pipelines.ledger.kernel.ids import hist_rehash, recent_row

I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]


@kernel
def _join(text, at, length, offs, out):  # type: ignore[no-untyped-def]
    """The texts that stand at these places, one behind the other -> out."""
    for i in range(at.shape[0]):
        for j in range(length[i]):
            out[offs[i] + j] = text[at[i] + j]


class Recent:
    """H: rows of events, Hs: their slots. Q W X Y: chains, what rows covered, what they handed on, images.

    `text`: the bytes of all ids, to which H_TEXT points.
    """

    def __init__(self) -> None:
        self.H = Rows(HW, 1024)
        self.Hs = slots_for(1024)
        self.text: U8 = np.empty(1 << 14, np.uint8)
        self.end = 0
        self.Q = np.empty((1 << 10, QW), np.int64)
        self.Qm = np.zeros(1 << 10, np.uint8)
        self.W = np.empty((1 << 8, WN), np.int64)
        self.X = np.empty((1 << 8, 4), np.int64)
        self.Y = np.empty((1 << 8, YW), np.int64)
        self.heap = np.empty(1 << 8, np.int64)
        self.moved: list[tuple[int, int]] = []  # rows of H that are another item's now, and whose they were

    @property
    def rows(self) -> I64:
        """The rows of H that are in use."""
        return self.H.data[: self.H.count]

    def row(self, h1: Any, h2: Any) -> int:
        """The row of an event by the hashes of its id, -1 where it is not here."""
        return int(recent_row(self.H.data, self.Hs, h1, h2))

    def reserve(self, events: int, rows: int, cells: int) -> None:
        """Room for so many more events; `rows` of the chains there are now, `cells` of the ledger."""
        self.H.reserve(events + 8)
        if 2 * (self.H.count + events) > len(self.Hs):
            self.Hs = slots_for(2 * (self.H.count + events))
            hist_rehash(self.H.data, 0, self.H.count, self.Hs)
        while rows + 2 * events + 8 > len(self.Q):
            self.grow(ROWS_FULL)
        if cells > len(self.heap):
            self.heap = np.empty(2 * cells, np.int64)

    def grow(self, full: int) -> bool:
        """Double what was short (a value of M_FULL); False if it is none of these."""
        if full == ROWS_FULL:
            self.Q = np.concatenate([self.Q, np.empty_like(self.Q)])
            self.Qm = np.zeros(len(self.Q), np.uint8)
        elif full == COVERS_FULL:
            self.W = np.concatenate([self.W, np.empty_like(self.W)])
        elif full == PARTS_FULL:
            self.X = np.concatenate([self.X, np.empty_like(self.X)])
        elif full == POINTS_FULL:
            self.Y = np.concatenate([self.Y, np.empty_like(self.Y)])
        else:
            return False
        return True

    def keep_ids(self, ids: pa.StringArray) -> tuple[I64, I64]:
        """Copy the ids of a batch; (where each begins, its length)."""
        data, offs = string_buffers(ids)
        size = int(offs[-1] - offs[0])
        if self.end + size > len(self.text):
            text = np.empty(max(2 * len(self.text), self.end + size), np.uint8)
            text[: self.end] = self.text[: self.end]
            self.text = text
        self.text[self.end : self.end + size] = data[offs[0] : offs[-1]]
        at = offs[:-1].astype(np.int64) + (self.end - int(offs[0]))
        self.end += size
        return at, np.diff(offs).astype(np.int64)

    def ids(self, rows: I64) -> pa.StringArray:
        """The ids of these rows of H."""
        at, length = self.H.data[rows, H_TEXT], self.H.data[rows, H_LEN]
        offs = np.zeros(len(rows) + 1, np.int32)
        np.cumsum(length, out=offs[1:])
        out = np.empty(int(offs[-1]), np.uint8)
        _join(self.text, at, length, offs, out)
        return pa.StringArray.from_buffers(len(rows), pa.py_buffer(offs), pa.py_buffer(out))

    def add(self, rows: I64, ids: pa.StringArray) -> None:
        """More events, known before."""
        first = self.H.count
        self.reserve(len(rows), 0, 0)
        self.H.data[first : first + len(rows)] = rows
        at, length = self.keep_ids(ids)
        self.H.data[first : first + len(rows), H_TEXT] = at
        self.H.data[first : first + len(rows), H_LEN] = length
        self.H.marks[first : first + len(rows)] = 0
        self.H.count = first + len(rows)
        hist_rehash(self.H.data, first, self.H.count, self.Hs)

    def start_with(self, rows: I64, ids: pa.StringArray) -> None:
        """Drop everything but these events. The room is kept: pages that are touched for the first time cost
        more than what is written there.
        """
        self.H.count, self.end, self.moved = 0, 0, []
        self.H.reserve(len(rows))
        self.H.data[: len(rows)] = rows
        self.H.data[: len(rows), H_TEXT], self.H.data[: len(rows), H_LEN] = self.keep_ids(ids)
        self.H.count = len(rows)
        self.H.marks[:] = 0
        self.Hs.fill(-1)
        hist_rehash(self.H.data, 0, self.H.count, self.Hs)
