"""What is measured under which name, at which size, against which target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.inputs import Input
from tests.bench.measure import Side, alternate, child, ratio, same_answers, say
from tests.bench.report import Report, times


@dataclass(frozen=True)
class Size:
    """Movements and accounts of a comparison, rounds, and whether all of it is only a try."""

    events: int
    accounts: int
    pairs: int
    quick: bool

    def input(self) -> Input:
        """The comparison's input."""
        return Input(self.events, self.accounts)


def _sides(report: Report, section: str, sides: list[Side]) -> None:
    rows = [
        [
            s.label,
            f"{s.events_per_s():,.0f}",
            f"{1e6 / s.events_per_s():.2f}",
            f"{s.cpu_us():.2f}",
            str(len(s.runs)),
        ]
        for s in sides
    ]
    report.table(section, ["side", "events/s", "µs/event wall", "µs/event CPU, all threads", "runs"], rows)
    for s in sides:
        report.add(section, f"- {s.label}: `{s.runs[0].get('settings', {})}`")
    report.add(section, "")
    report.raw[section] = {s.label: s.runs for s in sides}


def _ratios(report: Report, section: str, found: list[tuple[str, Side, Side]]) -> None:
    rows = [[what, times(ratio(a, b)), times(ratio(a, b, "cpu_s"))] for what, a, b in found]
    report.table(section, ["faster by", "wall", "CPU time, all threads"], rows)


def job(report: Report, folder: Path, size: Size) -> None:
    """The full job ÷ per event, ÷ decoder, ÷ ClickHouse alone, JSON input."""
    given = size.input()
    spec = {"path": str(given.ndjson(folder)), "rows": given.rows}
    keyed, plain = spec | {"keyed": True}, spec | {"keyed": False}
    full, steps = Side("full job", "full", spec), Side("steps without archive and store", "steps", spec)
    decoder = Side("decoder alone", "decoder", spec)
    bare = Side("Bytewax bare: decode, one dict update", "bare", keyed)
    plain_bare = Side("the same in a plain map", "bare", plain)
    stored = Side("per event on Bytewax, with store", "per_event", keyed | {"store": True})
    dropped = Side("per event on Bytewax, lines dropped", "per_event", keyed | {"store": False})
    plain_dropped = Side("the same in a plain map, lines dropped", "per_event", plain | {"store": False})
    one = Side("ClickHouse alone, 1 thread", "engine", spec | {"form": "JSONEachRow", "threads": 1})
    two = Side("ClickHouse alone, 2 threads", "engine", spec | {"form": "JSONEachRow", "threads": 2})
    sides = [full, one, stored, steps, dropped, decoder, bare, plain_bare, plain_dropped, two]
    alternate(sides, size.pairs)
    counts = ("core.movement", "core.entry", "core.sale", "revenue")
    same_answers([full, stored, dropped, plain_dropped], (*counts, "cogs", "moved_value"))
    same_answers([full, stored], ("stock_qty", "stock_value", "core.account"))
    same_answers([full, one, two], (*counts, "moved_qty"))
    section = "Job, JSON input"
    about = (
        f"{given.rows:,} events over {given.accounts:,} accounts, Zipf {given.zipf}; answers compared first."
    )
    report.add(section, about + "\n")
    _sides(report, section, sides)
    _ratios(
        report,
        section,
        [
            ("full job ÷ per event with store", full, stored),
            ("full job ÷ per event, lines dropped", full, dropped),
            ("full job ÷ per event in a plain map, lines dropped", full, plain_dropped),
            ("steps ÷ per event, lines dropped", steps, dropped),
            ("per event, lines dropped ÷ bare pass", dropped, bare),
            ("per event, lines dropped ÷ bare pass, both in a plain map", plain_dropped, plain_bare),
            ("per event with store ÷ bare pass", stored, bare),
            ("full job ÷ decoder alone", full, decoder),
            ("full job ÷ ClickHouse, 1 thread", full, one),
            ("full job ÷ ClickHouse, 2 threads", full, two),
        ],
    )
    stock = [side.runs[0]["answer"]["core.stock"] for side in (full, stored, one)]
    report.add(section, f"Rows in core.stock (ours, per event, ClickHouse): {stock}.")
    report.reach("per-event baseline ÷ bare pass (counts from 0.6 on)", ratio(dropped, bare), 0.6)
    report.reach("full job ÷ per event with store", ratio(full, stored), 5.0)
    report.reach("full job ÷ ClickHouse, 1 thread", ratio(full, one), 0.6)


