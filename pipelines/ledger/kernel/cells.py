"""Valuation cells: what comes in, what goes out, what is covered later. Moving average and FIFO, exactly.

Plain loops over int64 tables, compiled by Numba and readable (and testable) without it. The rules are those
of docs/ledger.md; names of columns are in `pipelines.ledger.columns`. A caller has written the cell into the
journal (`keep_cell`). A value too large to compute exactly sets M_OVERFLOW: the record is then undone.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper, inlined
from pipelines.kernels.exact import NONE, fits, muldiv
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.queues import add_layer, consume, drop_layer, shrink_piece
from pipelines.ledger.kernel.undo import keep, room

POW10 = np.array([10**i for i in range(19)], np.int64)


@inlined
def times(n, k, d, M):  # type: ignore[no-untyped-def]
    """n*k/d half-even; 0 and M_OVERFLOW where it passes every limit."""
    if not fits(n, k, d):
        M[M_OVERFLOW] = 1
        return np.int64(0)
    return muldiv(n, k, d)


@helper
def note_cover(p, value, m, cost, share, unknown, landed, P, D, W, M):  # type: ignore[no-untyped-def]
    """Note what a row does to piece p: `value` more cost, m units of `cost` that had been taken at `share`;
    `unknown` = 1 when the cover has no known cost.
    """
    k = M[M_COVERS]
    if k >= W.shape[0]:
        M[M_FULL] = COVERS_FULL
        return
    own, d = P[p, P_LEG] == COGS_LEG, P[p, P_DOC]
    W[k, W_VER], W[k, W_ENT], W[k, W_LEG] = P[p, P_VER], P[p, P_ENT], P[p, P_LEG]
    W[k, W_ACC], W[k, W_CONTRA], W[k, W_VALUE] = P[p, P_ACC], P[p, P_CONTRA], value
    W[k, W_OPENQ], W[k, W_OPENV] = (-m, -share) if own else (0, 0)
    W[k, W_UNCOSTED], W[k, W_LANDED] = (unknown, landed) if own else (0, 0)
    W[k, W_DOC] = d if own else -1
    W[k, W_M], W[k, W_COST] = m, cost
    W[k, W_UNKNOWN] = (D[d, D_UNCOSTED] | (D[d, D_LANDED] << 1)) if own and d >= 0 else 0
    M[M_COVERS] = k + 1


@helper
def cover(c, q, a, costed, landed, C, P, Pm, D, Dm, W, M, J):  # type: ignore[no-untyped-def]
    """Cover the oldest pieces with an inflow of q at amount a; returns what is left of it."""
    x, y = q, a
    while x > 0 and C[c, C_PH] >= 0 and room(M, J):
        p = C[c, C_PH]
        u, prov = P[p, P_Q], P[p, P_V]
        m = min(u, x)
        cost = y if m == x else muldiv(y, m, x)
        share = prov if m == u else muldiv(prov, m, u)
        note_cover(p, cost - share, m, cost, share, 0 if costed else 1, 1 if landed else 0, P, D, W, M)
        d = P[p, P_DOC]
        if P[p, P_LEG] == COGS_LEG and d >= 0:
            keep(K_DOC, d, D, Dm, M, J)
            D[d, D_COVQ] += m
            D[d, D_COVV] += cost
            if not costed:
                D[d, D_UNCOSTED] = 1
            if landed:
                D[d, D_LANDED] = 1
        shrink_piece(c, p, m, C, P, Pm, D, Dm, M, J)
        C[c, C_Q] += m
        C[c, C_V] += share
        x -= m
        y -= cost
    return x, y


@helper
def inflow(  # type: ignore[no-untyped-def]
    c, q, a, costed, landed, keep_basis, fifo, now, C, L, Lm, P, Pm, D, Dm, W, M, J,
):  # fmt: skip
    """Take in q units worth a. `keep_basis`: a covering that leaves nothing keeps the known cost. now =
    (version, time) of the event.
    """
    if C[c, C_KIND] == FOREIGN:
        C[c, C_Q] += q
        C[c, C_COSTED] = 1
        return
    negative = C[c, C_Q] < 0
    x, y = cover(c, q, a, costed, landed, C, P, Pm, D, Dm, W, M, J)
    if not keep_basis:
        C[c, C_LANDED] = 1 if landed or (C[c, C_LANDED] != 0 and C[c, C_Q] > 0) else 0
    if x > 0:
        C[c, C_Q] += x
        C[c, C_V] += y
        if fifo:
            add_layer(c, x, y, now[1], now[0], costed, 1 if landed else 0, C, L, Lm, M, J)
        else:
            C[c, C_AV], C[c, C_AQ] = C[c, C_V], C[c, C_Q]
    if costed and negative and (fifo or x == 0) and not (keep_basis and not fifo):
        C[c, C_AV], C[c, C_AQ] = a, q
    if costed:
        C[c, C_COSTED] = 1


@helper
def known(c, q, std, digits, fifo, C, L, M):  # type: ignore[no-untyped-def]
    """(value of q units at the known cost, whether there is one)."""
    if C[c, C_COSTED] != 0 and C[c, C_AQ] > 0:
        return times(C[c, C_AV], q, C[c, C_AQ], M), True
    k = C[c, C_LH] if fifo and C[c, C_COSTED] != 0 else np.int64(-1)
    while k >= 0 and L[k, L_Q0] == 0:
        k = L[k, L_NEXT]
    if k >= 0:
        return times(L[k, L_V0], q, L[k, L_Q0], M), True
    if std != NONE:
        return times(q, std, POW10[14 - digits], M), True
    return np.int64(0), False


@helper
def inflow_free(  # type: ignore[no-untyped-def]
    c, q, std, digits, fifo, now, C, L, Lm, P, Pm, D, Dm, W, M, J,
):  # fmt: skip
    """An inflow without own cost (count surplus, unlinked return); returns (the amount it came in at, whether
    that is known).
    """
    if C[c, C_KIND] == FOREIGN:
        C[c, C_Q] += q
        return np.int64(0), True
    if not fifo and C[c, C_Q] >= 0 and C[c, C_COSTED] != 0 and C[c, C_AQ] > 0:
        av, aq = C[c, C_AV], C[c, C_AQ]
        if not fits(av, q, aq):
            M[M_OVERFLOW] = 1
            return np.int64(0), True
        gone = aq - C[c, C_Q]
        a = muldiv(av, gone, aq) - muldiv(av, gone - q, aq)
        C[c, C_Q] += q
        C[c, C_V] += a
        return a, True
    basis = C[c, C_COSTED] != 0 and C[c, C_AQ] > 0
    a, priced = known(c, q, std, digits, fifo, C, L, M)
    landed = basis and not fifo and C[c, C_LANDED] != 0
    inflow(c, q, a, priced, landed, basis, fifo, now, C, L, Lm, P, Pm, D, Dm, W, M, J)
    return a, priced


@helper
def outflow(c, k, std, digits, fifo, C, L, Lm, M, J):  # type: ignore[no-untyped-def]
    """Take out k units: (cost of the covered part, covered, uncovered, its provisional value, bits).

    Bits: 1 = the uncovered part is priced from nothing, 2 = the covered part is uncosted, 4 = landed costs
    are in it.
    """
    q = C[c, C_Q]
    if C[c, C_KIND] == FOREIGN:
        C[c, C_Q] -= k
        return np.int64(0), k, np.int64(0), np.int64(0), 0
    have = min(k, q) if q > 0 else np.int64(0)
    cost = np.int64(0)
    bits = 2 if have > 0 and C[c, C_COSTED] == 0 else 0
    if have > 0 and not fifo and C[c, C_LANDED] != 0:
        bits |= 4
    if fifo:
        rest = have
        while rest > 0 and room(M, J):
            head = C[c, C_LH]
            m = min(rest, L[head, L_Q])
            if L[head, L_LANDED] != 0:
                bits |= 4
            cost += consume(c, head, m, C, L, Lm, M, J)
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
        prov, priced = known(c, u, std, digits, False, C, L, M)
        if not priced:
            bits |= 1
        C[c, C_Q] -= u
        C[c, C_V] -= prov
    return cost, have, u, prov, bits


@helper
def gcd(a, b):  # type: ignore[no-untyped-def]
    """Greatest common divisor of two positive integers (or of 0 and one)."""
    while b != 0:
        a, b = b, a % b
    return a


@helper
def unit_cost(price, num, den, digits, M):  # type: ignore[no-untyped-def]
    """(av, aq): `price` for num/den base units as a fraction of minor units, in lowest terms."""
    n, d = price, POW10[8 - digits]
    g = gcd(n, d)
    n, d = n // g, d // g
    g = gcd(num, den)
    num, den = num // g, den // g
    g = gcd(n, num)
    n, num = n // g, num // g
    g = gcd(den, d)
    den, d = den // g, d // g
    if float(n) * float(den) >= 2.0**60 or float(d) * float(num) * 1e6 >= 2.0**60:
        M[M_OVERFLOW] = 1
        return np.int64(0), np.int64(1)
    return n * den, d * num * 1_000_000


@helper
def set_value(c, v, av, aq, fifo, now, C, L, Lm, M, J):  # type: ignore[no-untyped-def]
    """Revalue: the cell is worth v from now on; with nothing in it only the known cost changes, to av/aq."""
    q = C[c, C_Q]
    if q > 0:
        C[c, C_V] = v
        if fifo:
            while C[c, C_LH] >= 0 and room(M, J):
                drop_layer(c, C[c, C_LH], C, L, Lm, M, J)
            add_layer(c, q, v, now[1], now[0], True, 0, C, L, Lm, M, J)
        C[c, C_AV], C[c, C_AQ] = v, q
    else:
        C[c, C_AV], C[c, C_AQ] = av, aq
    C[c, C_COSTED], C[c, C_LANDED] = 1, 0
