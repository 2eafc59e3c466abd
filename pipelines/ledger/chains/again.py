"""An item's past, posted anew from nothing: what comes back from history as chains."""

from __future__ import annotations

from pipelines.kernels.compiled import kernel
from pipelines.ledger.chains.chain import make_row
from pipelines.ledger.chains.posting import make_rows, revalues
from pipelines.ledger.chains.replay import post_next
from pipelines.ledger.columns import *
from pipelines.ledger.kernel.admit import REVALUE
from pipelines.ledger.kernel.ids import reopen
from pipelines.ledger.kernel.queues import drop_layer, drop_piece
from pipelines.ledger.kernel.undo import begin
from pipelines.ledger.kernel.walk import take_back


@kernel
def reset(cells, w):  # type: ignore[no-untyped-def]
    """The cells hold nothing, and never did. What they held is free for others."""
    C, M, P = w.C, w.M, w.P
    for c in cells:
        begin(M)
        while C[c, C_LH] >= 0:
            drop_layer(c, C[c, C_LH], C, w.L, w.Lm, M, w.J)
            begin(M)
        while C[c, C_PH] >= 0:
            drop_piece(c, C[c, C_PH], C, P, w.Pm, w.D, w.Dm, M, w.J)
            begin(M)
        for k in (C_Q, C_V, C_AV, C_AQ, C_SQ, C_SV, C_COSTED, C_HELD, C_CUT, C_SINCE, C_LANDED):
            C[c, k] = 0
        C[c, C_ACC], C[c, C_TAIL], C[c, C_CUR] = -1, -1, -1
        w.Cm[c] = 1


@kernel
def repost(rows, at, item, w):  # type: ignore[no-untyped-def]
    """Post the events `rows` (of H, in the order of event time) from number `at` on; returns where it
    stopped: at the end, or M_FULL. Nothing is said of it.
    """
    H, I, M = w.H, w.I, w.M
    ups = M[M_TRUEUPS]
    for n in range(at, rows.shape[0]):
        h = rows[n]
        begin(M)
        M[M_EVENT], M[M_OWN], M[M_FOUND], M[M_WHY], M[M_RETURNED] = M[M_SERIAL], SILENT, h, 0, -1
        if H[h, H_STATE] & 255 == H_CANCELLED:
            if H[h, H_DOC] >= 0:
                reopen(H[h, H_DOC], h, w)
            continue
        if H[h, H_TYPE] == REVALUE:
            H[h, H_LINK] = I[item, I_REVALS] - 1
            I[item, I_REVALS] = h + 1
            c = I[item, I_CELL]
            while c >= 0 and M[M_FULL] == 0:
                if revalues(h, c, w):
                    q = make_row(h, REVALUED, c, -1, w)
                    if q >= 0:
                        post_next(q, w)
                c = w.C[c, C_NEXT]
            if M[M_FULL] != 0:
                I[item, I_REVALS] = H[h, H_LINK] + 1
        else:
            for q in make_rows(h, w):
                if q >= 0 and M[M_FULL] == 0:
                    post_next(q, w)
        if M[M_FULL] != 0:
            take_back(w)
            return n
        M[M_TRUEUPS] = ups
    begin(M)
    return rows.shape[0]
