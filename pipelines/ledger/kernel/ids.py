"""Recent history by id: one row per event that is accepted or waits, since the last save."""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper, inlined, kernel
from pipelines.kernels.keys import slot_of
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.undo import keep, note


@inlined
def hist_find(H, Hs, h1, h2):  # type: ignore[no-untyped-def]
    """The row of recent history with this id, or -1."""
    mask = np.int64(Hs.shape[0] - 1)
    s = slot_of(h1, h2, mask)
    while Hs[s] >= 0:
        k = np.int64(Hs[s])
        if H[k, H_H1] == h1 and H[k, H_H2] == h2 and H[k, H_STATE] != H_DEAD:
            return k
        s = (s + 1) & mask
    return np.int64(-1)


@kernel
def recent_row(H, Hs, h1, h2):  # type: ignore[no-untyped-def]
    """`hist_find` for those who are not kernels."""
    return hist_find(H, Hs, h1, h2)


@kernel
def hist_add(e, state, H, Hs, Hm, M, J):  # type: ignore[no-untyped-def]
    """A new row of recent history for event e."""
    k = M[M_HIST]
    M[M_HIST] = k + 1
    mask = np.int64(Hs.shape[0] - 1)
    s = slot_of(e[E_H1], e[E_H2], mask)
    while Hs[s] >= 0:
        s = (s + 1) & mask
    Hs[s] = k
    note(K_NEW_ID, k, M, J)
    Hm[k] = 1
    H[k, :] = 0
    H[k, H_H1], H[k, H_H2], H[k, H_CONTENT], H[k, H_STATE] = e[E_H1], e[E_H2], e[E_CONTENT], state
    H[k, H_ENT], H[k, H_AT], H[k, H_TYPE], H[k, H_DOC], H[k, H_ACC] = e[E_ENT], e[E_TIME], e[E_TYPE], -1, -1
    H[k, H_ITEM], H[k, H_SOURCE], H[k, H_TEXT] = e[E_ITEM], e[E_SOURCE], e[E_TEXT]
    H[k, H_SEQ], H[k, H_LEN], H[k, H_OWN] = max(e[E_SEQ], -1), e[E_LEN], e[E_TIME]
    H[k, H_ROW], H[k, H_LINK], H[k, H_CROW] = -1, -1, -1
    return k


@kernel
def hist_rehash(H, first, count, Hs):  # type: ignore[no-untyped-def]
    """Put the rows first..count-1 of recent history into their slots."""
    mask = np.int64(Hs.shape[0] - 1)
    for k in range(first, count):
        s = slot_of(H[k, H_H1], H[k, H_H2], mask)
        while Hs[s] >= 0:
            s = (s + 1) & mask
        Hs[s] = k


@kernel
def not_recent(refs, ev, H, Hs):  # type: ignore[no-untyped-def]
    """Leave in `refs`, rows of ev, those whose references are not in recent history; returns how many."""
    n = 0
    for k in range(refs.shape[0]):
        if hist_find(H, Hs, ev[refs[k], E_RH1], ev[refs[k], E_RH2]) < 0:
            refs[n] = refs[k]
            n += 1
    return n


@helper
def reopen(d, h, w):  # type: ignore[no-untyped-def]
    """The document of event h as it was when h had just been posted, before anything was covered or came
    back. One of a cancelled event holds nothing.
    """
    D, H = w.D, w.H
    keep(K_DOC, d, D, w.Dm, w.M, w.J)
    D[d, D_ACC], D[d, D_QTY], D[d, D_CONTRA], D[d, D_AT] = H[h, H_ACC], H[h, H_QTY], H[h, H_OTHER], H[h, H_AT]
    D[d, D_AMT], D[d, D_AMTQ], D[d, D_PIECE] = max(H[h, H_AMT], 0), H[h, H_QTY], -1
    D[d, D_COVQ], D[d, D_COVV], D[d, D_UNCOSTED], D[d, D_LANDED] = 0, 0, 0, 0
    if H[h, H_STATE] & 255 == H_CANCELLED:
        D[d, D_QTY], D[d, D_AMTQ], D[d, D_AMT] = 0, 0, 0


@helper
def doc_of(h, w):  # type: ignore[no-untyped-def]
    """The document row of a recent event, made on first need; -1 if there is no room."""
    D, H, M = w.D, w.H, w.M
    if H[h, H_DOC] >= 0:
        return H[h, H_DOC]
    d = M[M_DOCS]
    if d >= D.shape[0]:
        M[M_FULL] = LAYERS_FULL
        return np.int64(-1)
    M[M_DOCS] = d + 1
    D[d, D_VER], D[d, D_ENT], D[d, D_TYPE] = H[h, H_VER], H[h, H_ENT], H[h, H_TYPE]
    reopen(d, h, w)
    D[d, D_COVQ], D[d, D_COVV] = H[h, H_QTY], H[h, H_COST]
    D[d, D_UNCOSTED], D[d, D_LANDED] = (H[h, H_STATE] >> 8) & 1, H[h, H_STATE] >> 9
    keep(K_HIST, h, H, w.Hm, M, w.J)
    H[h, H_DOC] = d
    return d
