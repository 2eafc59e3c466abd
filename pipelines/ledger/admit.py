"""Admission: may this event post, and with what quantity and money? Looks, changes nothing.

Returns 0 (yes), WAIT, or the code of a refusal reason; the figures it found go into a row of `G`.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import kernel
from pipelines.kernels.exact import NONE, QTY_LIMIT, VALUE_LIMIT, fits, muldiv, muldiv_exact
from pipelines.kernels.keys import find
from pipelines.ledger.cells import POW10
from pipelines.ledger.columns import (
    A_QTY,
    A_SITECELL,
    C_AQ,
    C_AV,
    C_NEXT,
    C_Q,
    C_V,
    D_ACC,
    D_ENT,
    D_QTY,
    D_RETQ,
    D_TYPE,
    E_AMT,
    E_COMBO,
    E_DISC,
    E_ENT,
    E_ITEM,
    E_LOT,
    E_OWNER,
    E_PLACE,
    E_PLACE2,
    E_PRICE,
    E_QTY,
    E_RH1,
    E_SITE,
    E_SITE2,
    E_TAX,
    E_TYPE,
    E_UNIT,
    I_BORN,
    I_CELL,
    I_LOTS,
    I_STD,
    I_UNIT,
    I_WHOLE,
    N_DIGITS,
    N_REFUSE,
    N_SCOPE,
    SCOPE_ENTITY,
    SCOPE_LOT,
    SCOPE_SITE,
    U_CANON,
    U_DEN,
    U_DIM,
    U_KNOWN,
    U_NUM,
    U_WHOLE,
)  # fmt: skip
from schemas.reasons import CODE, Reason
from schemas.registry import TYPE_CODES

RECEIPT, ISSUE, TRANSFER, COUNT, REVALUE = (
    TYPE_CODES[f"stock.{t}"] for t in ["receipt", "issue", "transfer", "count", "revalue"]
)
DELIVERY, CHARGE, RETURN = (TYPE_CODES[f"sale.{t}"] for t in ["delivery", "charge", "return"])
GIVE_BACK = TYPE_CODES["purchase.return"]
WAIT = -1
R_SCALE, R_FRACTION, R_UOM, R_MISSING = (
    CODE[r] for r in (Reason.SCALE, Reason.FRACTION, Reason.UNKNOWN_UOM, Reason.MISSING_FIELD)
)
R_MISMATCH, R_NOT_ALLOWED, R_REFERENCE, R_OVER_RETURN, R_NEGATIVE, R_OVERFLOW = (
    CODE[r] for r in (
        Reason.AMOUNT_MISMATCH, Reason.NOT_ALLOWED, Reason.UNKNOWN_REFERENCE, Reason.OVER_RETURN,
        Reason.NEGATIVE_STOCK,
        Reason.OVERFLOW,
    )
)  # fmt: skip

# What admission found (int64[rows of the record, GW]).
(
    G_K,
    G_AMT,
    G_REV,
    G_DISC,
    G_TAX,
    G_DOC,
    G_ITEM,
    G_PLACE,
    G_SITE,
    G_LOT,
    G_COMBO,
    G_OWNER,
    G_UNIT,
    G_ACC,
    G_OUT,
    G_CELL,
) = range(16)
GW = 16


@kernel
def cell_key(item, site, lot, owner, scope):  # type: ignore[no-untyped-def]
    """The pair of integers that names a valuation cell."""
    s = np.int64(0) if scope == SCOPE_ENTITY else site
    t = lot if scope == SCOPE_LOT else np.int64(0)
    return (item << 32) | s, (t << 32) | owner


@kernel
def minor(amount_e4, digits):  # type: ignore[no-untyped-def]
    """(document money in minor units, whether it is whole)."""
    d = POW10[4 - digits]
    return amount_e4 // d, amount_e4 % d == 0


@kernel
def base_quantity(e, g, item, I, U, K, Ks):  # type: ignore[no-untyped-def]
    """Quantity in the item's own unit -> g[G_K]; 0 or a reason."""
    unit = e[E_UNIT]
    own = I[item, I_UNIT] if I[item, I_BORN] != 0 or I[item, I_UNIT] > 0 else unit
    if own == 0:
        own = np.int64(1)  # C62: the piece
    elif own == unit and I[item, I_UNIT] <= 0 and U[unit, U_KNOWN] == 0:
        return R_UOM  # a new item cannot be made in a unit that nobody knows
    g[G_UNIT] = own
    num, den = np.int64(1), np.int64(1)
    if unit != 0:
        k = find(K, Ks, item, U[unit, U_CANON])
        if k >= 0 and K[k, 2] > 0:
            num, den = K[k, 2], np.int64(1_000_000)
        elif U[unit, U_CANON] != U[own, U_CANON]:
            if U[unit, U_DIM] < 0 or U[unit, U_DIM] != U[own, U_DIM]:
                return R_UOM
            num, den = U[unit, U_NUM] * U[own, U_DEN], U[unit, U_DEN] * U[own, U_NUM]
    q, whole = muldiv_exact(e[E_QTY], num, den)
    if not whole:
        return R_OVERFLOW if abs(float(e[E_QTY]) * float(num)) >= float(den) * 2.0**60 else R_SCALE
    if q >= QTY_LIMIT:
        return R_OVERFLOW
    wants_whole = I[item, I_WHOLE] == 1 or (I[item, I_WHOLE] < 0 and U[own, U_WHOLE] == 1)
    if wants_whole and q % 1_000_000 != 0:
        return R_FRACTION
    g[G_K] = q
    return 0


