"""Posting: what each type does to accounts and cells, and the loop over the batch's records."""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import kernel
from pipelines.kernels.exact import NONE, muldiv
from pipelines.ledger.admit import (
    CHARGE,
    COUNT,
    DELIVERY,
    G_AMT,
    G_COMBO,
    G_DISC,
    G_DOC,
    G_ITEM,
    G_K,
    G_LOT,
    G_OWNER,
    G_PLACE,
    G_REV,
    G_SITE,
    G_TAX,
    G_UNIT,
    GIVE_BACK,
    RECEIPT,
    RETURN,
    REVALUE,
    TRANSFER,
    WAIT,
    admit,
)  # fmt: skip
from pipelines.ledger.cells import POW10, add_piece, consume, inflow, inflow_free, outflow, set_value, touch
from pipelines.ledger.columns import *
from pipelines.ledger.walk import (
    R_CONFLICT,
    R_MASTER,
    R_UNKNOWN_REF,
    account,
    check_cell,
    doc_of,
    hist_add,
    hist_find,
    line,
    move,
    post_out,
    post_return,
    post_transfer,
    rest_share,
    use_share,
)  # fmt: skip


@kernel
def born(g, I, Im, BL, M):  # type: ignore[no-untyped-def]
    """An item's first movement fixes its unit."""
    item = g[G_ITEM]
    if I[item, I_BORN] == 0:
        I[item, I_BORN] = 1
        BL[M[M_BORN]] = item
        M[M_BORN] += 1
        I[item, I_UNIT] = g[G_UNIT] if g[G_UNIT] > 0 else 1
        Im[item] = 1


@kernel
def post_count(  # type: ignore[no-untyped-def]
    i, e, g, v, now, a, c, std, digits, fifo, H, Hm, h, A, Am, C, Cm, TA, L, Lm, P, Pm, D, Dm, T, O, M
):
    """Set the account to the counted quantity, and its cell to the stated cost if there is one."""
    book = A[a, A_QTY]
    diff = g[G_K] - book
    v[V_BOOK], v[V_DIFFV] = book, 0
    A[a, A_TRUST] = 0
    g[G_K] = abs(diff)
    if diff < 0:
        x = post_out(
            i,
            e,
            g,
            v,
            now,
            a,
            c,
            std,
            digits,
            fifo,
            M[M_COUNT],
            COGS_LEG,
            False,
            H,
            Hm,
            h,
            A,
            C,
            L,
            Lm,
            P,
            Pm,
            D,
            Dm,
            M,
        )
        line(i, now, a, -1, -1, M[M_COUNT], -diff, x, e[E_ENT], O, M)
        v[V_DIFFV] = -x
    elif diff > 0:
        x = inflow_free(c, diff, std, digits, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M)
        line(i, now, -1, M[M_COUNT], a, -1, diff, x, e[E_ENT], O, M)
        v[V_DIFFV] = x
    g[G_K] = book + diff
    move(a, diff, e, now[1], now[3], A, Am, C, Cm, M, TA)
    v[V_OPENQ], v[V_OPENV], v[V_UNCOSTED] = 0, 0, 0
    if e[E_PRICE] != NONE:
        before = C[c, C_V]
        set_value(c, g[G_AMT], e[E_PRICE], digits, fifo, now, C, L, Lm, M)
        dv = C[c, C_V] - before
        line(i, now, -1, M[M_COUNT], a, -1, 0, dv, e[E_ENT], O, M)
        v[V_DIFFV] += dv


