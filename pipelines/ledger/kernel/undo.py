"""All or nothing: a row goes into the journal before it changes, so that a refused record leaves no trace.

A record's entries stand in the order of its changes; `undo` puts them back from the last to the first. Of
accounts and cells there is one entry per event: the audit compares it with what the event's lines say.
Entries bear serial numbers that only grow; `M_BASE` is that of the record's first, `M_EVENT` that of the
event's first. `room` must be asked before every event and in every loop that may be long.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper, inlined, kernel
from pipelines.kernels.keys import slot_of
from pipelines.ledger.columns import *

_SPARE = 48  # entries that one event makes outside its loops, at most


@kernel
def begin(M):  # type: ignore[no-untyped-def]
    """A record begins: from here on it can be undone."""
    M[M_BASE] = M[M_SERIAL]
    for i in range(M_SIZE):
        M[M_SIZE + i] = M[i]


@inlined
def room(M, J):  # type: ignore[no-untyped-def]
    """Whether the journal surely holds what comes next; if not, the record is undone and tried again."""
    if M[M_SERIAL] - M[M_BASE] + _SPARE > J.shape[0]:
        M[M_FULL] = JOURNAL_FULL
        return False
    return True


@inlined
def note(table, row, M, J):  # type: ignore[no-untyped-def]
    """Write down that a row was made."""
    n = M[M_SERIAL] - M[M_BASE]
    M[M_SERIAL] += 1
    J[n, J_TABLE], J[n, J_ROW] = table, row


@helper
def keep(table, row, X, Xm, M, J):  # type: ignore[no-untyped-def]
    """Write down a row of table X as it is, and mark it as changed."""
    n = M[M_SERIAL] - M[M_BASE]
    M[M_SERIAL] += 1
    J[n, J_TABLE], J[n, J_ROW], J[n, J_DQ], J[n, J_DV] = table, row, 0, 0
    for k in range(X.shape[1]):
        J[n, J_IMAGE + k] = X[row, k]
    Xm[row] = 1


@inlined
def keep_cell(c, C, Cm, M, J):  # type: ignore[no-untyped-def]
    """Write down a cell, once per event."""
    if C[c, C_MARK] < M[M_EVENT]:
        serial = M[M_SERIAL]
        keep(K_CELL, c, C, Cm, M, J)
        C[c, C_MARK] = serial


@inlined
def keep_account(a, A, Am, M, J):  # type: ignore[no-untyped-def]
    """Write down an account, once per event."""
    if A[a, A_MARK] < M[M_EVENT]:
        serial = M[M_SERIAL]
        keep(K_ACCOUNT, a, A, Am, M, J)
        A[a, A_MARK] = serial


@inlined
def touch(a, A, Am, TA, M, J):  # type: ignore[no-untyped-def]
    """The commit at hand changes account a: it bears its version, and is in the batch's list once."""
    keep_account(a, A, Am, M, J)
    A[a, A_VER], A[a, A_REC] = M[M_VERSION], M[M_REC]
    if A[a, A_BATCH] != M[M_BATCH]:  # TA is as long as A
        A[a, A_BATCH] = M[M_BATCH]
        TA[M[M_TACCS]] = a
        M[M_TACCS] += 1


@helper
def _put_back(n, X, J):  # type: ignore[no-untyped-def]
    row = J[n, J_ROW]
    for k in range(X.shape[1]):
        X[row, k] = J[n, J_IMAGE + k]


@helper
def _free_slot(slots, row, k1, k2):  # type: ignore[no-untyped-def]
    """Take the newest row out of a hash table: nothing was put in behind it."""
    mask = np.int64(slots.shape[0] - 1)
    s = slot_of(k1, k2, mask)
    while slots[s] != row:
        s = (s + 1) & mask
    slots[s] = -1


@helper
def undo(  # type: ignore[no-untyped-def]
    N, I, S, A, Ak, As, C, Ck, Cs, L, P, D, H, Hs, Q, combos, Bs, M, J,
):  # fmt: skip
    """Put everything back to where it was at `begin`."""
    for n in range(M[M_SERIAL] - M[M_BASE] - 1, -1, -1):
        table, row = J[n, J_TABLE], J[n, J_ROW]
        if table == K_CELL:
            _put_back(n, C, J)
        elif table == K_ACCOUNT:
            _put_back(n, A, J)
        elif table == K_LAYER:
            _put_back(n, L, J)
        elif table == K_PIECE:
            _put_back(n, P, J)
        elif table == K_DOC:
            _put_back(n, D, J)
        elif table == K_HIST:
            _put_back(n, H, J)
        elif table == K_ROW:
            _put_back(n, Q, J)
        elif table == K_ENTITY:
            _put_back(n, N, J)
        elif table == K_ITEM:
            _put_back(n, I, J)
        elif table == K_SITE:
            _put_back(n, S, J)
        elif table == K_NEW_ACCOUNT:
            _free_slot(As, row, Ak[row, 0], Ak[row, 1])
        elif table == K_NEW_CELL:
            _free_slot(Cs, row, Ck[row, 0], Ck[row, 1])
        elif table == K_NEW_ID:
            _free_slot(Hs, row, H[row, H_H1], H[row, H_H2])
        elif table == K_NEW_COMBO:
            _free_slot(Bs, row, combos[row, 0], combos[row, 1])
    for i in range(M_SIZE):
        M[i] = M[M_SIZE + i]
