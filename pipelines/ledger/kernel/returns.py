"""Goods that go back at the cost at which they came: from customers, and to suppliers."""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper
from pipelines.kernels.exact import NONE, muldiv
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.cells import inflow
from pipelines.ledger.kernel.moves import line, take
from pipelines.ledger.kernel.queues import add_piece, consume, shrink_piece
from pipelines.ledger.kernel.undo import keep, keep_cell


@helper
def rest_share(d, k, D):  # type: ignore[no-untyped-def]
    """The share of k units of what is left of the document's amount; the last takes the rest."""
    return D[d, D_AMT] if k == D[d, D_AMTQ] else muldiv(D[d, D_AMT], k, D[d, D_AMTQ])


@helper
def give_up(d, k, share, D, Dm, M, J):  # type: ignore[no-untyped-def]
    """Give up: k units and their share of the amount have gone back."""
    keep(K_DOC, d, D, Dm, M, J)
    D[d, D_AMT] -= share
    D[d, D_AMTQ] -= k
    D[d, D_RETQ] += k


@helper
def _not_open(p, m, share, now, P, T, M):  # type: ignore[no-untyped-def]
    """Note that m units of piece p are no longer open for the delivery itself; no value moves."""
    k = M[M_TRUEUPS]
    if k >= T.shape[0]:
        M[M_FULL] = TRUE_UPS_FULL
        return
    T[k, T_EVENT], T[k, T_CAUSE], T[k, T_AT], T[k, T_REC], T[k, T_TZ] = now
    T[k, T_VER], T[k, T_ENT], T[k, T_LEG], T[k, T_ACC] = P[p, P_VER], P[p, P_ENT], COGS_LEG, P[p, P_ACC]
    T[k, T_CONTRA], T[k, T_VALUE], T[k, T_OPENQ], T[k, T_OPENV] = P[p, P_CONTRA], 0, -m, -share
    T[k, T_UNCOSTED] = 0
    M[M_TRUEUPS] = k + 1


@helper
def _share(p, m, P):  # type: ignore[no-untyped-def]
    return P[p, P_V] if m == P[p, P_Q] else muldiv(P[p, P_V], m, P[p, P_Q])


@helper
def _covered(d, k, v, now, c, fifo, C, L, Lm, P, Pm, D, Dm, T, M, J):  # type: ignore[no-untyped-def]
    """Bring back k covered units of the document come back at their own cost; returns it."""
    keep(K_DOC, d, D, Dm, M, J)
    cost = D[d, D_COVV] if k == D[d, D_COVQ] else muldiv(D[d, D_COVV], k, D[d, D_COVQ])
    unknown = D[d, D_UNCOSTED] != 0
    D[d, D_COVQ] -= k
    D[d, D_COVV] -= cost
    if unknown:
        v[V_UNCOSTED] = 2
    inflow(c, k, cost, not (unknown and cost == 0), False, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M, J)
    return cost


@helper
def post_return(  # type: ignore[no-untyped-def]
    k, v, d, now, c, fifo, A, C, Cm, L, Lm, P, Pm, D, Dm, T, M, J,
):  # fmt: skip
    """Bring k units of document d back into cell c; returns the value that comes back.

    Into the delivery's own cell its uncovered units go first, at provisional value; elsewhere they go last,
    and what is still to be found of their cost becomes price variance at home.
    """
    home = A[D[d, D_ACC], A_CELL]
    keep_cell(home, C, Cm, M, J)
    p = D[d, D_PIECE]
    total = np.int64(0)
    m = min(P[p, P_Q], k) if p >= 0 and home == c else np.int64(0)
    if m > 0:
        if P[p, P_UNCOSTED] != 0:
            v[V_UNCOSTED] = 2
        _not_open(p, m, _share(p, m, P), now, P, T, M)
        share = shrink_piece(c, p, m, C, P, Pm, D, Dm, M, J)
        C[c, C_Q] += m
        C[c, C_V] += share
        total += share
    q = min(D[d, D_COVQ], k - m)
    if q > 0:
        total += _covered(d, q, v, now, c, fifo, C, L, Lm, P, Pm, D, Dm, T, M, J)
    m = k - m - q
    if m > 0:
        unknown, share = P[p, P_UNCOSTED], _share(p, m, P)
        if unknown != 0:
            v[V_UNCOSTED] = 2
        _not_open(p, m, share, now, P, T, M)
        add_piece(
            home, p, m, share, P[p, P_VER], P[p, P_ENT], P[p, P_ACC], M[M_VARIANCE], VARIANCE_LEG, -1,
            unknown, C, P, Pm, M, J,
        )  # fmt: skip
        shrink_piece(home, p, m, C, P, Pm, D, Dm, M, J)
        inflow(c, m, share, unknown == 0, False, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M, J)
        total += share
    return total


@helper
def give_back(  # type: ignore[no-untyped-def]
    i, e, g, v, now, a, c, std, digits, fifo, h, H, Hm, C, L, Lm, P, Pm, D, Dm, O, M, J,
):  # fmt: skip
    """A supplier return: own layer first under FIFO, the credit, its difference to price variance."""
    d, k, cost = g[G_DOC], g[G_K], np.int64(0)
    if fifo:
        at = C[c, C_LH]
        while at >= 0 and L[at, L_VER] != D[d, D_VER]:
            at = L[at, L_NEXT]
        if at >= 0:
            m = min(k, L[at, L_Q])
            cost += consume(c, at, m, C, L, Lm, M, J)
            k -= m
    if k > 0:
        cost += take(
            e, k, v, now, a, c, std, digits, fifo, M[M_VARIANCE], VARIANCE_LEG, False, h, H, Hm, C, L, Lm,
            P, Pm, D, Dm, M, J,
        )  # fmt: skip
    H[h, H_COST] = cost
    share = rest_share(d, g[G_K], D)
    credit = share if g[G_AMT] == NONE else g[G_AMT]
    give_up(d, g[G_K], share, D, Dm, M, J)
    line(i, now, a, -1, -1, D[d, D_CONTRA], g[G_K], credit, e[E_ENT], O, M)
    line(i, now, a, -1, -1, M[M_VARIANCE], 0, cost - credit, e[E_ENT], O, M)
