"""What stands in for the runtime behind the command: reports, and what was called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

JOBS = """version: 1
sources: {events: {connector: ndjson}}
jobs:
  stock-live: {in: [events], steps: [intake.decode]}
  other: {engine: local, in: [events], steps: [intake.decode]}
"""
Run = Callable[..., tuple[int, str, str]]


@dataclass
class Report:
    records_in: int = 5
    committed: int = 2
    refused: int = 1
    duplicate: int = 1
    waiting: int = 1
    late: int = 0
    seconds: float = 0.5
    run_id: str = "r1"
    source: str = "events"
    finished: bool = True
    sources: list[Report] = field(default_factory=list)


@dataclass
class Verified:
    identical: bool
    versions: int = 7
    sha256: str = "ab"
    entities: tuple[Any, ...] = (SimpleNamespace(entity="MAIN", versions=7, sha256="cd"),)
    behind: int = 0
    difference: str = ""


class Calls(list[tuple[Any, ...]]):
    """What the stand-ins were called with; `raises` is raised by the next one."""

    raises: BaseException | None = None
