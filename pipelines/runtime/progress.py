"""How long work tells how far it is: a bar with the time left on a terminal, nothing when piped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from pipelines.runtime.i18n import t


class Progress(Protocol):
    """Called now and then by long work; cheap enough for every batch."""

    def __call__(self, done: int, total: int | None, note: str = "") -> None:
        """`done` of `total` (bytes, records, versions: always the same; None = unknown), `note` beside it."""


def silent(done: int, total: int | None, note: str = "") -> None:
    """A progress that nobody watches."""


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
