"""The fast ledger behind the ways of `tests.casefiles.ways`: `ledger.post` driven batch by batch."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.ledger.columns import COMMITTED, DUPLICATE, REFUSED, WAITING
from pipelines.ledger.post import LedgerStep
from pipelines.runtime.on_bytewax import run_bytewax
from pipelines.runtime.progress import silent
from schemas.reasons import BY_CODE
from tests.batches import batches
from tests.casefiles.caserun import RED, RUN_ID, CaseSource, MemorySession, blocks_of, faces_of
from tests.casefiles.faces import faces_from_tables
from tests.records import Faces, Row, Run


def fast_faces(run: Run, cuts: Sequence[int], snapshots: Sequence[int]) -> Faces:
    """Batches end at `cuts`; after those in `snapshots` a new step goes on from the saved state."""
    step = tight(LedgerStep())
    tables: dict[str, list[pa.Table]] = defaultdict(list)
    fate = Fate()
    with tempfile.TemporaryDirectory() as folder:
        for batch in batches(run, cuts):
            for ordinal, reason in batch.refused:
                fate.refuse(ordinal, reason)
            for name, table in step.process(batch.events).merged().items():
                if name == "verdict":
                    fate.add(table)
                else:
                    tables[name].append(table)
            if batch.end in snapshots:
                step.save(Path(folder))
                step = tight(LedgerStep())
                step.restore(Path(folder))
    # a column that says nothing may be left out of a batch
    whole = {n: pa.concat_tables(parts, promote_options="default") for n, parts in tables.items()}
    faces = faces_from_tables(whole)
    return faces | fate.faces(len(run.records))


def tight(step: LedgerStep) -> LedgerStep:
    """A step whose kernel soon has to stop for room, undo the record and go on, and that soon forgets."""
    state = step.state
    state.most_rows = 12
    state.lines, state.ups, state.journal = state.lines[:2], state.ups[:1], state.journal[:50]
    return step


def bytewax_faces(run: Run) -> Faces:
    """The whole job as a Bytewax dataflow: source, archive, decoding, ledger, audit."""
    with tempfile.TemporaryDirectory() as folder:
        session: Any = MemorySession(Path(folder), run)
        finished = run_bytewax(session, CaseSource(run, session), RUN_ID, RED, silent, lambda: False)
        session.archive.close()
    assert finished
    return faces_of(session.blocks)


def archive_faces(run: Run) -> Faces:
    """Archived first, then the job over what the archive gives back: of a closed file and of the open one."""
    with tempfile.TemporaryDirectory() as folder:
        session = MemorySession(Path(folder), run)
        for i, (arrived, batch) in enumerate(blocks_of(run)):
            session.now = arrived
            session.take(batch, RUN_ID, "", RED)
            if i == 1:
                session.archive.close_file(wait=True)
        for archived in session.archive.read():
            session.post(session.process(archived))
        session.archive.close()
    return faces_of(session.blocks)


class Fate:
    """What became of each record, from the verdicts of its events."""

    def __init__(self) -> None:
        self.status: dict[int, int] = {}
        self.reason: dict[int, str] = {}
        self.event: dict[int, str] = {}
        self.named: dict[int, str] = {}
        self.late = 0

    def refuse(self, ordinal: int, reason: str, event: str = "") -> None:
        """The record is refused."""
        self.status[ordinal], self.reason[ordinal] = REFUSED, reason
        self.event[ordinal] = self.event.get(ordinal) or event

    def add(self, verdicts: pa.Table) -> None:
        """A batch of verdicts; of one record's events the strongest counts, and later ones replace it."""
        of_record: dict[int, list[Row]] = defaultdict(list)
        for row in verdicts.to_pylist():
            of_record[row["rec"]].append(row)
            self.late += int(row["late"])
        for ordinal, rows in of_record.items():
            found = {row["status"] for row in rows}
            self.status[ordinal] = next(s for s in (REFUSED, WAITING, COMMITTED, DUPLICATE) if s in found)
            self.event.setdefault(ordinal, rows[0]["event_id"])
            self.named[ordinal] = next((row["returns"] for row in rows if row["returns"]), "")
            for row in rows:
                if row["status"] == REFUSED:
                    self.refuse(ordinal, str(BY_CODE[row["reason"]]))

    def faces(self, records: int) -> Faces:
        """Faces `refusal`, `waiting` and `intake`."""
        names = {COMMITTED: "committed", REFUSED: "refused", DUPLICATE: "duplicate", WAITING: "waiting"}
        intake: dict[str, Any] = {
            "records_in": records,
            **dict.fromkeys(names.values(), 0),
            "late": self.late,
        }
        refusal, waiting = [], []
        for ordinal, status in sorted(self.status.items()):
            intake[names[status]] += 1
            row = {"ordinal": ordinal, "event_id": self.event.get(ordinal, "")}
            if status == REFUSED:
                refusal.append(row | {"reason": self.reason[ordinal]})
            if status == WAITING:
                waits_for = self.named[ordinal].rpartition("#")[2]
                waiting.append(row | {"state": "waiting", "waits_for": waits_for})
        return {"refusal": refusal, "waiting": waiting, "intake": [intake]}
