"""Posting a row of a chain: what one event does to one cell, found anew from the state before it.

The same code posts an event when it arrives and posts it again when something before it has changed; what it
found is compared with what is posted of it (`chains.settle`).
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper, inlined
from pipelines.kernels.exact import NONE
from pipelines.ledger.chains.chain import take_image
from pipelines.ledger.chains.returns import add_part, come_back, go_back_to_supplier, take_from_document
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.admit import (
    COUNT,
    DELIVERY,
    GIVE_BACK,
    R_NEGATIVE,
    R_NOT_ALLOWED,
    R_OVERFLOW,
    RECEIPT,
    RETURN,
    TRANSFER,
    value_limit,
)
from pipelines.ledger.kernel.cells import POW10, inflow, inflow_free, set_value, times, unit_cost
from pipelines.ledger.kernel.ids import reopen
from pipelines.ledger.kernel.moves import seen, shift, standard, take
from pipelines.ledger.kernel.queues import consume
from pipelines.ledger.kernel.undo import keep_cell, room


@inlined
def _watch(q, k, w):  # type: ignore[no-untyped-def]
    """Note what an outflow of k leaves at its place; `negative: refuse` refuses what goes (further) below
    0, but for a count: that sets, it does not take.
    """
    a, h, M = w.Q[q, Q_ACC], w.Q[q, Q_H], w.M
    held = w.C[w.A[a, A_SITECELL], C_Q]
    left = held - k
    w.F[F_LEVEL] = left
    if left >= 0 or left >= w.Q[q, Q_LEVEL] or w.N[w.H[h, H_ENT], N_REFUSE] == 0:
        return
    if M[M_OWN] != SILENT and w.H[M[M_FOUND], H_TYPE] != COUNT:
        M[M_WHY] = R_NEGATIVE
        w.g[G_REV], w.g[G_K] = held, k


@helper
def _receive(q, fifo, now, w):  # type: ignore[no-untyped-def]
    """`amount` is the receipt's own; the cell takes it in with its shares of landed costs."""
    h, c = w.Q[q, Q_H], w.Q[q, Q_CELL]
    H, C = w.H, w.C
    amount = np.int64(0) if C[c, C_KIND] == FOREIGN else H[h, H_AMT]
    if H[h, H_DOC] >= 0:
        reopen(H[h, H_DOC], h, w)
    inflow(
        c, H[h, H_QTY], amount + H[h, H_LANDED], True, H[h, H_COST] != 0, False, fifo, now, C, w.L, w.Lm, w.P,
        w.Pm, w.D, w.Dm, w.W, w.M, w.J,
    )  # fmt: skip
    w.F[F_QTY], w.F[F_VALUE] = H[h, H_QTY], amount


@helper
def _count(q, std, digits, fifo, now, w):  # type: ignore[no-untyped-def]
    """Set the account to the counted quantity, and its cell to the stated cost if it holds just that."""
    C, F, H, M, h, c = w.C, w.F, w.H, w.M, w.Q[q, Q_H], w.Q[q, Q_CELL]
    book, counted = w.A[w.Q[q, Q_ACC], A_QTY], H[h, H_QTY]
    diff = counted - book
    F[F_BOOK], F[F_QTY] = book, diff
    if diff < 0:
        F[F_VALUE] = -take(q, -diff, M[M_COUNT], COGS_LEG, False, std, digits, fifo, w)
    elif diff > 0:
        F[F_VALUE], _ = inflow_free(
            c, diff, std, digits, fifo, now, C, w.L, w.Lm, w.P, w.Pm, w.D, w.Dm, w.W, M, w.J
        )  # fmt: skip
    F[F_OPENQ], F[F_OPENV], F[F_UNCOSTED], F[F_UNPRICED], F[F_LANDED] = 0, 0, 0, 0, 0
    if H[h, H_PRICE] == NONE:
        return
    if C[c, C_Q] != counted or C[c, C_KIND] == FOREIGN:
        if h == M[M_ROOT] and M[M_OWN] != SILENT:
            large = M[M_OVERFLOW] != 0 or abs(F[F_VALUE]) >= value_limit(digits)
            M[M_WHY] = R_OVERFLOW if large else R_NOT_ALLOWED
        return
    before = C[c, C_V]
    if counted > 0:
        set_value(c, H[h, H_AMT], 0, 1, fifo, now, C, w.L, w.Lm, M, w.J)
    else:
        set_value(c, 0, H[h, H_AMT], H[h, H_COST], fifo, now, C, w.L, w.Lm, M, w.J)
    F[F_VALUE2] = C[c, C_V] - before


