"""Admission: may this event post now, and with what quantity and money? Looks, changes nothing.

Each function returns 0 (yes) or the code of a refusal reason, in the order of docs/ledger.md; the figures
found go into the row `g`. Events of the same record that stand before are posted already, so nothing here
looks back.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper, inlined
from pipelines.kernels.exact import NONE, QTY_LIMIT, VALUE_LIMIT, WHOLE_LIMIT, fits, muldiv, muldiv_exact
from pipelines.kernels.keys import find
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.cells import POW10
from schemas.reasons import CODE, Reason
from schemas.registry import TYPE_CODES

RECEIPT, ISSUE, TRANSFER, COUNT, REVALUE = (
    TYPE_CODES[f"stock.{t}"] for t in ("receipt", "issue", "transfer", "count", "revalue")
)
DELIVERY, CHARGE, RETURN = (TYPE_CODES[f"sale.{t}"] for t in ("delivery", "charge", "return"))
GIVE_BACK = TYPE_CODES["purchase.return"]
(
    R_SCALE, R_FRACTION, R_UOM, R_MISSING, R_MISMATCH, R_NOT_ALLOWED, R_MASTER, R_OVER_RETURN, R_NEGATIVE,
    R_OVERFLOW, R_CLOSED,
) = (
    CODE[r] for r in (
        Reason.SCALE, Reason.FRACTION, Reason.UNKNOWN_UOM, Reason.MISSING_FIELD, Reason.AMOUNT_MISMATCH,
        Reason.NOT_ALLOWED, Reason.UNKNOWN_MASTER, Reason.OVER_RETURN, Reason.NEGATIVE_STOCK, Reason.OVERFLOW,
        Reason.CLOSED_PERIOD,
    )
)  # fmt: skip


@inlined
def value_limit(digits):  # type: ignore[no-untyped-def]
    """The first value, in minor units, that is too large."""
    return np.int64(WHOLE_LIMIT if digits == 0 else VALUE_LIMIT)


@inlined
def cell_key(item, site, lot, owner, scope):  # type: ignore[no-untyped-def]
    """The pair of integers that names a valuation cell."""
    s = np.int64(0) if scope == SCOPE_ENTITY else site
    t = lot if scope == SCOPE_LOT else np.int64(0)
    return (item << 32) | s, (t << 32) | owner


@helper
def masters_known(e, item, I, S):  # type: ignore[no-untyped-def]
    """Whether item and sites have been described or used before."""
    if item >= 0 and I[item, I_BORN] == 0 and I[item, I_MASTER] == 0:
        return False
    for col in (E_SROW, E_SROW2):
        if e[col] >= 0 and S[e[col], S_KNOWN] == UNKNOWN:
            return False
    return True


@inlined
def base_quantity(e, g, item, I, U, K, Ks):  # type: ignore[no-untyped-def]
    """Quantity in the item's own unit -> g[G_K], one `uom` in it -> g[G_NUM] / g[G_DEN]; 0 or a reason."""
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
    g[G_NUM], g[G_DEN] = num, den
    if float(e[E_QTY]) * float(num) >= float(den) * 1.1e18:
        return R_OVERFLOW
    q, whole = muldiv_exact(e[E_QTY], num, den)
    if q >= QTY_LIMIT:
        return R_OVERFLOW
    if not whole:
        return R_SCALE
    wants_whole = I[item, I_WHOLE] == 1 or (I[item, I_WHOLE] < 0 and U[own, U_WHOLE] == 1)
    if wants_whole and q % 1_000_000 != 0:
        return R_FRACTION
    g[G_K] = q
    return 0


@inlined
def minor(e, col, g, to, digits):  # type: ignore[no-untyped-def]
    """Document money in minor units -> g[to]; 0 or a reason."""
    unit = POW10[4 - digits]
    if e[col] % unit != 0:
        return R_SCALE
    g[to] = e[col] // unit
    return R_OVERFLOW if abs(g[to]) >= value_limit(digits) else 0