def arrow(report: Report, folder: Path, size: Size) -> None:
    """The same with Arrow input: columns of wire strings."""
    given = size.input()
    spec = {"path": str(given.arrow(folder)), "rows": given.rows}
    ours = Side("full job from columns, without archive", "columns", spec)
    one = Side("ClickHouse alone, 1 thread", "engine", spec | {"form": "Arrow", "threads": 1})
    two = Side("ClickHouse alone, 2 threads", "engine", spec | {"form": "Arrow", "threads": 2})
    alternate([ours, one, two], size.pairs)
    same_answers([ours, one, two], ("core.movement", "core.entry", "core.sale", "revenue", "moved_qty"))
    section = "Job, Arrow input"
    _sides(report, section, [ours, one, two])
    _ratios(report, section, [("÷ ClickHouse, 1 thread", ours, one), ("÷ ClickHouse, 2 threads", ours, two)])
    report.reach("Arrow input ÷ ClickHouse, 1 thread", ratio(ours, one), 0.6)


def growth(report: Report, folder: Path, size: Size) -> None:
    """Slopes of log(ns/event) on log(n)."""
    sizes = [1_000, 10_000] if size.quick else [1_000, 10_000, 100_000, 1_000_000]
    lines = [10_000, 100_000] if size.quick else [10_000, 100_000, 1_000_000, 10_000_000]
    rounds = 1 if size.quick else 5
    section = "Growth"
    for what, side, spec in (
        ("accounts", "accounts", {"sizes": sizes}),
        ("lines of history", "history", {"sizes": lines, "held": 10_000}),
    ):
        for keys, zipf in (("uniform", 0.0), ("Zipf 1.1", 1.1)):
            say(f"  {what}, {keys}")
            found = child(side, **spec, zipf=zipf, rounds=rounds)
            report.raw[f"growth {what} {keys}"] = found
            names = list(found["ns_per_event"])
            rows = [
                [kind, *(f"{found[key][n]:.0f}" for n in names)]
                for kind, key in (("steps", "ns_per_event"), ("save, per event", "save_ns_per_event"))
            ]
            report.add(section, f"{what}, {keys} keys, ns of CPU per event:")
            report.add(section, "")
            report.table(section, ["n", *(f"{int(n):,}" for n in names)], rows)
            report.add(section, f"slope {found['slope']:.3f}, with saves {found['slope_with_saves']:.3f}")
            report.add(section, "")
            report.target(
                f"slope over {what}, {keys}", f"{found['slope']:.3f}", "≤ 0.05", found["slope"] <= 0.05
            )


