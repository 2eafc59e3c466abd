"""What posting stands on: accounts and their cells, quantities, lines, what leaves a cell."""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper, inlined
from pipelines.kernels.exact import NONE
from pipelines.kernels.keys import find, insert
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.admit import cell_key
from pipelines.ledger.kernel.cells import outflow
from pipelines.ledger.kernel.ids import doc_of, reopen
from pipelines.ledger.kernel.queues import add_piece
from pipelines.ledger.kernel.undo import keep, keep_account, keep_cell, note, touch


@helper
def combo_of(w):  # type: ignore[no-untyped-def]
    """Owner and pool as one number, made on first use (a return into another pool than its document's)."""
    g, M = w.g, w.M
    if g[G_COMBO] < 0:
        g[G_COMBO] = M[M_COMBOS]
        M[M_COMBOS] += 1
        insert(w.B, w.Bs, g[G_COMBO], g[G_OWNER], g[G_POOL])
        note(K_NEW_COMBO, g[G_COMBO], M, w.J)
    return g[G_COMBO]


@helper
def _cell(item, site, lot, owner, scope, shadow, kind, w):  # type: ignore[no-untyped-def]
    """A cell, made on first use; cells of an item are linked in the order of making."""
    C, M, J = w.C, w.M, w.J
    k1, k2 = cell_key(item, site, lot, owner, scope)
    c = find(w.Ck, w.Cs, k1, k2)
    if c < 0:
        c = M[M_CELLS]
        M[M_CELLS] = c + 1
        insert(w.Ck, w.Cs, c, k1, k2)
        note(K_NEW_CELL, c, M, J)
        C[c, :] = 0
        C[c, C_LH], C[c, C_LT], C[c, C_PH], C[c, C_PT], C[c, C_NEXT] = -1, -1, -1, -1, -1
        C[c, C_LAST], C[c, C_EDGE], C[c, C_SHADOW], C[c, C_KIND] = NO_TIME, NO_TIME, shadow, kind
        C[c, C_ACC], C[c, C_TAIL], C[c, C_CUR] = -1, -1, -1
        w.Cm[c] = 1
        if shadow == 0:
            keep(K_ITEM, item, w.I, w.Im, M, J)
            last = w.I[item, I_LASTCELL]
            if last < 0:
                w.I[item, I_CELL] = c
            else:
                keep_cell(last, C, w.Cm, M, J)
                C[last, C_NEXT] = c
            w.I[item, I_LASTCELL] = c
    return c


@helper
def account(item, place, site, lot, combo, owner, ent, w):  # type: ignore[no-untyped-def]
    """The account's row; it and its cell are made on first use."""
    A, M = w.A, w.M
    k1, k2 = (item << 32) | place, (lot << 32) | combo
    a = find(w.Ak, w.As, k1, k2)
    if a < 0:
        a = M[M_ACCOUNTS]
        M[M_ACCOUNTS] = a + 1
        insert(w.Ak, w.As, a, k1, k2)
        note(K_NEW_ACCOUNT, a, M, w.J)
        A[a, :] = 0
        w.Am[a] = 1
        n = w.N[ent]
        kind = FOREIGN if owner != 0 and owner != n[N_WORD] else OWN_GOODS
        c = _cell(item, site, lot, owner, n[N_SCOPE], 0, kind, w)
        A[a, A_CELL] = A[a, A_SITECELL] = c
        if n[N_SCOPE] == SCOPE_ENTITY:
            A[a, A_SITECELL] = _cell(item, site, lot, owner, SCOPE_SITE, 1, kind, w)
    return a


@inlined
def seen(q, a, bit, w):  # type: ignore[no-untyped-def]
    """Row q touches account a, perhaps as the first in its chain: then a is the newest of the cell."""
    if w.A[a, A_SEEN] == 0:
        keep_account(a, w.A, w.Am, w.M, w.J)
        w.A[a, A_SEEN] = 1
        w.C[w.A[a, A_CELL], C_ACC] = a
        w.Q[q, Q_MADE] |= bit