@helper
def _hand_on(q, k, std, digits, fifo, w):  # type: ignore[no-untyped-def]
    """K units leave for another cell, FIFO layers one by one; returns the value that moves."""
    C, L, M, c = w.C, w.L, w.M, w.Q[q, Q_CELL]
    total, uncosted, landed = np.int64(0), C[c, C_COSTED] == 0, 0
    first = M[M_PARTS]
    if C[c, C_KIND] == FOREIGN:
        take(q, k, M[M_VARIANCE], VARIANCE_LEG, False, std, digits, fifo, w)
        add_part(k, 0, 1, 0, w)
        return total
    if fifo:
        have = min(k, C[c, C_Q]) if C[c, C_Q] > 0 else np.int64(0)
        k -= have
        while have > 0 and room(M, w.J) and M[M_FULL] == 0:
            head = C[c, C_LH]
            m = min(have, L[head, L_Q])
            landed |= L[head, L_LANDED]
            x = consume(c, head, m, C, L, w.Lm, M, w.J)
            add_part(m, x, 0 if uncosted else 1, 0, w)
            total += x
            have -= m
        for n in range(first, M[M_PARTS]):  # all layers of one transfer bear the bit if any had it
            w.X[n, X_LANDED] = landed
        if k == 0:
            return total
    covered = C[c, C_Q] > 0
    x = take(q, k, M[M_VARIANCE], VARIANCE_LEG, False, std, digits, fifo, w)
    priced = (covered and not uncosted) or (C[c, C_Q] < 0 and w.F[F_UNPRICED] == 0)
    add_part(k, x, 1 if priced else 0, 0 if fifo else w.F[F_LANDED], w)
    return total + x


@helper
def _transfer(q, std, digits, fifo, w):  # type: ignore[no-untyped-def]
    """From one place to another at cost; within one cell without value."""
    F, h, a, k = w.F, w.Q[q, Q_H], w.Q[q, Q_ACC], w.H[w.Q[q, Q_H], H_QTY]
    _watch(q, k, w)
    F[F_QTY] = -k
    if w.Q[q, Q_SIDE] == FIRST:
        F[F_VALUE] = -_hand_on(q, k, std, digits, fifo, w)
    else:
        b = w.H[h, H_OTHER]
        seen(q, b, 2, w)
        shift(b, k, w)
    F[F_OPENQ], F[F_OPENV], F[F_UNCOSTED], F[F_UNPRICED], F[F_LANDED] = 0, 0, 0, 0, 0
    shift(a, -k, w)


@helper
def _arrive(q, fifo, now, w):  # type: ignore[no-untyped-def]
    """The other end of a transfer: what its first row handed on."""
    pair, k = w.Q[q, Q_PAIR], np.int64(0)
    for n in range(w.Q[pair, Q_PART], w.Q[pair, Q_PART] + w.Q[pair, Q_PARTS]):
        x = w.X[n]
        inflow(
            w.Q[q, Q_CELL], x[X_QTY], x[X_VALUE], x[X_KNOWN] != 0, x[X_LANDED] != 0, False, fifo, now, w.C,
            w.L, w.Lm, w.P, w.Pm, w.D, w.Dm, w.W, w.M, w.J,
        )  # fmt: skip
        k += x[X_QTY]
    w.F[F_QTY] = k
    shift(w.Q[q, Q_ACC], k, w)


