"""`python -m tests.bench [job growth latency memory …]`: measure and report; without names, everything."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from tests.bench.measure import child, say
from tests.bench.report import Report
from tests.bench.suites import SUITES, Size


@click.command(context_settings={"show_default": True})
@click.argument("names", nargs=-1, type=click.Choice(list(SUITES)))
@click.option("--quick", is_flag=True, help="Small sizes: does it run, not what is it.")
@click.option("--pairs", default=5, help="Alternating rounds per comparison.")
@click.option("--events", default=1_000_000, help="Movements of a comparison's input.")
@click.option("--accounts", default=10_000, help="Accounts of a comparison's input.")
@click.option("--out", default=Path("build/bench"), type=Path, help="Where report.md and report.json go.")
def main(names: tuple[str, ...], quick: bool, pairs: int, events: int, accounts: int, out: Path) -> None:
    """Measure what docs/speed.md quotes."""
    size = Size(50_000, 1_000, 2, True) if quick else Size(events, accounts, pairs, False)
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        say("compiling once")
        child("steps", path=str(size.input().ndjson(Path(folder))), rows=size.input().rows)
        for name in names or SUITES:
            say(name)
            SUITES[name](report, Path(folder), size)
            report.write(out)
    print(report.markdown())


main()
