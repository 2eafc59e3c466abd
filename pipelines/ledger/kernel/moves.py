"""The two basic movements and what they stand on: accounts, their quantities, lines."""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper, inlined
from pipelines.kernels.keys import find, insert
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.admit import cell_key
from pipelines.ledger.kernel.cells import outflow
from pipelines.ledger.kernel.ids import doc_of
from pipelines.ledger.kernel.queues import add_piece
from pipelines.ledger.kernel.undo import keep, keep_account, keep_cell, note


@helper
def combo_of(g, combos, Bs, M, J):  # type: ignore[no-untyped-def]
    """Owner and pool as one number, made on first use (a return into another pool than its document's)."""
    if g[G_COMBO] < 0:
        g[G_COMBO] = M[M_COMBOS]
        M[M_COMBOS] += 1
        insert(combos, Bs, g[G_COMBO], g[G_OWNER], g[G_POOL])
        note(K_NEW_COMBO, g[G_COMBO], M, J)
    return g[G_COMBO]


@helper
def _cell(a, item, site, lot, owner, scope, shadow, C, Cm, Ck, Cs, I, Im, M, J):  # type: ignore[no-untyped-def]
    """The cell of a new account a, made on first use; cells of an item are linked in the order of making."""
    k1, k2 = cell_key(item, site, lot, owner, scope)
    c = find(Ck, Cs, k1, k2)
    if c < 0:
        c = M[M_CELLS]
        M[M_CELLS] = c + 1
        insert(Ck, Cs, c, k1, k2)
        note(K_NEW_CELL, c, M, J)
        C[c, :] = 0
        C[c, C_LH], C[c, C_LT], C[c, C_PH], C[c, C_PT], C[c, C_NEXT] = -1, -1, -1, -1, -1
        C[c, C_LAST], C[c, C_SHADOW] = NO_TIME, shadow
        if shadow == 0:
            keep(K_ITEM, item, I, Im, M, J)
            last = I[item, I_LASTCELL]
            if last < 0:
                I[item, I_CELL] = c
            else:
                keep_cell(last, C, Cm, M, J)
                C[last, C_NEXT] = c
            I[item, I_LASTCELL] = c
    keep_cell(c, C, Cm, M, J)
    C[c, C_ACC] = a
    return c


@inlined
def account(  # type: ignore[no-untyped-def]
    item, place, site, lot, combo, owner, scope, A, Am, Ak, As, C, Cm, Ck, Cs, TA, I, Im, M, J,
):  # fmt: skip
    """The account's row, written into the journal with its cell; both are made on first use."""
    k1, k2 = (item << 32) | place, (lot << 32) | combo
    a = find(Ak, As, k1, k2)
    if a < 0:
        a = M[M_ACCOUNTS]
        M[M_ACCOUNTS] = a + 1
        insert(Ak, As, a, k1, k2)
        note(K_NEW_ACCOUNT, a, M, J)
        A[a, :] = 0
        c = _cell(a, item, site, lot, owner, scope, 0, C, Cm, Ck, Cs, I, Im, M, J)
        A[a, A_CELL] = A[a, A_SITECELL] = c
        if scope == SCOPE_ENTITY:
            A[a, A_SITECELL] = _cell(a, item, site, lot, owner, SCOPE_SITE, 1, C, Cm, Ck, Cs, I, Im, M, J)
    keep_account(a, A, Am, TA, M, J)
    keep_cell(A[a, A_CELL], C, Cm, M, J)
    return a


@inlined
def late(c, at, C):  # type: ignore[no-untyped-def]
    """1 if the cell has already posted something newer; else `at` is its newest."""
    if at < C[c, C_LAST]:
        return 1
    C[c, C_LAST] = at
    return 0


@inlined
def move(a, dq, e, now, A, C, Cm, M, J):  # type: ignore[no-untyped-def]
    """Change an account's quantity (its cell's follows in the cell's own functions)."""
    A[a, A_QTY] += dq
    A[a, A_VER], A[a, A_REC] = now[1], now[3]
    A[a, A_AT] = max(A[a, A_AT], e[E_TIME])
    A[a, A_TRUST] = max(A[a, A_TRUST], e[E_TRUST])
    s = A[a, A_SITECELL]
    if s != A[a, A_CELL] and dq != 0:
        keep_cell(s, C, Cm, M, J)
        C[s, C_Q] += dq


@inlined
def line(i, now, facc, fplace, tacc, tplace, q, v, ent, O, M):  # type: ignore[no-untyped-def]
    """Write a movement line; a negative value turns it round; nothing at all is not written."""
    if q == 0 and v == 0:
        return
    k = M[M_LINES]
    if k >= O.shape[0]:
        M[M_FULL] = LINES_FULL
        return
    first = k == 0 or O[k - 1, O_VERSION] != now[1] or O[k - 1, O_ENT] != ent
    O[k, O_LINE] = 1 if first else O[k - 1, O_LINE] + 1
    if v < 0:
        facc, fplace, tacc, tplace, v = tacc, tplace, facc, fplace, -v
    O[k, O_EVENT], O[k, O_VERSION], O[k, O_AT], O[k, O_REC], O[k, O_ENT] = i, now[1], now[2], now[3], ent
    O[k, O_FROM_ACC], O[k, O_FROM], O[k, O_TO_ACC], O[k, O_TO] = facc, fplace, tacc, tplace
    O[k, O_QTY], O[k, O_VALUE], O[k, O_TZ] = q, v, now[4]
    M[M_LINES] = k + 1


@inlined
def take(  # type: ignore[no-untyped-def]
    e, k, v, now, a, c, std, digits, fifo, contra, leg, document, h, H, Hm, C, L, Lm, P, Pm, D, Dm, M, J,
):  # fmt: skip
    """Take k units out of cell c; what is not covered joins the queue. Returns the whole cost.

    `document`: the event may be returned, so its uncovered part is entered in its document row.
    """
    cost, have, u, prov, bits = outflow(c, k, std, digits, fifo, C, L, Lm, M, J)
    if leg == COGS_LEG:
        v[V_OPENQ], v[V_OPENV] = u, prov
    v[V_UNCOSTED] = bits
    H[h, H_STATE] = H_LIVE | ((bits >> 1) << 8)
    H[h, H_COST] = cost
    if u > 0:
        d = np.int64(-1)
        if document:
            d = doc_of(h, H, Hm, D, Dm, M, J)
            D[d, D_COVQ], D[d, D_COVV] = have, cost
        p = add_piece(c, C[c, C_PT], u, prov, now[1], e[E_ENT], a, contra, leg, d, bits & 1, C, P, Pm, M, J)
        if d >= 0:
            D[d, D_PIECE] = p
    return cost + prov