@helper
def _revalue(q, digits, fifo, now, w):  # type: ignore[no-untyped-def]
    """The cell is worth price x quantity from now on, if there was anything in it yet."""
    C, F, H, M, h, c = w.C, w.F, w.H, w.M, w.Q[q, Q_H], w.Q[q, Q_CELL]
    F[F_ACC] = C[c, C_ACC]
    if C[c, C_ACC] < 0:
        return
    before, price, av, aq = C[c, C_V], H[h, H_AMT], np.int64(0), np.int64(1)
    if C[c, C_Q] <= 0:
        av, aq = unit_cost(price, 1, 1, digits, M)
    worth = times(max(C[c, C_Q], 0), price, POW10[14 - digits], M)
    set_value(c, worth, av, aq, fifo, now, C, w.L, w.Lm, M, w.J)
    F[F_VALUE] = C[c, C_V] - before


@helper
def _post(q, std, digits, fifo, now, w):  # type: ignore[no-untyped-def]
    """A main row, or the first of two."""
    F, H, h, a = w.F, w.H, w.Q[q, Q_H], w.Q[q, Q_ACC]
    t, k = H[h, H_TYPE], H[h, H_QTY]
    if t == TRANSFER:
        _transfer(q, std, digits, fifo, w)
        return
    if w.Q[q, Q_SIDE] == FIRST:
        take_from_document(q, w)
        return
    if t == RECEIPT:
        _receive(q, fifo, now, w)
    elif t == COUNT:
        _count(q, std, digits, fifo, now, w)
    elif t == RETURN:
        come_back(q, std, digits, fifo, now, w)
    elif t == GIVE_BACK:
        _watch(q, k, w)
        go_back_to_supplier(q, std, digits, fifo, w)
    else:
        _watch(q, k, w)
        sold = t == DELIVERY
        x = take(q, k, H[h, H_OTHER], COGS_LEG, sold, std, digits, fifo, w)
        F[F_QTY], F[F_VALUE] = -k, -x
        if sold:
            F[F_REV] = H[h, H_AMT]
    if t == DELIVERY or t == RETURN:
        F[F_DISC], F[F_TAX] = max(H[h, H_DISC], 0), max(H[h, H_TAX], 0)
    shift(a, F[F_QTY], w)


@helper
def post_row(q, w):  # type: ignore[no-untyped-def]
    """Post row q in its cell, whose state is that before it; what it found is in F, its covers are the newest
    of W, its parts the newest of X. A dead row does nothing.
    """
    Q, H, F, M = w.Q, w.H, w.F, w.M
    h, c = Q[q, Q_H], Q[q, Q_CELL]
    n = w.N[H[h, H_ENT]]
    keep_cell(c, w.C, w.Cm, M, w.J)
    take_image(q, w)
    F[:] = 0
    F[F_ACC], F[F_LEVEL] = Q[q, Q_ACC], NO_LEVEL
    Q[q, Q_MADE], Q[q, Q_DONE] = 0, 1
    if M[M_FULL] != 0:
        return
    if Q[q, Q_DEAD] != 0:
        if Q[q, Q_SIDE] == MAIN and H[h, H_DOC] >= 0 and Q[q, Q_DEAD] == 1:
            reopen(H[h, H_DOC], h, w)
        return
    fifo, digits, now = n[N_METHOD] == FIFO, n[N_DIGITS], (H[h, H_VER], H[h, H_AT])
    if Q[q, Q_SIDE] == REVALUED:
        _revalue(q, digits, fifo, now, w)
        if F[F_ACC] >= 0:
            w.C[c, C_LAST] = max(w.C[c, C_LAST], Q[q, Q_AT])
        return
    if Q[q, Q_SIDE] != FIRST or H[h, H_TYPE] != GIVE_BACK:
        w.C[c, C_LAST] = max(w.C[c, C_LAST], Q[q, Q_AT])
    seen(q, Q[q, Q_ACC], 1, w)
    if Q[q, Q_SIDE] == INTO:
        _arrive(q, fifo, now, w)
        return
    _post(q, standard(H[h, H_ITEM], H[h, H_AT], w), digits, fifo, now, w)
