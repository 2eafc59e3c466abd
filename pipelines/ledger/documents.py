"""Documents that are returned long after they were posted: found in history, brought back as rows of the
state.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.ledger.columns import (
    D_ACC,
    D_AMT,
    D_AMTQ,
    D_AT,
    D_CONTRA,
    D_COVQ,
    D_COVV,
    D_ENT,
    D_PIECE,
    D_QTY,
    D_TYPE,
    D_UNCOSTED,
    D_VER,
    M_DOCS,
)  # fmt: skip
from pipelines.ledger.state import LedgerState

I64 = NDArray[np.int64]
NOT_RETURNABLE = -2


def documents(s: LedgerState, h1: I64, h2: I64) -> I64:
    """int64[n]: the document row of each reference; -1 where history does not have it (it may be recent)."""
    out = np.full(len(h1), -1, np.int64)
    run, row = s.history.lookup(h1, h2)
    hits = np.flatnonzero(run >= 0)
    if not len(hits):
        return out
    table, m = s.t["D"], s.maps["docs"]
    _index(s)
    for i in hits.tolist():
        r = s.history.runs[int(run[i])]
        old = r.rows[int(r.ids[int(row[i]), 2]) & 0xFFFFFFFF]
        out[i] = m.rows(np.array([old["ent"]], np.int64), np.array([old["ver"]], np.int64))[0]
        if out[i] < table.count:
            continue
        d = np.zeros(table.width, np.int64)
        d[[D_VER, D_ENT, D_ACC, D_QTY, D_COVQ, D_COVV, D_AMT, D_AMTQ, D_PIECE, D_CONTRA,
           D_AT, D_TYPE, D_UNCOSTED]] = (
            old["ver"], old["ent"], old["acc"], old["qty"], old["qty"], old["cost"], old["amt"], old["qty"],
            -1,
            old["contra"], old["at"], old["type"], old["bits"],
        )  # fmt: skip
        table.append(d.tolist())
        s.M[M_DOCS] = table.count
    return out


def _index(s: LedgerState) -> None:
    """Enter documents made by the kernel since the last time: the map's rows are the table's rows."""
    first = s.maps["docs"].count
    new = s.t["D"].data[first : s.t["D"].count]
    if len(new):
        s.maps["docs"].rows(new[:, D_ENT].copy(), new[:, D_VER].copy())