@kernel
def post_revalue(i, e, g, v, now, scope, digits, fifo, I, A, Am, C, Cm, Ck, TC, TA, L, Lm, O, M):  # type: ignore[no-untyped-def]
    """Every cell of the item that the event means, in the order in which they were made."""
    c = I[g[G_ITEM], I_CELL]
    while c >= 0:
        site_ok = scope == SCOPE_ENTITY or e[E_SITE] <= 0 or (Ck[c, 0] & 0xFFFFFFFF) == e[E_SITE]
        lot_ok = scope != SCOPE_LOT or e[E_LOT] <= 0 or (Ck[c, 1] >> 32) == e[E_LOT]
        if site_ok and lot_ok and (Ck[c, 1] & 0xFFFFFFFF) == e[E_OWNER]:
            touch(c, C, Cm, M, TC)
            if now[2] < C[c, C_LAST]:
                v[V_LATE] = 1
            else:
                C[c, C_LAST] = now[2]
            before = C[c, C_V]
            worth = muldiv(max(C[c, C_Q], 0), e[E_PRICE], POW10[14 - digits])
            set_value(c, worth, e[E_PRICE], digits, fifo, now, C, L, Lm, M)
            a = C[c, C_ACC]
            move(a, 0, e, now[1], now[3], A, Am, C, Cm, M, TA)
            line(i, now, -1, M[M_REVAL], a, -1, 0, C[c, C_V] - before, e[E_ENT], O, M)
        c = C[c, C_NEXT]


@kernel
def give_back(i, e, g, v, now, a, c, std, digits, fifo, h, H, C, L, Lm, P, Pm, D, Dm, O, M):  # type: ignore[no-untyped-def]
    """A supplier return: own layer first under FIFO, credit to the supplier, the difference to price
    variance.
    """
    d = g[G_DOC]
    k, cost = g[G_K], np.int64(0)
    if fifo:
        at = C[c, C_LH]
        while at >= 0 and L[at, L_VER] != D[d, D_VER]:
            at = L[at, L_NEXT]
        if at >= 0:
            m = min(k, L[at, L_Q])
            cost += consume(c, at, m, C, L, Lm, M)
            k -= m
    if k > 0:
        x, _, u, prov, bits = outflow(c, k, std, digits, fifo, C, L, Lm, M)
        cost += x + prov
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
    share = rest_share(d, g[G_K], D, Dm)
    credit = share if g[G_AMT] == NONE else g[G_AMT]
    use_share(d, g[G_K], share, D, Dm)
    D[d, D_RETQ] += g[G_K]
    line(i, now, a, -1, -1, D[d, D_CONTRA], g[G_K], credit, e[E_ENT], O, M)
    line(i, now, a, -1, -1, M[M_VARIANCE], 0, cost - credit, e[E_ENT], O, M)


