"""Step `audit.intake`: every record ends as committed, refused, duplicate or waiting, and the counts say so.

**In** a block of records, what intake refused, and the ledger's `verdict`. **Out** `ops.intake` (changes of
the counts per source and run), `raw.refusal` (with the bytes), `core.waiting`. **Key and grain** the record.
**Order and lateness** a record that waited is counted again under its own source and run when it ends.
**Restart** what waits is part of the state.
**Refuses** nothing. **Units** records. **Source** in = committed + refused + duplicate + waiting.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.step import Outputs
from schemas.reasons import BY_CODE
from schemas.registry import TYPE_NAMES

NAMES = ("", "committed", "refused", "duplicate", "waiting")
COMMITTED, REFUSED, DUPLICATE, WAITING = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Block:
    """What the runtime knows of the records of a batch. `counted`: False for the setup events of a map."""

    first: int
    source: str
    run_id: str
    part: str
    arrived_at: int
    offsets: NDArray[np.int64]
    data: pa.LargeBinaryArray
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that intake refused: index in the block, reason, detail, what could be read of it."""

    index: int
    reason: str
    detail: str
    event_id: str
    type: str


@dataclass
class IntakeStep:
    """Counts and keeps. `waiting`: ordinal -> what is known of a record that waits."""

    name: str = "audit.intake"
    version: int = 1
    waiting: dict[int, dict[str, Any]] = field(default_factory=dict)

    def process(self, block: Block, refused: list[Refusal], verdict: pa.Table | None) -> Outputs:
        """The tables of one block."""
        out = Outputs()
        counts: dict[tuple[str, str], dict[str, int]] = {}
        mine = counts.setdefault(
            (block.source, block.run_id), dict.fromkeys((*NAMES[1:], "records_in", "late"), 0)
        )
        mine["records_in"] = len(block.data)
        mine["refused"] = len(refused)
        rows = [self._refusal(block, r.index, r.reason, r.detail, r.event_id, r.type) for r in refused]
        waits: list[dict[str, Any]] = []
        if verdict is not None and verdict.num_rows:
            self._count(verdict, mine)
            for v in _special(verdict):
                self._one(block, v, counts, rows, waits)
        if block.counted:
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
        self, block: Block, v: dict[str, Any], counts: dict[tuple[str, str], dict[str, int]],
        rows: list[dict[str, Any]],
        waits: list[dict[str, Any]],
    ) -> None:  # fmt: skip
        """A record that is refused by the ledger, begins to wait, or has waited and now ends."""
        reason = str(BY_CODE[v["reason"]]) if v["reason"] else ""
        kind = TYPE_NAMES[v["type"]]
        if v["again"]:
            old = self.waiting.pop(v["rec"])
            change = counts.setdefault(
                (old["source"], old["run_id"]), dict.fromkeys((*NAMES[1:], "records_in", "late"), 0)
            )
            change["waiting"] -= 1
            change[NAMES[v["status"]]] += 1
            change["late"] += v["late"]
            if v["status"] == REFUSED:
                rows.append({**old["row"], "reason": reason, "detail": v["detail"]})
            waits.append(
                {
                    **old["wait"],
                    "state": NAMES[v["status"]],
                    "state_ordinal": block.first + len(block.data) - 1,
                }
            )
            return
        row = self._refusal(block, v["rec"] - block.first, reason, v["detail"], v["event_id"], kind)
        if v["status"] == REFUSED:
            rows.append(row)
            return
        wait = {
            "source": block.source, "run_id": block.run_id, "ordinal": v["rec"], "entity": v["entity"],
            "event_id": v["event_id"], "type": kind, "waits_for": v["returns"], "since": v["recorded_at"],
            "state": "waiting",
            "state_ordinal": v["rec"],
        }  # fmt: skip
        self.waiting[v["rec"]] = {"source": block.source, "run_id": block.run_id, "row": row, "wait": wait}
        waits.append(wait)

    def _refusal(
        self, block: Block, index: int, reason: str, detail: str, event_id: str, kind: str
    ) -> dict[str, Any]:
        raw = block.data[index].as_py()
        return {
            "source": block.source, "run_id": block.run_id, "part": block.part,
            "position": int(block.offsets[index]),
            "ordinal": block.first + index, "arrived_at": block.arrived_at, "reason": reason,
            "detail": detail,
            "event_id": event_id, "type": kind, "raw": raw.decode("utf-8", "replace").replace("\0", "\ufffd"),
            "raw_bytes": raw.hex(),
        }  # fmt: skip

    def save(self, folder: Path) -> dict[str, Any]:
        """What a manifest keeps of this step (JSON)."""
        del folder
        return {"version": self.version, "waiting": {str(k): v for k, v in self.waiting.items()}}

    def restore(self, saved: dict[str, Any]) -> None:
        """Take back what `save` gave."""
        self.waiting = {int(k): v for k, v in saved.get("waiting", {}).items()}


def _special(verdict: pa.Table) -> list[dict[str, Any]]:
    """One row per record that is refused, waits, or had waited."""
    status = verdict.column("status").to_numpy()
    again = verdict.column("again").to_numpy()
    pick = np.flatnonzero((status == REFUSED) | (status == WAITING) | again)
    rows = verdict.take(pa.array(pick)).to_pylist()
    return [r for i, r in enumerate(rows) if i == 0 or r["rec"] != rows[i - 1]["rec"]]


def _counts(counts: dict[tuple[str, str], dict[str, int]]) -> pa.Table:
    return pa.Table.from_pylist([{"source": s, "run_id": r, **c} for (s, r), c in counts.items()])
