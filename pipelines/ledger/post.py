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
    E_CONTENT,
    E_DOC,
    E_ENT,
    E_H1,
    E_HIT,
    E_RH1,
    E_SOURCE,
    E_TIME,
    E_TYPE,
    M_ACCOUNTS,
    M_BATCH,
    M_BORN,
    M_COUNT,
    M_DEPTH,
    M_FAULT,
    M_FULL,
    M_HEAP,
    M_LINES,
    M_OVERFLOW,
    M_REVAL,
    M_TACCS,
    M_TRUEUPS,
    M_VARIANCE,
    N_AUTO,
    V_CONTRA,
    V_REC,
    V_STATUS,
    V_VERSION,
    VD,
    WAITING,
)  # fmt: skip
from pipelines.ledger.corrections.changing import Changes
from pipelines.ledger.documents import documents
from pipelines.ledger.kernel.audit import LedgerFault
from pipelines.ledger.kernel.ids import not_recent
from pipelines.ledger.kernel.walk import FIRST_ABOUT
from pipelines.ledger.masters import Masters
from pipelines.ledger.order import plan
from pipelines.ledger.output.tables import Emitter
from pipelines.ledger.read import read
from pipelines.ledger.state import LedgerState
from pipelines.ledger.walking import Walking
from pipelines.step import Outputs
from schemas import accounts

I64 = NDArray[np.int64]
WAIT_MS = 7 * 24 * 3600 * 1000


class LedgerStep:
    """The ledger of one worker."""

    name = "ledger.post"
    version = 1
    reads = ("event",)
    gives = (
        "core.movement", "core.true_up", "core.entry", "core.account", "core.stock", "core.sale",
        "core.sale_change", "core.count", "core.period_close", "core.entity", "core.item", "core.site",
        "core.rate", "core.unit_factor", "verdict",
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
        self.changes = Changes(self.state)
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
        s.shed()
        ev, words = read(s, batch)
        self._known(ev, batch)
        self.changes.landing.wait_for(ev, batch)
        s.reserve(batch.num_rows)
        verdicts = np.zeros((batch.num_rows, VD), np.int64)
        verdicts[fresh:, V_STATUS] = WAITING
        s.M[[M_LINES, M_TRUEUPS, M_TACCS, M_BORN, M_FAULT, M_FULL, M_OVERFLOW, M_DEPTH, M_HEAP]] = 0
        s.M[M_BATCH] += 1
        first_account = int(s.M[M_ACCOUNTS])
        self.why = Walking(s, self.masters, self.changes).run(plan(ev, fresh, WAIT_MS), ev, verdicts, batch)
        s.settle()
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
        refs = np.flatnonzero((ev[:, E_RH1] != NONE) & (ev[:, E_TYPE] < FIRST_ABOUT))
        refs = refs[: not_recent(refs, ev, self.state.recent.H.data, self.state.recent.Hs)]
        if len(refs):
            said = [batch.column(name).take(pa.array(refs)).to_pylist() for name in ("source", "returns")]
            ev[refs, E_DOC] = documents(self.state, ev[refs, E_RH1].copy(), *said)

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
        ups = em.net()
        out.add("core.entry", em.entries(lines, ups))
        out.add("core.stock", em.stock())
        out.add("core.account", em.accounts(first, int(s.M[M_ACCOUNTS])))
        out.add("core.sale", em.sales(batch, v, ent, kinds, times, words))
        if len(ups):
            out.add("core.true_up", em.true_ups(ups, lines))
        for table in (em.counts(batch, v, ent, kinds, times), em.recounts(ups, self.changes.told)):
            if table is not None:
                out.add("core.count", table)
        changed, self.changes.told = em.sale_changes(self.changes.told), {}
        if changed is not None:
            out.add("core.sale_change", changed)
        for name, rows in self.masters.rows.items():
            out.add(name, pa.Table.from_pylist(rows))
        self.masters.rows = {}
        out.add("verdict", em.verdicts(batch, ev, v, fresh, self.why))
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

    def _keep_waiting(self, batch: pa.RecordBatch, v: I64, fresh: int) -> None:
        kept = np.flatnonzero(v[:, V_STATUS] == WAITING)
        if len(kept) or self.waiting:
            old = [i for i in kept.tolist() if i >= fresh]
            new = [i for i in kept.tolist() if i < fresh]
            self.waiting = batch.take(pa.array([*old, *new], pa.int64())).to_pylist()
            self.state.extra["waiting"] = self.waiting


__all__ = ["LedgerFault", "LedgerStep"]
