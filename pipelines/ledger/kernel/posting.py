"""Posting: what each type does to accounts and cells. An admitted event cannot fail but by its size."""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper, inlined
from pipelines.kernels.exact import NONE
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.admit import (
    CHARGE,
    COUNT,
    DELIVERY,
    GIVE_BACK,
    RECEIPT,
    RETURN,
    REVALUE,
    TRANSFER,
)
from pipelines.ledger.kernel.cells import POW10, inflow, inflow_free, set_value, times
from pipelines.ledger.kernel.moves import account, combo_of, late, line, move, take
from pipelines.ledger.kernel.queues import consume
from pipelines.ledger.kernel.returns import give_back, give_up, post_return, rest_share
from pipelines.ledger.kernel.undo import keep, keep_account, keep_cell, room


@helper
def _made(what, e, now, B, M):  # type: ignore[no-untyped-def]
    k = M[M_BORN]
    M[M_BORN] = k + 1
    B[k, B_WHAT], B[k, B_ENT], B[k, B_VERSION], B[k, B_REC] = what, e[E_ENT], now[1], now[3]


@inlined
def masters_made(e, g, now, I, Im, S, Sm, B, M, J):  # type: ignore[no-untyped-def]
    """Sites that nobody described, and an item's first movement, which fixes its unit."""
    for col in (E_SROW, E_SROW2):
        s = e[col]
        if s >= 0 and S[s, S_KNOWN] == UNKNOWN:
            keep(K_SITE, s, S, Sm, M, J)
            S[s, S_KNOWN] = MADE
            _made(-1 - s, e, now, B, M)
    item = g[G_ITEM]
    if item >= 0 and I[item, I_BORN] == 0:
        keep(K_ITEM, item, I, Im, M, J)
        I[item, I_BORN] = 1
        I[item, I_UNIT] = g[G_UNIT] if g[G_UNIT] > 0 else 1
        if I[item, I_MASTER] == UNKNOWN:
            I[item, I_MASTER] = MADE
            _made(item, e, now, B, M)


@helper
def post_count(  # type: ignore[no-untyped-def]
    i, e, g, v, now, a, c, std, digits, fifo, h, H, Hm, A, C, Cm, L, Lm, P, Pm, D, Dm, T, O, M, J,
):  # fmt: skip
    """Set the account to the counted quantity, and its cell to the stated cost if there is one."""
    diff = g[G_K] - A[a, A_QTY]
    v[V_BOOK] = A[a, A_QTY]
    A[a, A_TRUST] = 0
    if diff < 0:
        x = take(
            e, -diff, v, now, a, c, std, digits, fifo, M[M_COUNT], COGS_LEG, False, h, H, Hm, C, L, Lm, P,
            Pm, D, Dm, M, J,
        )  # fmt: skip
        line(i, now, a, -1, -1, M[M_COUNT], -diff, x, e[E_ENT], O, M)
        v[V_DIFFV] = -x
    elif diff > 0:
        x = inflow_free(c, diff, std, digits, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M, J)
        line(i, now, -1, M[M_COUNT], a, -1, diff, x, e[E_ENT], O, M)
        v[V_DIFFV] = x
    move(a, diff, e, now, A, C, Cm, M, J)
    v[V_OPENQ], v[V_OPENV], v[V_UNCOSTED] = 0, 0, 0
    if e[E_PRICE] != NONE:
        before = C[c, C_V]
        set_value(c, g[G_AMT], e[E_PRICE], g[G_NUM], g[G_DEN], digits, fifo, now, C, L, Lm, M, J)
        dv = C[c, C_V] - before
        line(i, now, -1, M[M_COUNT], a, -1, 0, dv, e[E_ENT], O, M)
        v[V_DIFFV] += dv


@helper
def post_revalue(  # type: ignore[no-untyped-def]
    i, e, g, v, now, scope, digits, fifo, I, A, Am, C, Cm, Ck, TA, L, Lm, O, M, J,
):  # fmt: skip
    """Every cell of the item that the event means, in the order in which they were made."""
    c = I[g[G_ITEM], I_CELL]
    while c >= 0 and room(M, J):
        site_ok = scope == SCOPE_ENTITY or e[E_SITE] <= 0 or (Ck[c, 0] & 0xFFFFFFFF) == e[E_SITE]
        lot_ok = scope != SCOPE_LOT or e[E_LOT] <= 0 or (Ck[c, 1] >> 32) == e[E_LOT]
        if site_ok and lot_ok and (Ck[c, 1] & 0xFFFFFFFF) == e[E_OWNER]:
            keep_cell(c, C, Cm, M, J)
            a = C[c, C_ACC]
            keep_account(a, A, Am, TA, M, J)
            v[V_LATE] = max(v[V_LATE], late(c, now[2], C))
            before = C[c, C_V]
            worth = times(max(C[c, C_Q], 0), e[E_PRICE], POW10[14 - digits], M)
            set_value(c, worth, e[E_PRICE], 1, 1, digits, fifo, now, C, L, Lm, M, J)
            move(a, 0, e, now, A, C, Cm, M, J)
            line(i, now, -1, M[M_REVAL], a, -1, 0, C[c, C_V] - before, e[E_ENT], O, M)
        c = C[c, C_NEXT]


