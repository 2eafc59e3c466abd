"""What must hold after every batch, looked at from the lines: a second pair of eyes on the walk."""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import kernel
from pipelines.ledger.columns import (
    A_CELL,
    C_Q,
    C_V,
    M_FAULT,
    M_LINES,
    M_TCELLS,
    M_TRUEUPS,
    O_FROM_ACC,
    O_QTY,
    O_TO_ACC,
    O_VALUE,
    T_ACC,
    T_VALUE,
)  # fmt: skip
from pipelines.ledger.state import LedgerState


class LedgerFault(RuntimeError):
    """An invariant does not hold. `cell`: the row of the cell, `what`: which rule. Nothing of the batch may
    be written.
    """

    def __init__(self, cell: int, what: str) -> None:
        super().__init__(
            f"ledger.post: cell {cell}: {what}; the batch is not written, please report it with the archive"
        )
        self.cell, self.what = cell, what


@kernel
def _balance(lines, ups, A, C, TC, dq, dv):  # type: ignore[no-untyped-def]
    for k in range(lines.shape[0]):
        f, t = lines[k, O_FROM_ACC], lines[k, O_TO_ACC]
        if f >= 0:
            dq[A[f, A_CELL]] -= lines[k, O_QTY]
            dv[A[f, A_CELL]] -= lines[k, O_VALUE]
        if t >= 0:
            dq[A[t, A_CELL]] += lines[k, O_QTY]
            dv[A[t, A_CELL]] += lines[k, O_VALUE]
    for k in range(ups.shape[0]):
        dv[A[ups[k, T_ACC], A_CELL]] -= ups[k, T_VALUE]
    bad = np.int64(-1)
    for k in range(TC.shape[0]):
        c = TC[k, 0]
        if C[c, C_Q] - TC[k, 1] != dq[c] or C[c, C_V] - TC[k, 2] != dv[c]:
            bad = c
        dq[c] = 0
        dv[c] = 0
    return bad


def check_batch(s: LedgerState) -> None:
    """The batch's lines sum to the change of every cell; the walk itself found no broken cell."""
    if s.M[M_FAULT]:
        raise LedgerFault(int(s.M[M_FAULT]) - 1, "quantity, value and uncovered pieces contradict each other")
    n = s.t["C"].count
    scratch = s.scratch_for(n)
    bad = _balance(
        s.lines[: s.M[M_LINES]], s.ups[: s.M[M_TRUEUPS]], s.t["A"].data, s.t["C"].data,
        s.tcells[: s.M[M_TCELLS]],
        scratch[0], scratch[1],
    )  # fmt: skip
    if bad >= 0:
        scratch[:] = 0
        raise LedgerFault(int(bad), "the lines do not sum to its change")
