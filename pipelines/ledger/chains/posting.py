"""Posting: an admitted event becomes rows of chains, posted at once in order, by replay where it is late."""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper, inlined
from pipelines.kernels.exact import NONE
from pipelines.ledger.chains.chain import make_row
from pipelines.ledger.chains.replay import activate, post_next, replay
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.admit import CHARGE, COUNT, GIVE_BACK, RETURN, REVALUE, TRANSFER
from pipelines.ledger.kernel.cells import unit_cost
from pipelines.ledger.kernel.moves import account, combo_of
from pipelines.ledger.kernel.undo import keep, keep_account, room, touch


@helper
def _made(what, e, w):  # type: ignore[no-untyped-def]
    k = w.M[M_BORN]
    w.M[M_BORN] = k + 1
    w.E[k, B_WHAT], w.E[k, B_ENT], w.E[k, B_VERSION], w.E[k, B_REC] = (
        what,
        e[E_ENT],
        w.M[M_VERSION],
        w.M[M_REC],
    )


@helper
def masters_made(e, w):  # type: ignore[no-untyped-def]
    """Sites that nobody described, and an item's first movement, which fixes its unit."""
    S, I = w.S, w.I
    for col in (E_SROW, E_SROW2):
        s = e[col]
        if s >= 0 and S[s, S_KNOWN] == UNKNOWN:
            keep(K_SITE, s, S, w.Sm, w.M, w.J)
            S[s, S_KNOWN] = MADE
            _made(-1 - s, e, w)
    item = w.g[G_ITEM]
    if item >= 0 and I[item, I_BORN] == 0:
        keep(K_ITEM, item, I, w.Im, w.M, w.J)
        I[item, I_BORN] = 1
        I[item, I_UNIT] = w.g[G_UNIT] if w.g[G_UNIT] > 0 else 1
        if I[item, I_MASTER] == UNKNOWN:
            I[item, I_MASTER] = MADE
            _made(item, e, w)


@helper
def next_version(ent, rec, w):  # type: ignore[no-untyped-def]
    """The next commit of an entity: M_VERSION, M_REC, M_TZ."""
    keep(K_ENTITY, ent, w.N, w.Nm, w.M, w.J)
    n = w.N[ent]
    n[N_VERSION] += 1
    n[N_REC] = max(n[N_REC], rec)
    w.M[M_VERSION], w.M[M_REC] = n[N_VERSION], n[N_REC]
    w.M[M_TZ] = n[N_TZ] + n[N_CLOSED] * CLOSED_AT


@helper
def inscribe(e, h, w):  # type: ignore[no-untyped-def]
    """Write what event e, admitted as `g` says, does into its row of history h: what a replay reads. What
    others have said of it (landed costs, its place among revaluations) stays.
    """
    H, g, D, t = w.H, w.g, w.D, e[E_TYPE]
    d = g[G_DOC]
    at = e[E_TIME]
    if d >= 0 and D[d, D_QTY] > 0:  # not before what it returns, unless that is cancelled
        at = max(at, D[d, D_AT])
    H[h, H_AT], H[h, H_OWN], H[h, H_OTHER], H[h, H_CROW] = at, e[E_TIME], e[E_CONTRA], e[E_CROW]
    H[h, H_ITEM], H[h, H_QTY], H[h, H_TYPE] = g[G_ITEM], g[G_K], t
    H[h, H_UNIT], H[h, H_SQTY], H[h, H_PRICE], H[h, H_RAW] = e[E_UNIT], e[E_QTY], e[E_PRICE], e[E_AMT]
    H[h, H_DISC], H[h, H_TAX] = g[G_DISC], g[G_TAX]
    stated = g[G_AMT] != NONE
    H[h, H_AMT] = g[G_AMT] if stated else (-1 if t == RETURN or t == GIVE_BACK else 0)
    if t == REVALUE:
        H[h, H_OTHER], H[h, H_QTY], H[h, H_COST], H[h, H_AMT] = e[E_SITE], e[E_LOT], e[E_OWNER], e[E_PRICE]
    elif t == COUNT and e[E_PRICE] != NONE and g[G_K] == 0:
        n = w.N[e[E_ENT]]
        H[h, H_AMT], H[h, H_COST] = unit_cost(e[E_PRICE], g[G_NUM], g[G_DEN], n[N_DIGITS], w.M)
    if t != REVALUE:
        H[h, H_LINK] = d
    if d >= 0:
        H[h, H_OTHER] = D[d, D_CONTRA]