@helper
def carry(  # type: ignore[no-untyped-def]
    e, k, v, now, a, c, cb, std, digits, fifo, h, H, Hm, C, L, Lm, P, Pm, D, Dm, T, M, J,
):  # fmt: skip
    """Carry k units from cell c to another, cb, FIFO layers one by one; returns the value that moves."""
    total = np.int64(0)
    uncosted = C[c, C_COSTED] == 0
    if fifo:
        have = min(k, C[c, C_Q]) if C[c, C_Q] > 0 else np.int64(0)
        k -= have
        while have > 0 and room(M, J):
            head = C[c, C_LH]
            m = min(have, L[head, L_Q])
            x = consume(c, head, m, C, L, Lm, M, J)
            inflow(cb, m, x, not uncosted, False, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M, J)
            total += x
            have -= m
        if k == 0:
            return total
    covered = C[c, C_Q] > 0
    x = take(
        e, k, v, now, a, c, std, digits, fifo, M[M_VARIANCE], VARIANCE_LEG, False, h, H, Hm, C, L, Lm, P,
        Pm, D, Dm, M, J,
    )  # fmt: skip
    priced = (covered and not uncosted) or (C[c, C_Q] < 0 and v[V_UNCOSTED] & 1 == 0)
    inflow(cb, k, x, priced, False, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M, J)
    return total + x


@helper
def post_transfer(  # type: ignore[no-untyped-def]
    i, e, g, v, now, a, c, std, scope, digits, fifo, h, A, Am, Ak, As, C, Cm, Ck, Cs, TA, I, Im, H, Hm, L,
    Lm, P, Pm, D, Dm, T, O, M, J,
):  # fmt: skip
    """From one place to another at cost; within one cell without value."""
    b = account(
        g[G_ITEM], e[E_PLACE2], e[E_SITE2], g[G_LOT], g[G_COMBO], g[G_OWNER], scope, A, Am, Ak, As, C, Cm,
        Ck, Cs, TA, I, Im, M, J,
    )  # fmt: skip
    H[h, H_OTHER] = b
    cb = A[b, A_CELL]
    x = np.int64(0)
    if cb != c:
        v[V_LATE] = max(v[V_LATE], late(cb, now[2], C))
        x = carry(
            e, g[G_K], v, now, a, c, cb, std, digits, fifo, h, H, Hm, C, L, Lm, P, Pm, D, Dm, T, M, J,
        )  # fmt: skip
    line(i, now, a, -1, b, -1, g[G_K], x, e[E_ENT], O, M)
    move(a, -g[G_K], e, now, A, C, Cm, M, J)
    move(b, g[G_K], e, now, A, C, Cm, M, J)


@helper
def post_sale_return(  # type: ignore[no-untyped-def]
    i, e, g, v, now, a, c, std, digits, fifo, A, C, Cm, L, Lm, P, Pm, D, Dm, T, O, M, J,
):  # fmt: skip
    """Linked: at the delivery's own cost. Unlinked: an inflow without a cost of its own."""
    d, contra = g[G_DOC], e[E_CONTRA]
    amount = 0 if g[G_AMT] == NONE else g[G_AMT]
    if d >= 0:
        contra = D[d, D_CONTRA]
        share = rest_share(d, g[G_K], D)
        give_up(d, g[G_K], share, D, Dm, M, J)
        v[V_REVENUE] = -(share if g[G_AMT] == NONE else amount)
        x = post_return(g[G_K], v, d, now, c, fifo, A, C, Cm, L, Lm, P, Pm, D, Dm, T, M, J)
    else:
        v[V_REVENUE] = -amount
        if C[c, C_COSTED] == 0 and std == NONE:
            v[V_UNCOSTED] = 2
        x = inflow_free(c, g[G_K], std, digits, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M, J)
    v[V_CONTRA], v[V_COGS] = contra, -x
    line(i, now, -1, contra, a, -1, g[G_K], x, e[E_ENT], O, M)
    move(a, g[G_K], e, now, A, C, Cm, M, J)


