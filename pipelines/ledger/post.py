"""Step `ledger.post`: decoded events become balanced movement lines, in order, each whole or not at all.

**In** the decoded event batch. **Out** `core.movement true_up entry account stock sale count entity item site
rate unit_factor`, and `verdict` (one row per event: record, status, reason). **Key and grain** the entity;
one commit per accepted event.
**Units** quantities in millionths, money in 1e-4 of the entity's currency. **Order and lateness** order of
arrival; an event earlier than its cell is posted all the same and counted late. **Restart** state is saved as
columns; the same events after a restore give the same lines. **Refuses** `id_conflict not_yet unknown_master
unknown_uom scale fraction amount_mismatch missing_field not_allowed over_return negative_stock overflow`, and
`unknown_reference` after seven days of waiting. **Source** docs/ledger.md. **Example** ten come in at 1.50:

    >>> from pipelines.intake.decode import DecodeStep
    >>> from pipelines.kernels.records import Facts, records_table
    >>> line = (b'{"id":"1","source":"till","type":"stock.receipt","time":"2026-01-05T08:00:00+08:00",'
    ...         b'"entity":"E","site":"S","item":"TEA","qty":"10","unit_cost":"1.5"}')
    >>> data = pa.array([line], pa.large_binary())
    >>> records = records_table(Facts(arrived_at=1_800_000_000_000), np.arange(1), data)
    >>> event = DecodeStep().process(records).merged()["event"]
    >>> lines = LedgerStep().process(event).merged()["core.movement"]
    >>> lines.select(["from_place", "to_place", "qty", "value_amt"]).to_pylist()
    [{'from_place': '@supplier', 'to_place': 'S', 'qty': 10000000, 'value_amt': 150000}]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.kernels.exact import NONE
from pipelines.kernels.rows import by_column
from pipelines.kernels.strings import string_buffers
from pipelines.ledger.columns import (
    COMMITTED,
    DUPLICATE,
    E_CONTENT,
    E_DOC,
    E_ENT,
    E_GROUP,
    E_H1,
    E_HIT,
    E_ITEM,
    E_REC,
    E_RH1,
    E_SOURCE,
    E_TIME,
    E_TYPE,
    GW,
    H_LIVE,
    H_VER,
    M_ACCOUNTS,
    M_BATCH,
    M_BORN,
    M_COUNT,
    M_DEPTH,
    M_FAULT,
    M_FAULT_ROW,
    M_FULL,
    M_HIST,
    M_LINES,
    M_OVERFLOW,
    M_REVAL,
    M_SERIAL,
    M_TACCS,
    M_TRUEUPS,
    M_VARIANCE,
    N_AUTO,
    REFUSED,
    TRY,
    V_BOOK,
    V_CONTRA,
    V_LATE,
    V_QTY,
    V_REASON,
    V_REC,
    V_STATUS,
    V_VERSION,
    VD,
    W_RECORD,
    W_WHAT,
    WAITING,
    WAKE,
)  # fmt: skip
from pipelines.ledger.documents import documents
from pipelines.ledger.kernel.audit import FAULTS, LedgerFault
from pipelines.ledger.kernel.ids import hist_add
from pipelines.ledger.kernel.undo import begin
from pipelines.ledger.kernel.walk import LAST_MASTER, known_id, walk
from pipelines.ledger.masters import Masters, Refusal
from pipelines.ledger.order import Plan, plan
from pipelines.ledger.output.columns import taker
from pipelines.ledger.output.tables import Emitter
from pipelines.ledger.read import read
from pipelines.ledger.state import LedgerState
from pipelines.step import Outputs
from schemas import accounts
from schemas.reasons import BY_CODE, CODE, Reason
from schemas.registry import TYPE_NAMES

I64 = NDArray[np.int64]
WAIT_MS = 7 * 24 * 3600 * 1000


class LedgerStep:
    """The ledger of one worker."""

    name = "ledger.post"
    version = 1
    reads = ("event",)
    gives = (
        "core.movement", "core.true_up", "core.entry", "core.account", "core.stock", "core.sale",
        "core.count", "core.entity", "core.item", "core.site", "core.rate", "core.unit_factor", "verdict",
    )  # fmt: skip

    def __init__(self) -> None:
        self._fresh()

    def _fresh(self) -> None:
        self.state = LedgerState()
        for counter, place in (
            (M_VARIANCE, accounts.PRICE_VARIANCE), (M_COUNT, accounts.COUNT), (M_REVAL, accounts.REVALUATION)
        ):  # fmt: skip
            self.state.M[counter] = self.state.words.id(place)
        self._parts()

    def _parts(self) -> None:
        self.emitter = Emitter(self.state)
        self.masters = Masters(self.state)
        self.waiting: list[dict[str, Any]] = self.state.extra.setdefault("waiting", [])

    def save(self, folder: Path, mark: dict[str, Any] | None = None) -> None:
        """Write what changed since the last save; `mark` comes back from `restore`."""
        self.state.extra["waiting"] = self.waiting
        self.state.save(folder, mark or {})

    def restore(self, folder: Path) -> dict[str, Any] | None:
        """Read the last save of `folder`; its mark, or None (then the state is empty)."""
        self._fresh()
        mark = self.state.restore(folder)
        if mark is not None:
            self._parts()
        return mark

    def process(self, batch: pa.RecordBatch) -> Outputs:
        """Post a batch. Raises `LedgerFault` if an invariant does not hold: then nothing may be written."""
        s = self.state
        fresh = batch.num_rows
        if self.waiting:
            old = pa.RecordBatch.from_pylist(self.waiting, schema=batch.schema)
            batch = pa.Table.from_batches([batch, old]).combine_chunks().to_batches()[0]
        ev, words = read(s, batch)
        self._known(ev, batch)
        s.reserve(batch.num_rows)
        verdicts = np.zeros((batch.num_rows, VD), np.int64)
        verdicts[fresh:, V_STATUS] = WAITING
        s.M[[M_LINES, M_TRUEUPS, M_TACCS, M_BORN, M_FAULT, M_FULL, M_OVERFLOW, M_DEPTH]] = 0
        s.M[M_BATCH] = s.M[M_SERIAL]
        first_account, first_id = int(s.M[M_ACCOUNTS]), int(s.M[M_HIST])
        self._run(plan(ev, fresh, WAIT_MS), ev, verdicts, batch)
        s.settle()
        s.remember(first_id, batch.column("id"))
        return self._outputs(batch, ev, words, verdicts, fresh, first_account)

    # walking
    # --------------------------------------------------------------------------------------------------------

    def _known(self, ev: I64, batch: pa.RecordBatch) -> None:
        """Look up ids and references that left recent history."""
        history = self.state.history
        run, row = history.lookup(
            ev[:, E_H1].copy(), ev[:, E_SOURCE].copy(), string_buffers(batch.column("id"))
        )
        old = np.flatnonzero(run >= 0)
        if len(old):
            ev[old, E_HIT] = np.where(history.contents(run[old], row[old]) == ev[old, E_CONTENT], 1, 2)
        refs = np.flatnonzero(ev[:, E_RH1] != NONE)
        if len(refs):
            said = [batch.column(name).take(pa.array(refs)).to_pylist() for name in ("source", "returns")]
            ev[refs, E_DOC] = documents(self.state, ev[refs, E_RH1].copy(), *said)

    def _run(self, p: Plan, ev: I64, verdicts: I64, batch: pa.RecordBatch) -> None:
        self._why: dict[int, str] = {}  # row of a master that was refused -> detail
        self._stack = np.empty((len(p.records) + 1, 2), np.int64)
        first = p.records[p.steps[:, W_RECORD], 0]
        at = 0
        for m in np.flatnonzero((ev[first, E_TYPE] <= LAST_MASTER) & (p.steps[:, W_WHAT] == TRY)).tolist():
            self._walk(p, p.steps[at:m], ev, verdicts)
            record = int(p.steps[m, W_RECORD])
            begin_at, end = p.records[record].tolist()
            if self._master(begin_at, end, ev, verdicts, batch):
                self._walk(p, np.array([[record, WAKE]]), ev, verdicts)
            at = m + 1
        self._walk(p, p.steps[at:], ev, verdicts)

    def _walk(self, p: Plan, steps: I64, ev: I64, verdicts: I64) -> None:
        s, found, at = self.state, np.zeros(GW, np.int64), 0
        while len(steps):
            t, m = s.t, s.maps
            at = walk(
                steps, at, p.records, p.kids_of, p.kids, self._stack, ev, found, verdicts, t["N"].data,
                t["N"].marks, t["I"].data, t["I"].marks, t["S"].data, t["S"].marks, t["U"].data,
                t["K"].data, m["factors"].slots, s.H.data, s.Hs, s.H.marks, t["A"].data, t["A"].marks,
                m["accounts"].keys, m["accounts"].slots, t["C"].data, t["C"].marks, m["cells"].keys,
                m["cells"].slots, s.taccs, t["L"].data, t["L"].marks, t["P"].data, t["P"].marks,
                t["D"].data, t["D"].marks, m["combos"].keys, m["combos"].slots, s.born, s.ups, s.lines,
                s.M, s.journal,
            )  # fmt: skip
            if s.M[M_FAULT]:
                raise LedgerFault(int(s.M[M_FAULT_ROW]), FAULTS[int(s.M[M_FAULT])])
            if not s.M[M_FULL]:
                return
            s.grow()

    def _master(self, first: int, last: int, ev: I64, verdicts: I64, batch: pa.RecordBatch) -> bool:
        """Judge and take a master event; whether it was taken."""
        s, v = self.state, verdicts[first]
        e = batch.slice(first, 1).to_pylist()[0]
        e["type_name"] = TYPE_NAMES[e["type"]]
        status = int(known_id(ev[first], s.H.data, s.Hs))
        if status == DUPLICATE:
            verdicts[first:last, V_STATUS] = DUPLICATE
            return False
        try:
            if status == REFUSED:
                raise Refusal(Reason.ID_CONFLICT, "")
            if last - first > 1:
                raise Refusal(Reason.NOT_ALLOWED, f"{e['type_name']}: 1 ≠ {last - first}")
            self.masters.check(e, int(ev[first, E_ENT]), int(ev[first, E_ITEM]))
        except Refusal as r:
            verdicts[first:last, V_STATUS], verdicts[first:last, V_REASON] = REFUSED, CODE[r.reason]
            self._why |= dict.fromkeys(range(first, last), r.detail)
            return False
        v[V_VERSION] = self.masters.apply(e, int(ev[first, E_ENT]), int(ev[first, E_ITEM]))
        v[V_STATUS], v[V_REC] = COMMITTED, s.t["N"].data[ev[first, E_ENT], 7]
        begin(s.M)
        h = int(hist_add(ev[first], first, H_LIVE, s.H.data, s.Hs, s.H.marks, s.M, s.journal))
        s.H.data[h, H_VER] = v[V_VERSION]
        return True

    # results
    # --------------------------------------------------------------------------------------------------------

    def _outputs(
        self,
        batch: pa.RecordBatch,
        ev: I64,
        words: dict[str, I64],
        v: I64,
        fresh: int,
        first: int,
    ) -> Outputs:
        s, out, em = self.state, Outputs(), self.emitter
        v, lines = by_column(v), by_column(s.lines[: s.M[M_LINES]])
        kinds, ent, times = (ev[:, name].copy() for name in (E_TYPE, E_ENT, E_TIME))
        self._autos(v, ent)
        out.add("core.movement", em.movement(lines, batch, words, kinds, v[:, V_CONTRA]))
        out.add("core.entry", em.entries(lines))
        out.add("core.stock", em.stock())
        out.add("core.account", em.accounts(first, int(s.M[M_ACCOUNTS])))
        out.add("core.sale", em.sales(batch, v, ent, kinds, times, words))
        for name, table in (
            ("core.true_up", em.true_ups(batch, lines)),
            ("core.count", em.counts(batch, v, ent, kinds, times)),
        ):
            if table is not None:
                out.add(name, table)
        for name, rows in self.masters.rows.items():
            out.add(name, pa.Table.from_pylist(rows))
        self.masters.rows = {}
        out.add("verdict", self._verdicts(batch, ev, v, fresh))
        self._keep_waiting(batch, v, fresh)
        return out

    def _autos(self, v: I64, ent: I64) -> None:
        s = self.state
        entities = s.t["N"]
        for e in np.flatnonzero(entities.data[: entities.count, N_AUTO] == 0).tolist():
            mine = np.flatnonzero((v[:, V_STATUS] == COMMITTED) & (ent == e))
            if len(mine):
                self.masters.auto_entity(e, *(int(v[mine, name].min()) for name in (V_VERSION, V_REC)))
        for what, _, version, at in s.born[: s.M[M_BORN]].tolist():
            if what >= 0:
                self.masters.auto_item(what, version, at)
            else:
                self.masters.auto_site(-1 - what, version, at)

    def _verdicts(self, batch: pa.RecordBatch, ev: I64, v: I64, fresh: int) -> pa.Table:
        """One row per event: what became of it. `again`: it had been waiting before this batch."""
        status = np.where((np.arange(len(v)) >= fresh) & (v[:, V_STATUS] == WAITING), 0, v[:, V_STATUS])
        keep = np.flatnonzero(status != 0)
        take = taker(keep, len(v))
        status = take(status)
        detail = pa.repeat("", len(keep))
        if len(refused := np.flatnonzero(status == REFUSED)):
            said = [""] * len(keep)
            for j in refused.tolist():
                said[j] = self._why.get(int(keep[j])) or self._detail(v[keep[j]])
            detail = pa.array(said)
        return pa.table({
            "rec": take(ev[:, E_GROUP].copy()), "status": status, "reason": take(v[:, V_REASON]),
            "detail": detail,
            "late": np.where(status == COMMITTED, take(v[:, V_LATE]), 0), "again": keep >= fresh,
            "event_id": take(batch.column("id")), "type": take(ev[:, E_TYPE].copy()),
            "version": take(v[:, V_VERSION]), "entity": self.emitter.entity(take(ev[:, E_ENT].copy())),
            "returns": take(batch.column("returns")), "recorded_at": take(ev[:, E_REC].copy()),
        })  # fmt: skip

    def _detail(self, v: I64) -> str:
        """What was found, in no language; the reason says the rest."""
        asked = _decimal(int(v[V_QTY]))
        return {
            Reason.NEGATIVE_STOCK: f"{_decimal(int(v[V_BOOK]))} < {asked}", Reason.OVER_RETURN: asked
        }.get(BY_CODE[int(v[V_REASON])], "")  # fmt: skip

    def _keep_waiting(self, batch: pa.RecordBatch, v: I64, fresh: int) -> None:
        kept = np.flatnonzero(v[:, V_STATUS] == WAITING)
        if len(kept) or self.waiting:
            old = [i for i in kept.tolist() if i >= fresh]
            new = [i for i in kept.tolist() if i < fresh]
            self.waiting = batch.take(pa.array([*old, *new], pa.int64())).to_pylist()
            self.state.extra["waiting"] = self.waiting


def _decimal(millionths: int) -> str:
    sign = "-" if millionths < 0 else ""
    whole, rest = divmod(abs(millionths), 1_000_000)
    return f"{sign}{whole}" + (f".{rest:06d}".rstrip("0") if rest else "")


__all__ = ["LedgerFault", "LedgerStep"]
