"""An open data directory with its job: lock, archive, state, outbox, store and owner's socket, in the order
of recovery.

A record is archived with its arrival stamp before anything looks at it. After a crash the archive behind the
last save is walked again: what the store already has (up to the last whole block) is not written twice, the
rest is.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.archive import Archive, Archived
from connectors.contract import RawBatch
from connectors.personal.pseudonyms import Pseudonyms
from connectors.personal.records import seal
from pipelines.runtime.chain import NDJSON, SETUP, Decoders, JobChain
from pipelines.runtime.config.steps import SPINE
from pipelines.runtime.errors import StocktwinError, StoreBroken
from pipelines.runtime.i18n import t
from pipelines.runtime.probes import directory
from pipelines.runtime.probes.directory import placed
from pipelines.runtime.progress import Progress, silent
from pipelines.runtime.writer import WriterThread
from sinks.clickhouse import Store
from sinks.contract import Block
from sinks.lock import DirectoryLock
from sinks.outbox import BlockWriter, Outbox
from sinks.serving.owner import OwnerServer
from sinks.target import Target

SAVE_EVENTS, SAVE_MS = 500_000, 30_000
AHEAD = 16_384  # records from which a block is decoded in a thread of its own


def wall_ms() -> int:
    """The wall clock in ms; the only one that stamps arrivals."""
    return time.time_ns() // 1_000_000


class Session:
    """Owner of a data directory from `open` to `close`."""

    def __init__(
        self, data: Path, target: Target, *, steps: Sequence[str] = SPINE,
        refuse_unknown: frozenset[str] = frozenset(), clock: Callable[[], int] = wall_ms,
        sync: bool = False, serve: bool = True, progress: Progress = silent,
    ) -> None:  # fmt: skip
        self.data, self.clock = data, clock
        self.refuse_unknown = tuple(sorted(refuse_unknown))
        directory.make(data)
        with ExitStack() as opened:
            opened.callback(DirectoryLock(data).close)
            self.meta = directory.read_meta(data)
            if target.embedded:
                directory.require_store(data, target.path(data))
            directory.write_meta(data, self.meta)
            self.store = Store.open(target, data)
            opened.callback(self.store.close)
            self._require_tables()
            self.store.migrate()
            self.store.assert_settings()
            self.archive = Archive(data / "archive", sync=sync)
            opened.callback(self.archive.let_go)
            self.decoders = Decoders(data / "maps")
            self.pseudonyms = Pseudonyms(data)
            self.chain = JobChain(self.decoders, steps)
            self._decoder = ThreadPoolExecutor(1, "decoder")
            opened.callback(self._decoder.shutdown, cancel_futures=True)
            self._decoding: dict[int, Future[dict[str, pa.Table]]] = {}
            self.block_writer = BlockWriter(self.store, Outbox(data / "outbox", sync=sync))
            self.events_since_save, self.saved_at = 0, clock()
            self._ready: deque[Block] = deque()
            self.recovered = self._recover()
            self.writer = WriterThread(self.block_writer)
            opened.callback(self.writer.stop)
            self._catch_up(progress)
            if serve:
                opened.callback(OwnerServer(self.store, data / "owner.sock").start().close)
            self._opened = opened.pop_all()

    # recovery

    def _recover(self) -> int:
        """The last ordinal that the store holds whole; state as of the last save."""
        self._restore()
        last = self.block_writer.recover()
        if self.chain.next_ordinal > self.archive.next_ordinal or last >= self.archive.next_ordinal:
            what = t("session.archive_short", last=self.archive.next_ordinal - 1)
            raise StoreBroken(self.data / "archive", what, t("session.archive_short.cure"))
        if self.chain.next_ordinal > last + 1:
            what = t("session.store_short", last=last, state=self.chain.next_ordinal - 1)
            raise StoreBroken(self.data / "store", what, t("replay.rebuild"))
        return last

    def _restore(self) -> None:
        folder = self.data / "state"
        try:
            self.chain.restore(folder)
        except StocktwinError:
            raise
        except Exception as error:  # whatever stands in its way, the archive has all of it
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
                raise
            why = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            cure = t("error.state.cure", folder=folder)
            raise StoreBroken(folder, t("error.state", why=why), cure) from error

    def _require_tables(self) -> None:
        """A store that was filled once still has its tables: new ones would hide that it lost them."""
        sql = "SELECT count() AS n FROM system.tables WHERE database = 'meta' AND name = 'migration'"
        if directory.is_filled(self.data) and not self.store.query(sql).column("n")[0].as_py():
            raise StoreBroken(self.store.target.path(self.data), t("error.store_empty"), t("replay.rebuild"))

    def _catch_up(self, progress: Progress) -> None:
        """Walk the archive behind the last save; what the store does not have yet goes there."""
        for block in self.archive.read(self.chain.next_ordinal):
            stored, rest = block.cut(self.recovered)
            if stored is not None:
                self.chain.process(stored)
                self.events_since_save += len(stored)
            if rest is not None:
                self._hand_over(self.process(rest))
            progress(self.chain.next_ordinal, self.archive.next_ordinal)
            if self.events_since_save >= SAVE_EVENTS:
                self.save()

    # running

    def begin(self, source: str, inputs: str) -> str:
        """The id of this run: the last one over the same input if it did not end, else a new one."""
        for run in reversed(self.meta["runs"]):
            if run["source"] == source and run["input"] == inputs and not run["done"]:
                return str(run["id"])
        run_id = f"r{len(self.meta['runs']) + 1:06d}"
        self.meta["runs"].append({"id": run_id, "source": source, "input": inputs, "done": False})
        directory.write_meta(self.data, self.meta)
        return run_id

    def end(self, run_id: str) -> None:
        """The input of this run came to its end: the same input again will be a new run."""
        for run in self.meta["runs"]:
            run["done"] = run["done"] or run["id"] == run_id
        directory.write_meta(self.data, self.meta)

    def position(self, run_id: str, source: str, part: str) -> int | None:
        """Where to resume a part in this run."""
        return self.archive.positions.get((run_id, source, part))

    def take(self, batch: RawBatch, run_id: str, file_id: str, trust: int) -> Archived:
        """Stamp and archive a block of records; whom canonical ones name is pseudonymised before.

        Rows of a mapped file come sealed from their door, which alone knows the columns; so does what another
        directory has archived, with its stamp.
        """
        if batch.decoder == NDJSON and batch.origin is None:
            batch = replace(batch, data=seal(batch.data, self.pseudonyms))
        archived = self.archive.append(batch, run_id, file_id, self.clock(), trust, self.refuse_unknown)
        if len(archived) >= AHEAD:
            self._decoding[archived.first] = self._decoder.submit(self.chain.decode, archived)
        return archived

    def setup(self, run_id: str, source: str, masters: list[dict[str, Any]], trust: int) -> None:
        """Post a map's own masters in front of its records; they are no input records."""
        if masters and (run_id, source, SETUP) not in self.archive.positions:
            rows = [json.dumps(m, ensure_ascii=False).encode() for m in masters]
            batch = RawBatch(source, SETUP, SETUP, pa.array(rows, pa.large_binary()), np.arange(len(rows)))
            self.post(self.process(self.take(batch, run_id, "", trust)))

    def process(self, archived: Archived) -> Block:
        """Run the job over a block; `post` it then."""
        decoding = self._decoding.pop(archived.first, None)
        block = self.chain.process(archived, decoding.result() if decoding is not None else None)
        self.events_since_save += len(archived)
        self._ready.append(block)
        return block

    def post(self, block: Block) -> None:
        """Hand a block to the store, and save when it is time."""
        self._hand_over(block)
        self.save_if_due()

    def _hand_over(self, upto: Block | None) -> None:
        """Give the writer what is processed up to a block (None: all): an engine may be ahead of posting."""
        while self._ready and (upto is None or self._ready[0].last_ordinal <= upto.last_ordinal):
            self.writer.put(self._ready.popleft())

    def save_if_due(self) -> None:
        """Save when enough has happened since the last save, and close the archive's file when it is old."""
        self.archive.tick(self.clock())
        if self.events_since_save >= SAVE_EVENTS or self.clock() - self.saved_at >= SAVE_MS:
            self.save()

    def save(self) -> None:
        """Save the state; everything before it is in the store, so the outbox may forget it."""
        if self.events_since_save:
            self._hand_over(None)
            self.writer.drain()
            with placed(self.data / "state"):
                self.chain.save(self.data / "state")
            self.block_writer.drop(self.chain.next_ordinal - 1)
        self.events_since_save, self.saved_at = 0, self.clock()

    def counts(self, run_id: str) -> list[dict[str, Any]]:
        """v_intake of a run."""
        self.writer.drain()
        sql = f"SELECT * FROM mart.v_intake WHERE run_id = '{run_id}' ORDER BY source"  # noqa: S608 -- our own id
        rows: list[dict[str, Any]] = self.store.query(sql).to_pylist()
        return rows

    def close(self) -> None:
        """Save, close the archive's file, let go of everything."""
        with self._opened:
            self.save()
            self.archive.close_file(wait=True)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:  # nothing more is written: the next start goes on from what is on disk
            self._opened.close()

    def blocks(self, first: int = 0) -> Iterator[Archived]:
        """The archive from `first` on."""
        return self.archive.read(first)
