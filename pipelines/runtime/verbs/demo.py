"""`stocktwin demo`: three make-believe supermarkets, the real job, the live board, in one process."""

from __future__ import annotations

import json
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.contract import RawBatch
from connectors.mock.world_source import Run, WorldPart, WorldSource
from pipelines.runtime.config.models import Jobs
from pipelines.runtime.i18n import t
from pipelines.runtime.records import record_of
from pipelines.runtime.session import Session, wall_ms
from pipelines.runtime.verbs.doctor import require_port
from pipelines.runtime.verbs.live import served, zone
from pipelines.runtime.verbs.run import StopOnSignal, open_session
from schemas.registry import TRUST
from sinks.serving.board import Board
from sinks.serving.board_bind import bind

JOB = "stock-live"
PIECE = 4_000  # records at a time, so that the first numbers move early
HAND, HAND_SECONDS = "board", 30
VERDICTS = ("committed", "refused", "duplicate", "waiting")


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
        run_id, source = _world(session, seed, speed)
        query = _asking(session)
        raw = _recorded(folder, query)
        board = Board(query, _submitting(posts), wall_ms, raw, zone(session.store.reader().query))
        with served(board, host, port, lang, browser):
            part = source.build(source.run.name, session.position(run_id, source.name, source.run.name))
            until = time.monotonic() + duration if duration else float("inf")
            while not stop() and time.monotonic() < until:
                if not _step(session, part, run_id, posts):
                    session.save_if_due()
                    time.sleep(0.005)
            part.close()
        if data is not None:
            part.write_truth(data / "truth")


@contextmanager
def _place(data: Path | None) -> Iterator[Path]:
    """The directory the world lives in."""
    if data is not None:
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="stocktwin-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _world(session: Session, seed: int, speed: float) -> tuple[str, WorldSource]:
    """(run, source): the world that this directory lives in, or a new one; its name is the run's input."""
    source = WorldSource(seed, speed, wall_ms)
    for run in reversed(session.meta["runs"]):
        if run["source"] == source.name and not run["done"]:
            lived = Run.parse(str(run["input"]))
            if (lived.seed, lived.thousandths) != (source.run.seed, source.run.thousandths):
                goes_on = t("demo.goes_on", seed=lived.seed, speed=f"{lived.thousandths / 1000:g}")
                sys.stderr.write(f"{session.data}: {goes_on}\n")
            return str(run["id"]), WorldSource(seed, speed, wall_ms, run=lived)
    return session.begin(source.name, source.run.name), source


def _step(session: Session, part: WorldPart, run_id: str, posts: queue.Queue[_Posted]) -> bool:
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
    position = session.position(run_id, HAND, "hand") or 0
    records = pa.array([raw], pa.large_binary())
    batch = RawBatch(HAND, "hand", "ndjson", records, np.array([position]))
    block = session.process(session.take(batch, run_id, "", TRUST.index("red")))
    session.post(block)
    session.writer.drain()
    counts = block.tables["ops.intake"].to_pylist()[0]
    status = next((verdict for verdict in VERDICTS if counts[verdict]), "refused")
    refusal = block.tables["raw.refusal"].to_pylist()[0] if "raw.refusal" in block.tables else {}
    version = session.chain.versions().get(str(posted.event.get("entity", "")), 0)
    posted.verdict.update(
        status=status, reason=refusal.get("reason", ""), detail=refusal.get("detail", ""),
        version=version if status == "committed" else 0,
    )  # fmt: skip
    posted.done.set()


def _submitting(posts: queue.Queue[_Posted]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def submit(event: dict[str, Any]) -> dict[str, Any]:
        posted = _Posted(event)
        posts.put(posted)
        if not posted.done.wait(HAND_SECONDS):
            raise TimeoutError(t("demo.slow", seconds=HAND_SECONDS))
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


def _recorded(folder: Path, query: Callable[..., pa.Table]) -> Callable[[dict[str, str]], bytes | None]:
    return lambda event: record_of(folder, lambda sql: query(sql, {}), event)
