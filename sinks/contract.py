"""What a sink is: it takes blocks, and says what may be lost or doubled.

A block is the outcome of a stretch of the archive: rows for several tables, and the versions they cover.
Sinks take whole blocks, never single rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Guarantees:
    """`idempotent_by`: what makes a second write of the same block harmless. `atomic_over`: what a reader
    sees at once. `on_restart`: what may be lost or doubled, and why.
    """

    idempotent_by: str
    atomic_over: str
    on_restart: str


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that the records `first_ordinal` … `last_ordinal` of the archive led to.

    `tables`: full table name -> rows. `versions`: entity -> (first, last) version in the block.
    """

    first_ordinal: int
    last_ordinal: int
    tables: dict[str, pa.Table]
    versions: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows in all tables together."""
        return sum(t.num_rows for t in self.tables.values())


@runtime_checkable
class Sink(Protocol):
    """A named door out."""

    name: str
    guarantees: Guarantees

    def write(self, block: Block) -> None:
        """Take `block`; return when it is safe as far as `guarantees` say, raise otherwise."""

    def recover(self) -> int:
        """Finish what a dead process left; the last ordinal that is held whole, -1 if none."""

    def close(self) -> None:
        """Let go of files and connections."""

    @classmethod
    def sample(cls, folder: Path) -> Opened:
        """The sink over `folder`, as a new process opens it; the conformance suite holds the class to it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A sink with what belongs to it. `found`: table -> rows as a reader finds them now."""

    sink: Sink
    found: Callable[[], dict[str, pa.Table]]
    close: Callable[[], None]
