"""Documents that are returned long after they were posted: found in history, brought back as rows of the
state.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.kernels.strings import string_buffers
from pipelines.ledger.columns import (
    D_ACC,
    D_AMT,
    D_AMTQ,
    D_AT,
    D_CONTRA,
    D_COVQ,
    D_COVV,
    D_ENT,
    D_LANDED,
    D_PIECE,
    D_QTY,
    D_TYPE,
    D_UNCOSTED,
    D_VER,
    H_CANCELLED,
    M_DOCS,
)  # fmt: skip
from pipelines.ledger.hashing import split_reference
from pipelines.ledger.past.runs import (
    R_ACC,
    R_AMT,
    R_AT,
    R_BITS,
    R_COST,
    R_ENT,
    R_OTHER,
    R_QTY,
    R_TYPE,
    R_VER,
)
from pipelines.ledger.state import LedgerState

I64 = NDArray[np.int64]
_FIELDS = [D_VER, D_ENT, D_ACC, D_QTY, D_COVQ, D_COVV, D_AMT, D_AMTQ, D_CONTRA, D_AT, D_TYPE]
_COLUMNS = [R_VER, R_ENT, R_ACC, R_QTY, R_QTY, R_COST, R_AMT, R_QTY, R_OTHER, R_AT, R_TYPE]


def documents(s: LedgerState, h1: I64, source: list[str], references: list[str]) -> I64:
    """int64[n]: the document row of each reference; -1 where history does not have it (it may be recent).

    `source`: of the event that refers; a reference is `id` of the same source, or `source#id`.
    """
    names = [split_reference(own, text) for own, text in zip(source, references, strict=True)]
    out = np.full(len(h1), -1, np.int64)
    words = s.words.ids(pa.array([n[0] for n in names], pa.string()))
    run, row = s.history.lookup(h1, words, string_buffers(pa.array([n[1] for n in names], pa.string())))
    hits = np.flatnonzero(run >= 0)
    if not len(hits):
        return out
    table, m = s.t["D"], s.maps["docs"]
    enter_documents(s)
    old = s.history.rows(run[hits], row[hits])
    out[hits] = m.rows(old[:, R_ENT].copy(), old[:, R_VER].copy())
    new, first = np.unique(out[hits], return_index=True)
    for d, r in zip(new.tolist(), old[first].tolist(), strict=True):
        if d < table.count:
            continue
        fields = np.zeros(table.width, np.int64)
        fields[_FIELDS] = [r[c] for c in _COLUMNS]
        fields[D_PIECE], fields[D_AMT] = -1, max(r[R_AMT], 0)
        fields[D_UNCOSTED], fields[D_LANDED] = (r[R_BITS] >> 8) & 1, r[R_BITS] >> 9
        if r[R_BITS] & 255 == H_CANCELLED:
            fields[[D_QTY, D_AMTQ, D_AMT]] = 0
        table.append(fields.tolist())
    s.M[M_DOCS] = table.count
    return out


def enter_documents(s: LedgerState) -> None:
    """Enter documents made by the kernel since the last time: the map's rows are the table's rows."""
    first = s.maps["docs"].count
    new = s.t["D"].data[first : s.t["D"].count]
    if len(new):
        s.maps["docs"].rows(new[:, D_ENT].copy(), new[:, D_VER].copy())