@kernel
def money(e, g, digits, check):  # type: ignore[no-untyped-def]
    """The event's amount in minor units -> g[G_AMT] (NONE when neither amount nor price is given); 0 or a
    reason.
    """
    g[G_AMT] = NONE
    priced = np.int64(NONE)
    if e[E_PRICE] != NONE and e[E_QTY] != NONE:
        if not fits(e[E_QTY], e[E_PRICE], POW10[14 - digits]):
            return R_OVERFLOW
        priced = muldiv(e[E_QTY], e[E_PRICE], POW10[14 - digits])
        g[G_AMT] = priced
    if e[E_AMT] != NONE:
        a, whole = minor(e[E_AMT], digits)
        if not whole:
            return R_SCALE
        if check and priced != NONE and abs(a - priced) > 1:
            return R_MISMATCH
        if abs(a) >= VALUE_LIMIT:
            return R_OVERFLOW
        g[G_AMT] = a
    for col, to in ((E_DISC, G_DISC), (E_TAX, G_TAX)):
        g[to] = 0
        if e[col] != NONE:
            a, whole = minor(e[col], digits)
            if not whole:
                return R_SCALE
            if abs(a) >= VALUE_LIMIT:
                return R_OVERFLOW
            g[to] = a
    return 0


@kernel
def document(e, g, doc, A, Ak, Ck, D, combos):  # type: ignore[no-untyped-def]
    """Fill in what a linked return takes from its document; 0 or a reason."""
    want = DELIVERY if e[E_TYPE] == RETURN else RECEIPT
    acc = D[doc, D_ACC]
    if D[doc, D_TYPE] != want or D[doc, D_ENT] != e[E_ENT]:
        return R_REFERENCE
    item = Ak[acc, 0] >> 32
    if e[E_ITEM] >= 0 and e[E_ITEM] != item:
        return R_REFERENCE
    g[G_ITEM] = item
    stated = e[E_PLACE] > 0
    g[G_PLACE] = e[E_PLACE] if stated else Ak[acc, 0] & 0xFFFFFFFF
    g[G_SITE] = e[E_SITE] if stated else Ck[A[acc, A_SITECELL], 0] & 0xFFFFFFFF
    g[G_LOT], g[G_COMBO] = Ak[acc, 1] >> 32, Ak[acc, 1] & 0xFFFFFFFF
    g[G_OWNER] = combos[g[G_COMBO], 0]
    if (e[E_LOT] > 0 and e[E_LOT] != g[G_LOT]) or (e[E_OWNER] > 0 and e[E_OWNER] != g[G_OWNER]):
        return R_NOT_ALLOWED
    if e[E_COMBO] > 0 and (e[E_OWNER] > 0 or g[G_OWNER] == 0):
        g[G_COMBO] = e[E_COMBO]  # another pool
    return 0