@inlined
def money(e, g, digits):  # type: ignore[no-untyped-def]
    """The event's amount in minor units -> g[G_AMT] (NONE when neither amount nor price is given), discount
    and tax; 0 or a reason.
    """
    g[G_AMT], g[G_DISC], g[G_TAX] = NONE, 0, 0
    if e[E_AMT] != NONE:
        why = minor(e, E_AMT, g, G_AMT, digits)
        if why != 0:
            return why
    if e[E_PRICE] != NONE and e[E_QTY] != NONE:
        if not fits(e[E_QTY], e[E_PRICE], POW10[14 - digits]):
            return R_OVERFLOW
        priced = muldiv(e[E_QTY], e[E_PRICE], POW10[14 - digits])
        if priced >= value_limit(digits):
            return R_OVERFLOW
        if g[G_AMT] == NONE:
            g[G_AMT] = priced
        elif abs(g[G_AMT] - priced) > 1:
            return R_MISMATCH
    for col, to in ((E_DISC, G_DISC), (E_TAX, G_TAX)):
        if e[col] != NONE:
            why = minor(e, col, g, to, digits)
            if why != 0:
                return why
    return 0


@helper
def document(e, g, doc, A, Ak, Ck, D, combos, Bs):  # type: ignore[no-untyped-def]
    """Fill in what a linked return takes from its document; a pool or place that it states goes before."""
    acc = D[doc, D_ACC]
    stated = e[E_PLACE] > 0
    g[G_ITEM] = Ak[acc, 0] >> 32
    g[G_PLACE] = e[E_PLACE] if stated else Ak[acc, 0] & 0xFFFFFFFF
    g[G_SITE] = e[E_SITE] if stated else Ck[A[acc, A_SITECELL], 0] & 0xFFFFFFFF
    g[G_LOT], g[G_COMBO] = Ak[acc, 1] >> 32, Ak[acc, 1] & 0xFFFFFFFF
    g[G_OWNER] = combos[g[G_COMBO], 0]
    pool = combos[e[E_COMBO], 1]
    if pool > 0 and pool != combos[g[G_COMBO], 1]:
        g[G_COMBO], g[G_POOL] = find(combos, Bs, g[G_OWNER], pool), pool


@helper
def return_ok(e, g):  # type: ignore[no-untyped-def]
    """Lot and owner are the document's. 0 or a reason."""
    if (e[E_LOT] > 0 and e[E_LOT] != g[G_LOT]) or (e[E_OWNER] > 0 and e[E_OWNER] != g[G_OWNER]):
        return R_NOT_ALLOWED
    return 0


@helper
def admit(e, doc, w):  # type: ignore[no-untyped-def]
    """Admission of event e: 0, or a reason. `doc`: the document it returns, or -1."""
    g, I, D = w.g, w.I, w.D
    t = e[E_TYPE]
    n = w.N[e[E_ENT]]
    digits, scope = n[N_DIGITS], n[N_SCOPE]
    g[G_DOC], g[G_K], g[G_REV], g[G_UNIT], g[G_NUM], g[G_DEN] = doc, 0, 0, 0, 1, 1
    if t == CHARGE:
        g[G_ITEM] = -1
        return money(e, g, digits)
    if doc >= 0:
        document(e, g, doc, w.A, w.Ak, w.Ck, D, w.B, w.Bs)
    else:
        if e[E_ITEM] < 0 or (e[E_PLACE] <= 0 and t != REVALUE):
            return R_MISSING
        g[G_ITEM], g[G_PLACE], g[G_SITE] = e[E_ITEM], e[E_PLACE], e[E_SITE]
        g[G_LOT], g[G_COMBO], g[G_OWNER] = e[E_LOT], e[E_COMBO], e[E_OWNER]
    if e[E_NOAUTO] != 0 and not masters_known(e, g[G_ITEM], I, w.S):
        return R_MASTER
    if t == REVALUE:
        g[G_UNIT], g[G_AMT] = I[g[G_ITEM], I_UNIT], NONE
        if (e[E_PLACE] > 0 and scope == SCOPE_ENTITY) or (e[E_LOT] > 0 and scope != SCOPE_LOT):
            return R_NOT_ALLOWED
        return R_NOT_ALLOWED if g[G_OWNER] != 0 and g[G_OWNER] != n[N_WORD] else 0
    why = base_quantity(e, g, g[G_ITEM], I, w.U, w.K, w.Ks)
    if why == 0:
        why = money(e, g, digits)
    if why != 0:
        return why
    if t == COUNT and e[E_TIME] < n[N_OPEN_FROM]:
        return R_CLOSED
    if t == COUNT and I[g[G_ITEM], I_LOTS] != 0 and g[G_LOT] == 0:
        return R_MISSING
    if t == COUNT and e[E_PRICE] != NONE and g[G_OWNER] != 0 and g[G_OWNER] != n[N_WORD]:
        return R_NOT_ALLOWED
    if doc >= 0:
        return return_ok(e, g)
    return R_NOT_ALLOWED if t == TRANSFER and e[E_PLACE] == e[E_PLACE2] else 0
