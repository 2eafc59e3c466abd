"""Latency: from the scheduled moment of an event to the first 5 ms poll of `max(version)` that shows it.

Open loop: event i is due at start + i / rate, whether or not the system keeps up; what is late waits, and its
waiting counts. The source hands over what is due, as a consumer of a topic would; the poller is a process of
its own that asks through `owner.sock`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.contract import Capabilities, RawBatch
from connectors.mock.load import Load
from pipelines.runtime.local import run_local
from pipelines.runtime.session import Session
from sinks.target import Target
from tests.bench.measure import say
from tests.bench.ours import RED, warmed

POLL_S = 0.005


class Due:
    """A part whose records come when they are due. `at_s`: monotonic seconds, ascending, one per record."""

    def __init__(self, data: pa.LargeBinaryArray, at_s: Sequence[float]) -> None:
        self.source, self.part, self.decoder, self.eof = "load", "due", "ndjson", False
        self._data, self._at, self._next = data, np.asarray(at_s), 0
        self.backlog: list[tuple[float, int]] = []

    def next_batch(self, max_records: int, max_bytes: int) -> RawBatch | None:
        """What is due and was not handed over."""
        now = time.monotonic()
        due = int(np.searchsorted(self._at, now, side="right"))
        waiting = due - self._next
        self.backlog.append((now, waiting))
        count = min(waiting, max_records)
        if not count:
            self.eof = self._next >= len(self._at)
            return None
        begin, self._next = self._next, self._next + count
        return RawBatch(
            self.source, self.part, self.decoder, self._data.slice(begin, count), np.arange(begin, self._next)
        )

    def position(self) -> int:
        """The next record."""
        return self._next

    def close(self) -> None:
        """Nothing to close."""


class DueSource:
    """One part, `due`."""

    name = "load"
    capabilities = Capabilities(True, "the schedule", "never", "nothing")

    def __init__(self, part: Due) -> None:
        self._part = part

    def parts(self) -> list[str]:
        """The one part."""
        return ["due"]

    def build(self, part: str, resume: int | None) -> Due:
        """The one part, from its start."""
        return self._part


_POLLER = """
import json, sys, time
from pathlib import Path
from sinks.serving.client import _connect, ask
folder, poll = Path(sys.argv[1]), float(sys.argv[2])
link, seen, shown = _connect(folder / "owner.sock"), 0, []
print("ready", flush=True)
tick = time.monotonic()
while True:
    sql = f"SELECT max(version) AS v FROM core.movement WHERE entity = 'BENCH' AND version > {seen}"
    found = ask(link, sql).column("v")[0].as_py()
    now = time.monotonic()
    if found > seen:
        seen = found
        shown.append((now, seen))
    if (folder / "last").exists() and seen >= int((folder / "last").read_text()):
        break
    tick = max(tick + poll, now)
    time.sleep(max(0.0, tick - time.monotonic()))
print(json.dumps(shown), flush=True)
"""


class _Poller:
    """Asks every 5 ms until version `last` is shown."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _POLLER, str(folder), str(POLL_S)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready"

    def shown(self) -> list[tuple[float, int]]:
        """(monotonic seconds, version) of each poll that saw something new."""
        out, _ = self._process.communicate(timeout=300)
        found: list[tuple[float, int]] = json.loads(out.strip().splitlines()[-1])
        return found


def _run(at_s: Any, accounts: int) -> tuple[Any, Due]:
    """Latency in seconds per record due at `at_s` (relative), after the opening of all accounts."""
    load = Load(len(at_s), accounts, 1, 1.1)
    lines = b"".join(load.blocks()).splitlines(keepends=True)
    opening, rest = lines[:accounts], lines[accounts:]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "D"
        with Session(data, Target()) as session:
            warmed(session, Path(folder))
            first = Due(pa.array(opening, pa.large_binary()), np.zeros(accounts))
            _feed(session, first, "opening")
            session.save()
            poller = _Poller(data)
            part = Due(pa.array(rest, pa.large_binary()), np.asarray(at_s) + time.monotonic() + 1.0)
            (data / "last").write_text(str(accounts + len(rest)), "utf-8")
            _feed(session, part, "load")
            session.writer.drain()
            shown = poller.shown()
    seen_at, version = np.array([s for s, _ in shown]), np.array([v for _, v in shown])
    which = np.searchsorted(version, accounts + 1 + np.arange(len(rest)))
    return seen_at[which] - part._at, part


def _feed(session: Session, part: Due, name: str) -> None:
    run_id = session.begin(name, name)
    run_local(session, DueSource(part), run_id, RED, lambda *_: None, lambda: False)


def _quantiles(latency: Any) -> dict[str, float]:
    p50, p99, top = (1000 * float(v) for v in np.quantile(latency, [0.5, 0.99, 1.0]))
    return {"p50_ms": p50, "p99_ms": p99, "max_ms": top}


def _grows(part: Due, after_s: float, rate: float) -> bool:
    """Whether more waits in the last fifth of the schedule than in the first, by what comes in 0.1 s."""
    when, waiting = np.array(part.backlog).T
    begin, end = part._at[0] + after_s, part._at[-1]
    fifth = (end - begin) / 5
    first, last = when < begin + fifth, when > end - fifth
    early, late = waiting[first & (when >= begin)], waiting[last & (when <= end)]
    # Nobody asked for more in a whole fifth: then it is far behind.
    return not (len(early) and len(late)) or bool(late.mean() - early.mean() > 0.1 * rate)


def stream(rate: float, warm_s: float, seconds: float, accounts: int) -> dict[str, Any]:
    """A fixed rate for `warm_s` + `seconds`; figures of the latter, and whether the backlog grew."""
    at = np.arange(int(rate * (warm_s + seconds))) / rate
    latency, part = _run(at, accounts)
    counted = latency[at >= warm_s]
    grew = _grows(part, at[at >= warm_s][0], rate)
    batches = np.array([n for _, n in part.backlog if n])
    say(
        f"  {rate:.0f}/s: p99 {1000 * np.quantile(counted, 0.99):.0f} ms, batches of {np.median(batches):.0f}"
    )
    return {
        **_quantiles(counted),
        "rate": rate,
        "events": len(counted),
        "grew": grew,
        "median_batch": float(np.median(batches)),
        "largest_batch": int(batches.max()),
    }


def lone(count: int, gap_s: float, accounts: int) -> dict[str, Any]:
    """Single events on an idle system, `gap_s` and a little more apart."""
    at = np.cumsum(gap_s + np.random.default_rng(1).random(count) * 0.05)
    latency, _ = _run(at, accounts)
    return {**_quantiles(latency), "events": count}
