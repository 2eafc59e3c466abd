"""Step `audit.intake`: every record ends as committed, refused, duplicate or waiting, and the counts say so.

**In** `raw.record`, `intake.refused` and the ledger's `verdict`. **Out** `ops.intake` (changes of the counts
per source and run), `raw.refusal` (with the bytes), `core.waiting`. **Key and grain** the record.
**Units** records. **Order and lateness** a record that waited is counted again under its own source and run
when it ends. **Restart** what waits is the state. **Refuses** nothing. **Source** in = committed + refused +
duplicate + waiting. **Example** two records that intake refused:

    >>> import numpy as np
    >>> from pipelines.kernels.records import Facts, records_table
    >>> facts = Facts(first=7, source="till", run_id="r1")
    >>> records = records_table(facts, np.arange(2), pa.array([b"{", b"["], pa.large_binary()))
    >>> blank = {"detail": "", "event_id": "", "type": ""}
    >>> refused = [{"rec": rec, "reason": "not_json"} | blank for rec in (7, 8)]
    >>> out = IntakeStep().process(records, pa.Table.from_pylist(refused)).merged()
    >>> out["ops.intake"].select(["records_in", "refused"]).to_pylist()
    [{'records_in': 2, 'refused': 2}]
    >>> out["raw.refusal"].column("ordinal").to_pylist()
    [7, 8]
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.kernels.records import Facts, data_of, facts_of
from pipelines.step import Outputs, commit
from schemas.reasons import BY_CODE
from schemas.registry import TYPE_NAMES

NAMES = ("", "committed", "refused", "duplicate", "waiting")
COMMITTED, REFUSED, DUPLICATE, WAITING = 1, 2, 3, 4
_COUNTS = ("records_in", *NAMES[1:], "late")


class _Block:
    """The records of a batch as this step looks at them."""

    def __init__(self, records: pa.Table) -> None:
        self.facts: Facts = facts_of(records)
        self.positions, self.data = records.column("position"), data_of(records)

    def refusal(self, index: int, reason: str, detail: str, event_id: str, kind: str) -> dict[str, Any]:
        """A row of `raw.refusal`."""
        raw, f = self.data[index].as_py(), self.facts
        return {
            "source": f.source, "run_id": f.run_id, "part": f.part,
            "position": self.positions[index].as_py(), "ordinal": f.first + index,
            "arrived_at": f.arrived_at, "reason": reason, "detail": detail, "event_id": event_id,
            "type": kind,
            "raw": raw.decode("utf-8", "replace").replace("\0", "\ufffd"), "raw_bytes": raw.hex(),
        }  # fmt: skip


class IntakeStep:
    """Counts and keeps. `waiting`: ordinal -> what is known of a record that waits."""

    name = "audit.intake"
    version = 1
    reads = ("raw.record", "intake.refused", "verdict")
    gives = ("ops.intake", "raw.refusal", "core.waiting")

    def __init__(self) -> None:
        self.waiting: dict[int, dict[str, Any]] = {}
        self._saved: tuple[Path, str] | None = None  # where and what was saved last

    def process(
        self, records: pa.Table, refused: pa.Table | None = None, verdict: pa.Table | None = None
    ) -> Outputs:
        """The tables of one block."""
        out, block = Outputs(), _Block(records)
        counts: dict[tuple[str, str], dict[str, int]] = {}
        mine = _counter(counts, block.facts.source, block.facts.run_id)
        mine["records_in"] = len(block.data)
        rows = [
            block.refusal(r["rec"] - block.facts.first, r["reason"], r["detail"], r["event_id"], r["type"])
            for r in (refused.to_pylist() if refused is not None else ())
        ]
        mine["refused"] = len(rows)
        waits: list[dict[str, Any]] = []
        if verdict is not None and verdict.num_rows:
            self._count(verdict, mine)
            for v in _special(verdict):
                self._one(block, v, counts, rows, waits)
        if block.facts.counted:
            out.add("ops.intake", _counts(counts))
        for name, found in (("raw.refusal", rows), ("core.waiting", waits)):
            if found:
                out.add(name, pa.Table.from_pylist(found))
        return out

    def _count(self, verdict: pa.Table, mine: dict[str, int]) -> None:
        fresh = verdict.filter(pa.compute.invert(verdict.column("again")))
        rec, status = fresh.column("rec").to_numpy(), fresh.column("status").to_numpy()
        first = np.r_[True, rec[1:] != rec[:-1]] if len(rec) else np.zeros(0, bool)
        for code, name in enumerate(NAMES[1:], 1):
            mine[name] += int((status[first] == code).sum())
        mine["late"] += int(fresh.column("late").to_numpy().sum())

    def _one(
        self, block: _Block, v: dict[str, Any], counts: dict[tuple[str, str], dict[str, int]],
        rows: list[dict[str, Any]], waits: list[dict[str, Any]],
    ) -> None:  # fmt: skip
        """A record that is refused by the ledger, begins to wait, or has waited and now ends."""
        reason = str(BY_CODE[v["reason"]]) if v["reason"] else ""
        if v["again"]:
            self._ended(block, v, reason, counts, rows, waits)
            return
        f, kind = block.facts, TYPE_NAMES[v["type"]]
        row = block.refusal(v["rec"] - f.first, reason, v["detail"], v["event_id"], kind)
        if v["status"] == REFUSED:
            rows.append(row)
            return
        wait = {
            "source": f.source, "run_id": f.run_id, "ordinal": v["rec"], "entity": v["entity"],
            "event_id": v["event_id"], "type": kind, "waits_for": v["returns"], "since": v["recorded_at"],
            "state": "waiting", "state_ordinal": v["rec"],
        }  # fmt: skip
        self.waiting[v["rec"]] = {"source": f.source, "run_id": f.run_id, "row": row, "wait": wait}
        waits.append(wait)

    def _ended(
        self, block: _Block, v: dict[str, Any], reason: str, counts: dict[tuple[str, str], dict[str, int]],
        rows: list[dict[str, Any]], waits: list[dict[str, Any]],
    ) -> None:  # fmt: skip
        """A record that had waited: it leaves `waiting` of its own source and run for what it became."""
        old = self.waiting.pop(v["rec"])
        change = _counter(counts, old["source"], old["run_id"])
        change["waiting"] -= 1
        change[NAMES[v["status"]]] += 1
        change["late"] += v["late"]
        if v["status"] == REFUSED:
            rows.append({**old["row"], "reason": reason, "detail": v["detail"]})
        last = block.facts.first + len(block.data) - 1
        waits.append({**old["wait"], "state": NAMES[v["status"]], "state_ordinal": last})

    def save(self, folder: Path) -> None:
        """Write what waits, if it is not there already."""
        state = json.dumps({str(k): v for k, v in self.waiting.items()}, ensure_ascii=False)
        if self._saved != (folder, state):
            commit(folder / "state.json", {"version": self.version, "waiting": json.loads(state)})
            self._saved = (folder, state)

    def restore(self, folder: Path) -> None:
        """Take back what `save` left; nothing waits where there is nothing."""
        path = folder / "state.json"
        saved = json.loads(path.read_text("utf-8")) if path.exists() else {"waiting": {}}
        self.waiting = {int(k): v for k, v in saved["waiting"].items()}
        self._saved = None


def _counter(counts: dict[tuple[str, str], dict[str, int]], source: str, run_id: str) -> dict[str, int]:
    return counts.setdefault((source, run_id), dict.fromkeys(_COUNTS, 0))


def _special(verdict: pa.Table) -> list[dict[str, Any]]:
    """One row per record that is refused, waits, or had waited."""
    status = verdict.column("status").to_numpy()
    again = verdict.column("again").to_numpy()
    pick = np.flatnonzero((status == REFUSED) | (status == WAITING) | again)
    rows = verdict.take(pa.array(pick)).to_pylist()
    return [r for i, r in enumerate(rows) if i == 0 or r["rec"] != rows[i - 1]["rec"]]


def _counts(counts: dict[tuple[str, str], dict[str, int]]) -> pa.Table:
    return pa.Table.from_pylist([{"source": s, "run_id": r, **c} for (s, r), c in counts.items()])
