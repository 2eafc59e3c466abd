"""What a step is: `step(state, batch) -> (state, outputs)`, and nothing but its arguments.

A batch is an Arrow record batch (or table) of a declared schema. A step is deterministic: time comes as
columns, ids from positions and content. Its state is named `room.step@version` and saved as versioned
columnar bytes, never a pickle; saving costs as much as the change since the last save.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa


@dataclass(slots=True)
class Outputs:
    """What a step hands on: tables by the name of their schema (`core.movement`, `raw.refusal` ...)."""

    tables: dict[str, list[pa.Table]] = field(default_factory=dict)

    def add(self, name: str, table: pa.Table) -> None:
        """Append rows for `name`; empty tables are dropped."""
        if table.num_rows:
            self.tables.setdefault(name, []).append(table)

    def merged(self) -> dict[str, pa.Table]:
        """One table per name, rows in the order in which they were added."""
        return {name: pa.concat_tables(parts) for name, parts in self.tables.items()}


@runtime_checkable
class Step(Protocol):
    """A stateful step. `name` is `room.step`, `version` the version of its state's format."""

    name: str
    version: int

    def process(self, batch: pa.RecordBatch) -> Outputs:
        """Advance the state by one batch and return what it produced."""

    def save(self, folder: Path) -> None:
        """Write what changed since the last save into `folder` and commit it by its manifest."""

    def restore(self, folder: Path) -> None:
        """Read the state that the last finished `save` left in `folder` (none: an empty state)."""
