"""Changing what was said: rows of an event are withdrawn, others put in their place, and all is posted anew.

Called step by step from `pipelines.ledger.corrections`, between `start` and `finish`; whatever was done in
between is undone by `take_back` if the change is refused, or if there was no room for it.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper, kernel
from pipelines.ledger.chains.chain import make_row
from pipelines.ledger.chains.posting import inscribe, make_rows, masters_made, next_version, place, revalues
from pipelines.ledger.chains.replay import activate, replay
from pipelines.ledger.chains.settle import up
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.admit import CHARGE, R_OVERFLOW, REVALUE, admit
from pipelines.ledger.kernel.audit import audit, sizes_ok
from pipelines.ledger.kernel.ids import doc_of, hist_add, hist_find, reopen
from pipelines.ledger.kernel.undo import begin, keep


@kernel
def start(e, item, target, word, w):  # type: ignore[no-untyped-def]
    """A change begins: event e, which asks for it, takes the next version. Returns its row of history, where
    `target` and `word` are kept.
    """
    M, H = w.M, w.H
    begin(M)
    M[M_EVENT], M[M_WHY], M[M_OWN], M[M_RETURNED] = M[M_SERIAL], 0, -1, -1
    next_version(e[E_ENT], e[E_REC], w)
    h = hist_find(H, w.Hs, e[E_H1], e[E_H2])
    if h < 0:
        h = hist_add(e, H_LIVE, H, w.Hs, w.Hm, M, w.J)
    else:  # it waited
        keep(K_HIST, h, H, w.Hm, M, w.J)
    H[h, H_STATE], H[h, H_ENT] = H_LIVE, e[E_ENT]
    H[h, H_VER], H[h, H_ITEM], H[h, H_LINK], H[h, H_QTY] = M[M_VERSION], item, target, word
    H[h, H_SQTY] = word
    H[h, H_OTHER] = H[target, H_VER] if target >= 0 else 0  # H_LINK is not for ever
    M[M_FOUND], M[M_ROOT] = h, -1
    return h


@kernel
def enter(e, version, w):  # type: ignore[no-untyped-def]
    """Remember event e, which was taken as `version` of its entity and moves nothing; its row of history."""
    begin(w.M)
    h = hist_add(e, H_LIVE, w.H, w.Hs, w.Hm, w.M, w.J)
    w.H[h, H_VER], w.H[h, H_ITEM] = version, -1
    return h


@kernel
def reprice(h, item, at, w):  # type: ignore[no-untyped-def]
    """The item has another standard cost from a moment on: its cells are posted anew from there."""
    M, n = w.M, w.N[w.H[h, H_ENT]]
    begin(M)
    M[M_EVENT], M[M_WHY], M[M_OWN], M[M_RETURNED], M[M_ROOT] = M[M_SERIAL], 0, -1, -1, -1
    M[M_VERSION], M[M_REC], M[M_FOUND] = w.H[h, H_VER], n[N_REC], h
    M[M_TZ] = n[N_TZ] + n[N_CLOSED] * CLOSED_AT
    c = w.I[item, I_CELL]
    while c >= 0 and M[M_FULL] == 0:
        q = w.C[c, C_TAIL]
        while q >= 0 and w.Q[q, Q_PREV] >= 0 and w.Q[w.Q[q, Q_PREV], Q_AT] >= at:
            q = w.Q[q, Q_PREV]
        if q >= 0 and w.Q[q, Q_AT] >= at:
            activate(q, w)
        c = w.C[c, C_NEXT]


@helper
def _kill(q, dead, w):  # type: ignore[no-untyped-def]
    keep(K_ROW, q, w.Q, w.Qm, w.M, w.J)
    w.Q[q, Q_DEAD] = dead
    activate(q, w)


@kernel
def withdraw(h, gone, w):  # type: ignore[no-untyped-def]
    """The rows of event h are nothing any more; `gone`: it is cancelled, else other rows follow."""
    H, Q, M, dead = w.H, w.Q, w.M, 1 if gone else 2
    if H[h, H_TYPE] == REVALUE:
        c = w.I[H[h, H_ITEM], I_CELL]
        while c >= 0:
            q = w.C[c, C_TAIL]
            while q >= 0 and M[M_FULL] == 0:
                if Q[q, Q_H] == h and Q[q, Q_DEAD] == 0:
                    _kill(q, dead, w)
                q = Q[q, Q_PREV]
            c = w.C[c, C_NEXT]
    elif H[h, H_TYPE] != CHARGE and H[h, H_ROW] >= 0:
        q = H[h, H_ROW]
        pair = Q[q, Q_PAIR]
        _kill(q, dead, w)
        if pair >= 0 and M[M_FULL] == 0:
            _kill(pair, dead, w)
    keep(K_HIST, h, H, w.Hm, M, w.J)
    if gone:
        H[h, H_STATE] = (H[h, H_STATE] & ~255) | H_CANCELLED
        if H[h, H_DOC] >= 0:
            reopen(H[h, H_DOC], h, w)


@kernel
def judge(i, doc, w):  # type: ignore[no-untyped-def]
    """Admission of the event i, which returns document `doc` or (-1) nothing: 0, or a reason."""
    return admit(w.ev[i], doc, w)


@kernel
def document_of(h, w):  # type: ignore[no-untyped-def]
    """The document of event h, made on first need."""
    return doc_of(h, w)


@kernel
def put(i, h, live, w):  # type: ignore[no-untyped-def]
    """Event i, admitted, is what event h says from now on: its rows are made anew, unless it is cancelled."""
    H, Q, M, e = w.H, w.Q, w.M, w.ev[i]
    old = H[h, H_ROW]
    level, acc = (Q[old, Q_LEVEL], Q[old, Q_ACC]) if old >= 0 else (NO_LEVEL, np.int64(-1))
    doc = H[h, H_DOC]
    masters_made(e, w)
    keep(K_HIST, h, H, w.Hm, M, w.J)
    inscribe(e, h, w)
    H[h, H_STATE], H[h, H_ROW] = H_LIVE if live else H_CANCELLED, -1
    if e[E_TYPE] == CHARGE:
        return
    if e[E_TYPE] == REVALUE:
        if not live:
            return
        c = w.I[H[h, H_ITEM], I_CELL]
        while c >= 0 and M[M_FULL] == 0:
            if revalues(h, c, w):
                q = make_row(h, REVALUED, c, -1, w)
                if q >= 0:
                    activate(q, w)
            c = w.C[c, C_NEXT]
        return
    place(e, h, w.V[i], w)
    if doc >= 0:
        reopen(doc, h, w)
    if not live:
        return
    for q in make_rows(h, w):
        if q >= 0 and M[M_FULL] == 0:
            if Q[q, Q_ACC] == acc and H[h, H_ROW] == q:
                Q[q, Q_LEVEL] = level
            activate(q, w)


@kernel
def land(h, share, costs, w):  # type: ignore[no-untyped-def]
    """The receipt h bears `share` of landed costs from now on; `costs`: the word that names them, or 0."""
    keep(K_HIST, h, w.H, w.Hm, w.M, w.J)
    w.H[h, H_LANDED], w.H[h, H_COST] = share, costs
    if w.H[h, H_STATE] & 255 == H_LIVE:
        activate(w.H[h, H_ROW], w)


@kernel
def retell(h, word, w):  # type: ignore[no-untyped-def]
    """Event h keeps another word."""
    keep(K_HIST, h, w.H, w.Hm, w.M, w.J)
    w.H[h, H_QTY] = w.H[h, H_SQTY] = word


@kernel
def rehome(h, item, w):  # type: ignore[no-untyped-def]
    """What is said about an event stands under its item in history."""
    keep(K_HIST, h, w.H, w.Hm, w.M, w.J)
    w.H[h, H_ITEM] = item


@kernel
def say(h, leg, cause, acc, contra, dv, at, w):  # type: ignore[no-untyped-def]
    """A true-up of event h: dv more in the account."""
    k = up(h, leg, acc, -1, contra, 0, dv, at, w)
    if k >= 0:
        w.T[k, T_CAUSE] = cause


@kernel
def say_money(h, revenue, discount, tax, w):  # type: ignore[no-untyped-def]
    """A true-up of the revenue of a charge."""
    k = up(h, REVENUE_LEG, -1, -1, -1, 0, 0, w.H[h, H_AT], w)
    if k >= 0:
        w.T[k, T_REV], w.T[k, T_DISC], w.T[k, T_TAX] = revenue, discount, tax


@kernel
def finish(line, first, w):  # type: ignore[no-untyped-def]
    """Post everything that is under way anew and look at it; 0, or the reason why not."""
    M, n = w.M, w.N[w.H[w.M[M_FOUND], H_ENT]]
    if M[M_FULL] == 0:
        replay(w)
    if M[M_FULL] != 0:
        return 0
    if M[M_WHY] != 0:
        return M[M_WHY]
    if M[M_OVERFLOW] != 0 or not sizes_ok(line, n[N_DIGITS], w.O, w.A, w.C, M, w.J):
        return R_OVERFLOW
    audit(line, first, n[N_METHOD] == FIFO, w.O, w.T, w.A, w.C, M, w.J)
    return 0
