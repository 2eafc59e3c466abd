"""Measuring in child processes, in alternating pairs, with the median and the spread of the ratios.

Each measurement is a process of its own (the embedded engine serves one directory per process, and nobody
inherits a warm heap). A child warms up, times itself, and prints one JSON object as its last line.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any


def say(text: str) -> None:
    """Progress, beside the report."""
    print(f"[{time.strftime('%H:%M:%S')} load {os.getloadavg()[0]:.1f}] {text}", file=sys.stderr, flush=True)


def child(side: str, **spec: Any) -> dict[str, Any]:
    """Run one side in a process of its own; what it measured. Raises with its words when it fails."""
    command = [sys.executable, "-m", "tests.bench.child", side, json.dumps(spec)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"bench side {side} {spec} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


@dataclass
class Side:
    """One way of doing the job. `name`: of the child; `spec`: its arguments; `label`: for people."""

    label: str
    name: str
    spec: dict[str, Any] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        """Measure once more."""
        self.runs.append(child(self.name, **self.spec))
        last = self.runs[-1]
        us, cpu = 1e6 * last["wall_s"] / last["events"], 1e6 * last["cpu_s"] / last["events"]
        say(f"  {self.label}: {us:.2f} µs/event wall, {cpu:.2f} cpu")
        return last

    def events_per_s(self) -> float:
        """Median of the runs."""
        return statistics.median(r["events"] / r["wall_s"] for r in self.runs)

    def cpu_us(self) -> float:
        """Median CPU time per event, all threads, in µs."""
        return statistics.median(1e6 * r["cpu_s"] / r["events"] for r in self.runs)


def alternate(sides: list[Side], pairs: int) -> None:
    """Run every side once, in turn, `pairs` times; the order turns round, so that a drift favours nobody."""
    for n in range(pairs):
        say(f"round {n + 1} of {pairs}")
        for side in sides if n % 2 == 0 else sides[::-1]:
            side.run()


def ratio(ours: Side, other: Side, by: str = "wall_s") -> dict[str, float]:
    """How many times faster `ours` is: median, least and greatest of the pairs; > 1 = faster."""
    found = [
        (b[by] / b["events"]) / (a[by] / a["events"]) for a, b in zip(ours.runs, other.runs, strict=True)
    ]
    return {"median": statistics.median(found), "low": min(found), "high": max(found), "pairs": len(found)}


def same_answers(sides: list[Side], names: tuple[str, ...]) -> None:
    """The sides must have come to the same figures, or there is nothing to compare."""
    for side in sides[1:]:
        for name in names:
            a, b = sides[0].runs[0]["answer"][name], side.runs[0]["answer"][name]
            if a != b:
                raise AssertionError(f"{name}: {sides[0].label} says {a}, {side.label} says {b}")


def slope(points: dict[int, float]) -> float:
    """Least-squares slope of log(value) on log(n)."""
    import numpy as np

    x, y = np.log(list(points)), np.log(list(points.values()))
    return float(np.polyfit(x, y, 1)[0])


def rss_bytes() -> int:
    """Resident memory of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 -- a file of the kernel
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Clock:
    """Wall and CPU time from `with` to its end."""

    def __enter__(self) -> Clock:
        self._wall, self._cpu, self._thread = time.monotonic(), time.process_time(), time.thread_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall_s = time.monotonic() - self._wall
        self.cpu_s = time.process_time() - self._cpu
        self.thread_s = time.thread_time() - self._thread

    def __add__(self, other: Clock) -> Clock:
        """Both stretches together."""
        both = Clock()
        both.wall_s, both.cpu_s = self.wall_s + other.wall_s, self.cpu_s + other.cpu_s
        both.thread_s = self.thread_s + other.thread_s
        return both

    def figures(self, events: int) -> dict[str, Any]:
        """What a child hands back, but for its answer."""
        return {"events": events, "wall_s": self.wall_s, "cpu_s": self.cpu_s, "thread_s": self.thread_s}
