"""`stocktwin demo`: three make-believe supermarkets, the real job, the live board, in one process."""

from __future__ import annotations

import json
import queue
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.contract import Part, RawBatch
from connectors.mock.world_source import WorldSource
from pipelines.runtime.config.models import Jobs
from pipelines.runtime.doctor import require_port
from pipelines.runtime.run import StopOnSignal, open_session
from pipelines.runtime.session import Session, wall_ms
from schemas.registry import TRUST
from sinks.serving.board import Board, running
from sinks.serving.board_bind import bind

JOB, RAW_SECONDS = "stock-live", 3.0
PIECE = 4_000  # records at a time, so that the first numbers move early


@dataclass
class _Posted:
    """An event typed by hand, on its way to the pipeline's thread."""

    event: dict[str, Any]
    verdict: dict[str, Any] = field(default_factory=dict)
    done: threading.Event = field(default_factory=threading.Event)


def run_demo(
    *, cfg: Jobs, speed: float, seed: int, port: int, host: str, data: Path | None, lang: str, browser: bool,
    duration: float | None,
) -> None:  # fmt: skip
    """Run until `duration` seconds have passed or someone stops it.

    The same `data` continues; without one the world lives in a temporary directory and is gone at the end.
    """
    require_port(host, port)
    posts: queue.Queue[_Posted] = queue.Queue()
    with _place(data) as folder, open_session(cfg, JOB, folder) as session, StopOnSignal() as stop:
        source = WorldSource(seed, speed, wall_ms)
        run_id, part_name = _world(session, source)
        board = Board(_asking(session), _submitting(posts), wall_ms, _raw(session))
        with running(board, host, port) as url:
            sys.stdout.write(f"{url.rstrip('/')}/?lang={lang}\n")
            sys.stdout.flush()
            if browser:
                webbrowser.open(url)
            part = source.build(part_name, session.position(run_id, source.name, part_name))
            until = time.monotonic() + duration if duration else float("inf")
            while not stop() and time.monotonic() < until:
                if not _step(session, part, run_id, posts):
                    session.save_if_due()
                    time.sleep(0.005)
            part.close()


@contextmanager
def _place(data: Path | None) -> Iterator[Path]:
    """The directory the world lives in."""
    if data is not None:
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="stocktwin-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _world(session: Session, source: WorldSource) -> tuple[str, str]:
    """(run, part): the world that this directory lives in, or a new one; its name is kept as the run's
    input.
    """
    for run in reversed(session.meta["runs"]):
        if run["source"] == source.name and not run["done"]:
            return str(run["id"]), str(run["input"])
    part = source.parts()[0]
    return session.begin(source.name, part), part


def _step(session: Session, part: Part, run_id: str, posts: queue.Queue[_Posted]) -> bool:
    """Events typed by hand first, then what the world sent; False when there was nothing."""
    while not posts.empty():
        _by_hand(session, posts.get(), run_id)
    batch = part.next_batch(PIECE, 4 << 20)
    if batch is None or not len(batch):
        return False
    session.post(session.process(session.take(batch, run_id, "", TRUST.index("green"))))
    return True


def _by_hand(session: Session, posted: _Posted, run_id: str) -> None:
    """The same door as everybody: archived, decoded, posted; answered when the store shows it."""
    raw = json.dumps(posted.event, ensure_ascii=False).encode()
    position = session.position(run_id, "board", "hand") or 0
    data = pa.array([raw], pa.large_binary())
    archived = session.take(RawBatch("board", "hand", "ndjson", data, np.array([position])), run_id, "", 2)
    block = session.process(archived)
    session.post(block)
    session.writer.drain()
    counts = block.tables["ops.intake"].to_pylist()[0]
    status = next((s for s in ("committed", "refused", "duplicate", "waiting") if counts[s]), "refused")
    refusal = block.tables["raw.refusal"].to_pylist()[0] if "raw.refusal" in block.tables else {}
    version = (
        session.chain.versions().get(str(posted.event.get("entity", "")), 0) if status == "committed" else 0
    )
    posted.verdict.update(
        status=status, reason=refusal.get("reason", ""), detail=refusal.get("detail", ""), version=version
    )
    posted.done.set()


def _submitting(posts: queue.Queue[_Posted]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def submit(event: dict[str, Any]) -> dict[str, Any]:
        posted = _Posted(event)
        posts.put(posted)
        if not posted.done.wait(30):
            return {"status": "waiting", "reason": "", "version": 0}
        return posted.verdict

    return submit


def _asking(session: Session) -> Callable[[str, dict[str, Any]], pa.Table]:
    """A reader per thread: one handle serves one thread."""
    local = threading.local()

    def query(sql: str, parameters: dict[str, Any]) -> pa.Table:
        if not hasattr(local, "reader"):
            local.reader = session.store.reader()
        return local.reader.query(bind(sql, parameters))

    return query


def _raw(session: Session) -> Callable[[dict[str, Any]], bytes | None]:
    """The raw record of an event: the newest blocks of the archive first, for a few seconds at most."""

    def raw(wanted: dict[str, Any]) -> bytes | None:
        needle = json.dumps(str(wanted.get("event_id", "")), ensure_ascii=False).encode()
        until = time.monotonic() + RAW_SECONDS
        for block in reversed(list(session.archive.read(max(0, session.archive.next_ordinal - 200_000)))):
            for record in block.data.to_pylist():
                if needle in record:
                    return bytes(record)
            if time.monotonic() > until:
                return None
        return None

    return raw
