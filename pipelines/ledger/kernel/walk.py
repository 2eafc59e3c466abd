"""The walk: records in order, each posted whole or not at all, and what waited for it right behind it.

One compiled loop over the batch. It stops when an output table is full, with the record at hand undone, and
is called again from there.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import helper, inlined, kernel
from pipelines.kernels.exact import NONE
from pipelines.ledger.chains.posting import post
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.admit import DELIVERY, R_NOT_ALLOWED, R_OVERFLOW, RECEIPT, RETURN, admit
from pipelines.ledger.kernel.audit import audit, sizes_ok
from pipelines.ledger.kernel.ids import doc_of, hist_add, hist_find
from pipelines.ledger.kernel.undo import begin, keep, room, undo
from schemas.reasons import CODE, Reason

R_CONFLICT, R_UNKNOWN_REF = CODE[Reason.ID_CONFLICT], CODE[Reason.UNKNOWN_REFERENCE]
LAST_MASTER, FIRST_ABOUT = 9, 50


@inlined
def alone(t):  # type: ignore[no-untyped-def]
    """Whether events of a type come alone in their record, and are taken one by one: masters, and events
    about events, costs and periods.
    """
    return t <= LAST_MASTER or t >= FIRST_ABOUT


@kernel
def known_id(e, H, Hs):  # type: ignore[no-untyped-def]
    """NEW, DUPLICATE or REFUSED (another content under the same id)."""
    if e[E_HIT] != 0:
        return DUPLICATE if e[E_HIT] == 1 else REFUSED
    k = hist_find(H, Hs, e[E_H1], e[E_H2])
    if k < 0:
        return NEW
    return DUPLICATE if H[k, H_CONTENT] == e[E_CONTENT] else REFUSED


@inlined
def judge_ids(ev, first, last, H, Hs):  # type: ignore[no-untyped-def]
    """NEW, DUPLICATE (all of it is known) or REFUSED (anything between, or an id twice)."""
    known = 0
    for i in range(first, last):
        s = known_id(ev[i], H, Hs)
        if s == REFUSED:
            return REFUSED
        if s == DUPLICATE:
            known += 1
        for j in range(first, i):
            if ev[j, E_H1] == ev[i, E_H1] and ev[j, E_H2] == ev[i, E_H2]:
                return REFUSED
    if known == 0:
        return NEW
    return DUPLICATE if known == last - first else REFUSED


@inlined
def fits_document(e, kind, ent, item):  # type: ignore[no-untyped-def]
    """Whether e may return an event of this type, entity and item."""
    want = DELIVERY if e[E_TYPE] == RETURN else RECEIPT
    return kind == want and ent == e[E_ENT] and (e[E_ITEM] < 0 or e[E_ITEM] == item)


@inlined
def judge_references(ev, first, last, H, Hs, Ak, D):  # type: ignore[no-untyped-def]
    """NEW if every event that is named is known, or stands before in the record, and fits."""
    for i in range(first, last):
        e = ev[i]
        if e[E_RH1] == NONE:
            continue
        kind, ent, item = np.int64(0), np.int64(-1), np.int64(-1)
        for j in range(first, i):
            if ev[j, E_H1] == e[E_RH1] and ev[j, E_H2] == e[E_RH2]:
                kind, ent, item = ev[j, E_TYPE], ev[j, E_ENT], ev[j, E_ITEM]
        if kind == 0:
            acc = np.int64(-1)
            if e[E_DOC] >= 0:
                kind, ent, acc = D[e[E_DOC], D_TYPE], D[e[E_DOC], D_ENT], D[e[E_DOC], D_ACC]
            else:
                k = hist_find(H, Hs, e[E_RH1], e[E_RH2])
                if k < 0 or H[k, H_STATE] & 255 == H_WAITING:
                    return WAITING
                kind, ent, acc = H[k, H_TYPE], H[k, H_ENT], H[k, H_ACC]
            if acc >= 0:
                item = Ak[acc, 0] >> 32
        if not fits_document(e, kind, ent, item):
            return REFUSED
    return NEW


@helper
def try_event(i, w):  # type: ignore[no-untyped-def]
    """Admit, post and audit one event of a record: 0, or the reason why not."""
    ev, H, M, J = w.ev, w.H, w.M, w.J
    M[M_EVENT] = M[M_SERIAL]
    if not room(M, J):
        return 0
    e, line, up = ev[i], M[M_LINES], M[M_TRUEUPS]
    doc = np.int64(-1)
    if e[E_RH1] != NONE:
        doc = e[E_DOC]
        if doc < 0:
            doc = doc_of(hist_find(H, w.Hs, e[E_RH1], e[E_RH2]), w)
        if M[M_FULL] != 0:
            return 0
    why = admit(e, doc, w)
    if why != 0:
        return why
    h = hist_find(H, w.Hs, e[E_H1], e[E_H2])
    if h < 0:
        h = hist_add(e, H_LIVE, H, w.Hs, w.Hm, M, J)
    else:  # it waited
        keep(K_HIST, h, H, w.Hm, M, J)
    M[M_WHY] = 0
    post(i, h, w)
    if M[M_FULL] != 0:
        return 0
    if M[M_WHY] != 0:
        return M[M_WHY]
    n = w.N[e[E_ENT]]
    if M[M_OVERFLOW] != 0 or not sizes_ok(line, n[N_DIGITS], w.O, w.A, w.C, M, J):
        return R_OVERFLOW
    audit(line, up, n[N_METHOD] == FIFO, w.O, w.T, w.A, w.C, M, J)
    return 0


@helper
def try_record(first, last, retry, w):  # type: ignore[no-untyped-def]
    """(status, reason) of events first..last-1; everything is as before unless they are COMMITTED.

    NEW: an output table is full.
    """
    ev, V, M = w.ev, w.V, w.M
    begin(M)
    if not retry:
        status = judge_ids(ev, first, last, w.H, w.Hs)
        if status != NEW:
            return status, R_CONFLICT if status == REFUSED else 0
        for i in range(first, last):
            if alone(ev[i, E_TYPE]):  # it stands alone, and never comes here
                return REFUSED, R_NOT_ALLOWED
    status = judge_references(ev, first, last, w.H, w.Hs, w.Ak, w.D)
    if status != NEW:
        return status, R_UNKNOWN_REF if status == REFUSED else 0
    why = 0
    for i in range(first, last):
        why = try_event(i, w)
        if why != 0 or M[M_FULL] != 0 or M[M_FAULT] != 0:
            break
    if why == 0 and M[M_FULL] == 0:
        return COMMITTED, 0
    take_back(w)
    for i in range(first, last):
        V[i, :] = 0
        V[i, V_STATUS] = WAITING if retry else NEW
    return (NEW, 0) if M[M_FULL] != 0 else (REFUSED, why)


@kernel
def take_back(w):  # type: ignore[no-untyped-def]
    """Undo the record at hand; what stopped it, M_FULL, stays."""
    M, full, row = w.M, w.M[M_FULL], w.M[M_FAULT_ROW]
    undo(w.N, w.I, w.S, w.A, w.Ak, w.As, w.C, w.Ck, w.Cs, w.L, w.P, w.D, w.H, w.Hs, w.Q, w.B, w.Bs, M, w.J)
    M[M_FULL], M[M_FAULT_ROW] = full, row


@inlined
def verdict(first, last, retry, status, why, w):  # type: ignore[no-untyped-def]
    """Write the verdict on a record, and remember or forget its ids if it waits or has waited."""
    ev, g, V, H, Hs, Hm, M, J = w.ev, w.g, w.V, w.H, w.Hs, w.Hm, w.M, w.J
    for i in range(first, last):
        if status == WAITING and not retry:
            begin(M)  # nothing to undo any more
            hist_add(ev[i], H_WAITING, H, Hs, Hm, M, J)
        elif status == REFUSED and retry:
            h = hist_find(H, Hs, ev[i, E_H1], ev[i, E_H2])
            H[h, H_STATE] = H_DEAD
            Hm[h] = 1
        if status == REFUSED:
            V[i, :] = 0
            V[i, V_BOOK], V[i, V_QTY] = g[G_REV], g[G_K]
        V[i, V_STATUS], V[i, V_REASON] = status, why


@inlined
def wake(record, kids_of, stack, M):  # type: ignore[no-untyped-def]
    """What waits for the record is next, if there is anything."""
    if kids_of[record] < kids_of[record + 1]:
        stack[M[M_DEPTH], 0], stack[M[M_DEPTH], 1] = record, kids_of[record]
        M[M_DEPTH] += 1


@inlined
def next_waiting(V, records, kids_of, kids, stack, M):  # type: ignore[no-untyped-def]
    """The next record to wake, -1 if there is none: depth first, each level in the order of arrival."""
    while M[M_DEPTH] > 0:
        top = M[M_DEPTH] - 1
        k = stack[top, 1]
        if k == kids_of[stack[top, 0] + 1]:
            M[M_DEPTH] = top
        elif V[records[kids[k], 0], V_STATUS] != WAITING:
            stack[top, 1] += 1
        else:
            return kids[k]
    return np.int64(-1)


@kernel
def conclude(record, retry, status, why, records, kids_of, stack, w):  # type: ignore[no-untyped-def]
    """The verdict on a record that was not the walk's to try; what waits for it is next."""
    verdict(records[record, 0], records[record, 1], retry, status, why, w)
    if retry:
        stack[w.M[M_DEPTH] - 1, 1] += 1
    if status == COMMITTED:
        wake(record, kids_of, stack, w.M)


@kernel
def walk(order, at, records, kids_of, kids, stack, w):  # type: ignore[no-untyped-def]
    """Walk `order` (int64[s, WW]) from step `at`; returns where it stopped: at its end, or M_FULL."""
    V, M = w.V, w.M
    s = at
    while True:
        record = next_waiting(V, records, kids_of, kids, stack, M)
        retry = record >= 0
        if not retry:
            if s == order.shape[0]:
                return s
            record = order[s, W_RECORD]
        first, last = records[record, 0], records[record, 1]
        if not retry and order[s, W_WHAT] != TRY:
            if V[first, V_STATUS] == WAITING:
                verdict(first, last, True, REFUSED, R_UNKNOWN_REF, w)
            s += 1
            continue
        if alone(w.ev[first, E_TYPE]):
            M[M_FULL], M[M_FAULT_ROW], M[M_RETRY] = ALONE, record, retry
            return s
        status, why = try_record(first, last, retry, w)
        if status == NEW or M[M_FAULT] != 0:
            return s
        verdict(first, last, retry, status, why, w)
        if retry:
            stack[M[M_DEPTH] - 1, 1] += 1
        else:
            s += 1
        if status == COMMITTED:
            wake(record, kids_of, stack, M)
