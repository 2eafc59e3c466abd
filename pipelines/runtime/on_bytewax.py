"""The Bytewax adapter: the only file that imports the engine. An item is a batch, never an event.

Bytewax gives the dataflow and its workers; positions, state and exactly-once effect are ours (the archive is
the log, `Session` recovers from it), so its recovery store is not used: a snapshot of pickles every epoch
would be a second truth. A graceful stop is a source that ends. So is a failure: an exception that crosses the
engine prints the engine's own stack, so ours are kept, the input ends, and the caller gets them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

from connectors.archive import Archived
from connectors.contract import Part, Source
from pipelines.runtime.local import POLL_S
from pipelines.runtime.progress import Meter, Progress
from pipelines.runtime.reader import Reader
from pipelines.runtime.session import Session
from sinks.contract import Block

_T = TypeVar("_T")


class _Partition(StatefulSourcePartition[Archived, None]):
    """One part of a source; each item is one archived block."""

    def __init__(self, flow: _Flow, part: Part | None, name: str) -> None:
        self._flow, self._name = flow, name
        alone = len(flow.parts) == 1
        self._reader = (
            None if part is None else Reader(flow.session, part, flow.run_id, flow.trust, alone=alone)
        )
        self._awake: datetime | None = None

    def next_batch(self) -> list[Archived]:
        if self._flow.stop():
            self._flow.stopped = True
        found = self._flow.kept(self._rest if self._flow.stopped else self._next)
        if found is None:
            raise StopIteration
        return found

    def _rest(self) -> list[Archived] | None:
        """What is archived and not handed on yet."""
        block = None if self._reader is None else self._reader.rest()
        return None if block is None else [block]

    def _next(self) -> list[Archived] | None:
        """Blocks that came; None at the end."""
        if self._reader is None:
            return None
        block = self._reader.next()
        if block is None:
            if self._reader.eof:
                return None
            self._flow.session.save_if_due()
            self._awake = datetime.now(UTC) + timedelta(seconds=POLL_S)
            return []
        self._awake = None
        self._flow.meter.batch(self._name, self._reader.part, len(block))
        return [block]

    def next_awake(self) -> datetime | None:
        return self._awake

    def snapshot(self) -> None:
        return None

    def close(self) -> None:
        if self._reader is not None:
            self._reader.part.close()


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
        self.parts = source.parts()
        self.meter, self.stop = Meter(progress, self.parts), stop
        self.stopped = False
        self.error: Exception | None = None

    def kept(self, work: Callable[..., _T], *arguments: Any) -> _T | None:
        """What `work` gives; None when it, or anything before it, failed: the first failure is kept."""
        if self.error is not None:
            return None
        try:
            return work(*arguments)
        except Exception as error:  # noqa: BLE001 -- raised again by run_bytewax
            self.error = error
            return None

    def list_parts(self) -> list[str]:
        return self.parts

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Partition:
        position = self.session.position(self.run_id, self.source.name, for_part)
        return _Partition(self, self.kept(self.source.build, for_part, position), for_part)


class _Out(StatelessSinkPartition[Block | None]):
    def __init__(self, flow: _Flow) -> None:
        self._flow = flow

    def write_batch(self, items: list[Block | None]) -> None:
        for block in items:
            if block is not None:
                self._flow.kept(self._flow.session.post, block)


class _Store(DynamicSink[Block | None]):
    def __init__(self, flow: _Flow) -> None:
        self._flow = flow

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Out:
        return _Out(self._flow)


def run_bytewax(
    session: Session, source: Source, run_id: str, trust: int, progress: Progress, stop: Callable[[], bool]
) -> bool:
    """Run until every part is at its end (True) or `stop` says so (False).

    Raises what a door, a step or the store raised.
    """
    flow_source = _Flow(session, source, run_id, trust, progress, stop)
    flow = Dataflow("stock-live")
    records = op.input("records", flow, flow_source)
    blocks: Any = op.map("steps", records, lambda archived: flow_source.kept(session.process, archived))
    op.output("store", blocks, _Store(flow_source))
    run_main(flow, epoch_interval=timedelta(seconds=10))  # type: ignore[no-untyped-call] # compiled: no types
    if flow_source.error is not None:
        raise flow_source.error
    return not flow_source.stopped
