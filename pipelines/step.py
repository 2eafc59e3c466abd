"""What a step is: `step(state, tables) -> (state, tables)`, and nothing but its arguments.

A step takes Arrow tables by the names of their schemas and gives others: the same from memory or a topic. It
is deterministic: time comes as columns, ids from positions and content. Its state is named
`room.step@version` and saved as versioned bytes, never a pickle; saving costs as much as the change since the
last save.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa


@dataclass(slots=True)
class Outputs:
    """What a step hands on: tables by the name of their schema (`core.movement`, `raw.refusal` ...)."""

    tables: dict[str, list[pa.Table]] = field(default_factory=dict)

    def add(self, name: str, table: pa.Table, *, empty: bool = False) -> None:
        """Append rows for `name`; a table without rows is dropped unless `empty` says that it counts."""
        if table.num_rows or empty:
            self.tables.setdefault(name, []).append(table)

    def merged(self) -> dict[str, pa.Table]:
        """One table per name, rows in the order in which they were added."""
        return {
            n: parts[0] if len(parts) == 1 else pa.concat_tables(parts) for n, parts in self.tables.items()
        }


@runtime_checkable
class Step(Protocol):
    """A step. `name` is `room.step`, `version` the version of its state's format.

    `reads`: the tables it takes, in the order of the arguments of `process`; one that is absent is None.
    `gives`: the tables it may hand on. Both are written out, so that a job's order is checked without
    importing its steps.
    """

    name: str
    version: int

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of tables, such as `core.movement`."""

    @property
    def gives(self) -> tuple[str, ...]:
        """Names of tables, such as `core.stock`."""

    @property
    def process(self) -> Callable[..., Outputs]:
        """Advance the state by one batch and return what it produced; the arguments stay as they were."""

    def save(self, folder: Path) -> None:
        """Write what changed since the last save into `folder` and commit it by its manifest."""

    def restore(self, folder: Path) -> Any:
        """Read the state that the last finished `save` left in `folder` (none: an empty state)."""


def commit(path: Path, state: Any) -> None:
    """Replace the JSON file `path` by `state`: after a crash it holds the old or the new, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".tmp")
    with draft.open("w", encoding="utf-8") as out:
        json.dump(state, out, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)
