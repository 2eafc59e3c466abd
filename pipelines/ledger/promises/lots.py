"""What may be promised of what is there: lots on hold or expired, and the order in which they go out."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.ledger.promises.book import Book, LotKey
from pipelines.ledger.promises.shapes import EVERY, EventKey, Hold, Lots, PoolMove, Shelf, Stock
from schemas.accounts import site_of


@dataclass
class Desk:
    """Where an event is decided: the book, the stock, and what the event has done so far."""

    book: Book
    stock: Stock
    moves: list[PoolMove] = field(default_factory=list)
    ended: dict[EventKey, Hold] = field(default_factory=dict)

    def move(self, move: PoolMove) -> None:
        """Stock goes to another pool now."""
        self.moves.append(move)
        self.stock.move(move)


def status(d: Desk, lot: LotKey) -> str:
    """`ok`, `quarantine`, `recalled` or `expired` at the entity's logical time.

    The status said last in event time holds; a lot expires at the earliest expiry of its live receipts.
    """
    now = d.book.clocks.get(lot[0], 0)
    said = [f for f in d.book.facts_of(lot) if f.status and f.at <= now]
    last = max(said, key=lambda f: f.order).status if said else "ok"
    ends = expiry(d, lot)
    return "expired" if last == "ok" and lot[2] and ends is not None and ends <= now else last


def expiry(d: Desk, lot: LotKey) -> int | None:
    """When a lot expires, ms; None if no receipt of it says."""
    return min((f.expiry for f in d.book.facts_of(lot) if f.expiry is not None), default=None)


def came(d: Desk, lot: LotKey) -> int:
    """The own time of its first live receipt, ms; 0 if there is none."""
    return min((f.at for f in d.book.facts_of(lot) if not f.status), default=0)


def on_shelf(d: Desk, shelf: Shelf, exact: bool = False) -> dict[str, int]:
    """Lot -> quantity that may be promised: at the site with its bins, or at exactly that place.

    What a pool owes (it was sold from without having it) is missing from the common stock beside it.
    """
    by_pool: dict[tuple[str, str], int] = {}
    for row in d.stock.rows(shelf.entity, site_of(shelf.site), shelf.item, shelf.owner):
        if not exact or row.place == shelf.site:
            by_pool[row.pool, row.lot] = by_pool.get((row.pool, row.lot), 0) + row.qty
    found: dict[str, int] = {}
    for (pool, lot), qty in by_pool.items():
        if shelf.pool in (pool, EVERY) or (shelf.pool == "" and qty < 0):
            found[lot] = found.get(lot, 0) + qty
    return {lot: qty for lot, qty in found.items() if status(d, (shelf.entity, shelf.item, lot)) == "ok"}


def held(d: Desk, shelf: Shelf) -> dict[str, int]:
    """Lot -> quantity promised already on this shelf; '' for promises of any lot."""
    here, found = shelf.at_site, dict[str, int]()
    for hold in d.book.holds_of((shelf.entity, shelf.item)):
        if hold.kind != "pool" and hold.shelf == (here.of(hold.shelf.pool) if here.pool == EVERY else here):
            for lot, qty in hold.lots:
                found[lot] = found.get(lot, 0) + qty
    return found


def pool_at(d: Desk, shelf: Shelf) -> Hold | None:
    """The open pool of a shelf."""
    here = shelf.at_site
    found = (h for h in d.book.holds_of((shelf.entity, shelf.item)) if h.kind == "pool" and h.shelf == here)
    return next(found, None)


def room(d: Desk, shelf: Shelf, lot: str = "", exact: bool = False) -> int:
    """What is left on the shelf less the pool's safety buffer, below 0 where it is short of something.

    Never more than what is left at the site in all its pools.
    """
    there, promised, pool = on_shelf(d, shelf, exact), held(d, shelf), pool_at(d, shelf)
    whole = sum(there.values()) - sum(promised.values()) - (pool.buffer if pool else 0)
    every = shelf.of(EVERY)
    whole = min(whole, sum(on_shelf(d, every).values()) - sum(held(d, every).values()))
    return min(whole, there.get(lot, 0) - promised.get(lot, 0)) if lot else whole


def free(d: Desk, shelf: Shelf, lot: str = "", exact: bool = False) -> int:
    """What can still be promised, never below 0."""
    return max(0, room(d, shelf, lot, exact))


def give_out(d: Desk, shelf: Shelf, qty: int, rule: str, exact: bool = False) -> Lots:
    """Lots for `qty`: by expiry (fefo) or first receipt (fifo), what bears no lot last.

    Less than `qty` if they do not suffice.
    """
    there, promised, found, rest = on_shelf(d, shelf, exact), held(d, shelf), [], qty

    def place(lot: str) -> tuple[bool, bool, int, int, str]:
        key = (shelf.entity, shelf.item, lot)
        ends = expiry(d, key) if rule == "fefo" else None
        return (lot == "", ends is None, ends or 0, came(d, key), lot)

    for lot in sorted(there, key=place):
        m = min(rest, there[lot] - promised.get(lot, 0))
        if m > 0:
            found.append((lot, m))
            rest -= m
    return tuple(found)
