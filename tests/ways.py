"""Ways of running the same records; every one must show the same faces.

The reference is one. The others drive the fast ledger through `fast_faces`, cut differently: they are
skipped, with the reason, as long as the module that plugs it in is missing.
"""

from __future__ import annotations

import importlib
import importlib.util
import random
from collections.abc import Callable, Sequence
from typing import Protocol

import pytest

from tests.records import Faces, Run
from tests.reference.ledger import Reference

FAST = "tests.fast"
"""Holds `fast_faces(run, cuts, snapshots) -> Faces`: records[:cuts[0]] are the first batch and so on,
the state is saved and restored after each batch whose end is in `snapshots`. It may also hold
`bytewax_faces(run)` and `archive_faces(run)`."""


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
        ledger, verdicts = Reference(run.refuse_unknown), []
        for record in run.records:
            verdicts.append(str(ledger.post_record(record.events, record.arrived)[0]))
        ledger.check()
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
        return fast("fast_faces")(run, list(self.cut(n)), list(self.snap(n)) if self.snap else []), None


class EngineWay:
    """A whole engine around the fast ledger."""

    def __init__(self, name: str, function: str) -> None:
        self.name, self.function = name, function

    def run(self, run: Run) -> tuple[Faces, list[str] | None]:
        """As the engine cuts it."""
        return fast(self.function)(run), None


def fast(function: str) -> Callable[..., Faces]:
    """A function of the module that plugs in the fast ledger; skips the test while it is not there."""
    for name in ("pipelines.ledger.post", FAST):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not there yet")
    found = getattr(importlib.import_module(FAST), function, None)
    if found is None:
        pytest.skip(f"{FAST} has no {function} yet")
    return found  # type: ignore[no-any-return]


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
    EngineWay("bytewax", "bytewax_faces"),
    EngineWay("back from the archive", "archive_faces"),
]