def latency(report: Report, folder: Path, size: Size) -> None:
    """Open loop at half of the highest rate without growing backlog, and a lone event."""
    seconds, step = (5.0, 40_000.0) if size.quick else (20.0, 20_000.0)
    highest, tried = 0.0, []
    rate = step
    while not tried or not tried[-1]["grew"]:
        tried.append(child("stream", rate=rate, warm_s=5.0, seconds=seconds, accounts=10_000))
        say(f"  {rate:,.0f}/s: p99 {tried[-1]['p99_ms']:.0f} ms, {'grows' if tried[-1]['grew'] else 'holds'}")
        highest = rate if not tried[-1]["grew"] else highest
        rate += step
    half = child(
        "stream", rate=highest / 2, warm_s=10.0, seconds=5.0 if size.quick else 60.0, accounts=10_000
    )
    alone = child("lone", count=10 if size.quick else 100, gap_s=0.3, accounts=10_000)
    report.raw["latency"] = {"tried": tried, "half": half, "lone": alone}
    rows = [
        [
            f"{r['rate']:,.0f}/s",
            f"{r['p50_ms']:.0f}",
            f"{r['p99_ms']:.0f}",
            f"{r['max_ms']:.0f}",
            f"{r['median_batch']:.0f}",
            "grows" if r["grew"] else "holds",
        ]
        for r in [*tried, half]
    ]
    rows.append(
        [
            "one at a time",
            f"{alone['p50_ms']:.0f}",
            f"{alone['p99_ms']:.0f}",
            f"{alone['max_ms']:.0f}",
            "1",
            "holds",
        ]
    )
    report.table("Latency", ["rate", "p50 ms", "p99 ms", "max ms", "records in a batch", "backlog"], rows)
    report.target(
        f"p99 at {highest / 2:,.0f}/s, half of the highest rate",
        f"{half['p99_ms']:.0f} ms",
        "≤ 250 ms",
        half["p99_ms"] <= 250,
    )
    report.target("a lone event, p99", f"{alone['p99_ms']:.0f} ms", "≤ 100 ms", alone["p99_ms"] <= 100)


def memory(report: Report, folder: Path, size: Size) -> None:
    """Bytes per account and per movement."""
    top = 100_000 if size.quick else 1_000_000
    few = child("memory", accounts=1_000, n=1_000_000)
    many = child("memory", accounts=top, n=1_000_000)
    each = (many["rss"] - few["rss"]) / top
    disk = {kind: few["bytes"].get(kind, 0) / few["events"] for kind in ("history", "hot state")}
    report.raw["memory"] = {"few": few, "many": many}
    mib = [found["rss"] / 2**20 for found in (few, many)]
    report.add("Memory", f"Resident: {mib[0]:.0f} MiB at 1,000 accounts, {mib[1]:.0f} MiB at {top:,}.")
    text = f"On disk per movement: history {disk['history']:.1f} bytes, hot state {disk['hot state']:.1f}."
    report.add("Memory", text)
    report.target("memory per account", f"{each:.0f} bytes", "≤ 600 bytes", each <= 600)
    report.target(
        "history on disk per movement", f"{disk['history']:.1f} bytes", "≈ 45 bytes", disk["history"] <= 50
    )


def as_of(report: Report, folder: Path, size: Size) -> None:
    """As-of valuation on both clocks, three moments, a tenth of the lines deltas."""
    wanted = {100_000: 200.0} if size.quick else {2_700_000: 200.0, 30_000_000: 600.0}
    rows = []
    for lines, bar in wanted.items():
        found = child("as_of", lines=lines, accounts=1_000 if size.quick else 100_000, rounds=4)
        report.raw[f"as_of {lines}"] = found
        for what in ("by site", "all rows", "one item"):
            wall, cpu = found[what]["wall_ms"], found[what]["cpu_ms"]
            rows.append([f"{lines:,}", what, f"{wall:.0f}", f"{cpu:.0f}"])
        for what, most in (("by site", bar), ("one item", 20.0)):
            wall = found[what]["wall_ms"]
            report.target(
                f"as-of {what}, {lines:,} lines", f"{wall:.0f} ms", f"≤ {most:.0f} ms", wall <= most
            )
    report.table("As-of", ["lines", "what", "ms, slowest of 3 moments", "ms of CPU, all threads"], rows)


SUITES: dict[str, Callable[[Report, Path, Size], Any]] = {
    "job": job,
    "arrow": arrow,
    "memory": memory,
    "growth": growth,
    "latency": latency,
    "as_of": as_of,
}
