"""An event between recent history and the runs of the past: the same row in two layouts.

Runs are packed column by column, so what is mostly the same is said as a difference: the time that an event
states as the difference from when it takes effect, the quantity that it states from that in base units,
absent money as -1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.kernels.exact import NONE
from pipelines.ledger.columns import (
    D_VER,
    H_ACC,
    H_AMT,
    H_AT,
    H_COST,
    H_CROW,
    H_DEAD,
    H_DISC,
    H_DOC,
    H_ENT,
    H_ITEM,
    H_LANDED,
    H_LINK,
    H_OLD,
    H_OTHER,
    H_OWN,
    H_PRICE,
    H_QTY,
    H_RAW,
    H_ROW,
    H_SENT,
    H_SEQ,
    H_SOURCE,
    H_SQTY,
    H_STATE,
    H_TAX,
    H_TYPE,
    H_UNIT,
    H_VER,
    HW,
)  # fmt: skip
from pipelines.ledger.past.runs import (
    R_ACC,
    R_AMT,
    R_AT,
    R_BITS,
    R_COST,
    R_CROW,
    R_DISC,
    R_ENT,
    R_ITEM,
    R_LANDED,
    R_LINK,
    R_OTHER,
    R_OWN,
    R_PRICE,
    R_QTY,
    R_RAW,
    R_SENT,
    R_SEQ,
    R_SOURCE,
    R_SQTY,
    R_TAX,
    R_TYPE,
    R_UNIT,
    R_VER,
    RW,
)
from schemas.registry import TYPE_CODES

I64 = NDArray[np.int64]
_RETURNS = [TYPE_CODES["sale.return"], TYPE_CODES["purchase.return"]]
_SAME = {
    H_ITEM: R_ITEM, H_AT: R_AT, H_TYPE: R_TYPE, H_SOURCE: R_SOURCE, H_SEQ: R_SEQ, H_ENT: R_ENT, H_VER: R_VER,
    H_ACC: R_ACC, H_OTHER: R_OTHER, H_QTY: R_QTY, H_COST: R_COST, H_AMT: R_AMT, H_STATE: R_BITS,
    H_CROW: R_CROW, H_UNIT: R_UNIT, H_LANDED: R_LANDED, H_SENT: R_SENT,
}  # fmt: skip
_MONEY = {H_PRICE: R_PRICE, H_RAW: R_RAW, H_DISC: R_DISC, H_TAX: R_TAX}


def from_recent(h: I64) -> I64:
    """int64[n, RW] of int64[n, HW]; R_LINK is filled in with the version of the document by the caller."""
    rows = np.zeros((len(h), RW), np.int64)
    for a, b in _SAME.items():
        rows[:, b] = h[:, a]
    for a, b in _MONEY.items():
        rows[:, b] = np.where(h[:, a] == NONE, -1, h[:, a])
    rows[:, R_OWN] = h[:, H_OWN] - h[:, H_AT]
    rows[:, R_SQTY] = np.where(h[:, H_SQTY] == NONE, 0, h[:, H_SQTY] - h[:, H_QTY])
    rows[:, R_LINK] = -1
    return rows


def to_history(h: I64, new: I64, documents: I64, moved: list[tuple[int, int]]) -> tuple[I64, I64]:
    """(rows int64[n, RW] of a run, the rows of h whose they are): those of `new`, and for each event that is
    another item's now (`moved`: row, old item) a row under its old item that says it is gone.
    """
    rows = from_recent(h[new])
    linked = np.flatnonzero(np.isin(h[new, H_TYPE], _RETURNS) & (h[new, H_LINK] >= 0))
    rows[linked, R_LINK] = documents[h[new[linked], H_LINK], D_VER]
    gone = np.array([(k, item) for k, item in moved if h[k, H_ITEM] != item and h[k, H_OLD]], np.int64)
    gone = np.unique(gone.reshape(-1, 2), axis=0)
    graves = from_recent(h[gone[:, 0]])
    graves[:, R_ITEM], graves[:, R_BITS] = gone[:, 1], H_DEAD
    return np.r_[rows, graves], np.r_[new, gone[:, 0]]


def to_recent(rows: I64) -> I64:
    """int64[n, HW] of int64[n, RW], without hashes, content, id, rows and documents."""
    h = np.zeros((len(rows), HW), np.int64)
    for a, b in _SAME.items():
        h[:, a] = rows[:, b]
    for a, b in _MONEY.items():
        h[:, a] = np.where(rows[:, b] == -1, NONE, rows[:, b])
    h[:, H_OWN] = rows[:, R_AT] + rows[:, R_OWN]
    h[:, H_SQTY] = rows[:, R_QTY] + rows[:, R_SQTY]
    h[:, H_DOC], h[:, H_ROW], h[:, H_LINK], h[:, H_OLD] = -1, -1, -1, 1
    return h