@inlined
def shift(a, dq, w):  # type: ignore[no-untyped-def]
    """Change an account's quantity (its cell's follows in the cell's own functions)."""
    keep_account(a, w.A, w.Am, w.M, w.J)
    w.A[a, A_QTY] += dq
    s = w.A[a, A_SITECELL]
    if s != w.A[a, A_CELL] and dq != 0:
        keep_cell(s, w.C, w.Cm, w.M, w.J)
        w.C[s, C_Q] += dq


@helper
def line(i, at, facc, fplace, tacc, tplace, q, v, ent, w):  # type: ignore[no-untyped-def]
    """Write a movement line; a negative value turns it round; nothing at all is not written."""
    if q == 0 and v == 0:
        return
    O, M = w.O, w.M
    k = M[M_LINES]
    if k >= O.shape[0]:
        M[M_FULL] = LINES_FULL
        return
    first = k == 0 or O[k - 1, O_VERSION] != M[M_VERSION] or O[k - 1, O_ENT] != ent
    O[k, O_LINE] = 1 if first else O[k - 1, O_LINE] + 1
    if v < 0:
        facc, fplace, tacc, tplace, v = tacc, tplace, facc, fplace, -v
    O[k, O_EVENT], O[k, O_VERSION], O[k, O_AT], O[k, O_REC], O[k, O_ENT] = i, M[M_VERSION], at, M[M_REC], ent
    O[k, O_FROM_ACC], O[k, O_FROM], O[k, O_TO_ACC], O[k, O_TO] = facc, fplace, tacc, tplace
    O[k, O_QTY], O[k, O_VALUE], O[k, O_TZ] = q, v, M[M_TZ]
    if facc >= 0:
        touch(facc, w.A, w.Am, w.TA, M, w.J)
    if tacc >= 0:
        touch(tacc, w.A, w.Am, w.TA, M, w.J)
    M[M_LINES] = k + 1


@helper
def standard(item, at, w):  # type: ignore[no-untyped-def]
    """The standard cost of the item at a moment, NONE if there is none."""
    k = w.I[item, I_STD] - 1
    while k >= 0 and w.Z[k, Z_AT] > at:
        k = w.Z[k, Z_OLDER]
    return w.Z[k, Z_COST] if k >= 0 else np.int64(NONE)


@helper
def take(q, k, contra, leg, document, std, digits, fifo, w):  # type: ignore[no-untyped-def]
    """Take k units out of row q's cell; what is not covered joins the queue. Returns the whole cost.

    `document`: the event may be returned, so its uncovered part is entered in its document.
    """
    C, H, F, M = w.C, w.H, w.F, w.M
    h, c = w.Q[q, Q_H], w.Q[q, Q_CELL]
    cost, have, u, prov, bits = outflow(c, k, std, digits, fifo, C, w.L, w.Lm, M, w.J)
    F[F_UNCOSTED], F[F_UNPRICED], F[F_LANDED] = (bits >> 1) & 1, bits & 1, bits >> 2
    d = np.int64(-1)
    if document:
        keep(K_HIST, h, H, w.Hm, M, w.J)
        H[h, H_STATE] = H_LIVE | ((bits >> 1) << 8)
        H[h, H_COST] = cost
        if u > 0 and H[h, H_DOC] < 0:
            doc_of(h, w)
            if M[M_FULL] != 0:
                return cost + prov
        d = H[h, H_DOC]
        if d >= 0:
            reopen(d, h, w)
            w.D[d, D_COVQ], w.D[d, D_COVV] = have, cost
            w.D[d, D_UNCOSTED], w.D[d, D_LANDED] = (bits >> 1) & 1, bits >> 2
    if u > 0:
        if leg == COGS_LEG:
            F[F_OPENQ], F[F_OPENV] = u, prov
        p = add_piece(
            c, C[c, C_PT], u, prov, H[h, H_VER], H[h, H_ENT], w.Q[q, Q_ACC], contra, leg, d, bits & 1, C, w.P,
            w.Pm, M, w.J,
        )  # fmt: skip
        if d >= 0:
            w.D[d, D_PIECE] = p
    return cost + prov
