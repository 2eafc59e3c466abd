"""Walking a batch: the kernel's walk, and what it stops for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.ledger.columns import (
    ALONE,
    COMMITTED,
    E_ENT,
    E_ITEM,
    E_TYPE,
    GW,
    M_DEPTH,
    M_FAULT,
    M_FAULT_ROW,
    M_FULL,
    M_RETRY,
    N_REC,
    NEW,
    PAGE_IN,
    REFUSED,
    V_REC,
    V_STATUS,
    V_VERSION,
    WAITING,
)
from pipelines.ledger.corrections.changing import Changes
from pipelines.ledger.corrections.closing import close
from pipelines.ledger.corrections.effective import LANDED
from pipelines.ledger.corrections.finding import Waits
from pipelines.ledger.kernel.audit import FAULTS, LedgerFault
from pipelines.ledger.kernel.walk import LAST_MASTER, conclude, known_id, walk
from pipelines.ledger.masters import Masters, Refusal
from pipelines.ledger.order import Plan
from pipelines.ledger.past.paging import page_in
from pipelines.ledger.state import LedgerState
from schemas.reasons import CODE, Reason
from schemas.registry import TYPE_NAMES

I64 = NDArray[np.int64]


class Walking:
    """One batch on its way: masters, closes and events about events are taken here, one at a time."""

    def __init__(self, state: LedgerState, masters: Masters, changes: Changes) -> None:
        self.state, self.masters, self.changes = state, masters, changes

    def run(self, p: Plan, ev: I64, verdicts: I64, batch: pa.RecordBatch) -> dict[int, str]:
        """Walk the plan; returns what is to be said of events that were refused here, by row."""
        s, found, at = self.state, np.zeros(GW, np.int64), 0
        self._why: dict[int, str] = {}
        stack = np.empty((len(p.records) + 2, 2), np.int64)
        landed = np.flatnonzero(ev[p.records[:, 0], E_TYPE] == LANDED).tolist()
        while True:
            s.reserve(len(ev))
            at = int(walk(p.steps, at, p.records, p.kids_of, p.kids, stack, s.world(ev, found, verdicts)))
            full, row = int(s.M[M_FULL]), int(s.M[M_FAULT_ROW])
            if s.M[M_FAULT]:
                raise LedgerFault(row, FAULTS[int(s.M[M_FAULT])])
            if not full:
                if not landed:
                    return self._why
                # A cost waits for several receipts, but is woken by one of them only: it is tried once more.
                row, full = landed.pop(), ALONE
                if verdicts[p.records[row, 0], V_STATUS] != WAITING:
                    continue
                stack[0], s.M[M_DEPTH], s.M[M_RETRY] = (row, p.kids_of[row + 1] - 1), 1, 1
            if full == PAGE_IN:  # the walk stopped at a record that it undid
                s.M[M_FULL] = 0
                page_in(s, row)
            elif full == ALONE:
                s.M[M_FULL], retry = 0, bool(s.M[M_RETRY])
                first, last = p.records[row].tolist()
                status, reason = self._alone(first, last, retry, ev, verdicts, batch)
                world = s.world(ev, found, verdicts)
                conclude(row, retry, status, reason, p.records, p.kids_of, stack, world)
                at += not retry
            else:
                s.grow()

    def _alone(
        self, first: int, last: int, retry: bool, ev: I64, verdicts: I64, batch: pa.RecordBatch
    ) -> tuple[int, int]:
        """Take an event that stands alone in its record: (status, reason)."""
        e = batch.slice(first, 1).to_pylist()[0]
        e["type_name"] = TYPE_NAMES[e["type"]]
        r = self.state.recent
        if not retry and (status := int(known_id(ev[first], r.H.data, r.Hs))) != NEW:
            return status, CODE[Reason.ID_CONFLICT] if status == REFUSED else 0
        try:
            if last - first > 1:
                raise Refusal(Reason.NOT_ALLOWED, f"{e['type_name']}: 1 ≠ {last - first}")
            version = self._take(e, ev[first])
        except Waits:
            return WAITING, 0
        except Refusal as refusal:
            self._why |= dict.fromkeys(range(first, last), refusal.detail)
            return REFUSED, CODE[refusal.reason]
        verdicts[first] = 0
        verdicts[first, V_VERSION] = version
        verdicts[first, V_REC] = self.state.t["N"].data[ev[first, E_ENT], N_REC]
        return COMMITTED, 0

    def _take(self, e: dict[str, Any], ev: I64) -> int:
        """Take a master, a close, or an event about others; its version."""
        ent, item = int(ev[E_ENT]), int(ev[E_ITEM])
        if e["type_name"] == "period.close":
            version = close(self.state, self.masters, e, ent)
        elif e["type"] > LAST_MASTER:
            return self.changes.take(e, ev)
        else:
            self.masters.check(e, ent, item)
            self.changes.prepare(e, item)
            version = self.masters.apply(e, ent, item)
        self.changes.remember(e, ev, version)
        return version
