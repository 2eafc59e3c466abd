"""Ways of running the same records; every one must show the same faces.

The reference is one. The others drive the fast ledger, cut differently, or a whole engine around it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Protocol

from tests.fast import archive_faces, bytewax_faces, fast_faces
from tests.records import Faces, Run
from tests.reference.admission.ledger import Truth


class Way(Protocol):
    """One way of running."""

    name: str

    def run(self, run: Run) -> tuple[Faces, list[str] | None]:
        """The faces, and the verdict of each record at its arrival if this way knows it."""


class ReferenceWay:
    """The slow, obvious one."""

    name = "reference"

    def run(self, run: Run) -> tuple[Faces, list[str] | None]:
        """Post record by record, check everything at the end."""
        ledger, verdicts = Truth(run.refuse_unknown), []
        for record in run.records:
            verdicts.append(str(ledger.post_record(record.events, record.arrived)[0]))
        return ledger.faces(), verdicts


class FastWay:
    """The fast ledger, its records cut into batches by `cut`, saved and restored where `snap` says."""

    def __init__(
        self,
        name: str,
        cut: Callable[[int], Sequence[int]],
        snap: Callable[[int], Sequence[int]] | None = None,
    ) -> None:
        self.name, self.cut, self.snap = name, cut, snap

    def run(self, run: Run) -> tuple[Faces, list[str] | None]:
        """Batches of the fast step, through its tables."""
        n = len(run.records)
        return fast_faces(run, list(self.cut(n)), list(self.snap(n)) if self.snap else []), None


class EngineWay:
    """A whole engine around the fast ledger."""

    def __init__(self, name: str, faces: Callable[[Run], Faces]) -> None:
        self.name, self.faces = name, faces

    def run(self, run: Run) -> tuple[Faces, list[str] | None]:
        """As the engine cuts it."""
        return self.faces(run), None


def random_cuts(n: int, rng: random.Random, share: float = 0.3) -> list[int]:
    """Ends of batches: every record ends one with this probability, the last always."""
    return [i for i in range(1, n) if rng.random() < share] + [n]


def _every(n: int) -> list[int]:
    return list(range(1, n + 1))


WAYS: list[Way] = [
    ReferenceWay(),
    FastWay("straight", lambda n: [*range(4, n, 4), n]),
    FastWay("event by event", _every),
    FastWay("in one batch", lambda n: [n]),
    FastWay("split at random", lambda n: random_cuts(n, random.Random(n))),
    FastWay("cut by a snapshot at every row", _every, _every),
    EngineWay("bytewax", bytewax_faces),
    EngineWay("back from the archive", archive_faces),
]
