"""Records of tests behind the real doors: as bytes, as a source, and in a session that keeps its blocks.

A record of one event is a line of canonical JSON. A record of several (what a map makes of one till line) is
a JSON array, read by `CaseMapper` in the place of a map.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.archive import Archive, Archived
from connectors.contract import Capabilities, RawBatch
from connectors.maps.reading.assemble import MappedBatch
from pipelines.runtime.chain import Decoders, JobChain
from sinks.contract import Block
from tests.casefiles.faces import faces_from_tables, rows_of
from tests.records import Event, Faces, Record, Run, door_of

GROUPS = "map:case"
SOURCE, RUN_ID, RED = "till", "r000001", 2
BATCH = 4  # records of a block, as long as they come a second apart


class CaseMapper:
    """Reads a JSON array of events as a map would give them: wire fields as text."""

    def decode(self, data: pa.LargeBinaryArray, offsets: NDArray[np.int64], source_id: str) -> MappedBatch:
        """See `Mapper.decode`."""
        events: list[Event] = []
        rec: list[int] = []
        for i, raw in enumerate(data.to_pylist()):
            found = json.loads(raw)
            events += [{k: v if isinstance(v, str) else json.dumps(v) for k, v in e.items()} for e in found]
            rec += [i] * len(found)
        names = sorted({name for event in events for name in event})
        columns = [pa.array([event.get(name) for event in events], pa.string()) for name in names]
        return MappedBatch(pa.table(columns, names=names), np.array(rec, np.int64), [])


class CaseDecoders(Decoders):
    """The decoders of a data directory, and the reader of records of several events."""

    def _mapper(self, name: str) -> Any:
        return CaseMapper() if name == GROUPS else super()._mapper(name)


def as_bytes(record: Record) -> tuple[str, bytes]:
    """(decoder, bytes) of a record."""
    if len(record.events) == 1:
        return "ndjson", json.dumps(record.events[0], ensure_ascii=False).encode()
    return GROUPS, json.dumps(record.events, ensure_ascii=False).encode()


def blocks_of(run: Run, size: int = BATCH) -> Iterator[tuple[int, RawBatch]]:
    """(arrival in ms, block): at most `size` records a second apart, of one door and read in one way."""
    pending: list[tuple[int, str, str, bytes]] = []
    first = 0
    for ordinal, record in enumerate(run.records):
        decoder, raw = as_bytes(record)
        alike = bool(pending) and (door_of(record), decoder) == pending[0][1:3]
        joins = alike and record.arrived - pending[-1][0] <= 1000
        if pending and (not joins or len(pending) == size):
            yield _block(first, pending)
            pending, first = [], ordinal
        pending.append((record.arrived, door_of(record), decoder, raw))
    if pending:
        yield _block(first, pending)


def _block(first: int, records: list[tuple[int, str, str, bytes]]) -> tuple[int, RawBatch]:
    data = pa.array([record[-1] for record in records], pa.large_binary())
    offsets = np.arange(first, first + len(records), dtype=np.int64)
    arrived, door, decoder, _ = records[0]
    return arrived, RawBatch(door, SOURCE, decoder, data, offsets)


class MemorySession:
    """What a runner needs of a `Session`: a real archive and the real chain; blocks are kept, not stored.

    `now`: the clock that stamps arrivals, set by whoever hands out records.
    """

    def __init__(self, folder: Path, run: Run) -> None:
        self.now, self.refuse_unknown = 0, tuple(sorted(run.refuse_unknown))
        self.archive = Archive(folder / "archive")
        self.chain = JobChain(CaseDecoders(folder / "maps"))
        self.blocks: list[Block] = []

    def position(self, run_id: str, source: str, part: str) -> int | None:
        """See `Session.position`."""
        return self.archive.positions.get((run_id, source, part))

    def take(self, batch: RawBatch, run_id: str, file_id: str, trust: int) -> Archived:
        """See `Session.take`."""
        return self.archive.append(batch, run_id, file_id, self.now, trust, self.refuse_unknown)

    def process(self, archived: Archived) -> Block:
        """See `Session.process`."""
        return self.chain.process(archived)

    def post(self, block: Block) -> None:
        """Keep the block."""
        self.blocks.append(block)

    def save_if_due(self) -> None:
        """Nothing is saved here."""


class CaseSource:
    """The records of a run as a source; `session` gets the clock of each block."""

    name = SOURCE
    capabilities = Capabilities(True, "the case", "never", "nothing is lost or doubled")

    def __init__(self, run: Run, session: MemorySession) -> None:
        self.run, self.session = run, session

    def parts(self) -> list[str]:
        """One."""
        return [SOURCE]

    def build(self, part: str, resume: int | None) -> CasePart:
        """From its beginning."""
        assert resume is None
        return CasePart(self.run, self.session)


class CasePart:
    """One block after the other, each with its time of arrival."""

    def __init__(self, run: Run, session: MemorySession) -> None:
        self.eof = False
        self._session, self._blocks, self._next = session, blocks_of(run), 0

    def next_batch(self, max_records: int, max_bytes: int) -> RawBatch | None:
        """The next block."""
        arrived, batch = next(self._blocks, (0, None))
        self.eof = batch is None
        if batch is not None:
            self._session.now, self._next = arrived, self._next + len(batch)
        return batch

    def position(self) -> int:
        """The number of the next record."""
        return self._next

    def close(self) -> None:
        """Nothing to close."""


def faces_of(blocks: list[Block]) -> Faces:
    """The faces that a store filled with these blocks would show; what waited and ended is not shown."""
    tables: dict[str, list[pa.Table]] = defaultdict(list)
    for block in blocks:
        for name, table in block.tables.items():
            tables[name].append(table)
    # a column that says nothing may be left out of a block
    whole = {n: pa.concat_tables(parts, promote_options="permissive") for n, parts in tables.items()}
    faces = faces_from_tables(whole)
    waiting = [row for row in faces["waiting"] if row["state"] == "waiting"]
    return faces | {"waiting": waiting, "chain": rows_of(whole, "core.chain")}
