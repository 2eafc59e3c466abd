"""What a source is: parts that hand out blocks of records and can be resumed at a position.

A *record* is what the outside sent, byte for byte (a line, a message, a file row). A source never looks
into it: decoding, refusing and deduplicating happen in one place, the intake. Positions are
(topic, partition, offset)-shaped for every source: `source`, `part` and an integer `offset` that grows
within the part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What may be expected of a source after a restart.

    `replayable`: the same position gives the same bytes again. `ordered_by`: what orders records in a part.
    `acknowledged`: when the outside may forget a record. `on_restart`: what may be lost or doubled, and why.
    """

    replayable: bool
    ordered_by: str
    acknowledged: str
    on_restart: str


@dataclass(frozen=True, slots=True)
class Origin:
    """How records first arrived that another directory has archived: its `source`, `part` and `offsets`
    (int64[n]), and what else decides what becomes of them (see `connectors.archive.Archived`).
    """

    source: str
    part: str
    file_id: str
    arrived_at: int
    trust: int
    refuse_unknown: tuple[str, ...]
    offsets: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RawBatch:
    """A block of records as received.

    `data`: n records (their bytes, a trailing newline included where the format has one).
    `offsets`: int64[n], the position of each record in its part.
    `decoder`: how to read them: "ndjson", or the name under which a map was stored.
    `origin`: where they were archived before; None: they arrive now.
    """

    source: str
    part: str
    decoder: str
    data: pa.LargeBinaryArray
    offsets: NDArray[np.int64]
    origin: Origin | None = None

    def __len__(self) -> int:
        return len(self.data)


@runtime_checkable
class Part(Protocol):
    """One ordered stream of a source, opened at a resume position."""

    eof: bool

    def next_batch(self, max_records: int, max_bytes: int) -> RawBatch | None:
        """Up to `max_records` records or about `max_bytes`; None when nothing is there now (see `eof`)."""

    def position(self) -> int:
        """The offset to resume at: one past the last record handed out."""

    def close(self) -> None:
        """Let go of files and connections."""


@runtime_checkable
class Source(Protocol):
    """A named door with one or more parts."""

    name: str
    capabilities: Capabilities

    def parts(self) -> list[str]:
        """The parts that exist now, in a stable order."""

    def build(self, part: str, resume: int | None) -> Part:
        """Open `part` at `resume` (None = from its beginning)."""

    @classmethod
    def samples(cls, folder: Path) -> Sequence[Source]:
        """Small instances over what it writes into `folder`; the conformance suite holds the class to it."""
