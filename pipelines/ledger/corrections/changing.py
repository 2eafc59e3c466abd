"""Corrections and cancels: what they change is withdrawn, read anew, put in its place and posted anew."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.kernels.exact import NONE
from pipelines.ledger.chains.change import (
    document_of,
    enter,
    finish,
    judge,
    put,
    rehome,
    reprice,
    say_money,
    start,
    withdraw,
)
from pipelines.ledger.columns import (
    C_EDGE,
    E_ENT,
    E_ITEM,
    E_REC,
    E_RH1,
    E_RH2,
    E_TIME,
    E_TYPE,
    H_AMT,
    H_CANCELLED,
    H_COST,
    H_DISC,
    H_DOC,
    H_ENT,
    H_ITEM,
    H_LINK,
    H_LIVE,
    H_OWN,
    H_SENT,
    H_STATE,
    H_TAX,
    H_TYPE,
    M_FAULT,
    M_FAULT_ROW,
    M_FULL,
    M_HIST,
    M_LINES,
    M_REC,
    M_RETURNED,
    M_ROOT,
    M_TRUEUPS,
    M_VERSION,
    N_OPEN_FROM,
)
from pipelines.ledger.corrections.effective import (
    CANCEL,
    CORRECT,
    CORRECTABLE,
    LANDED,
    check_set,
    time_text,
)
from pipelines.ledger.corrections.finding import Again, Finding, Waits
from pipelines.ledger.corrections.landing import Landing
from pipelines.ledger.kernel.admit import CHARGE, COUNT, GIVE_BACK, RECEIPT, RETURN
from pipelines.ledger.kernel.audit import FAULTS, LedgerFault
from pipelines.ledger.kernel.walk import take_back
from pipelines.ledger.masters import Refusal
from pipelines.ledger.past.paging import cells_of, page_in
from pipelines.ledger.read import read
from pipelines.ledger.state import LedgerState
from schemas.reasons import BY_CODE, Reason
from schemas.registry import TYPE_NAMES

I64 = NDArray[np.int64]


class Changes(Finding):
    """Takes one event about other events at a time."""

    def __init__(self, state: LedgerState) -> None:
        super().__init__(state)
        self.landing = Landing(self)
        self.told: dict[int, dict[str, Any]] = {}  # row of H -> version, time and texts of its last change

    def take(self, e: dict[str, Any], ev: I64) -> int:
        """Take the event; its version. `Refusal`, or `Waits`."""
        while True:
            self.s.reserve(8)
            lines, ups = int(self.s.M[M_LINES]), int(self.s.M[M_TRUEUPS])
            try:
                return self._try(e, ev, lines, ups)
            except Again:
                self.undo()
                self.make_room()
            except (Refusal, Waits):
                self.undo()
                raise

    def prepare(self, e: dict[str, Any], item: int) -> None:
        """Before a standard cost is taken that holds from a moment past: the item's past as it was."""
        if self._standard(e) and self._newest(item) >= e["time"] and self.cut(item):
            page_in(self.s, item)

    def _standard(self, e: dict[str, Any]) -> bool:
        return e["type_name"] == "master.item" and "standard_cost" in (json.loads(e["attrs"] or "{}"))

    def _newest(self, item: int) -> int:
        return int(self.s.t["C"].data[cells_of(self.s, item), C_EDGE].max(initial=NONE))

    def remember(self, e: dict[str, Any], ev: I64, version: int) -> None:
        """A master or a close that was taken: its id; and what a new standard cost changes of the past."""
        s, item = self.s, int(ev[E_ITEM])
        s.reserve(8)
        row = int(enter(ev, version, self.world()))
        s.settle()
        while self._standard(e) and self._newest(item) >= e["time"]:
            ups, lines = int(s.M[M_TRUEUPS]), int(s.M[M_LINES])
            reprice(row, item, e["time"], self.world())
            finish(lines, ups, self.world())
            if not s.M[M_FULL]:
                s.settle()
                return
            take_back(self.world())
            s.settle()
            self.make_room()

    def _try(self, e: dict[str, Any], ev: I64, lines: int, ups: int) -> int:
        self.begun = False
        if ev[E_TYPE] == LANDED:
            self.landing.add(e, ev)
        else:
            self._about(e, ev)
        why = int(finish(lines, ups, self.world()))
        self.full()
        if self.s.M[M_FAULT]:
            raise LedgerFault(int(self.s.M[M_FAULT_ROW]), FAULTS[int(self.s.M[M_FAULT])])
        if why:
            raise Refusal(BY_CODE[why], "")
        self.s.settle()
        return int(self.s.M[M_VERSION])

    # changing

    def begin(self, ev: I64, item: int, target: int, word: int) -> int:
        """The event takes the next version; its row of history."""
        self.begun = True
        row = int(start(ev, item, target, word, self.world()))
        self.s.recent.H.count = int(self.s.M[M_HIST])
        return row

    def _about(self, e: dict[str, Any], ev: I64) -> None:
        own, text = e["source"], e["returns"]
        target = self.named(own, text)
        root = self.root(target)
        if self.h(root)[H_TYPE] == LANDED:
            self.landing.gather(root)
        kind, name = int(self.h(target)[H_TYPE]), TYPE_NAMES[int(self.h(root)[H_TYPE])]
        if self.h(target)[H_ENT] != ev[E_ENT] or name not in CORRECTABLE:
            raise Refusal(Reason.UNKNOWN_REFERENCE, f"{text}: {name}")
        fields: dict[str, Any] = {}
        said: dict[str, Any] = {
            "time": time_text(e["time"]), "of": self.texts.name_of(target),
        }  # fmt: skip
        if ev[E_TYPE] == CORRECT:
            fields = said["set"] = json.loads(e["attrs"])["set"]
            check_set(TYPE_NAMES[kind], name, fields)
        word = self.s.words.id(json.dumps(said, ensure_ascii=False))
        self._keep_sent(root)
        row = self.begin(ev, int(self.h(root)[H_ITEM]), target, word)
        if self.h(root)[H_TYPE] == LANDED:
            self.landing.tell(root, row, target)
        self.s.M[M_ROOT] = root
        self.change(root, int(ev[E_REC]), fields)

    def _keep_sent(self, root: int) -> None:
        """Before it changes for the first time: the words of the event as it came."""
        h = self.h(root)
        if h[H_SENT] <= 0 and h[H_TYPE] != LANDED:
            h[H_SENT] = self.s.words.id(json.dumps(self.texts.sent(root), ensure_ascii=False))
            self.s.recent.H.marks[root] = 1

    def change(self, root: int, arrived: int, fields: dict[str, Any]) -> None:
        """Event `root` and what depends on it are read anew and posted anew."""
        h = self.s.recent.H.data
        kind, was_live = int(h[root, H_TYPE]), h[root, H_STATE] & 255 == H_LIVE
        if kind == LANDED:
            self.landing.spread(root, self.texts.now(root), self.texts.is_live(root))
            return
        live, before = self.texts.is_live(root), h[root].copy()
        self._check_closed(kind, int(before[H_OWN]), int(before[H_ENT]))
        rows = [root, *self._dependents(root)]
        for row in rows[1:]:
            self._keep_sent(row)
        states = [live, *(self.texts.is_live(k) for k in rows[1:])]
        for row, stays in zip(rows, states, strict=True):
            if self.h(row)[H_STATE] & 255 == H_LIVE:
                withdraw(row, not stays, self.world())
                self.full()
        for row, stays in zip(rows, states, strict=True):
            if stays or row == root:
                self._put(row, stays, arrived)
        if kind in (RETURN, GIVE_BACK):
            self.s.M[M_RETURNED] = self.h(root)[H_LINK]
        if kind == CHARGE:
            self._say_charge(root, before, was_live, live)
        if kind == RECEIPT and before[H_COST]:
            self.landing.again(root)
        for row in rows:
            self.told[row] = {"version": int(self.s.M[M_VERSION]), "rec": int(self.s.M[M_REC])}
            self.told[row] |= {n: fields.get(n, "") for n in ("customer", "document")} if row == root else {}

    def _dependents(self, root: int) -> list[int]:
        """The returns of an event, cancelled ones too."""
        d, data = int(self.h(root)[H_DOC]), self.s.recent.rows
        if d < 0:
            return []
        mine = (data[:, H_LINK] == d) & np.isin(data[:, H_TYPE], [RETURN, GIVE_BACK])
        return [k for k in np.flatnonzero(mine).tolist() if data[k, H_STATE] & 255 in (H_LIVE, H_CANCELLED)]

    def _put(self, row: int, live: bool, arrived: int) -> None:
        """Read the event anew and put it in its place."""
        batch = self.texts.read(self.texts.now(row), arrived)
        ev, _ = read(self.s, batch)
        self.s.reserve(8)
        self.event = np.ascontiguousarray(ev)
        self.event[0, E_REC] = arrived
        doc = -1
        if ev[0, E_RH1] != NONE:
            of = self.s.recent.row(ev[0, E_RH1], ev[0, E_RH2])
            if of < 0:
                raise Waits
            doc = int(document_of(of, self.world()))
            self.full()
        why = int(judge(0, doc, self.world()))
        if why:
            raise Refusal(BY_CODE[why], "")
        self._check_closed(int(ev[0, E_TYPE]), int(ev[0, E_TIME]), int(ev[0, E_ENT]))
        before = int(self.h(row)[H_ITEM])
        put(0, row, live, self.world())
        self.full()
        item = int(self.h(row)[H_ITEM])
        if item != before:
            self.s.recent.moved.append((row, before))
            for k in self._said_of(row):
                rehome(k, item, self.world())
                self.s.recent.moved.append((k, before))

    def _said_of(self, row: int) -> list[int]:
        """Every correction and cancel of an event, and of those."""
        data = self.s.recent.rows
        mine = np.flatnonzero((data[:, H_LINK] == row) & np.isin(data[:, H_TYPE], [CORRECT, CANCEL])).tolist()
        return [x for k in mine for x in (k, *self._said_of(k))]

    def _check_closed(self, kind: int, at: int, ent: int) -> None:
        """A count in a closed period is certified: neither it nor what changes it is taken."""
        if kind == COUNT and at < self.s.t["N"].data[ent, N_OPEN_FROM]:
            raise Refusal(Reason.CLOSED_PERIOD, time_text(at)[:7])

    def _say_charge(self, root: int, before: Any, was: bool, live: bool) -> None:
        now = self.h(root)
        figures = [
            (int(max(now[c], 0) if c != H_AMT else now[c]) if live else 0)
            - (int(max(before[c], 0) if c != H_AMT else before[c]) if was else 0)
            for c in (H_AMT, H_DISC, H_TAX)
        ]
        if any(figures):
            say_money(root, *figures, self.world())
            self.full()
