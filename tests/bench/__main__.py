"""`python -m tests.bench [job growth latency memory …]`: measure and report; without names, everything."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.bench.measure import child, say
from tests.bench.report import Report
from tests.bench.suites import SUITES, Size


def main(
    names: Annotated[list[str] | None, typer.Argument(help="of: " + " ".join(SUITES))] = None,
    quick: Annotated[bool, typer.Option(help="small sizes: does it run, not what is it")] = False,
    pairs: Annotated[int, typer.Option(help="alternating rounds per comparison")] = 5,
    events: Annotated[int, typer.Option(help="movements of a comparison's input")] = 1_000_000,
    accounts: Annotated[int, typer.Option(help="accounts of a comparison's input")] = 10_000,
    out: Annotated[Path, typer.Option(help="where report.md and report.json go")] = Path("build/bench"),
) -> None:
    """Measure what docs/speed.md quotes."""
    chosen = names or list(SUITES)
    unknown = [n for n in chosen if n not in SUITES]
    if unknown:
        raise typer.BadParameter(f"{' '.join(unknown)}: choose of {' '.join(SUITES)}")
    size = Size(50_000, 1_000, 2, True) if quick else Size(events, accounts, pairs, False)
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        say("compiling once")
        child("steps", path=str(size.input().ndjson(Path(folder))), rows=size.input().rows)
        for name in chosen:
            say(name)
            SUITES[name](report, Path(folder), size)
            report.write(out)
    print(report.markdown())


typer.run(main)
