"""Valuation cells of the reference: first in, first out."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from tests.reference.cells import ZERO, Cell, Cover, Taken
from tests.reference.exact import EventKey, r


@dataclass
class Layer:
    """What one inflow brought and how much of it is left."""

    qty: Fraction
    value: int
    made_qty: Fraction  # what it was when it was made
    made_value: int
    at: int
    receipt: EventKey | None
    known: bool
    landed: bool = False


@dataclass
class FifoCell(Cell):
    """First in, first out: layers by event time; later arrivals of the same time stand behind."""

    layers: list[Layer] = field(default_factory=list)
    last: Fraction | None = None  # unit cost of the layer consumed last (of those with a known cost)

    def ratio(self) -> Fraction | None:
        """What an outflow beyond the layers costs."""
        return self.last

    def outflow(self, k: Fraction, standard: Fraction | None, first: EventKey | None = None) -> Taken:
        """Take `k` out, from the layer of the receipt `first` if it is there, then from the oldest."""
        taken = Taken(covered_unknown=not self.costed)
        rest = k
        own = [layer for layer in self.layers if first is not None and layer.receipt == first]
        others = [layer for layer in self.layers if first is None or layer.receipt != first]
        for layer in own + others:
            if rest == 0:
                break
            m = min(layer.qty, rest)
            cost = r(layer.value * m / layer.qty)
            layer.qty, layer.value, rest = layer.qty - m, layer.value - cost, rest - m
            taken.parts.append((m, cost))
            taken.landed = taken.landed or layer.landed
            if layer.known:
                self.last = layer.made_value / layer.made_qty
        self.layers = [layer for layer in self.layers if layer.qty > 0]
        if rest > 0:
            taken.uncovered = rest
            taken.provisional, taken.from_nothing = self.price(rest, standard)
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
        """`q` units come in at amount `a`: pieces first, the rest is a layer."""
        below = self.Q < 0
        x, y, found = self.cover(q, a, known, landed)
        if below and known:
            self.last = a / q
        if x > 0:
            behind = sum(1 for layer in self.layers if layer.at <= at)
            self.layers.insert(behind, Layer(x, y, x, y, at, receipt, known, landed))
            self.Q, self.V = self.Q + x, self.V + y
        self.costed = self.costed or known
        return found

    def inflow_unpriced(
        self, q: Fraction, standard: Fraction | None, at: int
    ) -> tuple[int, bool, list[Cover]]:
        """`q` units at the last consumed cost, else the oldest layer's, else standard, else from nothing."""
        oldest = next((layer for layer in self.layers if layer.known), None)
        if self.last is None and oldest is not None:
            a, from_nothing = r(oldest.made_value * q / oldest.made_qty), False
        else:
            a, from_nothing = self.price(q, standard)
        return a, not from_nothing, self.inflow(q, a, not from_nothing, at)

    def restate(self, cost: Fraction, value: int, at: int) -> int:
        """One layer worth `value` where Q > 0; the known cost follows. Returns the change of value."""
        change = value - self.V if self.Q > 0 else 0
        self.V += change
        if self.Q > 0:
            self.layers = [Layer(self.Q, self.V, self.Q, self.V, at, None, True)]
            self.last = self.V / self.Q
        else:
            self.last = cost
        self.costed = True
        return change

    def check(self) -> None:
        """The common invariants, and the layers' sums."""
        super().check()
        assert max(self.Q, ZERO) == sum((layer.qty for layer in self.layers), ZERO), f"{self.key}: layers, Q"
        if self.Q >= 0:
            assert sum(layer.value for layer in self.layers) == self.V, f"{self.key}: layers and V"
