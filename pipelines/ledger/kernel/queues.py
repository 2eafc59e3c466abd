"""What a cell holds in order: FIFO layers, oldest first, and uncovered pieces, oldest first.

Both are doubly linked rows of one table each; a dropped row is kept for the next one. `C_SQ` and `C_SV`
follow every change: the layers' sums less the pieces'.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper
from pipelines.kernels.exact import muldiv
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.undo import keep


@helper
def add_layer(c, q, v, at, ver, costed, landed, C, L, Lm, M, J):  # type: ignore[no-untyped-def]
    """A new FIFO layer behind those of the same or an earlier time."""
    k = M[M_LAYER_FREE]
    if k >= 0:
        keep(K_LAYER, k, L, Lm, M, J)
        M[M_LAYER_FREE] = L[k, L_NEXT]
    elif M[M_LAYERS] >= L.shape[0]:
        M[M_FULL] = LAYERS_FULL
        return
    else:
        k = M[M_LAYERS]
        M[M_LAYERS] = k + 1
    before = C[c, C_LT]
    while before >= 0 and L[before, L_AT] > at:
        before = L[before, L_PREV]
    after = C[c, C_LH] if before < 0 else L[before, L_NEXT]
    L[k, L_Q], L[k, L_V], L[k, L_Q0], L[k, L_V0] = q, v, q if costed else 0, v
    L[k, L_AT], L[k, L_VER], L[k, L_PREV], L[k, L_NEXT] = at, ver, before, after
    L[k, L_LANDED] = landed
    Lm[k] = 1
    if before < 0:
        C[c, C_LH] = k
    else:
        keep(K_LAYER, before, L, Lm, M, J)
        L[before, L_NEXT] = k
    if after < 0:
        C[c, C_LT] = k
    else:
        keep(K_LAYER, after, L, Lm, M, J)
        L[after, L_PREV] = k
    C[c, C_SQ] += q
    C[c, C_SV] += v
    C[c, C_HELD] += 1


@helper
def drop_layer(c, k, C, L, Lm, M, J):  # type: ignore[no-untyped-def]
    """Unlink a layer, with whatever is in it."""
    keep(K_LAYER, k, L, Lm, M, J)
    p, n = L[k, L_PREV], L[k, L_NEXT]
    if p < 0:
        C[c, C_LH] = n
    else:
        keep(K_LAYER, p, L, Lm, M, J)
        L[p, L_NEXT] = n
    if n < 0:
        C[c, C_LT] = p
    else:
        keep(K_LAYER, n, L, Lm, M, J)
        L[n, L_PREV] = p
    C[c, C_SQ] -= L[k, L_Q]
    C[c, C_SV] -= L[k, L_V]
    C[c, C_HELD] -= 1
    L[k, L_NEXT] = M[M_LAYER_FREE]
    M[M_LAYER_FREE] = k


@helper
def consume(c, k, m, C, L, Lm, M, J):  # type: ignore[no-untyped-def]
    """Take m units from layer k; returns their cost. The last part takes the rest."""
    q, v = L[k, L_Q], L[k, L_V]
    cost = v if m == q else muldiv(v, m, q)
    if L[k, L_Q0] > 0:  # a layer of unknown cost prices nothing
        C[c, C_AV], C[c, C_AQ] = L[k, L_V0], L[k, L_Q0]
    C[c, C_Q] -= m
    C[c, C_V] -= cost
    if m == q:
        drop_layer(c, k, C, L, Lm, M, J)
    else:
        keep(K_LAYER, k, L, Lm, M, J)
        L[k, L_Q] = q - m
        L[k, L_V] = v - cost
        C[c, C_SQ] -= m
        C[c, C_SV] -= cost
    return cost


@helper
def add_piece(  # type: ignore[no-untyped-def]
    c, behind, q, v, ver, ent, acc, contra, leg, doc, uncosted, C, P, Pm, M, J,
):  # fmt: skip
    """An uncovered piece behind `behind` (the queue's end is C_PT); returns its row."""
    k = M[M_PIECE_FREE]
    if k >= 0:
        keep(K_PIECE, k, P, Pm, M, J)
        M[M_PIECE_FREE] = P[k, P_NEXT]
    elif M[M_PIECES] >= P.shape[0]:
        M[M_FULL] = LAYERS_FULL
        return np.int64(-1)
    else:
        k = M[M_PIECES]
        M[M_PIECES] = k + 1
    after = C[c, C_PH] if behind < 0 else P[behind, P_NEXT]
    P[k, P_Q], P[k, P_V], P[k, P_VER], P[k, P_ENT], P[k, P_ACC] = q, v, ver, ent, acc
    P[k, P_CONTRA], P[k, P_LEG], P[k, P_DOC], P[k, P_UNCOSTED] = contra, leg, doc, uncosted
    P[k, P_PREV], P[k, P_NEXT] = behind, after
    Pm[k] = 1
    if behind < 0:
        C[c, C_PH] = k
    else:
        keep(K_PIECE, behind, P, Pm, M, J)
        P[behind, P_NEXT] = k
    if after < 0:
        C[c, C_PT] = k
    else:
        keep(K_PIECE, after, P, Pm, M, J)
        P[after, P_PREV] = k
    C[c, C_SQ] -= q
    C[c, C_SV] -= v
    C[c, C_HELD] += 1
    return k


@helper
def shrink_piece(c, k, m, C, P, Pm, D, Dm, M, J):  # type: ignore[no-untyped-def]
    """Close m units of piece k; returns their provisional value. An empty piece leaves the queue."""
    q, v = P[k, P_Q], P[k, P_V]
    share = v if m == q else muldiv(v, m, q)
    keep(K_PIECE, k, P, Pm, M, J)
    P[k, P_Q] = q - m
    P[k, P_V] = v - share
    C[c, C_SQ] += m
    C[c, C_SV] += share
    if m == q:
        drop_piece(c, k, C, P, Pm, D, Dm, M, J)
    return share


@helper
def drop_piece(c, k, C, P, Pm, D, Dm, M, J):  # type: ignore[no-untyped-def]
    """Unlink a piece, whose sums have been taken out of the cell's before."""
    p, n = P[k, P_PREV], P[k, P_NEXT]
    if p < 0:
        C[c, C_PH] = n
    else:
        keep(K_PIECE, p, P, Pm, M, J)
        P[p, P_NEXT] = n
    if n < 0:
        C[c, C_PT] = p
    else:
        keep(K_PIECE, n, P, Pm, M, J)
        P[n, P_PREV] = p
    d = P[k, P_DOC]
    if P[k, P_LEG] == COGS_LEG and d >= 0:
        keep(K_DOC, d, D, Dm, M, J)
        D[d, D_PIECE] = -1
    C[c, C_HELD] -= 1
    P[k, P_NEXT] = M[M_PIECE_FREE]
    M[M_PIECE_FREE] = k