@kernel
def outflow_ok(g, place, site, std, scope, refuse, digits, before, j, Ak, As, A, Ck, Cs, C):  # type: ignore[no-untyped-def]
    """Refuse-negative and overflow of an outflow; `before` rows of the same record count. 0 or a reason."""
    item, k = g[j, G_ITEM], g[j, G_K]
    s1, s2 = cell_key(item, site, g[j, G_LOT], g[j, G_OWNER], SCOPE_LOT if scope == SCOPE_LOT else SCOPE_SITE)
    at = find(Ck, Cs, s1, s2)
    if refuse:
        q = C[at, C_Q] if at >= 0 else np.int64(0)
        for i in range(before):
            same = g[i, G_ITEM] == item and g[i, G_SITE] == site and g[i, G_OWNER] == g[j, G_OWNER]
            if same and (scope != SCOPE_LOT or g[i, G_LOT] == g[j, G_LOT]):
                q += g[i, G_OUT]
        g[j, G_REV] = q
        if q < k:
            return R_NEGATIVE
    c1, c2 = cell_key(item, site, g[j, G_LOT], g[j, G_OWNER], scope)
    c = find(Ck, Cs, c1, c2)
    g[j, G_CELL] = c
    if c >= 0:
        if abs(C[c, C_Q]) + k >= QTY_LIMIT:
            return R_OVERFLOW
        if C[c, C_AQ] > 0 and not fits(C[c, C_AV], k + abs(C[c, C_AQ] - C[c, C_Q]), C[c, C_AQ]):
            return R_OVERFLOW
        if (
            C[c, C_AQ] > 0
            and abs(float(C[c, C_V])) + float(C[c, C_AV]) * float(k) / float(C[c, C_AQ])
            >= VALUE_LIMIT - 1024.0
        ):
            return R_OVERFLOW
    if std != NONE and not fits(k, std, POW10[14 - digits]):
        return R_OVERFLOW
    return 0


@kernel
def inflow_ok(g, j, site, scope, amount, Ck, Cs, C):  # type: ignore[no-untyped-def]
    """Overflow of an inflow; 0 or a reason."""
    c1, c2 = cell_key(g[j, G_ITEM], site, g[j, G_LOT], g[j, G_OWNER], scope)
    c = find(Ck, Cs, c1, c2)
    g[j, G_CELL] = c
    if amount >= VALUE_LIMIT:
        return R_OVERFLOW
    if c >= 0:
        if abs(C[c, C_V]) + amount >= VALUE_LIMIT or abs(C[c, C_Q]) + g[j, G_K] >= QTY_LIMIT:
            return R_OVERFLOW
        if amount == 0 and g[j, G_DOC] < 0 and C[c, C_AQ] > 0:  # without own cost: valued at the cell's
            k = abs(C[c, C_AQ] - C[c, C_Q]) + g[j, G_K]
            if not fits(C[c, C_AV], k, C[c, C_AQ]):
                return R_OVERFLOW
    return 0


@kernel
def returned_ok(e, g, j, doc, digits, D):  # type: ignore[no-untyped-def]
    """Over-return, counting earlier returns of the same record; 0 or a reason."""
    gone = D[doc, D_RETQ]
    for i in range(j):
        if g[i, G_DOC] == doc:
            gone += g[i, G_K]
    if gone + g[j, G_K] > D[doc, D_QTY]:
        return R_OVER_RETURN
    return 0


@kernel
def revalue_ok(e, item, digits, scope, I, C, Ck):  # type: ignore[no-untyped-def]
    """Overflow of a revaluation; 0 or a reason."""
    if float(e[E_PRICE]) / float(POW10[8 - digits]) >= VALUE_LIMIT - 1024.0:
        return R_OVERFLOW
    c = I[item, I_CELL]
    while c >= 0:
        if C[c, C_Q] > 0 and not fits(C[c, C_Q], e[E_PRICE], POW10[14 - digits]):
            return R_OVERFLOW
        c = C[c, C_NEXT]
    return 0


