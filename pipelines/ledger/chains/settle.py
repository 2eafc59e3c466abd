"""From what a row found to what is said of it: own lines of the event that arrived, true-ups of all others.

A true-up is the difference between what a row found and what is posted of it, per leg; what it covered is
compared cover by cover. Nothing is said where nothing changed.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper, inlined
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.admit import COUNT, DELIVERY, GIVE_BACK, RETURN, REVALUE, TRANSFER
from pipelines.ledger.kernel.moves import line
from pipelines.ledger.kernel.undo import touch


@inlined
def _contra(h, w):  # type: ignore[no-untyped-def]
    """(account or -1, word) of the other side of an event's main line."""
    t = w.H[h, H_TYPE]
    if t == TRANSFER:
        return w.H[h, H_OTHER], np.int64(-1)
    if t == COUNT:
        return np.int64(-1), w.M[M_COUNT]
    if t == REVALUE:
        return np.int64(-1), w.M[M_REVAL]
    return np.int64(-1), w.H[h, H_OTHER]


@helper
def up(h, leg, acc, acc2, contra, dq, dv, at, w):  # type: ignore[no-untyped-def]
    """Begin a true-up of event h: dq units worth dv more in the account; returns its row, -1 without room."""
    T, M, k = w.T, w.M, w.M[M_TRUEUPS]
    if k >= T.shape[0]:
        M[M_FULL] = TRUE_UPS_FULL
        return np.int64(-1)
    T[k, :] = 0
    T[k, T_EVENT], T[k, T_CAUSE], T[k, T_LEG] = w.H[h, H_VER], -1, leg
    T[k, T_VERSION], T[k, T_REC], T[k, T_TZ], T[k, T_AT] = M[M_VERSION], M[M_REC], M[M_TZ], at
    T[k, T_ENT], T[k, T_OF], T[k, T_FOUND] = w.H[h, H_ENT], h, M[M_FOUND]
    T[k, T_ACC], T[k, T_ACC2], T[k, T_CONTRA], T[k, T_QTY], T[k, T_VALUE] = acc, acc2, contra, dq, dv
    M[M_TRUEUPS] = k + 1
    if dq != 0 or dv != 0:
        touch(acc, w.A, w.Am, w.TA, M, w.J)
        if acc2 >= 0:
            touch(acc2, w.A, w.Am, w.TA, M, w.J)
    return k


@helper
def _restate(q, acc, other, contra, w):  # type: ignore[no-untyped-def]
    """What changed of a row that was posted before."""
    Q, F, T, h = w.Q, w.F, w.T, w.Q[q, Q_H]
    main = VALUE_LEG if Q[q, Q_SIDE] == REVALUED else GOODS_LEG
    dq, dv = F[F_QTY] - Q[q, Q_PQ], F[F_VALUE] - Q[q, Q_PV]
    if acc != Q[q, Q_ACC]:  # a revaluation lies in the account that was newest then
        if Q[q, Q_PV] != 0:
            up(h, main, Q[q, Q_ACC], other, contra, 0, -Q[q, Q_PV], Q[q, Q_AT], w)
        dv = F[F_VALUE]
    doq, dov = F[F_OPENQ] - Q[q, Q_OPENQ], F[F_OPENV] - Q[q, Q_OPENV]
    du, dp = F[F_UNCOSTED] - Q[q, Q_UNCOSTED], F[F_UNPRICED] - Q[q, Q_UNPRICED]
    dl, dr = F[F_LANDED] - Q[q, Q_LANDED], F[F_REV] - Q[q, Q_REV]
    dd, dt = F[F_DISC] - Q[q, Q_DISC], F[F_TAX] - Q[q, Q_TAX]
    if (
        dq != 0
        or dv != 0
        or doq != 0
        or dov != 0
        or du != 0
        or dp != 0
        or dl != 0
        or dr != 0
        or dd != 0
        or dt != 0
    ):
        k = up(h, main, acc, other, contra, dq, dv, Q[q, Q_AT], w)
        if k < 0:
            return
        T[k, T_OPENQ], T[k, T_OPENV], T[k, T_UNCOSTED], T[k, T_UNPRICED] = doq, dov, du, dp
        T[k, T_LANDED], T[k, T_REV], T[k, T_DISC], T[k, T_TAX] = dl, dr, dd, dt
    dv2 = F[F_VALUE2] - Q[q, Q_PV2]
    if dv2 != 0:
        give_back = w.H[h, H_TYPE] == GIVE_BACK
        leg, place = (PRICE_LEG, w.M[M_VARIANCE]) if give_back else (COST_LEG, w.M[M_COUNT])
        up(h, leg, acc, -1, place, 0, dv2, Q[q, Q_AT], w)


@helper
def _say(q, acc, other, contra, w):  # type: ignore[no-untyped-def]
    """The own lines of the event that arrived, and its verdict's figures."""
    Q, F, M, h, i = w.Q, w.F, w.M, w.Q[q, Q_H], w.M[M_INDEX]
    v, at, ent, t = w.V[i], Q[q, Q_AT], w.H[h, H_ENT], w.H[h, H_TYPE]
    dq, dv = F[F_QTY], F[F_VALUE]
    if dq < 0 or (dq == 0 and dv < 0):
        line(i, at, acc, -1, other, contra, -dq, -dv, ent, w)
    else:
        line(i, at, other, contra, acc, -1, dq, dv, ent, w)
    if F[F_VALUE2] != 0:
        line(i, at, -1, M[M_VARIANCE] if t == GIVE_BACK else M[M_COUNT], acc, -1, 0, F[F_VALUE2], ent, w)
    if t == DELIVERY or t == RETURN:
        v[V_REVENUE], v[V_COGS], v[V_OPENQ], v[V_OPENV] = F[F_REV], -dv, F[F_OPENQ], F[F_OPENV]
        v[V_UNCOSTED], v[V_LANDED] = F[F_UNCOSTED] | (F[F_UNPRICED] << 1), F[F_LANDED]
    if t == REVALUE and acc >= 0 and w.C[Q[q, Q_CELL], C_LAST] > at:
        v[V_LATE] = 1
    if t == COUNT:
        v[V_BOOK], v[V_DIFFV] = F[F_BOOK], dv + F[F_VALUE2]


