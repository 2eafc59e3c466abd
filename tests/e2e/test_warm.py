"""After `make install` a command compiles nothing: Numba tells of each compilation, and there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.runtime.warm import ready
from tests.repo import ROOT

pytestmark = pytest.mark.e2e

LISTEN = """
import sys
from numba.core import event
compiled = []
class Listener(event.Listener):
    def on_start(self, e): compiled.append(e.data["dispatcher"].py_func.__qualname__)
    def on_end(self, e): pass
event.register("numba:compile", Listener())
from pipelines.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    print("compiled", len(compiled), *compiled, "exit", end.code or 0)
"""


def run(*words: str) -> str:
    """The last line of a run of the command that counts compilations."""
    done = subprocess.run(
        [sys.executable, "-c", LISTEN, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.stdout.splitlines()[-1]


def test_nothing_is_compiled_after_the_trial(tmp_path: Path, free_port: int) -> None:
    ready()
    lines = tmp_path / "day.ndjson"
    world = [sys.executable, "-m", "connectors.mock.world", "--days", "1", "--seed", "5", "--out", str(lines)]
    subprocess.run(world, cwd=ROOT, check=True, capture_output=True)
    data = str(tmp_path / "D")
    assert run("run", "--input", str(lines), "--data", data) == "compiled 0 exit 0"
    assert run("run", "--input", str(lines), "--data", data) == "compiled 0 exit 0"
    till = tmp_path / "lines.csv"
    till.write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n",
        encoding="utf-8",
    )
    mapped = run("run", "--input", str(till), "--map", "online_retail", "--data", str(tmp_path / "M"))
    assert mapped == "compiled 0 exit 0"
    port = str(free_port)
    assert run("demo", "--no-browser", "--duration", "5", "--port", port) == "compiled 0 exit 0"
