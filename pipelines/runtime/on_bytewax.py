"""The Bytewax adapter: the only file that imports the engine. An item is a batch, never an event.

Bytewax gives the dataflow and its workers; positions, state and exactly-once effect are ours (the archive is
the log, `Session` recovers from it), so its recovery store is not used: a snapshot of pickles every epoch
would be a second truth. A graceful stop is a source that ends.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

from connectors.archive import Archived
from connectors.contract import Part, Source
from pipelines.runtime.local import MAX_BYTES, MAX_RECORDS, POLL_S
from pipelines.runtime.progress import Progress
from pipelines.runtime.session import Session
from sinks.contract import Block


class _Partition(StatefulSourcePartition[Archived, None]):
    """One part of a source; each item is one archived block."""

    def __init__(self, flow: _Flow, part: Part, name: str) -> None:
        self._flow, self._part, self._name = flow, part, name
        self._awake: datetime | None = None

    def next_batch(self) -> list[Archived]:
        if self._flow.stop():
            self._flow.stopped = True
            raise StopIteration
        batch = self._part.next_batch(MAX_RECORDS, MAX_BYTES)
        if batch is None or not len(batch):
            if self._part.eof:
                raise StopIteration
            self._flow.session.save_if_due()
            self._awake = datetime.now(UTC) + timedelta(seconds=POLL_S)
            return []
        self._awake = None
        file_id = str(getattr(self._part, "source_id", "") or "")
        archived = self._flow.session.take(batch, self._flow.run_id, file_id, self._flow.trust)
        self._flow.done += len(batch)
        self._flow.progress(self._flow.done, None, self._name)
        return [archived]

    def next_awake(self) -> datetime | None:
        return self._awake

    def snapshot(self) -> None:
        return None

    def close(self) -> None:
        self._part.close()


class _Flow(FixedPartitionedSource[Archived, None]):
    """Our source as Bytewax sees it, and what its partitions share."""

    def __init__(
        self,
        session: Session,
        source: Source,
        run_id: str,
        trust: int,
        progress: Progress,
        stop: Callable[[], bool],
    ) -> None:
        self.session, self.source, self.run_id, self.trust = session, source, run_id, trust
        self.progress, self.stop = progress, stop
        self.done, self.stopped = 0, False

    def list_parts(self) -> list[str]:
        return self.source.parts()

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Partition:
        position = self.session.position(self.run_id, self.source.name, for_part)
        return _Partition(self, self.source.build(for_part, position), for_part)


class _Out(StatelessSinkPartition[Block]):
    def __init__(self, session: Session) -> None:
        self._session = session

    def write_batch(self, items: list[Block]) -> None:
        for block in items:
            self._session.post(block)


class _Store(DynamicSink[Block]):
    def __init__(self, session: Session) -> None:
        self._session = session

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Out:
        return _Out(self._session)


def run_bytewax(
    session: Session, source: Source, run_id: str, trust: int, progress: Progress, stop: Callable[[], bool]
) -> bool:
    """Run until every part is at its end (True) or `stop` says so (False)."""
    flow_source = _Flow(session, source, run_id, trust, progress, stop)
    flow = Dataflow("stock-live")
    blocks: Any = op.map("steps", op.input("records", flow, flow_source), session.process)
    op.output("store", blocks, _Store(session))
    run_main(flow, epoch_interval=timedelta(seconds=10))  # type: ignore[no-untyped-call] # compiled: no types
    return not flow_source.stopped