@kernel
def post(  # type: ignore[no-untyped-def]
    ev,
    i,
    g,
    v,
    h,
    N,
    I,
    Im,
    H,
    Hm,
    A,
    Am,
    Ak,
    As,
    C,
    Cm,
    Ck,
    Cs,
    TC,
    TA,
    L,
    Lm,
    P,
    Pm,
    D,
    Dm,
    T,
    O,
    M,
    combos,
    BL,
):
    """Post an admitted event; it cannot fail."""
    e = ev[i]
    t = e[E_TYPE]
    n = N[e[E_ENT]]
    n[N_VERSION] += 1
    ver, digits, scope, fifo = n[N_VERSION], n[N_DIGITS], n[N_SCOPE], n[N_METHOD] == FIFO
    n[N_REC] = max(n[N_REC], e[E_REC])
    at = e[E_TIME]
    if g[G_DOC] >= 0 and t == RETURN:
        at = max(at, D[g[G_DOC], D_AT])
    now = (np.int64(i), ver, at, n[N_REC])
    v[V_STATUS], v[V_VERSION], v[V_AT], v[V_REC], v[V_LATE] = COMMITTED, ver, at, n[N_REC], 0
    v[V_QTY], v[V_REVENUE], v[V_DISC], v[V_TAX], v[V_COGS] = g[G_K], 0, g[G_DISC], g[G_TAX], 0
    v[V_OPENQ], v[V_OPENV], v[V_UNCOSTED], v[V_ITEM], v[V_PLACE], v[V_CONTRA] = (
        0,
        0,
        0,
        g[G_ITEM],
        0,
        e[E_CONTRA],
    )
    v[V_ACC] = -1
    H[h, H_VER], H[h, H_ENT], H[h, H_STATE], H[h, H_AT], H[h, H_CONTRA] = (
        ver,
        e[E_ENT],
        H_LIVE,
        at,
        e[E_CONTRA],
    )
    Hm[h] = 1
    amount = 0 if g[G_AMT] == NONE else g[G_AMT]
    if t == CHARGE:
        v[V_REVENUE] = amount
        return
    n[N_MOVED] = 1
    born(g, I, Im, BL, M)
    if t == REVALUE:
        post_revalue(i, e, g, v, now, scope, digits, fifo, I, A, Am, C, Cm, Ck, TC, TA, L, Lm, O, M)
        return
    std = I[g[G_ITEM], I_STD]
    a = account(
        g[G_ITEM],
        g[G_PLACE],
        g[G_SITE],
        g[G_LOT],
        g[G_COMBO],
        g[G_OWNER],
        scope,
        A,
        Am,
        Ak,
        As,
        C,
        Cm,
        Ck,
        Cs,
        I,
        Im,
        M,
    )
    c = A[a, A_CELL]
    touch(c, C, Cm, M, TC)
    v[V_PLACE], v[V_ACC] = g[G_PLACE], a
    if at < C[c, C_LAST]:
        v[V_LATE] = 1
    else:
        C[c, C_LAST] = at
    H[h, H_ACC], H[h, H_QTY] = a, g[G_K]
    contra = e[E_CONTRA]
    if t == RECEIPT:
        inflow(c, g[G_K], amount, True, False, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M)
        line(i, now, -1, contra, a, -1, g[G_K], amount, e[E_ENT], O, M)
        move(a, g[G_K], e, ver, now[3], A, Am, C, Cm, M, TA)
        H[h, H_AMT] = amount
    elif t == COUNT:
        post_count(
            i, e, g, v, now, a, c, std, digits, fifo, H, Hm, h, A, Am, C, Cm, TA, L, Lm, P, Pm, D, Dm, T, O, M
        )
    elif t == RETURN:
        d = g[G_DOC]
        if d >= 0:
            contra = D[d, D_CONTRA]
            v[V_CONTRA] = contra
            share = rest_share(d, g[G_K], D, Dm)
            use_share(d, g[G_K], share, D, Dm)
            v[V_REVENUE] = -(share if g[G_AMT] == NONE else amount)
            x = post_return(g, v, d, now, a, c, M[M_VARIANCE], fifo, A, C, Cm, TC, L, Lm, P, Pm, D, Dm, T, M)
        else:
            v[V_REVENUE] = -amount
            if C[c, C_COSTED] == 0 and std == NONE:
                v[V_UNCOSTED] = 2
            x = inflow_free(c, g[G_K], std, digits, fifo, now, C, L, Lm, P, Pm, D, Dm, T, M)
        v[V_COGS] = -x
        line(i, now, -1, contra, a, -1, g[G_K], x, e[E_ENT], O, M)
        move(a, g[G_K], e, ver, now[3], A, Am, C, Cm, M, TA)
    elif t == TRANSFER:
        b = account(
            g[G_ITEM],
            e[E_PLACE2],
            e[E_SITE2],
            g[G_LOT],
            g[G_COMBO],
            g[G_OWNER],
            scope,
            A,
            Am,
            Ak,
            As,
            C,
            Cm,
            Ck,
            Cs,
            I,
            Im,
            M,
        )
        cb = A[b, A_CELL]
        x = np.int64(0)
        if cb != c:
            touch(cb, C, Cm, M, TC)
            if at < C[cb, C_LAST]:
                v[V_LATE] = 1
            else:
                C[cb, C_LAST] = at
            x = post_transfer(i, e, g, v, now, a, c, b, cb, std, digits, fifo, M, C, L, Lm, P, Pm, D, Dm, T)
        line(i, now, a, -1, b, -1, g[G_K], x, e[E_ENT], O, M)
        move(a, -g[G_K], e, ver, now[3], A, Am, C, Cm, M, TA)
        move(b, g[G_K], e, ver, now[3], A, Am, C, Cm, M, TA)
    elif t == GIVE_BACK:
        give_back(i, e, g, v, now, a, c, std, digits, fifo, h, H, C, L, Lm, P, Pm, D, Dm, O, M)
        move(a, -g[G_K], e, ver, now[3], A, Am, C, Cm, M, TA)
    else:
        sold = t == DELIVERY
        x = post_out(
            i,
            e,
            g,
            v,
            now,
            a,
            c,
            std,
            digits,
            fifo,
            contra,
            COGS_LEG,
            sold,
            H,
            Hm,
            h,
            A,
            C,
            L,
            Lm,
            P,
            Pm,
            D,
            Dm,
            M,
        )
        line(i, now, a, -1, -1, contra, g[G_K], x, e[E_ENT], O, M)
        move(a, -g[G_K], e, ver, now[3], A, Am, C, Cm, M, TA)
        if sold:
            v[V_REVENUE], v[V_COGS] = amount, x
            H[h, H_AMT] = amount
            if H[h, H_DOC] >= 0:
                D[H[h, H_DOC], D_AMT] = amount
                D[H[h, H_DOC], D_UNCOSTED] = v[V_UNCOSTED] >> 1


