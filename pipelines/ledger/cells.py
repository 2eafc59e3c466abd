"""Valuation cells: what comes in, what goes out, what is covered later. Moving average and FIFO, exactly.

Plain loops over int64 tables, compiled by Numba and readable (and testable) without it. The rules are those
of docs/ledger.md; names of columns are in `pipelines.ledger.columns`.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import kernel
from pipelines.kernels.exact import NONE, muldiv
from pipelines.ledger.columns import (
    C_AQ,
    C_AV,
    C_COSTED,
    C_LH,
    C_LT,
    C_NL,
    C_NP,
    C_PH,
    C_PT,
    C_Q,
    C_STAMP,
    C_V,
    COGS_LEG,
    D_COVQ,
    D_COVV,
    D_PIECE,
    D_UNCOSTED,
    L_AT,
    L_NEXT,
    L_PREV,
    L_Q,
    L_Q0,
    L_V,
    L_V0,
    L_VER,
    M_LAYER_FREE,
    M_LAYERS,
    M_PIECE_FREE,
    M_PIECES,
    M_STAMP,
    M_TCELLS,
    M_TRUEUPS,
    P_ACC,
    P_CONTRA,
    P_DOC,
    P_ENT,
    P_LEG,
    P_NEXT,
    P_PREV,
    P_Q,
    P_UNCOSTED,
    P_V,
    P_VER,
    T_ACC,
    T_AT,
    T_CAUSE,
    T_CONTRA,
    T_ENT,
    T_EVENT,
    T_LEG,
    T_OPENQ,
    T_OPENV,
    T_REC,
    T_UNCOSTED,
    T_VALUE,
    T_VER,
)  # fmt: skip

POW10 = np.array([10**i for i in range(19)], np.int64)


@kernel
def touch(c, C, Cm, M, TC):  # type: ignore[no-untyped-def]
    """Remember the cell as it was before this batch, and mark it as changed."""
    Cm[c] = 1
    if C[c, C_STAMP] != M[M_STAMP]:
        C[c, C_STAMP] = M[M_STAMP]
        k = M[M_TCELLS]
        TC[k, 0], TC[k, 1], TC[k, 2] = c, C[c, C_Q], C[c, C_V]
        M[M_TCELLS] = k + 1


@kernel
def add_layer(c, q, v, at, ver, costed, C, L, Lm, M):  # type: ignore[no-untyped-def]
    """A new FIFO layer behind those of the same or an earlier time."""
    k = M[M_LAYER_FREE]
    if k >= 0:
        M[M_LAYER_FREE] = L[k, L_NEXT]
    else:
        k = M[M_LAYERS]
        M[M_LAYERS] = k + 1
    before = C[c, C_LT]
    while before >= 0 and L[before, L_AT] > at:
        before = L[before, L_PREV]
    after = C[c, C_LH] if before < 0 else L[before, L_NEXT]
    L[k, L_Q], L[k, L_V], L[k, L_Q0], L[k, L_V0] = q, v, q if costed else 0, v
    L[k, L_AT], L[k, L_VER], L[k, L_PREV], L[k, L_NEXT] = at, ver, before, after
    Lm[k] = 1
    if before < 0:
        C[c, C_LH] = k
    else:
        L[before, L_NEXT] = k
        Lm[before] = 1
    if after < 0:
        C[c, C_LT] = k
    else:
        L[after, L_PREV] = k
        Lm[after] = 1
    C[c, C_NL] += 1


@kernel
def drop_layer(c, k, C, L, Lm, M):  # type: ignore[no-untyped-def]
    """Unlink an empty layer and keep its row for the next one."""
    p, n = L[k, L_PREV], L[k, L_NEXT]
    if p < 0:
        C[c, C_LH] = n
    else:
        L[p, L_NEXT] = n
        Lm[p] = 1
    if n < 0:
        C[c, C_LT] = p
    else:
        L[n, L_PREV] = p
        Lm[n] = 1
    L[k, L_NEXT] = M[M_LAYER_FREE]
    M[M_LAYER_FREE] = k
    Lm[k] = 1
    C[c, C_NL] -= 1


@kernel
def consume(c, k, m, C, L, Lm, M):  # type: ignore[no-untyped-def]
    """Take m units from layer k; returns their cost. The last part takes the rest."""
    q, v = L[k, L_Q], L[k, L_V]
    cost = v if m == q else muldiv(v, m, q)
    if L[k, L_Q0] > 0:  # a layer of unknown cost prices nothing
        C[c, C_AV], C[c, C_AQ] = L[k, L_V0], L[k, L_Q0]
    L[k, L_Q] = q - m
    L[k, L_V] = v - cost
    Lm[k] = 1
    C[c, C_Q] -= m
    C[c, C_V] -= cost
    if m == q:
        drop_layer(c, k, C, L, Lm, M)
    return cost


@kernel
def add_piece(c, behind, q, v, ver, ent, acc, contra, leg, doc, uncosted, C, P, Pm, M):  # type: ignore[no-untyped-def]
    """An uncovered piece behind `behind` (the queue's end is C_PT); returns its row."""
    k = M[M_PIECE_FREE]
    if k >= 0:
        M[M_PIECE_FREE] = P[k, P_NEXT]
    else:
        k = M[M_PIECES]
        M[M_PIECES] = k + 1
    after = C[c, C_PH] if behind < 0 else P[behind, P_NEXT]
    P[k, P_Q], P[k, P_V], P[k, P_VER], P[k, P_ENT], P[k, P_ACC] = q, v, ver, ent, acc
    P[k, P_CONTRA], P[k, P_LEG], P[k, P_DOC], P[k, P_UNCOSTED] = contra, leg, doc, uncosted
    P[k, P_PREV], P[k, P_NEXT] = behind, after
    Pm[k] = 1
    if behind < 0:
        C[c, C_PH] = k
    else:
        P[behind, P_NEXT] = k
        Pm[behind] = 1
    if after < 0:
        C[c, C_PT] = k
    else:
        P[after, P_PREV] = k
        Pm[after] = 1
    C[c, C_NP] += 1
    return k


@kernel
def drop_piece(c, k, C, P, Pm, D, Dm, M):  # type: ignore[no-untyped-def]
    """Unlink a piece that is covered or returned."""
    p, n = P[k, P_PREV], P[k, P_NEXT]
    if p < 0:
        C[c, C_PH] = n
    else:
        P[p, P_NEXT] = n
        Pm[p] = 1
    if n < 0:
        C[c, C_PT] = p
    else:
        P[n, P_PREV] = p
        Pm[n] = 1
    if P[k, P_LEG] == COGS_LEG and P[k, P_DOC] >= 0:
        D[P[k, P_DOC], D_PIECE] = -1
        Dm[P[k, P_DOC]] = 1
    P[k, P_NEXT] = M[M_PIECE_FREE]
    M[M_PIECE_FREE] = k
    Pm[k] = 1
    C[c, C_NP] -= 1


@kernel
def true_up(p, value, m, share, unknown, now, P, T, M):  # type: ignore[no-untyped-def]
    """Note a true-up of piece p: `value` more cost, m units at `share` no longer open, `unknown` = 1 when the
    cover has no known cost. now = (event, version, event time, recorded time).
    """
    k = M[M_TRUEUPS]
    T[k, T_EVENT], T[k, T_CAUSE], T[k, T_AT], T[k, T_REC] = now[0], now[1], now[2], now[3]
    T[k, T_VER], T[k, T_ENT], T[k, T_LEG] = P[p, P_VER], P[p, P_ENT], P[p, P_LEG]
    T[k, T_ACC], T[k, T_CONTRA], T[k, T_VALUE] = P[p, P_ACC], P[p, P_CONTRA], value
    own = P[p, P_LEG] == COGS_LEG
    T[k, T_UNCOSTED] = unknown if own else 0
    T[k, T_OPENQ] = -m if own else 0
    T[k, T_OPENV] = -share if own else 0
    M[M_TRUEUPS] = k + 1


@kernel
def cover(c, q, a, costed, now, C, P, Pm, D, Dm, T, M):  # type: ignore[no-untyped-def]
    """Cover the oldest pieces with an inflow of q at amount a; returns what is left of it."""
    x, y = q, a
    while x > 0 and C[c, C_PH] >= 0:
        p = C[c, C_PH]
        u, prov = P[p, P_Q], P[p, P_V]
        m = min(u, x)
        cost = y if m == x else muldiv(y, m, x)
        share = prov if m == u else muldiv(prov, m, u)
        true_up(p, cost - share, m, share, 0 if costed else 1, now, P, T, M)
        d = P[p, P_DOC]
        if P[p, P_LEG] == COGS_LEG and d >= 0:
            D[d, D_COVQ] += m
            D[d, D_COVV] += cost
            if not costed:
                D[d, D_UNCOSTED] = 1
            Dm[d] = 1
        C[c, C_Q] += m
        C[c, C_V] += share
        x -= m
        y -= cost
        P[p, P_Q] = u - m
        P[p, P_V] = prov - share
        Pm[p] = 1
        if m == u:
            drop_piece(c, p, C, P, Pm, D, Dm, M)
    return x, y


@kernel
def inflow(c, q, a, costed, keep, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M):  # type: ignore[no-untyped-def]
    """Q units worth a come in. `keep`: a covering that leaves nothing does not change the known cost."""
    negative = C[c, C_Q] < 0
    x, y = cover(c, q, a, costed, now, C, P, Pm, D, Dm, T, M)
    if x > 0:
        C[c, C_Q] += x
        C[c, C_V] += y
        if fifo:
            add_layer(c, x, y, now[2], now[1], costed, C, L, Lm, M)
        else:
            C[c, C_AV], C[c, C_AQ] = C[c, C_V], C[c, C_Q]
    if costed and negative and (fifo or x == 0) and not (keep and not fifo):
        C[c, C_AV], C[c, C_AQ] = a, q
    if costed:
        C[c, C_COSTED] = 1


@kernel
def known(c, q, std, digits, fifo, C, L):  # type: ignore[no-untyped-def]
    """(value of q units at the known cost, whether there is one)."""
    if C[c, C_COSTED] != 0 and C[c, C_AQ] > 0:
        return muldiv(C[c, C_AV], q, C[c, C_AQ]), True
    k = C[c, C_LH] if fifo and C[c, C_COSTED] != 0 else np.int64(-1)
    while k >= 0 and L[k, L_Q0] == 0:
        k = L[k, L_NEXT]
    if k >= 0:
        return muldiv(L[k, L_V0], q, L[k, L_Q0]), True
    if std != NONE:
        return muldiv(q, std, POW10[14 - digits]), True
    return np.int64(0), False


@kernel
def inflow_free(c, q, std, digits, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M):  # type: ignore[no-untyped-def]
    """An inflow without own cost (count surplus, unlinked return); returns the amount it came in at."""
    if not fifo and C[c, C_Q] >= 0 and C[c, C_COSTED] != 0 and C[c, C_AQ] > 0:
        av, aq = C[c, C_AV], C[c, C_AQ]
        gone = aq - C[c, C_Q]
        a = muldiv(av, gone, aq) - muldiv(av, gone - q, aq)
        C[c, C_Q] += q
        C[c, C_V] += a
        return a
    a, priced = known(c, q, std, digits, fifo, C, L)
    inflow(c, q, a, priced, True, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M)
    return a


@kernel
def outflow(c, k, std, digits, fifo, C, L, Lm, M):  # type: ignore[no-untyped-def]
    """K units go out: (cost of the covered part, covered, uncovered, its provisional value, uncosted
    bits).
    """
    q = C[c, C_Q]
    have = min(k, q) if q > 0 else np.int64(0)
    cost = np.int64(0)
    bits = 2 if have > 0 and C[c, C_COSTED] == 0 else 0
    if fifo:
        rest = have
        while rest > 0:
            head = C[c, C_LH]
            m = min(rest, L[head, L_Q])
            cost += consume(c, head, m, C, L, Lm, M)
            rest -= m
    elif have > 0:
        if have == q:
            cost = C[c, C_V]
        else:
            gone = C[c, C_AQ] - q
            cost = muldiv(C[c, C_AV], gone + have, C[c, C_AQ]) - muldiv(C[c, C_AV], gone, C[c, C_AQ])
        C[c, C_Q] -= have
        C[c, C_V] -= cost
    u = k - have
    prov = np.int64(0)
    if u > 0:
        # what a layer still holds is gone by now, so FIFO falls back on the last consumed one, never on a
        # live one
        prov, priced = known(c, u, std, digits, False, C, L)
        if not priced:
            bits |= 1
        C[c, C_Q] -= u
        C[c, C_V] -= prov
    return cost, have, u, prov, bits


@kernel
def set_value(c, v, price, digits, fifo, now, C, L, Lm, M):  # type: ignore[no-untyped-def]
    """Revalue: the cell is worth v from now on; with nothing in it only the known cost changes."""
    q = C[c, C_Q]
    if q > 0:
        C[c, C_V] = v
        if fifo:
            while C[c, C_LH] >= 0:
                drop_layer(c, C[c, C_LH], C, L, Lm, M)
            add_layer(c, q, v, now[2], now[1], True, C, L, Lm, M)
        C[c, C_AV], C[c, C_AQ] = v, q
    else:
        a, b = price, POW10[8 - digits]
        x, y = a, b
        while y != 0:
            x, y = y, x % y
        C[c, C_AV], C[c, C_AQ] = a // x, b // x * 1_000_000
    C[c, C_COSTED] = 1
