"""The walk: events in order, one after another, each admitted and posted whole or not at all.

One compiled loop over the batch; state rows are gathered by number, written back and marked. It stops when an
output table is full and is called again from there.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import kernel
from pipelines.kernels.exact import NONE, VALUE_LIMIT, muldiv
from pipelines.kernels.keys import find, insert, slot_of
from pipelines.ledger.admit import (
    G_K,
    cell_key,
)  # fmt: skip
from pipelines.ledger.cells import (
    add_piece,
    consume,
    drop_piece,
    inflow,
    outflow,
    touch,
)
from pipelines.ledger.columns import *
from schemas.reasons import CODE, Reason

R_CONFLICT, R_MASTER, R_OVERFLOW, R_UNKNOWN_REF = (
    CODE[r] for r in (Reason.ID_CONFLICT, Reason.UNKNOWN_MASTER, Reason.OVERFLOW, Reason.UNKNOWN_REFERENCE)
)


@kernel
def hist_find(H, Hs, h1, h2):  # type: ignore[no-untyped-def]
    """The row of recent history with this id, or -1."""
    mask = np.int64(Hs.shape[0] - 1)
    s = slot_of(h1, h2, mask)
    while Hs[s] >= 0:
        k = np.int64(Hs[s])
        if H[k, H_H1] == h1 and H[k, H_H2] == h2 and H[k, H_STATE] != H_DEAD:
            return k
        s = (s + 1) & mask
    return np.int64(-1)


@kernel
def hist_add(e, state, H, Hs, M):  # type: ignore[no-untyped-def]
    """A new row of recent history for event e."""
    k = M[M_HIST]
    M[M_HIST] = k + 1
    mask = np.int64(Hs.shape[0] - 1)
    s = slot_of(e[E_H1], e[E_H2], mask)
    while Hs[s] >= 0:
        s = (s + 1) & mask
    Hs[s] = k
    H[k, :] = 0
    H[k, H_H1], H[k, H_H2], H[k, H_CONTENT], H[k, H_STATE] = e[E_H1], e[E_H2], e[E_CONTENT], state
    H[k, H_ENT], H[k, H_AT], H[k, H_TYPE], H[k, H_DOC], H[k, H_ACC] = e[E_ENT], e[E_TIME], e[E_TYPE], -1, -1
    return k


@kernel
def doc_of(k, H, Hm, D, Dm, M):  # type: ignore[no-untyped-def]
    """The document row of a recent event, made on first need."""
    if H[k, H_DOC] >= 0:
        return H[k, H_DOC]
    d = M[M_DOCS]
    M[M_DOCS] = d + 1
    D[d, :] = 0
    D[d, D_VER], D[d, D_ENT], D[d, D_ACC], D[d, D_QTY] = H[k, H_VER], H[k, H_ENT], H[k, H_ACC], H[k, H_QTY]
    D[d, D_COVQ], D[d, D_COVV], D[d, D_AMT], D[d, D_AMTQ] = (
        H[k, H_QTY],
        H[k, H_COST],
        H[k, H_AMT],
        H[k, H_QTY],
    )
    D[d, D_PIECE], D[d, D_CONTRA], D[d, D_AT], D[d, D_TYPE] = -1, H[k, H_CONTRA], H[k, H_AT], H[k, H_TYPE]
    D[d, D_UNCOSTED] = H[k, H_STATE] >> 8
    Dm[d] = 1
    H[k, H_DOC] = d
    Hm[k] = 1
    return d


@kernel
def account(item, place, site, lot, combo, owner, scope, A, Am, Ak, As, C, Cm, Ck, Cs, I, Im, M):  # type: ignore[no-untyped-def]
    """The account's row; it and its cell are made on first use."""
    k1, k2 = (item << 32) | place, (lot << 32) | combo
    a = find(Ak, As, k1, k2)
    if a >= 0:
        return a
    a = M[M_ACCOUNTS]
    M[M_ACCOUNTS] = a + 1
    insert(Ak, As, a, k1, k2)
    A[a, :] = 0
    Am[a] = 1
    for shadow in range(2):
        s = scope
        if shadow == 1:
            if scope != SCOPE_ENTITY:
                A[a, A_SITECELL] = A[a, A_CELL]
                break
            s = SCOPE_SITE
        c1, c2 = cell_key(item, site, lot, owner, s)
        c = find(Ck, Cs, c1, c2)
        if c < 0:
            c = M[M_CELLS]
            M[M_CELLS] = c + 1
            insert(Ck, Cs, c, c1, c2)
            C[c, :] = 0
            C[c, C_LH], C[c, C_LT], C[c, C_PH], C[c, C_PT], C[c, C_NEXT], C[c, C_LAST] = (
                -1,
                -1,
                -1,
                -1,
                -1,
                NONE,
            )
            C[c, C_SHADOW] = shadow
            if shadow == 0:
                last = I[item, I_LASTCELL]
                if last < 0:
                    I[item, I_CELL] = c
                else:
                    C[last, C_NEXT] = c
                    Cm[last] = 1
                I[item, I_LASTCELL] = c
                Im[item] = 1
        C[c, C_ACC] = a
        Cm[c] = 1
        A[a, A_CELL if shadow == 0 else A_SITECELL] = c
    return a