@kernel
def room(ev, i, G, j, N, I, A, C, O, T, L, M):  # type: ignore[no-untyped-def]
    """Whether lines, true-ups and layers of this event surely fit the output tables."""
    g = G[j]
    lines, ups = np.int64(4), np.int64(4)
    layers = np.int64(4)
    t = ev[i, E_TYPE]
    if g[G_ITEM] >= 0 and t != CHARGE:
        c = I[g[G_ITEM], I_CELL]
        while c >= 0:
            ups += C[c, C_NP]
            if t == TRANSFER:
                layers += C[c, C_NL]
            if t == REVALUE:
                lines += 1
            c = C[c, C_NEXT]
        if t == TRANSFER:
            ups += layers
    return (
        M[M_LINES] + lines < O.shape[0]
        and M[M_TRUEUPS] + ups < T.shape[0]
        and M[M_LAYERS] + layers < L.shape[0]
    )


@kernel
def known_id(e, H, Hs):  # type: ignore[no-untyped-def]
    """NEW, DUPLICATE or REFUSED (another content under the same id)."""
    if e[E_HIT] != 0:
        return DUPLICATE if e[E_HIT] == 1 else REFUSED
    k = hist_find(H, Hs, e[E_H1], e[E_H2])
    if k < 0:
        return NEW
    return DUPLICATE if H[k, H_CONTENT] == e[E_CONTENT] else REFUSED


@kernel
def judge(ev, first, last, retry, V, G, N, I, U, K, Ks, H, Hs, Hm, A, Ak, As, C, Ck, Cs, D, Dm, combos, M):  # type: ignore[no-untyped-def]
    """The verdict on the record of events first..last-1: (status, reason)."""
    dup = 0
    for i in range(first, last):
        if not retry:
            s = known_id(ev[i], H, Hs)
            if s == REFUSED:
                return REFUSED, R_CONFLICT
            if s == DUPLICATE:
                dup += 1
            for j in range(first, i):
                if ev[j, E_H1] == ev[i, E_H1] and ev[j, E_H2] == ev[i, E_H2]:
                    return REFUSED, R_CONFLICT
    if dup == last - first:
        return DUPLICATE, 0
    if dup > 0:
        return REFUSED, R_CONFLICT
    for i in range(first, last):
        e = ev[i]
        doc = np.int64(-1)
        if e[E_RH1] != NONE:
            doc = e[E_DOC]
            if doc < 0:
                k = hist_find(H, Hs, e[E_RH1], e[E_RH2])
                if k < 0 or H[k, H_STATE] & 255 == H_WAITING:
                    return WAITING, 0
                if H[k, H_ACC] < 0:
                    return REFUSED, R_UNKNOWN_REF
                e[E_DOC] = doc_of(k, H, Hm, D, Dm, M)
    for i in range(first, last):
        e = ev[i]
        doc = e[E_DOC] if e[E_RH1] != NONE else np.int64(-1)
        if e[E_NOAUTO] != 0:
            return REFUSED, R_MASTER
        why = admit(ev, i, G, i - first, doc, N, I, U, K, Ks, A, Ak, As, C, Ck, Cs, D, combos)
        if why == WAIT:
            return WAITING, 0
        if why != 0:
            return REFUSED, why
    return COMMITTED, 0