@helper
def commit(e, i, h, w):  # type: ignore[no-untyped-def]
    """The event takes the next version of its entity."""
    H, M, g = w.H, w.M, w.g
    next_version(e[E_ENT], e[E_REC], w)
    inscribe(e, h, w)
    H[h, H_VER], H[h, H_ENT], H[h, H_STATE] = M[M_VERSION], e[E_ENT], H_LIVE
    M[M_OWN], M[M_FOUND], M[M_ROOT], M[M_INDEX] = h, h, h, i
    M[M_RETURNED] = g[G_DOC]
    v = w.V[i]
    v[:] = 0
    v[V_STATUS], v[V_VERSION], v[V_AT], v[V_REC] = COMMITTED, M[M_VERSION], H[h, H_AT], M[M_REC]
    v[V_QTY], v[V_DISC], v[V_TAX], v[V_ITEM] = g[G_K], g[G_DISC], g[G_TAX], g[G_ITEM]
    v[V_CONTRA], v[V_ACC], v[V_TZ] = H[h, H_OTHER], -1, M[M_TZ]


@helper
def revalues(h, c, w):  # type: ignore[no-untyped-def]
    """Whether revaluation h means cell c."""
    scope = w.N[w.H[h, H_ENT], N_SCOPE]
    site_ok = scope == SCOPE_ENTITY or w.H[h, H_OTHER] <= 0 or (w.Ck[c, 0] & 0xFFFFFFFF) == w.H[h, H_OTHER]
    lot_ok = scope != SCOPE_LOT or w.H[h, H_QTY] <= 0 or (w.Ck[c, 1] >> 32) == w.H[h, H_QTY]
    return site_ok and lot_ok and (w.Ck[c, 1] & 0xFFFFFFFF) == w.H[h, H_COST]


@helper
def _first_in_cell(c, item, w):  # type: ignore[no-untyped-def]
    """A new cell of an item that was revalued: each revaluation that means it stands in its chain."""
    M, h = w.M, w.I[item, I_REVALS] - 1
    if h < -1:  # they are in history only
        M[M_FULL], M[M_FAULT_ROW] = PAGE_IN, item
        return
    while h >= 0:
        if w.H[h, H_STATE] & 255 == H_LIVE and revalues(h, c, w):
            q = make_row(h, REVALUED, c, -1, w)
            if M[M_FULL] != 0:
                return
            activate(q, w)
            if M[M_FULL] != 0:
                return
        h = w.H[h, H_LINK]


@helper
def _row(h, side, a, w):  # type: ignore[no-untyped-def]
    """A row of event h for account a; -1 when the walk has to stop."""
    c = w.A[a, A_CELL]
    first = w.C[c, C_TAIL] < 0 and w.C[c, C_CUT] == 0
    q = make_row(h, side, c, a, w)
    if q >= 0 and first and w.I[w.Ak[a, 0] >> 32, I_REVALS] != 0:
        _first_in_cell(c, w.Ak[a, 0] >> 32, w)
    return q


@helper
def make_rows(h, w):  # type: ignore[no-untyped-def]
    """The rows of an event that `inscribe` has written, each at its place in its chain; (first, main, into),
    -1 where there is none.
    """
    H, Q, A, none = w.H, w.Q, w.A, np.int64(-1)
    t, a, d = H[h, H_TYPE], H[h, H_ACC], H[h, H_LINK]
    if t == TRANSFER and A[H[h, H_OTHER], A_CELL] != A[a, A_CELL]:
        first = _row(h, FIRST, a, w)
        into = _row(h, INTO, H[h, H_OTHER], w) if w.M[M_FULL] == 0 else none
        if w.M[M_FULL] == 0:
            Q[first, Q_PAIR], Q[into, Q_PAIR] = into, first
            H[h, H_ROW] = first
        return first, none, into
    if (t == RETURN or t == GIVE_BACK) and d >= 0 and w.D[d, D_QTY] > 0:
        home = w.D[d, D_ACC]
        if A[home, A_CELL] != A[a, A_CELL]:
            first = _row(h, FIRST, home, w)
            main = _row(h, MAIN, a, w) if w.M[M_FULL] == 0 else none
            if w.M[M_FULL] == 0:
                Q[first, Q_PAIR], Q[main, Q_PAIR] = main, first
                H[h, H_ROW] = first
            return first, main, none
    main = _row(h, MAIN, a, w)
    H[h, H_ROW] = main
    return none, main, none


