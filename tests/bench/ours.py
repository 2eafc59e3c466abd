"""Our side: the whole job through a real Session, its steps without the store, its decoder alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.archive import Archived
from connectors.files import records
from connectors.ndjson import NdjsonSource, cut_lines
from pipelines.intake.decode import DecodeStep
from pipelines.kernels.records import Facts, records_table
from pipelines.runtime.chain import Decoders, JobChain
from pipelines.runtime.local import run_local
from pipelines.runtime.reader import MAX_BYTES, MAX_RECORDS
from pipelines.runtime.session import SAVE_EVENTS, Session
from schemas.registry import TRUST
from sinks.clickhouse import INSERT, Store
from sinks.target import Target
from tests.bench.inputs import warm_lines
from tests.bench.measure import Clock

RED = TRUST.index("red")
ARRIVED_MS = 1_800_000_000_000
SETTINGS = {"max_records": MAX_RECORDS, "max_bytes": MAX_BYTES, "save_events": SAVE_EVENTS, **INSERT}
TABLES = ("core.movement", "core.entry", "core.stock", "core.sale", "core.account")


def _quiet(*_: Any) -> None:
    """No progress inside a measurement."""


def _never() -> bool:
    return False


def run(session: Session, path: Path, name: str) -> None:
    """The file through the job, as `stocktwin run` does it."""
    run_id = session.begin(name, str(path))
    run_local(session, NdjsonSource(name, [str(path)]), run_id, RED, _quiet, _never)
    session.end(run_id)


def warmed(session: Session, folder: Path) -> None:
    """Every kernel and insert once, and a save."""
    path = folder / "warm.ndjson"
    path.write_bytes(warm_lines())
    run(session, path, "warm")
    session.save()


def answer(store: Store) -> dict[str, Any]:
    """Figures by which two sides are compared, of the load's entity alone."""
    counts = {t: f"SELECT count() AS n FROM {t} WHERE entity = 'BENCH'" for t in TABLES}
    rows = {t: int(store.query(sql).column("n")[0].as_py()) for t, sql in counts.items()}
    sale = store.query(
        "SELECT sum(revenue_amt) AS r, sum(cogs_amt) AS c FROM core.sale WHERE entity = 'BENCH'"
    )
    line = store.query("SELECT sum(qty) AS q, sum(value_amt) AS v FROM core.movement WHERE entity = 'BENCH'")
    entry = store.query("SELECT sum(qty) AS q, sum(value_amt) AS v FROM core.entry WHERE entity = 'BENCH'")
    return {
        **rows,
        "revenue": str(sale.column("r")[0]),
        "cogs": str(sale.column("c")[0]),
        "moved_qty": str(line.column("q")[0]),
        "moved_value": str(line.column("v")[0]),
        "stock_qty": str(entry.column("q")[0]),
        "stock_value": str(entry.column("v")[0]),
    }


def full(path: str, rows: int) -> dict[str, Any]:
    """Archive, decode, ledger, audit, store: from the first byte read to the directory closed and safe."""
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder) / "D", Target(), serve=False)
        warmed(session, Path(folder))
        with Clock() as clock:
            run(session, Path(path), "load")
            session.writer.drain()
        found = answer(session.store)
        with Clock() as closing:
            session.close()
    return {**(clock + closing).figures(rows), "answer": found, "settings": SETTINGS}


class _Columns(Decoders):
    """Blocks whose events are there as Arrow columns already."""

    def __init__(self, folder: Path, batches: list[pa.RecordBatch]) -> None:
        super().__init__(folder)
        self.batches = iter(batches)

    def tables(self, b: Archived) -> dict[str, pa.Table]:
        """The next batch of columns, as a map would hand it over."""
        facts = Facts(b.first, b.source, b.part, b.run_id, b.file_id, b.arrived_at, b.trust)
        events = pa.Table.from_batches([next(self.batches)])
        return {
            "raw.record": records_table(facts, b.offsets, b.data),
            "raw.mapped": events.append_column("rec", pa.array(np.arange(events.num_rows))),
            "raw.unmapped": pa.table({"rec": pa.array([], pa.int64()), "reason": [], "detail": []}),
        }


def columns(path: str, rows: int) -> dict[str, Any]:
    """The same job fed with Arrow columns of wire strings, as from another job, which has the archive."""
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder) / "D", Target(), serve=False)
        warmed(session, Path(folder))
        first = session.chain.next_ordinal
        with Clock() as clock:
            file = pa.ipc.open_file(pa.memory_map(path))
            batches = [file.get_batch(i) for i in range(file.num_record_batches)]
            session.chain.decoders = _Columns(Path(folder), batches)
            for batch in batches:
                n = batch.num_rows
                ends = pa.py_buffer(np.zeros(n + 1, np.int64))
                raw = pa.LargeBinaryArray.from_buffers(pa.large_binary(), n, [None, ends, pa.py_buffer(b"")])
                block = Archived(first, "load", path, "r", "arrow", "", ARRIVED_MS, RED, np.arange(n), raw)
                session.post(session.process(block))
                first += n
            session.writer.drain()
        found = answer(session.store)
        with Clock() as closing:
            session.close()
    return {**(clock + closing).figures(rows), "answer": found, "settings": SETTINGS}


def archived(blocks: Iterator[bytes], first: int = 0) -> Iterator[Archived]:
    """Blocks of lines as the archive would hand them over, without an archive."""
    for block in blocks:
        buf = np.frombuffer(block, np.uint8)
        data = records(buf, cut_lines(buf, final=True))
        yield Archived(first, "load", "p", "r", "ndjson", "", ARRIVED_MS, RED, np.arange(len(data)), data)
        first += len(data)


def _read(path: str) -> Iterator[Archived]:
    part = NdjsonSource("load", [path]).build(path, None)
    first = 0
    while (batch := part.next_batch(MAX_RECORDS, MAX_BYTES)) is not None:
        yield Archived(first, "load", "p", "r", "ndjson", "", ARRIVED_MS, RED, batch.offsets, batch.data)
        first += len(batch)


def steps(path: str, rows: int) -> dict[str, Any]:
    """Read, decode, ledger, audit; what comes out is dropped."""
    with tempfile.TemporaryDirectory() as folder:
        warm = JobChain(Decoders(Path(folder)))
        for block in archived(iter([warm_lines()])):
            warm.process(block)
        chain, lines = JobChain(Decoders(Path(folder))), 0
        with Clock() as clock:
            for block in _read(path):
                lines += chain.process(block).tables["core.movement"].num_rows
    return {**clock.figures(rows), "answer": {"core.movement": lines}, "settings": SETTINGS}


def decoder(path: str, rows: int) -> dict[str, Any]:
    """Read and decode alone."""
    with tempfile.TemporaryDirectory() as folder:
        decoders, step, events = Decoders(Path(folder)), DecodeStep(), 0
        for block in archived(iter([warm_lines()])):
            step.process(decoders.tables(block)["raw.record"])
        with Clock() as clock:
            for block in _read(path):
                out = step.process(decoders.tables(block)["raw.record"])
                events += out.merged()["event"].num_rows
    assert events == rows, f"{events} events decoded of {rows}"
    return {**clock.figures(rows), "answer": {"events": events}, "settings": SETTINGS}
