"""Posting rows anew, in the order of event time, in as many cells as it takes.

A cell whose chain changes is taken back to before the change and posted again from there. Where a row hands
something else to another cell than before, that cell is taken back too. Of the cells under way the one whose
next row is the oldest goes on.
"""

from __future__ import annotations

from pipelines.kernels.compiled import helper, inlined
from pipelines.ledger.chains.chain import before, go_back, unlink
from pipelines.ledger.chains.rows import post_row
from pipelines.ledger.chains.settle import settle
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.undo import keep, room


@inlined
def _sooner(a, b, w):  # type: ignore[no-untyped-def]
    """Whether the next row of cell a stands before that of cell b."""
    return before(w.C[a, C_CUR], w.C[b, C_CUR], w)


@helper
def _rise(i, w):  # type: ignore[no-untyped-def]
    """Cell i of the heap has got an older next row."""
    heap = w.heap
    while i > 0:
        p = (i - 1) // 2
        if not _sooner(heap[i], heap[p], w):
            return
        heap[i], heap[p] = heap[p], heap[i]
        i = p


@helper
def _sink(i, w):  # type: ignore[no-untyped-def]
    """Cell i of the heap has got a newer next row."""
    heap, n = w.heap, w.M[M_HEAP]
    while True:
        k = 2 * i + 1
        if k >= n:
            return
        if k + 1 < n and _sooner(heap[k + 1], heap[k], w):
            k += 1
        if not _sooner(heap[k], heap[i], w):
            return
        heap[i], heap[k] = heap[k], heap[i]
        i = k


@helper
def activate(q, w):  # type: ignore[no-untyped-def]
    """From row q on its cell is to be posted anew."""
    c, M = w.Q[q, Q_CELL], w.M
    under_way = w.C[c, C_CUR] >= 0
    at = go_back(q, w)
    if M[M_FULL] != 0:
        return
    w.C[c, C_CUR] = at
    if not under_way:
        w.heap[M[M_HEAP]] = c
        M[M_HEAP] += 1
        _rise(M[M_HEAP] - 1, w)
        return
    for i in range(M[M_HEAP]):
        if w.heap[i] == c:
            _rise(i, w)
            return


@helper
def post_next(q, w):  # type: ignore[no-untyped-def]
    """Post row q where it stands, and say what changed; whether its pair is to be posted anew."""
    keep(K_ROW, q, w.Q, w.Qm, w.M, w.J)
    covers, parts = w.M[M_COVERS], w.M[M_PARTS]
    post_row(q, w)
    if w.M[M_FULL] != 0 or w.M[M_WHY] != 0:
        return False
    return settle(q, covers, parts, w)


@helper
def replay(w):  # type: ignore[no-untyped-def]
    """Post the cells under way to the end of their chains, unless M_FULL or M_WHY stops it."""
    C, Q, M = w.C, w.Q, w.M
    while M[M_HEAP] > 0 and room(M, w.J):
        c = w.heap[0]
        q = C[c, C_CUR]
        changed = post_next(q, w)
        if M[M_FULL] != 0 or M[M_WHY] != 0 or M[M_OVERFLOW] != 0:
            return
        after = Q[q, Q_NEXT]
        if Q[q, Q_DEAD] != 0:
            unlink(q, w)
        if after >= 0:
            C[c, C_CUR] = after
        else:
            C[c, C_CUR] = -1
            M[M_HEAP] -= 1
            w.heap[0] = w.heap[M[M_HEAP]]
        _sink(0, w)
        pair = Q[q, Q_PAIR]
        if changed and pair >= 0 and Q[q, Q_SIDE] == FIRST and Q[pair, Q_DONE] != 0:
            activate(pair, w)
            if M[M_FULL] != 0:
                return
