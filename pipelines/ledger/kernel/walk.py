"""The walk: records in order, each posted whole or not at all, and what waited for it right behind it.

One compiled loop over the batch. It stops when an output table is full, with the record at hand undone, and
is called again from there.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import inlined, kernel
from pipelines.kernels.exact import NONE
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.admit import DELIVERY, R_NOT_ALLOWED, R_OVERFLOW, RECEIPT, RETURN, admit
from pipelines.ledger.kernel.audit import audit, sizes_ok
from pipelines.ledger.kernel.ids import doc_of, hist_add, hist_find
from pipelines.ledger.kernel.posting import post
from pipelines.ledger.kernel.undo import begin, keep, room, undo
from schemas.reasons import CODE, Reason

R_CONFLICT, R_UNKNOWN_REF = CODE[Reason.ID_CONFLICT], CODE[Reason.UNKNOWN_REFERENCE]
LAST_MASTER = 9


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


@inlined
def try_event(  # type: ignore[no-untyped-def]
    ev, i, g, V, N, Nm, I, Im, S, Sm, U, K, Ks, H, Hs, Hm, A, Am, Ak, As, C, Cm, Ck, Cs, TA, L, Lm, P, Pm,
    D, Dm, combos, Bs, B, T, O, M, J,
):  # fmt: skip
    """Admit, post and audit one event of a record: 0, or the reason why not."""
    M[M_EVENT] = M[M_SERIAL]
    if not room(M, J):
        return 0
    e, line, up = ev[i], M[M_LINES], M[M_TRUEUPS]
    doc = np.int64(-1)
    if e[E_RH1] != NONE:
        doc = e[E_DOC]
        if doc < 0:
            doc = doc_of(hist_find(H, Hs, e[E_RH1], e[E_RH2]), H, Hm, D, Dm, M, J)
    why = admit(e, g, doc, N, I, S, U, K, Ks, A, Ak, As, C, Ck, Cs, D, combos, Bs)
    if why != 0:
        return why
    h = hist_find(H, Hs, e[E_H1], e[E_H2])
    if h < 0:
        h = hist_add(e, i, H_LIVE, H, Hs, Hm, M, J)
    else:  # it waited
        keep(K_HIST, h, H, Hm, M, J)
    post(
        ev, i, g, V[i], h, N, Nm, I, Im, S, Sm, H, Hm, A, Am, Ak, As, C, Cm, Ck, Cs, TA, L, Lm, P, Pm, D,
        Dm, combos, Bs, B, T, O, M, J,
    )  # fmt: skip
    if M[M_FULL] != 0:
        return 0
    n = N[e[E_ENT]]
    if M[M_OVERFLOW] != 0 or not sizes_ok(line, n[N_DIGITS], O, A, C, M, J):
        return R_OVERFLOW
    audit(line, up, n[N_METHOD] == FIFO, O, T, A, C, M, J)
    return 0


@inlined
def try_record(  # type: ignore[no-untyped-def]
    first, last, retry, ev, g, V, N, Nm, I, Im, S, Sm, U, K, Ks, H, Hs, Hm, A, Am, Ak, As, C, Cm, Ck, Cs,
    TA, L, Lm, P, Pm, D, Dm, combos, Bs, B, T, O, M, J,
):  # fmt: skip
    """(status, reason) of events first..last-1; everything is as before unless they are COMMITTED.

    NEW: an output table is full.
    """
    begin(M)
    if not retry:
        status = judge_ids(ev, first, last, H, Hs)
        if status != NEW:
            return status, R_CONFLICT if status == REFUSED else 0
        for i in range(first, last):
            if ev[i, E_TYPE] <= LAST_MASTER:  # a master stands alone, and never comes here
                return REFUSED, R_NOT_ALLOWED
    status = judge_references(ev, first, last, H, Hs, Ak, D)
    if status != NEW:
        return status, R_UNKNOWN_REF if status == REFUSED else 0
    why = 0
    for i in range(first, last):
        why = try_event(
            ev, i, g, V, N, Nm, I, Im, S, Sm, U, K, Ks, H, Hs, Hm, A, Am, Ak, As, C, Cm, Ck, Cs, TA, L, Lm,
            P, Pm, D, Dm, combos, Bs, B, T, O, M, J,
        )  # fmt: skip
        if why != 0 or M[M_FULL] != 0 or M[M_FAULT] != 0:
            break
    if why == 0 and M[M_FULL] == 0:
        return COMMITTED, 0
    full = M[M_FULL]
    undo(N, I, S, A, Ak, As, C, Ck, Cs, L, P, D, H, Hs, combos, Bs, M, J)
    M[M_FULL] = full
    for i in range(first, last):
        V[i, :] = 0
        V[i, V_STATUS] = WAITING if retry else NEW
    return (NEW, 0) if full != 0 else (REFUSED, why)


@inlined
def settle(first, last, retry, status, why, ev, g, V, H, Hs, Hm, M, J):  # type: ignore[no-untyped-def]
    """Write the verdict on a record, and remember or forget its ids if it waits or has waited."""
    for i in range(first, last):
        if status == WAITING and not retry:
            begin(M)  # nothing to undo any more
            hist_add(ev[i], i, H_WAITING, H, Hs, Hm, M, J)
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
def walk(  # type: ignore[no-untyped-def]
    order, at, records, kids_of, kids, stack, ev, g, V, N, Nm, I, Im, S, Sm, U, K, Ks, H, Hs, Hm, A, Am,
    Ak, As, C, Cm, Ck, Cs, TA, L, Lm, P, Pm, D, Dm, combos, Bs, B, T, O, M, J,
):  # fmt: skip
    """Walk `order` (int64[s, WW]) from step `at`; returns where it stopped: at its end, or M_FULL."""
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
            if order[s, W_WHAT] == WAKE:
                wake(record, kids_of, stack, M)
            elif V[first, V_STATUS] == WAITING:
                settle(first, last, True, REFUSED, R_UNKNOWN_REF, ev, g, V, H, Hs, Hm, M, J)
            s += 1
            continue
        status, why = try_record(
            first, last, retry, ev, g, V, N, Nm, I, Im, S, Sm, U, K, Ks, H, Hs, Hm, A, Am, Ak, As, C, Cm,
            Ck, Cs, TA, L, Lm, P, Pm, D, Dm, combos, Bs, B, T, O, M, J,
        )  # fmt: skip
        if status == NEW or M[M_FAULT] != 0:
            return s
        settle(first, last, retry, status, why, ev, g, V, H, Hs, Hm, M, J)
        if retry:
            stack[M[M_DEPTH] - 1, 1] += 1
        else:
            s += 1
        if status == COMMITTED:
            wake(record, kids_of, stack, M)
