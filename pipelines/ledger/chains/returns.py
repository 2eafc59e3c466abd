"""Goods that go back at the cost at which they came: from customers, and to suppliers.

A linked return takes from its document in the document's own cell. Where it comes back into another cell, it
has a row in both: the first takes from the document, the main one brings what was found to its own cell.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper
from pipelines.kernels.exact import muldiv
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.admit import GIVE_BACK, R_OVER_RETURN
from pipelines.ledger.kernel.cells import inflow, inflow_free, note_cover
from pipelines.ledger.kernel.moves import take
from pipelines.ledger.kernel.queues import add_piece, consume, shrink_piece
from pipelines.ledger.kernel.undo import keep


@helper
def add_part(qty, value, known, landed, w):  # type: ignore[no-untyped-def]
    """Hand on some of what a row took to its row in the other cell."""
    k = w.M[M_PARTS]
    if k >= w.X.shape[0]:
        w.M[M_FULL] = PARTS_FULL
        return
    w.X[k, X_QTY], w.X[k, X_VALUE], w.X[k, X_KNOWN], w.X[k, X_LANDED] = qty, value, known, landed
    w.M[M_PARTS] = k + 1


@helper
def give_up(q, k, w):  # type: ignore[no-untyped-def]
    """How many of k units the document still holds: they and their share of the money have gone back."""
    D, F, M, h = w.D, w.F, w.M, w.Q[q, Q_H]
    d = w.H[h, H_LINK]
    m = min(k, D[d, D_AMTQ])
    if m < k and D[d, D_QTY] > 0 and M[M_OWN] != SILENT and (h == M[M_ROOT] or d == M[M_RETURNED]):
        M[M_WHY] = R_OVER_RETURN
        w.g[G_K] = k
    if m == 0:
        return m
    keep(K_DOC, d, D, w.Dm, M, w.J)
    share = D[d, D_AMT] if m == D[d, D_AMTQ] else muldiv(D[d, D_AMT], m, D[d, D_AMTQ])
    D[d, D_AMT] -= share
    D[d, D_AMTQ] -= m
    F[F_M], F[F_MMONEY] = m, share
    return m


@helper
def _share(p, m, P):  # type: ignore[no-untyped-def]
    return P[p, P_V] if m == P[p, P_Q] else muldiv(P[p, P_V], m, P[p, P_Q])


@helper
def _covered(d, m, w):  # type: ignore[no-untyped-def]
    """M covered units of the document come back; returns their own cost."""
    D, F = w.D, w.F
    cost = D[d, D_COVV] if m == D[d, D_COVQ] else muldiv(D[d, D_COVV], m, D[d, D_COVQ])
    D[d, D_COVQ] -= m
    D[d, D_COVV] -= cost
    F[F_MCOV], F[F_MCOST] = m, cost
    if D[d, D_UNCOSTED] != 0:
        F[F_UNCOSTED] = 1
    return cost


@helper
def take_from_document(q, w):  # type: ignore[no-untyped-def]
    """The first row of a return into another cell: covered units first, then uncovered ones, whose cost when
    it is found becomes price variance here. What was taken is handed on.
    """
    C, D, P, M, h = w.C, w.D, w.P, w.M, w.Q[q, Q_H]
    c, d, k = w.Q[q, Q_CELL], w.H[h, H_LINK], w.H[h, H_QTY]
    m = give_up(q, k, w)
    if w.H[h, H_TYPE] == GIVE_BACK or m == 0:
        return
    known, landed = D[d, D_UNCOSTED] == 0, D[d, D_LANDED]
    covered = min(D[d, D_COVQ], m)
    if covered > 0:
        cost = _covered(d, covered, w)
        add_part(covered, cost, 1 if known or cost != 0 else 0, landed, w)
    rest = m - covered
    if rest > 0:
        p = D[d, D_PIECE]
        unknown, share = P[p, P_UNCOSTED], _share(p, rest, P)
        if unknown != 0:
            w.F[F_UNCOSTED] = 1
        note_cover(p, 0, rest, 0, share, 0, 0, P, D, w.W, M)
        if M[M_FULL] != 0:
            return
        w.W[M[M_COVERS] - 1, W_DOC] = -1
        add_piece(
            c, p, rest, share, P[p, P_VER], P[p, P_ENT], P[p, P_ACC], M[M_VARIANCE], VARIANCE_LEG, -1,
            unknown, C, P, w.Pm, M, w.J,
        )  # fmt: skip
        if M[M_FULL] != 0:
            return
        shrink_piece(c, p, rest, C, P, w.Pm, D, w.Dm, M, w.J)
        add_part(rest, share, 1 - unknown, 0, w)


@helper
def _into_own_cell(q, now, fifo, w):  # type: ignore[no-untyped-def]
    """Back into the document's own cell: uncovered units first, at provisional value, then covered ones.
    Returns (units, value).
    """
    C, D, P, M, h = w.C, w.D, w.P, w.M, w.Q[q, Q_H]
    c, d = w.Q[q, Q_CELL], w.H[h, H_LINK]
    k = give_up(q, w.H[h, H_QTY], w)
    p, total = D[d, D_PIECE], np.int64(0)
    m = min(P[p, P_Q], k) if p >= 0 else np.int64(0)
    if m > 0:
        if P[p, P_UNCOSTED] != 0:
            w.F[F_UNCOSTED] = 1
        note_cover(p, 0, m, 0, _share(p, m, P), 0, 0, P, D, w.W, M)
        if M[M_FULL] != 0:
            return k, total
        w.W[M[M_COVERS] - 1, W_DOC] = -1
        total = shrink_piece(c, p, m, C, P, w.Pm, D, w.Dm, M, w.J)
        C[c, C_Q] += m
        C[c, C_V] += total
    m = k - m
    if m > 0:
        known = D[d, D_UNCOSTED] == 0
        keep(K_DOC, d, D, w.Dm, M, w.J)
        cost = _covered(d, m, w)
        inflow(
            c, m, cost, known or cost != 0, D[d, D_LANDED] != 0, False, fifo, now, C, w.L, w.Lm, P, w.Pm, D,
            w.Dm, w.W, M, w.J,
        )  # fmt: skip
        total += cost
    return k, total


@helper
def come_back(q, std, digits, fifo, now, w):  # type: ignore[no-untyped-def]
    """A sale return: the linked part at the delivery's own cost, the rest without a cost of its own."""
    C, F, H, h, c = w.C, w.F, w.H, w.Q[q, Q_H], w.Q[q, Q_CELL]
    k, amount, pair = H[h, H_QTY], H[h, H_AMT], w.Q[q, Q_PAIR]
    m, total = np.int64(0), np.int64(0)
    if pair >= 0:
        F[F_UNCOSTED] = w.Q[pair, Q_UNCOSTED]
        F[F_MMONEY] = w.Q[pair, Q_MMONEY]
        for n in range(w.Q[pair, Q_PART], w.Q[pair, Q_PART] + w.Q[pair, Q_PARTS]):
            part, value = w.X[n, X_QTY], w.X[n, X_VALUE]
            inflow(
                c, part, value, w.X[n, X_KNOWN] != 0, w.X[n, X_LANDED] != 0, False, fifo, now, C, w.L, w.Lm,
                w.P, w.Pm, w.D, w.Dm, w.W, w.M, w.J,
            )  # fmt: skip
            m += part
            total += value
    elif H[h, H_LINK] >= 0:
        m, total = _into_own_cell(q, now, fifo, w)
    if m < k:
        value, known = inflow_free(
            c, k - m, std, digits, fifo, now, C, w.L, w.Lm, w.P, w.Pm, w.D, w.Dm, w.W, w.M, w.J
        )  # fmt: skip
        total += value
        if not known:
            F[F_UNCOSTED] = 1
    F[F_QTY], F[F_VALUE] = k, total
    F[F_REV] = -(F[F_MMONEY] if amount < 0 else amount)
    if pair >= 0:  # the other row took it
        F[F_MMONEY] = 0


