"""Cells whose value follows from their quantity: standard cost, and goods of other owners (worth nothing)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tests.reference.cells import ZERO, Cell, Cover, Taken
from tests.reference.exact import EventKey, r


@dataclass
class StandardCell(Cell):
    """V = r(std x Q) at any time, also below 0: no provisional cost, no pieces, no true-ups."""

    std: Fraction | None = None  # minor units per base unit

    def worth(self, qty: Fraction) -> int:
        """What the cell is worth when it holds `qty`."""
        return 0 if self.std is None else r(self.std * qty)

    def move(self, change: Fraction) -> int:
        """The quantity changes; returns the change of value."""
        gain = self.worth(self.Q + change) - self.V
        self.Q, self.V = self.Q + change, self.V + gain
        return gain

    def gain(self, q: Fraction) -> int:
        """The value that an inflow of `q` would bring."""
        return self.worth(self.Q + q) - self.V

    def ratio(self) -> Fraction | None:
        """The standard cost."""
        return self.std

    def outflow(self, k: Fraction, standard: Fraction | None, first: EventKey | None = None) -> Taken:
        """Take `k` out at the standard cost."""
        return Taken([(k, -self.move(-k))], covered_unknown=self.std is None)

    def inflow(
        self,
        q: Fraction,
        a: int,
        known: bool,
        at: int,
        receipt: EventKey | None = None,
        landed: bool = False,
    ) -> list[Cover]:
        """`q` units come in at the standard cost; the difference to `a` is the caller's variance."""
        self.move(q)
        return []

    def inflow_unpriced(
        self, q: Fraction, standard: Fraction | None, at: int
    ) -> tuple[int, bool, list[Cover]]:
        """`q` units at the standard cost."""
        return self.move(q), self.std is not None, []

    def set_standard(self, std: Fraction | None) -> int:
        """A new standard cost; returns the change of value."""
        self.std = std
        return self.move(ZERO)

    def check(self) -> None:
        """The value is that of the quantity, and the lines brought it."""
        assert not self.pieces, f"{self.key}: pieces under standard cost"
        assert self.worth(self.Q) == self.V, f"{self.key}: {self.Q} at {self.std} are not worth {self.V}"
        assert self.posted == self.V, f"{self.key}: lines brought {self.posted}, the cell holds {self.V}"


class ForeignCell(StandardCell):
    """Goods of another owner: quantity without value."""


def foreign_cell(key: tuple[str, str, str, str]) -> ForeignCell:
    """A cell that is worth nothing, and knows it."""
    return ForeignCell(key, std=ZERO, costed=True)
