"""An item's past comes back from history: its events as rows of chains, posted anew, silently.

V is a pure function of the events, so what comes out is what was there: the cells are compared, and a
difference is a fault. From then on what is late or corrected can be posted into the middle.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.kernels.strings import string_buffers
from pipelines.ledger.chains.again import repost, reset
from pipelines.ledger.columns import (
    A_AT,
    A_BATCH,
    A_CELL,
    A_QTY,
    A_REC,
    A_SEEN,
    A_SITECELL,
    A_TRUST,
    A_VER,
    C_AQ,
    C_AV,
    C_COSTED,
    C_NEXT,
    C_Q,
    C_V,
    EV,
    GW,
    H_CANCELLED,
    H_CONTENT,
    H_DOC,
    H_H1,
    H_H2,
    H_ITEM,
    H_LINK,
    H_LIVE,
    H_OTHER,
    H_SOURCE,
    H_STATE,
    H_TYPE,
    H_VER,
    I_CELL,
    I_REVALS,
    M_FAULT,
    M_FULL,
    M_HIST,
    M_TACCS,
    M_TRUEUPS,
    VD,
)  # fmt: skip
from pipelines.ledger.documents import enter_documents
from pipelines.ledger.hashing import id_hashes
from pipelines.ledger.kernel.audit import LedgerFault
from pipelines.ledger.kernel.walk import LAST_MASTER
from pipelines.ledger.past.layout import from_recent, to_recent
from pipelines.ledger.past.runs import R_ENT, R_ITEM, R_LINK, R_VER, in_order
from pipelines.ledger.read import ABOUT
from pipelines.ledger.state import LedgerState
from schemas.registry import EVENT_TYPES, TYPE_CODES

I64 = NDArray[np.int64]
_KEPT = [A_VER, A_AT, A_REC, A_TRUST, A_BATCH]
_SAME = [C_Q, C_V, C_AV, C_AQ, C_COSTED]


def page_in(s: LedgerState, item: int) -> None:
    """Bring an item's past to hand. `LedgerFault` if its cells would come out otherwise than they are."""
    s.settle()
    _bring(s, item)
    cells = cells_of(s, item)
    accounts = np.flatnonzero(np.isin(s.t["A"].data[: s.t["A"].count, A_CELL], cells))
    shadows = np.unique(s.t["A"].data[accounts, A_SITECELL])
    before, kept = s.t["C"].data[cells].copy(), s.t["A"].data[accounts].copy()
    ups, touched = int(s.M[M_TRUEUPS]), int(s.M[M_TACCS])
    _empty(s, cells, accounts, shadows)
    rows = _in_order(s, item)
    at = 0
    while True:
        at = int(repost(rows, at, item, s.world(_NO_EVENTS, np.zeros(GW, np.int64), _NO_VERDICTS)))
        if not s.M[M_FULL]:
            break
        s.grow()
    s.settle()
    s.M[M_TRUEUPS], s.M[M_TACCS] = ups, touched
    s.t["A"].data[accounts[:, None], _KEPT] = kept[:, _KEPT]
    after = s.t["C"].data[cells]
    wrong = (after[:, _SAME] != before[:, _SAME]).any(axis=1)
    wrong |= (s.t["A"].data[accounts, A_QTY] != kept[:, A_QTY]).any()
    if wrong.any() or s.M[M_FAULT]:
        raise LedgerFault(int(cells[np.argmax(wrong)]), "its past, posted anew, gives another cell")


_NO_EVENTS, _NO_VERDICTS = np.zeros((0, EV), np.int64), np.zeros((0, VD), np.int64)
_WALKED = [code for name, code in TYPE_CODES.items() if EVENT_TYPES[name].rank < 9 and code > LAST_MASTER]


def cells_of(s: LedgerState, item: int) -> I64:
    """The item's valuation cells."""
    found, c = [], int(s.t["I"].data[item, I_CELL])
    while c >= 0:
        found.append(c)
        c = int(s.t["C"].data[c, C_NEXT])
    return np.array(found, np.int64)


