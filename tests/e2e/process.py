"""The installed command as a process, and what it prints as data."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

_COUNT = re.compile(r"\b(in|committed|refused|duplicate|waiting|late)=(\d+)")


class Said(NamedTuple):
    """How a process ended: its exit code and what it printed."""

    code: int
    out: str
    err: str


class Command:
    """`stocktwin` of this environment, in English unless said otherwise."""

    def __init__(self, program: str, environ: Mapping[str, str] | None = None, lang: str = "en") -> None:
        self.program, self.lang = program, lang
        self.environ = {**os.environ, **(environ or {})}

    def __call__(self, *words: str | Path) -> Said:
        """Run it to its end; nothing is asserted."""
        done = subprocess.run(
            [self.program, "--lang", self.lang, *map(str, words)], capture_output=True, env=self.environ,
            check=False, timeout=900
        )  # fmt: skip
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    def ok(self, *words: str | Path) -> str:
        """What it prints; the test fails unless it exits 0."""
        said = self(*words)
        assert said.code == 0, f"{words}: exit {said.code}\n{said.out}\n{said.err}"
        return said.out

    def run(self, path: Path | str, data: Path, *words: str) -> dict[str, int]:
        """`run --input`; the counts of its last line, which add up."""
        out = self.ok("run", "--input", path, "--data", data, *words)
        counts = {name: int(n) for name, n in _COUNT.findall(out.splitlines()[-1])}
        whole = counts["committed"] + counts["refused"] + counts["duplicate"] + counts["waiting"]
        assert counts["in"] == whole, out
        return counts

    def sql(self, data: Path, statement: str) -> list[dict[str, Any]]:
        """Rows of a SELECT, numbers of money and quantity as text."""
        rows: list[dict[str, Any]] = json.loads(self.ok("sql", "--data", data, "-o", "json", statement))
        return rows

    def one(self, data: Path, statement: str) -> dict[str, Decimal]:
        """The single row of a SELECT whose columns are all numbers."""
        (row,) = self.sql(data, statement)
        return {name: Decimal(value) for name, value in row.items()}
