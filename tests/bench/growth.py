"""Does an event cost more with more accounts or more history, and what do an account and a movement take up?

One process holds a job of every size and feeds them in turn, so that what disturbs the machine disturbs all
sizes alike; the figure is CPU time of the thread, without the store.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.archive import Archived
from connectors.mock.load import CHUNK, Load
from pipelines.runtime.chain import Decoders, JobChain
from pipelines.runtime.session import SAVE_EVENTS
from tests.bench.measure import rss_bytes, say, slope
from tests.bench.ours import archived

_CHUNKS = SAVE_EVENTS // CHUNK + 1


class _Job:
    """A job without a store that has seen `first` rows of its load; it saves as often as a session does."""

    def __init__(self, load: Load, folder: Path, first: int) -> None:
        self.folder = folder
        self.chain = JobChain(Decoders(folder))
        self.blocks: Iterator[Archived] = archived(load.blocks())
        self.process_s: list[float] = []
        self.save_s: list[float] = []
        while self.chain.next_ordinal < first:
            self.feed(_CHUNKS)
            self.save()
        self.process_s, self.save_s = [], []

    def feed(self, chunks: int) -> None:
        """Process some chunks; seconds per event go to `process_s`."""
        for _ in range(chunks):
            block = next(self.blocks)
            started = time.thread_time()
            self.chain.process(block)
            self.process_s.append((time.thread_time() - started) / len(block))

    def save(self) -> None:
        """Save; seconds go to `save_s`."""
        started = time.thread_time()
        self.chain.save(self.folder)
        self.save_s.append(time.thread_time() - started)


def _measure(jobs: dict[int, _Job], rounds: int) -> dict[str, Any]:
    for n in range(rounds):
        for job in list(jobs.values()) if n % 2 == 0 else list(jobs.values())[::-1]:
            job.feed(_CHUNKS)
            job.save()
    per_event = {n: 1e9 * statistics.median(job.process_s) for n, job in jobs.items()}
    save = {n: 1e9 * statistics.median(job.save_s) / (_CHUNKS * CHUNK) for n, job in jobs.items()}
    return {
        "ns_per_event": per_event,
        "save_ns_per_event": save,
        "slope": slope(per_event),
        "slope_with_saves": slope({n: per_event[n] + save[n] for n in jobs}),
        "rounds": rounds,
        "chunk": CHUNK,
    }


def accounts(sizes: list[int], zipf: float, rounds: int) -> dict[str, Any]:
    """Cost per event over n accounts, all of them opened before."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = {}
        for n in sizes:
            load = Load((rounds + 2) * _CHUNKS * CHUNK, n, 1, zipf or None)
            jobs[n] = _Job(load, Path(folder) / str(n), n + CHUNK)
            say(f"  {n} accounts opened")
        return _measure(jobs, rounds)


def history(sizes: list[int], held: int, zipf: float, rounds: int) -> dict[str, Any]:
    """Cost per event with n lines posted before, over `held` accounts; their history lies in saved runs."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = {}
        for n in sizes:
            load = Load(n + (rounds + 4) * _CHUNKS * CHUNK, held, 1, zipf or None)
            jobs[n] = _Job(load, Path(folder) / str(n), n)
            say(f"  {n} lines posted")
        return _measure(jobs, rounds)


def memory(accounts: int, n: int) -> dict[str, Any]:
    """Open `accounts`, post `n` movements over them, save: resident bytes then, and bytes on disk by kind."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        chain = JobChain(Decoders(Path(folder)))
        posted = 0
        for number, block in enumerate(archived(Load(n, accounts, 1).blocks()), 1):
            chain.process(block)
            posted += len(block)
            del block
            if number % _CHUNKS == 0:
                chain.save(state)
        chain.save(state)
        gc.collect()
        pa.default_memory_pool().release_unused()
        sizes: dict[str, int] = {}
        for path in sorted(state.rglob("*")):
            if path.is_file():
                kind = "history" if path.name.startswith("run-") else "hot state"
                sizes[kind] = sizes.get(kind, 0) + path.stat().st_size
        # mapped history is the kernel's to drop: what of it is resident by chance is not counted
        return {"rss": rss_bytes() - _mapped(str(state)), "events": posted, "bytes": sizes}


def _mapped(folder: str) -> int:
    """Resident bytes of files below `folder` that are mapped."""
    total, inside = 0, False
    for line in Path("/proc/self/smaps").read_text("utf-8").splitlines():
        head = line.split()
        if "-" in head[0] and not head[0].endswith(":"):
            inside = line.endswith(".run") and folder in line
        elif inside and head[0] == "Rss:":
            total += int(head[1]) * 1024
    return total