@kernel
def move(a, dq, e, ver, rec, A, Am, C, Cm, M, TA):  # type: ignore[no-untyped-def]
    """Change an account's quantity (its cell's follows in the cell's own functions)."""
    if A[a, A_STAMP] != M[M_STAMP]:
        A[a, A_STAMP] = M[M_STAMP]
        TA[M[M_TACCS]] = a
        M[M_TACCS] += 1
    A[a, A_QTY] += dq
    A[a, A_VER], A[a, A_REC] = ver, rec
    A[a, A_AT] = max(A[a, A_AT], e[E_TIME])
    A[a, A_TRUST] = max(A[a, A_TRUST], e[E_TRUST])
    Am[a] = 1
    s = A[a, A_SITECELL]
    if s != A[a, A_CELL]:
        C[s, C_Q] += dq
        Cm[s] = 1


@kernel
def line(i, now, facc, fplace, tacc, tplace, q, v, ent, O, M):  # type: ignore[no-untyped-def]
    """Write a movement line; a negative value turns it round; nothing at all is not written."""
    if q == 0 and v == 0:
        return
    k = M[M_LINES]
    first = k == 0 or O[k - 1, O_VERSION] != now[1] or O[k - 1, O_ENT] != ent
    O[k, O_LINE] = 1 if first else O[k - 1, O_LINE] + 1
    if v < 0:
        facc, fplace, tacc, tplace, v = tacc, tplace, facc, fplace, -v
    O[k, O_EVENT], O[k, O_VERSION], O[k, O_AT], O[k, O_REC], O[k, O_ENT] = i, now[1], now[2], now[3], ent
    O[k, O_FROM_ACC], O[k, O_FROM], O[k, O_TO_ACC], O[k, O_TO] = facc, fplace, tacc, tplace
    O[k, O_QTY], O[k, O_VALUE] = q, v
    M[M_LINES] = k + 1


@kernel
def post_out(  # type: ignore[no-untyped-def]
    i, e, g, v, now, a, c, std, digits, fifo, contra, leg, doc_wanted, H, Hm, h, A, C, L, Lm, P, Pm, D, Dm, M
):
    """An outflow of g[G_K] from cell c, its uncovered part queued; returns the whole cost."""
    cost, have, u, prov, bits = outflow(c, g[G_K], std, digits, fifo, C, L, Lm, M)
    v[V_OPENQ], v[V_OPENV], v[V_UNCOSTED] = (u, prov, bits) if leg == COGS_LEG else (0, 0, bits)
    H[h, H_STATE] = H_LIVE | ((bits >> 1) << 8)
    H[h, H_COST] = cost
    if u > 0:
        d = np.int64(-1)
        if doc_wanted:
            d = doc_of(h, H, Hm, D, Dm, M)
            D[d, D_COVQ], D[d, D_COVV] = have, cost
        p = add_piece(c, C[c, C_PT], u, prov, now[1], e[E_ENT], a, contra, leg, d, bits & 1, C, P, Pm, M)
        if d >= 0:
            D[d, D_PIECE] = p
    return cost + prov


@kernel
def own_uncovered(c, d, m, now, C, P, Pm, D, Dm, T, M):  # type: ignore[no-untyped-def]
    """Reverse m of the document's own uncovered units at their provisional value."""
    p = D[d, D_PIECE]
    share = P[p, P_V] if m == P[p, P_Q] else muldiv(P[p, P_V], m, P[p, P_Q])
    k = M[M_TRUEUPS]
    T[k, T_EVENT], T[k, T_CAUSE], T[k, T_VER], T[k, T_ENT], T[k, T_LEG] = (
        now[0],
        now[1],
        P[p, P_VER],
        P[p, P_ENT],
        COGS_LEG,
    )
    T[k, T_ACC], T[k, T_CONTRA], T[k, T_VALUE], T[k, T_OPENQ], T[k, T_OPENV] = (
        P[p, P_ACC],
        P[p, P_CONTRA],
        0,
        -m,
        -share,
    )
    T[k, T_AT], T[k, T_REC], T[k, T_UNCOSTED] = now[2], now[3], 0
    M[M_TRUEUPS] = k + 1
    P[p, P_Q] -= m
    P[p, P_V] -= share
    Pm[p] = 1
    return p, share


