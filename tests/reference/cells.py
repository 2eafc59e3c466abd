"""Valuation cells of the reference: what both methods share, and moving average, as in `docs/ledger.md`.

A cell knows quantity and value only; accounts, lines and documents live in `book`. Quantities are Fractions
in base units, values integers of minor units, `standard` is minor units per base unit or None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.reference.exact import EventKey, r

ZERO = Fraction(0)


@dataclass
class Piece:
    """An uncovered part of an outflow: it left before it had a cost of its own."""

    event: EventKey
    qty: Fraction
    value: int  # provisional
    contra: str
    leg: str  # "cogs" | "variance"
    from_nothing: bool  # neither a basis nor a standard cost was there


@dataclass
class Cover:
    """What an inflow found for one piece: `qty` units cost `cost`, they had been taken at `share`."""

    piece: Piece
    qty: Fraction
    cost: int
    share: int
    known: bool  # False: the covering inflow was itself uncosted
    landed: bool  # the covering inflow brought landed costs


@dataclass
class Taken:
    """What an outflow took. `parts` are (qty, cost) of the covered part, one per layer under FIFO."""

    parts: list[tuple[Fraction, int]] = field(default_factory=list)
    covered_unknown: bool = False  # it came from an uncosted cell
    landed: bool = False  # landed costs are in the covered part
    uncovered: Fraction = ZERO
    provisional: int = 0
    from_nothing: bool = False

    @property
    def covered(self) -> Fraction:
        """Quantity that had a cost."""
        return sum((q for q, _ in self.parts), ZERO)

    @property
    def covered_cost(self) -> int:
        """Cost of the covered quantity."""
        return sum(c for _, c in self.parts)

    @property
    def cost(self) -> int:
        """Everything, covered and provisional."""
        return self.covered_cost + self.provisional


@dataclass
class Cell:
    """What both methods share: Q, V, the queue of uncovered pieces, and whether a cost was ever seen."""

    key: tuple[str, str, str, str]  # entity, item, owner, scope key
    Q: Fraction = ZERO
    V: int = 0
    pieces: list[Piece] = field(default_factory=list)
    costed: bool = False
    accounts: list[Any] = field(default_factory=list)  # in the order in which they were made
    newest: int | None = None  # event_at of the newest event posted here
    posted: int = 0  # what the lines brought so far: must equal V

    def ratio(self) -> Fraction | None:
        """The known cost per unit, None if there is none."""
        raise NotImplementedError

    def price(self, qty: Fraction, standard: Fraction | None) -> tuple[int, bool]:
        """Value of `qty` at the known cost, else the standard cost, else 0; was it from nothing?"""
        ratio = self.ratio()
        if ratio is None:
            ratio = standard
        return (0, True) if ratio is None else (r(ratio * qty), False)

    def outflow(self, k: Fraction, standard: Fraction | None, first: EventKey | None = None) -> Taken:
        """Take `k` out."""
        raise NotImplementedError

    def inflow(
        self,
        q: Fraction,
        a: int,
        known: bool,
        at: int,
        receipt: EventKey | None = None,
        landed: bool = False,
    ) -> list[Cover]:
        """`q` units come in at amount `a`."""
        raise NotImplementedError

    def inflow_unpriced(
        self, q: Fraction, standard: Fraction | None, at: int
    ) -> tuple[int, bool, list[Cover]]:
        """`q` units come in without a cost of their own."""
        raise NotImplementedError

    def restate(self, cost: Fraction, value: int, at: int) -> int:
        """A new cost for what is there."""
        raise NotImplementedError

    def cover(self, q: Fraction, a: int, known: bool, landed: bool) -> tuple[Fraction, int, list[Cover]]:
        """The inflow (q, a) covers the oldest pieces; returns what is left of it and what it covered."""
        x, y, found = q, a, []
        while self.pieces and x > 0:
            piece = self.pieces[0]
            m = min(piece.qty, x)
            cost = r(y * m / x)
            share = self.shrink(piece, m)
            found.append(Cover(piece, m, cost, share, known, landed))
            x, y = x - m, y - cost
        return x, y, found

    def shrink(self, piece: Piece, m: Fraction) -> int:
        """`m` units of a piece are no longer owed; returns their provisional value. Q and V come back up."""
        share = r(piece.value * m / piece.qty)
        piece.qty, piece.value = piece.qty - m, piece.value - share
        self.Q, self.V = self.Q + m, self.V + share
        if piece.qty == 0:
            self.pieces = [p for p in self.pieces if p is not piece]
        return share

    def own_pieces(self, event: EventKey) -> list[Piece]:
        """The pieces of an event whose true-up would be its own cost, newest first."""
        return [p for p in reversed(self.pieces) if p.event == event and p.leg == "cogs"]

    def split(self, piece: Piece, m: Fraction, contra: str) -> int:
        """`m` units of a piece now answer to `contra`: a piece of their own right behind it."""
        share = r(piece.value * m / piece.qty)
        at = next(i for i, p in enumerate(self.pieces) if p is piece)
        self.pieces.insert(at + 1, Piece(piece.event, m, share, contra, "variance", piece.from_nothing))
        piece.qty, piece.value = piece.qty - m, piece.value - share
        if piece.qty == 0:
            del self.pieces[at]
        return share

    def check(self) -> None:
        """The invariants of one cell."""
        assert self.Q != 0 or self.V == 0, f"{self.key}: no quantity but value {self.V}"
        assert self.Q < 0 or self.V >= 0, f"{self.key}: {self.Q} units worth {self.V}"
        assert all(p.qty > 0 and p.value >= 0 for p in self.pieces), f"{self.key}: an empty piece"
        assert -min(self.Q, ZERO) == sum((p.qty for p in self.pieces), ZERO), f"{self.key}: pieces and Q"
        if self.Q < 0:
            assert sum(p.value for p in self.pieces) == -self.V, f"{self.key}: pieces and V"
        assert self.posted == self.V, f"{self.key}: lines brought {self.posted}, the cell holds {self.V}"


@dataclass
class AverageCell(Cell):
    """Moving average: the average is the exact fraction Av / Aq of the last line that changed it."""

    Av: int = 0
    Aq: Fraction = ZERO  # 0: no basis yet
    landed: bool = False  # landed costs are in the basis

    def ratio(self) -> Fraction | None:
        """The basis; what came from nothing does not count as one."""
        return Fraction(self.Av) / self.Aq if self.Aq and self.costed else None

    def gone(self, c: Fraction) -> int:
        """Value that has left when `c` of the basis quantity has."""
        return r(self.Av * c / self.Aq)

    def outflow(self, k: Fraction, standard: Fraction | None, first: EventKey | None = None) -> Taken:
        """Take `k` out; `first` (own layer) means nothing here."""
        taken = Taken(covered_unknown=not self.costed)
        here = max(self.Q, ZERO)
        m = min(k, here)
        if m > 0:
            c = self.Aq - self.Q
            taken.parts.append((m, self.gone(c + m) - self.gone(c)))
            taken.landed = self.landed
        if k > m:
            taken.uncovered = k - m
            taken.provisional, taken.from_nothing = self.price(k - m, standard)
        self.Q, self.V = self.Q - k, self.V - taken.cost
        return taken

    def inflow(
        self,
        q: Fraction,
        a: int,
        known: bool,
        at: int,
        receipt: EventKey | None = None,
        landed: bool = False,
    ) -> list[Cover]:
        """`q` units come in at amount `a`, their own cost."""
        below = self.Q < 0
        x, y, found = self.cover(q, a, known, landed)
        self.landed = landed or (self.landed and self.Q > 0)
        if x > 0:
            self.Q, self.V = self.Q + x, self.V + y
            self.Av, self.Aq = self.V, self.Q
        elif below and known:
            self.Av, self.Aq = a, q
        self.costed = self.costed or known
        return found

    def inflow_unpriced(
        self, q: Fraction, standard: Fraction | None, at: int
    ) -> tuple[int, bool, list[Cover]]:
        """`q` units come in without a cost of their own; returns amount, known, covers."""
        if self.ratio() is None:
            a, from_nothing = self.price(q, standard)
            return a, not from_nothing, self.inflow(q, a, not from_nothing, at)
        if self.Q >= 0:
            c = self.Aq - self.Q
            a = self.gone(c) - self.gone(c - q)
            self.Q, self.V = self.Q + q, self.V + a
            return a, True, []
        a = r(self.Av * q / self.Aq)
        x, y, found = self.cover(q, a, True, self.landed)
        if x > 0:
            self.Q, self.V, self.Av, self.Aq = x, y, y, x
        return a, True, found

    def restate(self, cost: Fraction, value: int, at: int) -> int:
        """From now on `cost` a unit, and `value` for the whole where Q > 0; returns the change of value."""
        change = value - self.V if self.Q > 0 else 0
        self.V += change
        self.Av, self.Aq = (self.V, self.Q) if self.Q > 0 else (cost.numerator, Fraction(cost.denominator))
        self.costed, self.landed = True, False
        return change

    def check(self) -> None:
        """The common invariants, and V = Av - r(Av c / Aq)."""
        super().check()
        if self.Q > 0:
            assert self.Av - self.gone(self.Aq - self.Q) == self.V, f"{self.key}: basis and V"
