"""The chain of a cell: what happened in it, in the order of event time, and the way back.

Each row is what one event does to one cell. A row bears the image of the cell before it; where the cell held
layers or uncovered pieces then, they are kept now and then (`Q_POINT`), so that going back costs what lies
between. Quantities of accounts and the state of documents are undone row by row.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.moves import shift
from pipelines.ledger.kernel.queues import add_layer, add_piece, drop_layer, drop_piece
from pipelines.ledger.kernel.undo import keep, keep_cell, room
from schemas.registry import EVENT_TYPES, TYPE_CODES

RANK = np.zeros(128, np.int64)
RANK[list(TYPE_CODES.values())] = [EVENT_TYPES[name].rank for name in TYPE_CODES]
_POINT_EVERY = 16  # rows, at least: an image is written as seldom as it is long
_TRANSFER = TYPE_CODES["stock.transfer"]


@helper
def _id_before(h, k, w):  # type: ignore[no-untyped-def]
    """Whether the id of event h stands before that of k, byte by byte."""
    a, b = w.H[h, H_TEXT], w.H[k, H_TEXT]
    n, m = w.H[h, H_LEN], w.H[k, H_LEN]
    for i in range(min(n, m)):
        if w.ids[a + i] != w.ids[b + i]:
            return w.ids[a + i] < w.ids[b + i]
    return n < m


@helper
def before(a, b, w):  # type: ignore[no-untyped-def]
    """Whether row a stands before row b: event time, rank, source, seq, id, and of one event the side."""
    if w.Q[a, Q_AT] != w.Q[b, Q_AT]:
        return w.Q[a, Q_AT] < w.Q[b, Q_AT]
    h, k = w.Q[a, Q_H], w.Q[b, Q_H]
    if h == k:
        return w.Q[a, Q_SIDE] < w.Q[b, Q_SIDE]
    x, y = RANK[w.H[h, H_TYPE]], RANK[w.H[k, H_TYPE]]
    if x == y:
        x, y = w.SO[w.H[h, H_SOURCE]], w.SO[w.H[k, H_SOURCE]]
    if x == y:
        x, y = w.H[h, H_SEQ], w.H[k, H_SEQ]
    return x < y if x != y else _id_before(h, k, w)


@helper
def make_row(h, side, c, acc, w):  # type: ignore[no-untyped-def]
    """A row of event h in the chain of cell c, at its place; -1 if there is no room, or if older rows are
    needed that are in history only.
    """
    q = w.M[M_ROWS]
    if q >= w.Q.shape[0]:
        w.M[M_FULL] = ROWS_FULL
        return np.int64(-1)
    w.Q[q, :] = 0
    w.Q[q, Q_H], w.Q[q, Q_SIDE], w.Q[q, Q_CELL], w.Q[q, Q_AT] = h, side, c, w.H[h, H_AT]
    w.Q[q, Q_ACC], w.Q[q, Q_PAIR], w.Q[q, Q_LEVEL], w.Q[q, Q_POINT] = acc, -1, NO_LEVEL, NO_POINT
    at, after = w.C[c, C_TAIL], np.int64(-1)
    while at >= 0 and before(q, at, w):
        at, after = w.Q[at, Q_PREV], at
    if at < 0 and w.C[c, C_CUT] != 0 and (w.C[c, C_TAIL] >= 0 or w.H[h, H_AT] <= w.C[c, C_EDGE]):
        w.M[M_FULL], w.M[M_FAULT_ROW] = PAGE_IN, w.Ck[c, 0] >> 32
        return np.int64(-1)
    w.M[M_ROWS] = q + 1
    w.Q[q, Q_PREV], w.Q[q, Q_NEXT] = at, after
    keep_cell(c, w.C, w.Cm, w.M, w.J)
    if at >= 0:
        keep(K_ROW, at, w.Q, w.Qm, w.M, w.J)
        w.Q[at, Q_NEXT] = q
    if after >= 0:
        keep(K_ROW, after, w.Q, w.Qm, w.M, w.J)
        w.Q[after, Q_PREV] = q
    else:
        w.C[c, C_TAIL] = q
        w.C[c, C_EDGE] = max(w.C[c, C_EDGE], w.H[h, H_AT])
    return q


@helper
def unlink(q, w):  # type: ignore[no-untyped-def]
    """Take a row out of its chain; nothing of it is posted any more."""
    a, b, c = w.Q[q, Q_PREV], w.Q[q, Q_NEXT], w.Q[q, Q_CELL]
    if a >= 0:
        keep(K_ROW, a, w.Q, w.Qm, w.M, w.J)
        w.Q[a, Q_NEXT] = b
    if b >= 0:
        keep(K_ROW, b, w.Q, w.Qm, w.M, w.J)
        w.Q[b, Q_PREV] = a
        if w.Q[b, Q_POINT] == NO_POINT and a < 0:  # the first row in memory always has a whole image
            w.Q[b, Q_POINT], w.Q[b, Q_POINTS] = w.Q[q, Q_POINT], w.Q[q, Q_POINTS]
    else:
        w.C[c, C_TAIL] = a


# images ---------------------------------------------------------------------------------------------------


@helper
def _copy(n, kind, k, after, X, Y):  # type: ignore[no-untyped-def]
    """Copy the linked rows of X from k on into Y from row n on; returns the row behind them."""
    while k >= 0:
        Y[n, 0] = kind
        for i in range(X.shape[1]):
            Y[n, 1 + i] = X[k, i]
        n += 1
        k = X[k, after]
    return n


@helper
def take_image(q, w):  # type: ignore[no-untyped-def]
    """Write the cell as it is into row q, with its layers and pieces if it is time for it."""
    C, Q, c = w.C, w.Q, w.Q[q, Q_CELL]
    Q[q, Q_Q], Q[q, Q_V], Q[q, Q_AV], Q[q, Q_AQ] = C[c, C_Q], C[c, C_V], C[c, C_AV], C[c, C_AQ]
    Q[q, Q_COSTED], Q[q, Q_CACC], Q[q, Q_CLANDED] = C[c, C_COSTED], C[c, C_ACC], C[c, C_LANDED]
    Q[q, Q_POINT], Q[q, Q_POINTS] = NO_POINT, 0
    if C[c, C_HELD] == 0:
        Q[q, Q_POINT] = BARE
        C[c, C_SINCE] = 0
        return
    C[c, C_SINCE] += 1
    if Q[q, Q_PREV] >= 0 and C[c, C_SINCE] < max(_POINT_EVERY, C[c, C_HELD]):
        return
    n = w.M[M_POINTS]
    if n + C[c, C_HELD] > w.Y.shape[0]:
        w.M[M_FULL] = POINTS_FULL
        return
    n = _copy(n, 0, C[c, C_LH], L_NEXT, w.L, w.Y)
    n = _copy(n, 1, C[c, C_PH], P_NEXT, w.P, w.Y)
    Q[q, Q_POINT], Q[q, Q_POINTS] = w.M[M_POINTS], n - w.M[M_POINTS]
    w.M[M_POINTS] = n
    C[c, C_SINCE] = 0


@helper
def _put_back(q, w):  # type: ignore[no-untyped-def]
    """The cell as the whole image of row q says."""
    C, Q, M, J, c = w.C, w.Q, w.M, w.J, w.Q[q, Q_CELL]
    while C[c, C_LH] >= 0 and room(M, J):
        drop_layer(c, C[c, C_LH], C, w.L, w.Lm, M, J)
    while C[c, C_PH] >= 0 and room(M, J):
        k = C[c, C_PH]
        C[c, C_SQ] += w.P[k, P_Q]
        C[c, C_SV] += w.P[k, P_V]
        keep(K_PIECE, k, w.P, w.Pm, M, J)
        drop_piece(c, k, C, w.P, w.Pm, w.D, w.Dm, M, J)
    for n in range(Q[q, Q_POINT], Q[q, Q_POINT] + Q[q, Q_POINTS]):
        if not room(M, J):
            return
        x = w.Y[n, 1:]
        if w.Y[n, 0] == 0:
            add_layer(c, x[L_Q], x[L_V], x[L_AT], x[L_VER], True, x[L_LANDED], C, w.L, w.Lm, M, J)
            if M[M_FULL] != 0:
                return
            k = C[c, C_LT]
            w.L[k, L_Q0], w.L[k, L_V0] = x[L_Q0], x[L_V0]
            continue
        d = x[P_DOC]
        k = add_piece(
            c, C[c, C_PT], x[P_Q], x[P_V], x[P_VER], x[P_ENT], x[P_ACC], x[P_CONTRA], x[P_LEG], d,
            x[P_UNCOSTED], C, w.P, w.Pm, M, J,
        )  # fmt: skip
        if M[M_FULL] != 0:
            return
        if d >= 0 and x[P_LEG] == COGS_LEG:
            keep(K_DOC, d, w.D, w.Dm, M, J)
            w.D[d, D_PIECE] = k
    C[c, C_Q], C[c, C_V], C[c, C_AV], C[c, C_AQ] = Q[q, Q_Q], Q[q, Q_V], Q[q, Q_AV], Q[q, Q_AQ]
    C[c, C_COSTED], C[c, C_ACC], C[c, C_LANDED] = Q[q, Q_COSTED], Q[q, Q_CACC], Q[q, Q_CLANDED]
    C[c, C_SINCE] = 0


# the way back ---------------------------------------------------------------------------------------------


@helper
def _turn_account(a, dq, made, w):  # type: ignore[no-untyped-def]
    shift(a, -dq, w)
    if made:
        w.A[a, A_SEEN] = 0


@helper
def _turn(q, w):  # type: ignore[no-untyped-def]
    """Undo what row q did to accounts and documents."""
    Q, D = w.Q, w.D
    keep(K_ROW, q, Q, w.Qm, w.M, w.J)
    Q[q, Q_DONE] = 0
    h, side = Q[q, Q_H], Q[q, Q_SIDE]
    made = Q[q, Q_MADE]
    if side != REVALUED:
        _turn_account(Q[q, Q_ACC], Q[q, Q_PQ], made & 1, w)
        b = Q[q, Q_ACC2]
        if side == MAIN and w.H[h, H_TYPE] == _TRANSFER:  # both of its accounts lie in this cell
            _turn_account(b, -Q[q, Q_PQ], made & 2, w)
    for k in range(Q[q, Q_COVERS] - 1, -1, -1):
        x = w.W[Q[q, Q_WAS] + k]
        d = x[W_DOC]
        if d >= 0:
            keep(K_DOC, d, D, w.Dm, w.M, w.J)
            D[d, D_COVQ] -= x[W_M]
            D[d, D_COVV] -= x[W_COST]
            D[d, D_UNCOSTED], D[d, D_LANDED] = x[W_UNKNOWN] & 1, x[W_UNKNOWN] >> 1
    if Q[q, Q_M] != 0 or Q[q, Q_MCOV] != 0:
        d = w.H[h, H_LINK]
        keep(K_DOC, d, D, w.Dm, w.M, w.J)
        D[d, D_COVQ] += Q[q, Q_MCOV]
        D[d, D_COVV] += Q[q, Q_MCOST]
        D[d, D_AMT] += Q[q, Q_MMONEY]
        D[d, D_AMTQ] += Q[q, Q_M]


@helper
def go_back(q, w):  # type: ignore[no-untyped-def]
    """The cell of row q as it was before it, or before a row further back whose image is whole; returns the
    row from which it is to be posted anew.
    """
    Q, C, c = w.Q, w.C, w.Q[q, Q_CELL]
    keep_cell(c, C, w.Cm, w.M, w.J)
    if C[c, C_CUR] >= 0 and not before(q, C[c, C_CUR], w):
        return C[c, C_CUR]
    x = C[c, C_TAIL] if C[c, C_CUR] < 0 else Q[C[c, C_CUR], Q_PREV]
    top = np.int64(-1)
    while room(w.M, w.J):
        if Q[x, Q_DONE] != 0:
            _turn(x, w)
            top = x
        if x == q and (top < 0 or Q[top, Q_POINT] != NO_POINT):
            break
        if x != q and top >= 0 and Q[top, Q_POINT] != NO_POINT and before(top, q, w):
            break
        x = Q[x, Q_PREV]
    if top >= 0 and w.M[M_FULL] == 0:
        _put_back(top, w)
        return top if before(top, q, w) else q
    return q