@helper
def _cover(q, x, sign, w):  # type: ignore[no-untyped-def]
    """Say what row q did to a piece of an earlier event (or, -1, that it did not)."""
    k = up(w.Q[q, Q_H], x[W_LEG], x[W_ACC], -1, x[W_CONTRA], 0, -sign * x[W_VALUE], w.Q[q, Q_AT], w)
    if k < 0:
        return
    T = w.T
    T[k, T_EVENT], T[k, T_ENT], T[k, T_CAUSE], T[k, T_OF] = x[W_VER], x[W_ENT], w.Q[q, Q_H], -1
    T[k, T_OPENQ], T[k, T_OPENV] = sign * x[W_OPENQ], sign * x[W_OPENV]
    T[k, T_UNCOSTED], T[k, T_LANDED] = sign * x[W_UNCOSTED], sign * x[W_LANDED]


@inlined
def _alike(a, b, W):  # type: ignore[no-untyped-def]
    for i in range(W.shape[1]):
        if W[a, i] != W[b, i]:
            return False
    return True


@helper
def _covers(q, first, w):  # type: ignore[no-untyped-def]
    """Compare what the row covered before with what it covers now, W from `first` on."""
    Q, W, M = w.Q, w.W, w.M
    old, n, m = Q[q, Q_WAS], Q[q, Q_COVERS], w.M[M_COVERS] - first
    if n == 0 and m == 0:
        return
    a = 0
    while a < n and a < m and _alike(old + a, first + a, W):
        a += 1
    z = 0
    while z < n - a and z < m - a and _alike(old + n - 1 - z, first + m - 1 - z, W):
        z += 1
    for k in range(a, n - z):
        _cover(q, W[old + k], -1, w)
    for k in range(a, m - z):
        _cover(q, W[first + k], 1, w)
    if a == n and a == m:
        M[M_COVERS] = first  # the same ones: no need to keep them twice
    else:
        Q[q, Q_WAS], Q[q, Q_COVERS] = first, m


@helper
def _parts_changed(q, first, w):  # type: ignore[no-untyped-def]
    """Whether the row hands on something else than before; X from `first` on is what it hands on now."""
    Q, X, M = w.Q, w.X, w.M
    old, n, m = Q[q, Q_PART], Q[q, Q_PARTS], w.M[M_PARTS] - first
    same = n == m
    for k in range(n):
        if not same:
            break
        for i in range(X.shape[1]):
            if X[old + k, i] != X[first + k, i]:
                same = False
    if same:
        M[M_PARTS] = first
        return False
    Q[q, Q_PART], Q[q, Q_PARTS] = first, m
    return True


@helper
def settle(q, covers, parts, w):  # type: ignore[no-untyped-def]
    """Say what changed of row q and note it as posted; whether its row in another cell is to be posted anew.

    `covers`, `parts`: where W and X stood before it was posted.
    """
    Q, F, M = w.Q, w.F, w.M
    side, acc = Q[q, Q_SIDE], F[F_ACC]
    silent = side == INTO or (side == FIRST and w.H[Q[q, Q_H], H_TYPE] != TRANSFER)
    other, contra = _contra(Q[q, Q_H], w)
    if Q[q, Q_DEAD] != 0:  # the event says something else by now
        other, contra = Q[q, Q_ACC2], Q[q, Q_CONTRA]
    if not silent:
        if Q[q, Q_H] == M[M_OWN]:
            _say(q, acc, other, contra, w)
        else:
            _restate(q, acc, other, contra, w)
    _covers(q, covers, w)
    changed = _parts_changed(q, parts, w)
    if side == FIRST and not silent:
        changed = changed or Q[q, Q_PQ] != F[F_QTY]
    if side == FIRST and (
        Q[q, Q_M] != F[F_M] or Q[q, Q_MMONEY] != F[F_MMONEY] or Q[q, Q_UNCOSTED] != F[F_UNCOSTED]
    ):
        changed = True
    Q[q, Q_ACC2], Q[q, Q_CONTRA] = other, contra
    Q[q, Q_ACC], Q[q, Q_PQ], Q[q, Q_PV], Q[q, Q_PV2] = acc, F[F_QTY], F[F_VALUE], F[F_VALUE2]
    Q[q, Q_OPENQ], Q[q, Q_OPENV], Q[q, Q_UNCOSTED], Q[q, Q_UNPRICED] = (
        F[F_OPENQ], F[F_OPENV], F[F_UNCOSTED], F[F_UNPRICED],
    )  # fmt: skip
    Q[q, Q_LANDED], Q[q, Q_REV], Q[q, Q_DISC], Q[q, Q_TAX] = F[F_LANDED], F[F_REV], F[F_DISC], F[F_TAX]
    Q[q, Q_M], Q[q, Q_MCOV], Q[q, Q_MCOST], Q[q, Q_MMONEY] = F[F_M], F[F_MCOV], F[F_MCOST], F[F_MMONEY]
    Q[q, Q_LEVEL] = F[F_BOOK] if w.H[Q[q, Q_H], H_TYPE] == COUNT else F[F_LEVEL]
    return changed