def _bring(s: LedgerState, item: int) -> None:
    """The item's events that are in history only become rows of recent history."""
    if not s.history.runs:
        return
    rows, content, ids = s.history.of_item(item)
    h = s.recent.rows
    here = h[h[:, H_ITEM] == item, H_VER]  # all of an item's events are one entity's
    new = np.flatnonzero(~np.isin(rows[:, R_VER], here))
    rows, ids = rows[new], ids.take(pa.array(new))
    fresh = to_recent(rows)
    fresh[:, H_CONTENT] = content[new]
    fresh[:, H_H1], fresh[:, H_H2] = id_hashes(s.words.column(fresh[:, H_SOURCE]), ids)
    enter_documents(s)
    fresh[:, H_DOC] = s.maps["docs"].find(rows[:, R_ENT], rows[:, R_VER])
    linked = rows[:, R_LINK] >= 0
    fresh[linked, H_LINK] = s.maps["docs"].find(rows[linked, R_ENT], rows[linked, R_LINK])
    s.recent.add(fresh, ids)
    s.M[M_HIST] = s.recent.H.count
    _targets(s, item)


def known(s: LedgerState, h1: Any, source: str, name: str) -> bool:
    """Whether history has the event."""
    return int(_lookup(s, h1, source, name)[0][0]) >= 0


def _lookup(s: LedgerState, h1: Any, source: str, name: str) -> tuple[I64, I64]:
    word = s.words.ids(pa.array([source]))
    return s.history.lookup(np.array([h1]), word, string_buffers(pa.array([name])))


def bring_one(s: LedgerState, h1: Any, source: str, name: str) -> None:
    """An event that history has comes back: with its item's past, or alone if it moves no item."""
    run, row = _lookup(s, h1, source, name)
    rows = s.history.rows(run, row)
    if rows[0, R_ITEM] >= 0:
        page_in(s, int(rows[0, R_ITEM]))
        return
    fresh, ids = to_recent(rows), pa.array([name])
    fresh[:, H_CONTENT] = s.history.contents(run, row)
    fresh[:, H_H1], fresh[:, H_H2] = id_hashes(pa.array([source]), ids)
    s.recent.add(fresh, ids)
    s.M[M_HIST] = s.recent.H.count


def _targets(s: LedgerState, item: int) -> None:
    """Corrections and cancels of the item's events point to the rows of those."""
    h = s.recent.rows
    mine = np.flatnonzero(h[:, H_ITEM] == item)
    about = mine[np.isin(h[mine, H_TYPE], ABOUT)]
    if len(about):
        order = mine[np.argsort(h[mine, H_VER])]
        h[about, H_LINK] = order[np.searchsorted(h[order, H_VER], h[about, H_OTHER])]


def _empty(s: LedgerState, cells: I64, accounts: I64, shadows: I64) -> None:
    reset(cells, s.world(_NO_EVENTS, np.zeros(GW, np.int64), _NO_VERDICTS))
    a = s.t["A"]
    a.data[accounts, A_QTY] = a.data[accounts, A_SEEN] = 0
    a.marks[accounts] = 1
    s.t["C"].data[shadows, C_Q] = 0
    s.t["C"].marks[shadows] = 1


def _in_order(s: LedgerState, item: int) -> I64:
    """The rows of H that are events of the item that move it, in the order of event time."""
    s.t["I"].data[item, I_REVALS] = 0
    h = s.recent.rows
    state = h[:, H_STATE] & 255
    mine = (h[:, H_ITEM] == item) & np.isin(h[:, H_TYPE], _WALKED)
    found = np.flatnonzero(mine & ((state == H_LIVE) | (state == H_CANCELLED)))
    return found[in_order(from_recent(h[found]), s.recent.ids(found), s.words)]