@inlined
def commit(e, g, v, i, h, N, Nm, H, D, M, J):  # type: ignore[no-untyped-def]
    """The event takes the next version of its entity; returns `now`: (event, version, event time,
    recorded time, zone).
    """
    keep(K_ENTITY, e[E_ENT], N, Nm, M, J)
    n = N[e[E_ENT]]
    n[N_VERSION] += 1
    n[N_REC] = max(n[N_REC], e[E_REC])
    at = e[E_TIME]
    if g[G_DOC] >= 0 and e[E_TYPE] == RETURN:  # not before what it returns
        at = max(at, D[g[G_DOC], D_AT])
    v[:] = 0
    v[V_STATUS], v[V_VERSION], v[V_AT], v[V_REC] = COMMITTED, n[N_VERSION], at, n[N_REC]
    v[V_QTY], v[V_DISC], v[V_TAX], v[V_ITEM] = g[G_K], g[G_DISC], g[G_TAX], g[G_ITEM]
    v[V_CONTRA], v[V_ACC], v[V_TZ] = e[E_CONTRA], -1, n[N_TZ]
    H[h, H_VER], H[h, H_ENT], H[h, H_STATE], H[h, H_AT] = n[N_VERSION], e[E_ENT], H_LIVE, at
    H[h, H_OTHER], H[h, H_ITEM] = e[E_CONTRA], g[G_ITEM]
    H[h, H_AMT] = -1 if g[G_AMT] == NONE else g[G_AMT]
    return np.int64(i), n[N_VERSION], at, n[N_REC], n[N_TZ]


@inlined
def post(  # type: ignore[no-untyped-def]
    ev, i, g, v, h, N, Nm, I, Im, S, Sm, H, Hm, A, Am, Ak, As, C, Cm, Ck, Cs, TA, L, Lm, P, Pm, D, Dm,
    combos, Bs, B, T, O, M, J,
):  # fmt: skip
    """Post an admitted event; `h`: its row of recent history."""
    e = ev[i]
    t = e[E_TYPE]
    now = commit(e, g, v, i, h, N, Nm, H, D, M, J)
    masters_made(e, g, now, I, Im, S, Sm, B, M, J)
    amount = 0 if g[G_AMT] == NONE else g[G_AMT]
    if t == CHARGE:
        v[V_REVENUE] = amount
        return
    n = N[e[E_ENT]]
    n[N_MOVED] = 1
    digits, scope, fifo = n[N_DIGITS], n[N_SCOPE], n[N_METHOD] == FIFO
    if t == REVALUE:
        H[h, H_AMT] = e[E_PRICE]
        post_revalue(i, e, g, v, now, scope, digits, fifo, I, A, Am, C, Cm, Ck, TA, L, Lm, O, M, J)
        return
    std = I[g[G_ITEM], I_STD]
    a = account(
        g[G_ITEM], g[G_PLACE], g[G_SITE], g[G_LOT], combo_of(g, combos, Bs, M, J), g[G_OWNER], scope, A,
        Am, Ak, As, C, Cm, Ck, Cs, TA, I, Im, M, J,
    )  # fmt: skip
    c = A[a, A_CELL]
    v[V_PLACE], v[V_ACC], v[V_LATE] = g[G_PLACE], a, late(c, now[2], C)
    H[h, H_ACC], H[h, H_QTY] = a, g[G_K]
    if t == RECEIPT:
        inflow(c, g[G_K], amount, True, False, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M, J)
        line(i, now, -1, e[E_CONTRA], a, -1, g[G_K], amount, e[E_ENT], O, M)
        move(a, g[G_K], e, now, A, C, Cm, M, J)
    elif t == COUNT:
        post_count(
            i, e, g, v, now, a, c, std, digits, fifo, h, H, Hm, A, C, Cm, L, Lm, P, Pm, D, Dm, T, O, M, J,
        )  # fmt: skip
    elif t == RETURN:
        if g[G_DOC] >= 0:
            H[h, H_OTHER] = D[g[G_DOC], D_VER]
        post_sale_return(i, e, g, v, now, a, c, std, digits, fifo, A, C, Cm, L, Lm, P, Pm, D, Dm, T, O, M, J)
    elif t == TRANSFER:
        post_transfer(
            i, e, g, v, now, a, c, std, scope, digits, fifo, h, A, Am, Ak, As, C, Cm, Ck, Cs, TA, I, Im, H,
            Hm, L, Lm, P, Pm, D, Dm, T, O, M, J,
        )  # fmt: skip
    elif t == GIVE_BACK:
        H[h, H_OTHER] = D[g[G_DOC], D_VER]
        give_back(i, e, g, v, now, a, c, std, digits, fifo, h, H, Hm, C, L, Lm, P, Pm, D, Dm, O, M, J)
        move(a, -g[G_K], e, now, A, C, Cm, M, J)
    else:
        sold = t == DELIVERY
        H[h, H_AMT] = amount
        x = take(
            e, g[G_K], v, now, a, c, std, digits, fifo, e[E_CONTRA], COGS_LEG, sold, h, H, Hm, C, L, Lm, P,
            Pm, D, Dm, M, J,
        )  # fmt: skip
        line(i, now, a, -1, -1, e[E_CONTRA], g[G_K], x, e[E_ENT], O, M)
        move(a, -g[G_K], e, now, A, C, Cm, M, J)
        if sold:
            v[V_REVENUE], v[V_COGS] = amount, x
