"""What must hold after every commit, looked at from the lines: a second pair of eyes on the posting.

The journal lists each account and cell that an event changed, as it was before. The event's lines and
true-ups must sum to the change of each, and each cell must agree with itself. Goods and money are then
neither made nor lost: a line takes from one account what it brings to another.
"""

from __future__ import annotations

from pipelines.kernels.compiled import inlined
from pipelines.kernels.exact import QTY_LIMIT, muldiv
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.admit import value_limit

FINE, NOT_KEPT, ACCOUNT_AND_LINES, CELL_AND_LINES, CELL_ITSELF, LINE_ITSELF = range(6)
FAULTS = {
    NOT_KEPT: "a line touches an account that the journal does not have",
    ACCOUNT_AND_LINES: "the lines do not sum to the change of the account",
    CELL_AND_LINES: "the lines do not sum to the change of the cell",
    CELL_ITSELF: "quantity, value, layers and uncovered pieces of the cell contradict each other",
    LINE_ITSELF: "a line has a negative figure or goes nowhere",
}


class LedgerFault(RuntimeError):
    """An invariant does not hold: `row` of account or cell, `what` rule. Nothing may be written."""

    def __init__(self, row: int, what: str) -> None:
        super().__init__(
            f"ledger.post: row {row}: {what}; the batch is not written, please report it with the archive"
        )
        self.row, self.what = row, what


@inlined
def sizes_ok(first, digits, O, A, C, M, J):  # type: ignore[no-untyped-def]
    """Whether lines from `first` on, accounts and cells of the event stay below the limits."""
    limit = value_limit(digits)
    for k in range(first, M[M_LINES]):
        if O[k, O_QTY] >= QTY_LIMIT or O[k, O_VALUE] >= limit:
            return False
    for n in range(M[M_EVENT] - M[M_BASE], M[M_SERIAL] - M[M_BASE]):
        r = J[n, J_ROW]
        if J[n, J_TABLE] == K_CELL:
            if abs(C[r, C_Q]) >= QTY_LIMIT or abs(C[r, C_V]) >= limit:
                return False
            if C[r, C_AQ] >= QTY_LIMIT or C[r, C_AV] >= limit:
                return False
        elif J[n, J_TABLE] == K_ACCOUNT and abs(A[r, A_QTY]) >= QTY_LIMIT:
            return False
    return True


@inlined
def cell_ok(c, fifo, C):  # type: ignore[no-untyped-def]
    """Whether a cell agrees with itself: Q = 0 => V = 0, Q >= 0 => V >= 0, layers and pieces, basis."""
    q, v = C[c, C_Q], C[c, C_V]
    if C[c, C_SHADOW] != 0 or C[c, C_KIND] == FOREIGN:
        return v == 0
    if (q == 0 and v != 0) or (q > 0 and v < 0) or (q < 0) != (C[c, C_PH] >= 0):
        return False
    if (fifo and q > 0) != (C[c, C_LH] >= 0):
        return False
    if fifo or q < 0:
        return C[c, C_SQ] == q and C[c, C_SV] == v
    if C[c, C_SQ] != 0 or C[c, C_SV] != 0:
        return False
    return q == 0 or v == C[c, C_AV] - muldiv(C[c, C_AV], C[c, C_AQ] - q, C[c, C_AQ])


@inlined
def _side(a, dq, dv, A, C, M, J):  # type: ignore[no-untyped-def]
    """Enter what a line says of account a into the journal; whether it is there."""
    c, s = A[a, A_CELL], A[a, A_SITECELL]
    if A[a, A_MARK] < M[M_EVENT] or C[c, C_MARK] < M[M_EVENT]:
        return False
    J[A[a, A_MARK] - M[M_BASE], J_DQ] += dq
    J[C[c, C_MARK] - M[M_BASE], J_DQ] += dq
    J[C[c, C_MARK] - M[M_BASE], J_DV] += dv
    if s != c and dq != 0:
        if C[s, C_MARK] < M[M_EVENT]:
            return False
        J[C[s, C_MARK] - M[M_BASE], J_DQ] += dq
    return True


@inlined
def audit(line, up, fifo, O, T, A, C, M, J):  # type: ignore[no-untyped-def]
    """Hold lines from `line` and true-ups from `up` on against what the event changed; sets M_FAULT."""
    for k in range(line, M[M_LINES]):
        f, t, q, v = O[k, O_FROM_ACC], O[k, O_TO_ACC], O[k, O_QTY], O[k, O_VALUE]
        if q < 0 or v < 0 or (f < 0 and t < 0) or f == t:
            M[M_FAULT], M[M_FAULT_ROW] = LINE_ITSELF, k
            return
        if (f >= 0 and not _side(f, -q, -v, A, C, M, J)) or (t >= 0 and not _side(t, q, v, A, C, M, J)):
            M[M_FAULT], M[M_FAULT_ROW] = NOT_KEPT, max(f, t)
            return
    for k in range(up, M[M_TRUEUPS]):
        a, b, q, v = T[k, T_ACC], T[k, T_ACC2], T[k, T_QTY], T[k, T_VALUE]
        if q == 0 and v == 0:
            continue
        if not _side(a, q, v, A, C, M, J) or (b >= 0 and not _side(b, -q, -v, A, C, M, J)):
            M[M_FAULT], M[M_FAULT_ROW] = NOT_KEPT, a
            return
    for n in range(M[M_EVENT] - M[M_BASE], M[M_SERIAL] - M[M_BASE]):
        r = J[n, J_ROW]
        if J[n, J_TABLE] == K_CELL:
            if C[r, C_Q] - J[n, J_IMAGE + C_Q] != J[n, J_DQ] or C[r, C_V] - J[n, J_IMAGE + C_V] != J[n, J_DV]:
                M[M_FAULT], M[M_FAULT_ROW] = CELL_AND_LINES, r
            elif not cell_ok(r, fifo, C):
                M[M_FAULT], M[M_FAULT_ROW] = CELL_ITSELF, r
        elif J[n, J_TABLE] == K_ACCOUNT and A[r, A_QTY] - J[n, J_IMAGE + A_QTY] != J[n, J_DQ]:
            M[M_FAULT], M[M_FAULT_ROW] = ACCOUNT_AND_LINES, r
