"""What refuses a movement that takes stock which is promised to somebody else."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.ledger.promises.lots import Desk, held, on_shelf
from pipelines.ledger.promises.shapes import EVERY, Event, ItemKey, Refusal, Shelf, short_of

Levels = dict[tuple[Shelf, str], int]
"""(shelf, lot or '' for all of them) -> what is there."""


def shelves(d: Desk, item: ItemKey) -> list[Shelf]:
    """Where something of it is promised, or kept in a pool; a pool also guards the common stock beside it."""
    found: dict[Shelf, None] = {}
    for hold in d.book.holds_of(item):
        if hold.shelf.site:
            found |= {hold.shelf: None, hold.shelf.of(EVERY): None}
            if hold.kind == "pool":
                found[hold.shelf.of("")] = None
    return list(found)


def levels(d: Desk, items: Iterable[ItemKey]) -> Levels:
    """What is on the shelves where something of these items is promised: in all, and per promised lot."""
    found: Levels = {}
    for item in items:
        for shelf in shelves(d, item):
            there = on_shelf(d, shelf)
            found[shelf, ""] = sum(there.values())
            found |= {(shelf, lot): there.get(lot, 0) for lot in held(d, shelf) if lot}
    return found


def judge(d: Desk, event: Event, items: Iterable[ItemKey], before: Levels) -> None:
    """`reserved_stock` if less is left than is promised, and less than before; a count is a fact and may."""
    if event["type"] in ("stock.count", "lot.status"):
        return
    for (shelf, lot), there in levels(d, items).items():
        promised = held(d, shelf)
        floor = promised.get(lot, 0) if lot else sum(promised.values())
        if floor == 0 and shelf.pool in ("", EVERY) and not in_pools(d, shelf):
            continue  # nothing to guard: stock may go below 0 where the entity accepts it
        if there < floor and there < before.get((shelf, lot), there):
            raise Refusal("reserved_stock", short_of(there, floor, shelf, lot))


def in_pools(d: Desk, shelf: Shelf) -> bool:
    """Is there stock in an open pool at this site?"""
    holds = d.book.holds_of((shelf.entity, shelf.item))
    pools = [h.shelf for h in holds if h.kind == "pool" and h.shelf[:4] == shelf[:4]]
    return any(sum(on_shelf(d, pool).values()) > 0 for pool in pools)