@kernel
def admit(ev, i, G, j, doc, N, I, U, K, Ks, A, Ak, As, C, Ck, Cs, D, combos):  # type: ignore[no-untyped-def]
    """Admission of event i as the j-th of its record: 0, or a reason. `doc`: the document it returns, or
    -1.
    """
    e, g = ev[i], G[j]
    t = e[E_TYPE]
    n = N[e[E_ENT]]
    digits, scope = n[N_DIGITS], n[N_SCOPE]
    g[G_DOC], g[G_OUT], g[G_K], g[G_CELL], g[G_REV] = doc, 0, 0, -1, 0
    g[G_DISC], g[G_TAX], g[G_AMT], g[G_UNIT] = 0, 0, NONE, 0
    if t == CHARGE:
        g[G_ITEM] = -1
        return money(e, g, digits, False)
    linked = e[E_RH1] != NONE
    if linked:
        why = document(e, g, doc, A, Ak, Ck, D, combos)
        if why != 0:
            return why
    else:
        if e[E_ITEM] < 0 or (e[E_PLACE] <= 0 and t != REVALUE):
            return R_MISSING
        g[G_ITEM], g[G_PLACE], g[G_SITE] = e[E_ITEM], e[E_PLACE], e[E_SITE]
        g[G_LOT], g[G_COMBO], g[G_OWNER] = e[E_LOT], e[E_COMBO], e[E_OWNER]
    item = g[G_ITEM]
    if t == REVALUE:
        g[G_UNIT] = I[item, I_UNIT]
        if (e[E_PLACE] > 0 and scope == SCOPE_ENTITY) or (e[E_LOT] > 0 and scope != SCOPE_LOT):
            return R_NOT_ALLOWED
        return revalue_ok(e, item, digits, scope, I, C, Ck)
    why = base_quantity(e, g, item, I, U, K, Ks)
    if why != 0:
        return why
    why = money(e, g, digits, t != GIVE_BACK and t != COUNT)
    if why != 0:
        return why
    if t == COUNT:
        return count_ok(e, g, scope, digits, I, A, Ak, As, C, Ck, Cs)
    if linked:
        why = returned_ok(e, G, j, doc, digits, D)
        if why != 0:
            return why
    std = I[item, I_STD]
    if t == RECEIPT:
        g[G_OUT] = g[G_K]
        return inflow_ok(G, j, g[G_SITE], scope, g[G_AMT], Ck, Cs, C)
    if t == RETURN:
        g[G_OUT] = g[G_K]
        return inflow_ok(G, j, g[G_SITE], scope, np.int64(0), Ck, Cs, C)
    if t == TRANSFER and e[E_PLACE] == e[E_PLACE2]:
        return R_NOT_ALLOWED
    why = outflow_ok(
        G, g[G_PLACE], g[G_SITE], std, scope, n[N_REFUSE] != 0, digits, j, j, Ak, As, A, Ck, Cs, C
    )
    g[G_OUT] = 0 if t == TRANSFER and e[E_SITE] == e[E_SITE2] else -g[G_K]
    return why


@kernel
def count_ok(e, g, scope, digits, I, A, Ak, As, C, Ck, Cs):  # type: ignore[no-untyped-def]
    """A count: lots where they are tracked; a price only where the cell is the counted account. 0 or a
    reason.
    """
    if I[g[G_ITEM], I_LOTS] != 0 and g[G_LOT] == 0:
        return R_MISSING
    acc = find(Ak, As, (g[G_ITEM] << 32) | g[G_PLACE], (g[G_LOT] << 32) | g[G_COMBO])
    book = A[acc, A_QTY] if acc >= 0 else np.int64(0)
    c1, c2 = cell_key(g[G_ITEM], g[G_SITE], g[G_LOT], g[G_OWNER], scope)
    c = find(Ck, Cs, c1, c2)
    q = C[c, C_Q] if c >= 0 else np.int64(0)
    if e[E_PRICE] != NONE and q + g[G_K] - book != g[G_K]:
        return R_NOT_ALLOWED
    k = abs(g[G_K] - book)
    if c >= 0 and C[c, C_AQ] > 0 and not fits(C[c, C_AV], k + abs(C[c, C_AQ] - q), C[c, C_AQ]):
        return R_OVERFLOW
    if I[g[G_ITEM], I_STD] != NONE and not fits(k, I[g[G_ITEM], I_STD], POW10[14 - digits]):
        return R_OVERFLOW
    return 0