@kernel
def walk(  # type: ignore[no-untyped-def]
    order,
    start,
    ev,
    V,
    G,
    N,
    I,
    Im,
    U,
    K,
    Ks,
    H,
    Hs,
    Hm,
    A,
    Am,
    Ak,
    As,
    C,
    Cm,
    Ck,
    Cs,
    TC,
    TA,
    L,
    Lm,
    P,
    Pm,
    D,
    Dm,
    T,
    O,
    M,
    combos,
    BL,
):
    """Walk `order` (int64[s, 3]: first event, one past the last, 1 for another try) from `start`; returns
    where it stopped.
    """
    for s in range(start, order.shape[0]):
        first, last, retry = order[s, 0], order[s, 1], order[s, 2]
        if retry != 0 and V[first, V_STATUS] != WAITING:
            continue
        if retry == 2:
            status, why = REFUSED, R_UNKNOWN_REF
        else:
            status, why = judge(
                ev,
                first,
                last,
                retry != 0,
                V,
                G,
                N,
                I,
                U,
                K,
                Ks,
                H,
                Hs,
                Hm,
                A,
                Ak,
                As,
                C,
                Ck,
                Cs,
                D,
                Dm,
                combos,
                M,
            )
        if status == COMMITTED:
            for i in range(first, last):
                if not room(ev, i, G, i - first, N, I, A, C, O, T, L, M):
                    return s
            for i in range(first, last):
                h = hist_find(H, Hs, ev[i, E_H1], ev[i, E_H2]) if retry != 0 else np.int64(-1)
                if h < 0:
                    h = hist_add(ev[i], H_LIVE, H, Hs, M)
                post(
                    ev,
                    i,
                    G[i - first],
                    V[i],
                    h,
                    N,
                    I,
                    Im,
                    H,
                    Hm,
                    A,
                    Am,
                    Ak,
                    As,
                    C,
                    Cm,
                    Ck,
                    Cs,
                    TC,
                    TA,
                    L,
                    Lm,
                    P,
                    Pm,
                    D,
                    Dm,
                    T,
                    O,
                    M,
                    combos,
                    BL,
                )
                if V[i, V_ACC] >= 0 and not check_cell(A[V[i, V_ACC], A_CELL], C):
                    M[M_FAULT] = A[V[i, V_ACC], A_CELL] + 1
        elif status == WAITING and retry == 0:
            for i in range(first, last):
                Hm[hist_add(ev[i], H_WAITING, H, Hs, M)] = 1
        elif status == REFUSED and retry != 0:
            for i in range(first, last):
                h = hist_find(H, Hs, ev[i, E_H1], ev[i, E_H2])
                if h >= 0:
                    H[h, H_STATE] = H_DEAD
                    Hm[h] = 1
        for i in range(first, last):
            V[i, V_STATUS], V[i, V_REASON] = status, why
            if status == REFUSED:
                V[i, V_BOOK], V[i, V_QTY] = G[i - first, G_REV], G[i - first, G_K]
    for k in range(M[M_TCELLS]):
        if not check_cell(TC[k, 0], C):
            M[M_FAULT] = TC[k, 0] + 1
    return order.shape[0]