@helper
def place(e, h, v, w):  # type: ignore[no-untyped-def]
    """The accounts of the event, and whether a cell of them has posted something newer (`late`)."""
    g, H, A = w.g, w.H, w.A
    a = account(g[G_ITEM], g[G_PLACE], g[G_SITE], g[G_LOT], combo_of(w), g[G_OWNER], e[E_ENT], w)
    H[h, H_ACC] = a
    late = w.C[A[a, A_CELL], C_LAST] > H[h, H_AT]
    if e[E_TYPE] == TRANSFER:
        b = account(g[G_ITEM], e[E_PLACE2], e[E_SITE2], g[G_LOT], g[G_COMBO], g[G_OWNER], e[E_ENT], w)
        H[h, H_OTHER] = b
        late = late or w.C[A[b, A_CELL], C_LAST] > H[h, H_AT]
    elif e[E_TYPE] == RETURN and H[h, H_LINK] >= 0 and w.D[H[h, H_LINK], D_QTY] > 0:
        late = late or w.C[A[w.D[H[h, H_LINK], D_ACC], A_CELL], C_LAST] > H[h, H_AT]
    v[V_PLACE], v[V_ACC], v[V_LATE] = g[G_PLACE], a, late
    return a


@inlined
def _mark(a, e, w):  # type: ignore[no-untyped-def]
    """The event's own account: when it last changed, and how far its figure can be trusted."""
    touch(a, w.A, w.Am, w.TA, w.M, w.J)
    w.A[a, A_AT] = max(w.A[a, A_AT], e[E_TIME])
    w.A[a, A_TRUST] = e[E_TRUST] if e[E_TYPE] == COUNT else max(w.A[a, A_TRUST], e[E_TRUST])


@inlined
def _at_end(q, w):  # type: ignore[no-untyped-def]
    return q < 0 or (w.Q[q, Q_NEXT] < 0 and w.C[w.Q[q, Q_CELL], C_CUR] < 0)


@helper
def post_rows(first, main, into, w):  # type: ignore[no-untyped-def]
    """Post the rows of one event: at once where they are the newest of their chains, else by replay."""
    M = w.M
    if _at_end(first, w) and _at_end(main, w) and _at_end(into, w):
        for q in (first, main, into):
            if q >= 0 and M[M_FULL] == 0 and M[M_WHY] == 0:
                post_next(q, w)
        return
    for q in (first, main, into):
        if q >= 0 and M[M_FULL] == 0:
            activate(q, w)
    if M[M_FULL] == 0:
        replay(w)


@helper
def _post_revalue(h, w):  # type: ignore[no-untyped-def]
    """Every cell of the item that the event means, in the order in which they were made."""
    H, C, I, M = w.H, w.C, w.I, w.M
    item = H[h, H_ITEM]
    if I[item, I_REVALS] < 0:
        M[M_FULL], M[M_FAULT_ROW] = PAGE_IN, item
        return
    keep(K_ITEM, item, I, w.Im, M, w.J)
    H[h, H_LINK] = I[item, I_REVALS] - 1
    I[item, I_REVALS] = h + 1
    c = I[item, I_CELL]
    while c >= 0 and room(M, w.J):
        if revalues(h, c, w):
            q = make_row(h, REVALUED, c, -1, w)
            if M[M_FULL] != 0:
                return
            if _at_end(q, w):
                post_next(q, w)
            else:
                activate(q, w)
            if M[M_FULL] != 0 or M[M_WHY] != 0:
                return
            if C[c, C_ACC] >= 0:
                keep_account(C[c, C_ACC], w.A, w.Am, M, w.J)
                w.A[C[c, C_ACC], A_AT] = max(w.A[C[c, C_ACC], A_AT], H[h, H_OWN])
        c = C[c, C_NEXT]
    replay(w)


@helper
def post(i, h, w):  # type: ignore[no-untyped-def]
    """Post the admitted event i; `h`: its row of recent history."""
    e, v, M = w.ev[i], w.V[i], w.M
    t = e[E_TYPE]
    commit(e, i, h, w)
    masters_made(e, w)
    if t == CHARGE:
        v[V_REVENUE] = w.H[h, H_AMT]
        return
    w.N[e[E_ENT], N_MOVED] = 1
    if t == REVALUE:
        _post_revalue(h, w)
        return
    a = place(e, h, v, w)
    first, main, into = make_rows(h, w)
    if M[M_FULL] != 0:
        return
    post_rows(first, main, into, w)
    if M[M_FULL] != 0 or M[M_WHY] != 0:
        return
    _mark(a, e, w)
    if t == TRANSFER:
        _mark(w.H[h, H_OTHER], e, w)
