"""A promise: stock held for somebody, and what is left of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tests.reference.exact import Event, EventKey, site_of


@dataclass(frozen=True)
class Hold:
    """A reservation, a pending movement or a pool. `lots` is what it still holds ('' = any lot)."""

    key: EventKey
    kind: str  # reserve | pending | pool
    shelf: tuple[str, str, str, str, str]  # entity, site, item, owner, pool
    qty: Fraction  # as granted
    lots: tuple[tuple[str, Fraction], ...] = ()
    state: str = "open"  # then consumed, released, posted, voided, expired, closed
    expires: int | None = None
    priority: int = 0
    document: str = ""
    movement: Event | None = None  # of a pending one
    place: str = ""  # of a pool: where exactly its stock is
    buffer: Fraction = Fraction(0)
    borrow: bool = False

    @property
    def open(self) -> Fraction:
        """What it still holds."""
        return sum((qty for _, qty in self.lots), Fraction(0))

    def is_at(self, shelf: tuple[str, str, str, str, str]) -> bool:
        """Does it lie on this shelf (or one with a bin of the same site)?"""
        return self.shelf == (shelf[0], site_of(shelf[1]), *shelf[2:])
