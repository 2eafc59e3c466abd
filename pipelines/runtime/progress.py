"""How long work tells how far it is: a bar with the time left on a terminal, nothing when piped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pipelines.runtime.i18n import t


class Progress(Protocol):
    """Called now and then by long work; cheap enough for every batch."""

    def __call__(self, done: int, total: int | None, note: str = "") -> None:
        """`done` of `total` (bytes, records, versions: always the same; None = unknown), `note` beside it."""


def silent(done: int, total: int | None, note: str = "") -> None:
    """A progress that nobody watches."""


class Meter:
    """How far the files of a run have been read: bytes of all of them, so that there is a time left.

    `parts`: the names of all parts. Parts that are no files have no end that is known: records are counted.
    """

    def __init__(self, progress: Progress, parts: list[str]) -> None:
        self._progress = progress
        sizes = [Path(name).stat().st_size if Path(name).is_file() else 0 for name in parts]
        self._total = sum(sizes) if all(sizes) else None
        self._read: dict[str, int] = {}
        self._records = 0

    def batch(self, name: str, part: object, records: int) -> None:
        """`records` more came out of `part`."""
        self._records += records
        self._read[name] = int(getattr(part, "bytes_read", 0))
        done = self._records if self._total is None else sum(self._read.values())
        self._progress(done, self._total, t("progress.records", n=f"{self._records:,}"))


@contextmanager
def bar(title: str) -> Iterator[Progress]:
    """A progress bar on standard error while the block runs, gone afterwards; silent without a terminal."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn(t("progress.left")),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title, total=None, note="")

        def report(done: int, total: int | None, note: str = "") -> None:
            shown.update(task, completed=done, total=total, note=note)

        yield report
