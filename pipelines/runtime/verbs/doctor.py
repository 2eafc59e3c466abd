"""`stocktwin doctor`: the environment and a data directory, row by row, with a cure for each finding.

Nothing is changed. A row that cannot be examined is a finding, never the end of the examination.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from pipelines.runtime.i18n import t
from pipelines.runtime.probes import data as of_data
from pipelines.runtime.probes import environment
from pipelines.runtime.probes.environment import require_port
from pipelines.runtime.probes.finding import Finding

__all__ = ["Finding", "as_lines", "examine", "require_port"]

_COLORS = {"ok": "32", "warn": "33", "fail": "31"}


def examine(data: Path | None, port: int) -> list[Finding]:
    """All findings in the order of looking. `data`: a data directory, or None for the environment alone.

    Nothing is raised for what is found. `port`: where the board would listen.
    """
    found = [
        environment.python(),
        environment.names(),
        environment.disk(data or Path()),
        environment.kernels(),
        environment.port(port),
    ]
    return [*found, *(_data(data) if data is not None else ())]


def _data(data: Path) -> Iterator[Finding]:
    head = of_data.meta(data)
    yield head
    if head.state != "ok":
        return
    yield of_data.owner(data)
    yield from of_data.archive(data)
    yield of_data.state(data)
    yield of_data.outbox(data)
    settings = None if of_data.is_owned(data) else partial(of_data.assert_settings, data)
    yield from of_data.store(partial(_query, data), settings)


def _query(data: Path, sql: str) -> list[dict[str, Any]]:
    """Rows of a SELECT as dicts, through the owner where there is one."""
    from sinks.serving.client import query

    rows: list[dict[str, Any]] = query(data, sql).to_pylist()
    return rows


def as_lines(findings: Sequence[Finding], color: bool = False) -> list[str]:
    """A line for each finding, aligned, and a line with its cure below those that have one."""
    words = max((_width(t(f"doctor.{f.state}")) for f in findings), default=0)
    titles = max((_width(f.title) for f in findings), default=0)
    lines = []
    for finding in findings:
        state = _padded(t(f"doctor.{finding.state}"), words)
        shown = f"\x1b[{_COLORS[finding.state]}m{state}\x1b[0m" if color else state
        lines.append(f"{shown}  {_padded(finding.title, titles)}  {finding.found}")
        if finding.cure:
            lines.append(f"{' ' * (words + titles + 4)}→ {finding.cure}")
    return lines


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