@kernel
def post_return(g, v, d, now, a, c, variance, fifo, A, C, Cm, TC, L, Lm, P, Pm, D, Dm, T, M):  # type: ignore[no-untyped-def]
    """A linked return of g[G_K] units of document d into cell c; returns the value that comes back."""
    home = A[D[d, D_ACC], A_CELL]
    touch(home, C, Cm, M, TC)
    unknown_cover = D[d, D_UNCOSTED] != 0
    open_q = P[D[d, D_PIECE], P_Q] if D[d, D_PIECE] >= 0 else np.int64(0)
    total = np.int64(0)
    m = min(open_q, g[G_K]) if home == c else g[G_K] - min(D[d, D_COVQ], g[G_K])
    if home == c and m > 0:
        p, share = own_uncovered(c, d, m, now, C, P, Pm, D, Dm, T, M)
        if P[p, P_UNCOSTED] != 0:
            v[V_UNCOSTED] = 2
        C[c, C_Q] += m
        C[c, C_V] += share
        total += share
        if P[p, P_Q] == 0:
            drop_piece(c, p, C, P, Pm, D, Dm, M)
    k = g[G_K] - m
    if k > 0:
        val = D[d, D_COVV] if k == D[d, D_COVQ] else muldiv(D[d, D_COVV], k, D[d, D_COVQ])
        D[d, D_COVQ] -= k
        D[d, D_COVV] -= val
        from_nothing = unknown_cover and val == 0
        if from_nothing:
            v[V_UNCOSTED] = 2
        inflow(c, k, val, not from_nothing, False, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M)
        total += val
    if home != c and m > 0:
        p, share = own_uncovered(home, d, m, now, C, P, Pm, D, Dm, T, M)
        unknown = P[p, P_UNCOSTED]
        if unknown != 0:
            v[V_UNCOSTED] = 2
        add_piece(
            home,
            p,
            m,
            share,
            P[p, P_VER],
            P[p, P_ENT],
            P[p, P_ACC],
            variance,
            VARIANCE_LEG,
            -1,
            unknown,
            C,
            P,
            Pm,
            M,
        )
        if P[p, P_Q] == 0:
            drop_piece(home, p, C, P, Pm, D, Dm, M)
        inflow(c, m, share, unknown == 0, False, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M)
        total += share
    D[d, D_RETQ] += g[G_K]
    Dm[d] = 1
    return total


@kernel
def rest_share(d, k, D, Dm):  # type: ignore[no-untyped-def]
    """K units' share of what is left of the document's amount; the last takes the rest."""
    return D[d, D_AMT] if k == D[d, D_AMTQ] else muldiv(D[d, D_AMT], k, D[d, D_AMTQ])


@kernel
def use_share(d, k, x, D, Dm):  # type: ignore[no-untyped-def]
    """Take k units and amount x out of what is left of the document's amount."""
    D[d, D_AMT] -= x
    D[d, D_AMTQ] -= k
    Dm[d] = 1


@kernel
def post_transfer(i, e, g, v, now, a, c, b, cb, std, digits, fifo, M, C, L, Lm, P, Pm, D, Dm, T):  # type: ignore[no-untyped-def]
    """Goods from cell c to cell cb (another one), FIFO layers one by one; returns the value that moved."""
    k = g[G_K]
    total = np.int64(0)
    if fifo:
        have = min(k, C[c, C_Q]) if C[c, C_Q] > 0 else np.int64(0)
        k -= have
        while have > 0:
            head = C[c, C_LH]
            m = min(have, L[head, L_Q])
            costed = L[head, L_Q0] > 0
            x = consume(c, head, m, C, L, Lm, M)
            inflow(cb, m, x, costed, False, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M)
            total += x
            have -= m
        if k == 0:
            return total
    cost, have, u, prov, bits = outflow(c, k, std, digits, fifo, C, L, Lm, M)
    if u > 0:
        add_piece(
            c,
            C[c, C_PT],
            u,
            prov,
            now[1],
            e[E_ENT],
            a,
            M[M_VARIANCE],
            VARIANCE_LEG,
            -1,
            bits & 1,
            C,
            P,
            Pm,
            M,
        )
    known_cost = (have > 0 and bits & 2 == 0) or (u > 0 and bits & 1 == 0)
    inflow(cb, k, cost + prov, known_cost, False, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M)
    return total + cost + prov


@kernel
def check_cell(c, C):  # type: ignore[no-untyped-def]
    """The invariants of a cell after a commit."""
    q, v = C[c, C_Q], C[c, C_V]
    return not (
        (q == 0 and v != 0) or (q >= 0 and v < 0) or (q < 0) != (C[c, C_PH] >= 0) or abs(v) >= VALUE_LIMIT
    )