@helper
def go_back_to_supplier(q, std, digits, fifo, w):  # type: ignore[no-untyped-def]
    """A supplier return: own layer first under FIFO, the credit, its difference to price variance."""
    C, D, F, L, H, M, h = w.C, w.D, w.F, w.L, w.H, w.M, w.Q[q, Q_H]
    c, k, d, pair, cost = w.Q[q, Q_CELL], H[h, H_QTY], H[h, H_LINK], w.Q[q, Q_PAIR], np.int64(0)
    if pair >= 0:
        m, credit = w.Q[pair, Q_M], w.Q[pair, Q_MMONEY]
    else:
        m = give_up(q, k, w)
        credit = F[F_MMONEY]
    rest = m
    at = C[c, C_LH] if fifo else np.int64(-1)
    while at >= 0 and rest > 0:
        after = L[at, L_NEXT]
        if L[at, L_VER] == D[d, D_VER]:
            part = min(rest, L[at, L_Q])
            cost += consume(c, at, part, C, L, w.Lm, M, w.J)
            rest -= part
        at = after
    if rest > 0:
        cost += take(q, rest, M[M_VARIANCE], VARIANCE_LEG, False, std, digits, fifo, w)
    if m < k:
        more = take(q, k - m, M[M_VARIANCE], VARIANCE_LEG, False, std, digits, fifo, w)
        cost, credit = cost + more, credit + more
    if H[h, H_AMT] >= 0:
        credit = H[h, H_AMT]
    if C[c, C_KIND] == FOREIGN:
        credit = np.int64(0)
    F[F_UNCOSTED], F[F_UNPRICED], F[F_LANDED] = 0, 0, 0
    F[F_QTY], F[F_VALUE], F[F_VALUE2] = -k, -credit, credit - cost
