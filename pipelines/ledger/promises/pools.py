"""Pools: stock set aside for a promotion, a channel or a customer; lent, given back, let go when it ends.

A pool is an account of its own at the same place, so its stock moves there by rows `pool.move` without value.
How much moves is decided at arrival; the rows are named `<id of the event>/<why>`.
"""

from __future__ import annotations

from dataclasses import replace

from pipelines.ledger.promises.lots import Desk, free, give_out, pool_at
from pipelines.ledger.promises.shapes import (
    Debt,
    Event,
    Hold,
    Lots,
    PoolMove,
    Refusal,
    Shelf,
    key_of,
    short_of,
    text,
)  # fmt: skip
from schemas.accounts import site_of


def move(d: Desk, source: str, name: str, at: int, shelf: Shelf, to_pool: str, some: Lots) -> None:
    """Move lots from the shelf, whose `site` is the place, to another pool there."""
    for number, (lot, qty) in enumerate(some):
        d.move(
            PoolMove(
                source, f"{name}/{number}" if number else name, at, shelf.entity, shelf.site, shelf.item,
                shelf.owner, lot, shelf.pool, to_pool, qty,
            )
        )  # fmt: skip


def open_pool(d: Desk, event: Event) -> None:
    """pool.open: takes its stock out of the common pool, or is refused."""
    entity, item, place = event["entity"], event["item"], event["site"]
    pool, owner, lot = text(event, "pool") or event["id"], text(event, "owner"), text(event, "lot")
    shelf = Shelf(entity, site_of(place), item, owner, pool)
    common = Shelf(entity, place, item, owner, "")
    if pool_at(d, shelf) is not None:
        raise Refusal("not_allowed", f"pool {pool}: {shelf.site} {item}")
    qty = d.stock.base_qty(entity, item, event["qty"], text(event, "uom"))
    buffer = d.stock.base_qty(entity, item, event.get("buffer") or 0, text(event, "uom"))
    there = free(d, common, lot, exact=True)
    some: Lots = ((lot, qty),)
    if not lot:
        some = give_out(d, common, qty, text(event, "allocate") or "fefo", exact=True)
    if there < qty or sum(m for _, m in some) < qty:
        raise Refusal("not_available", short_of(there, qty, common, lot))
    key = key_of(event)
    d.book.put("holds", key, Hold(
        key, "pool", shelf, qty, priority=event.get("priority") or 0, expires=event.get("expires"),
        document=text(event, "document"), place=place, buffer=buffer, borrow=bool(event.get("borrow")),
    ))  # fmt: skip
    move(d, event["source"], f"{event['id']}/open", event["time"], common, pool, some)


def close_pool(d: Desk, event: Event) -> Hold:
    """pool.close: the pool as it was; what it holds goes back."""
    pool = text(event, "pool") or event["id"]
    shelf = Shelf(event["entity"], site_of(event["site"]), event["item"], text(event, "owner"), pool)
    hold = pool_at(d, shelf)
    if hold is None:
        raise Refusal("not_allowed", f"pool {pool}: {shelf.site} {shelf.item}")
    give_back(d, hold, f"{event['id']}/close", event["time"])
    return hold


def borrow(d: Desk, event: Event, shelf: Shelf, short: int) -> int:
    """Borrow up to `short` for a pool that may: from the common pool, then from pools of lower priority."""
    pool = pool_at(d, shelf)
    if pool is None or not pool.borrow:
        return 0
    others = [
        h for h in d.book.holds_of((shelf.entity, shelf.item))
        if h.kind == "pool" and h.shelf[:4] == pool.shelf[:4] and h.priority < pool.priority
    ]  # fmt: skip
    got, number = 0, 0
    for lender in ["", *(h.shelf.pool for h in sorted(others, key=lambda h: (h.priority, h.key)))]:
        source = pool.shelf._replace(site=pool.place, pool=lender)
        m = min(short - got, free(d, source, exact=True))
        if m > 0:
            some = give_out(d, source, m, "fefo", exact=True)
            name = f"{event['id']}/borrow{number}"
            move(d, event["source"], name, event["time"], source, shelf.pool, some)
            d.book.put("debts", max(d.book.debts, default=-1) + 1, Debt(pool.key, lender, m))
            got, number = got + m, number + 1
    return got


def repay(d: Desk, event: Event, item: str) -> None:
    """What comes into a pool pays its debts, the oldest first, as far as it is free; `item`: what came."""
    into, number = text(event, "to_pool") or text(event, "pool"), 0
    pools = [h for h in d.book.holds_of((event["entity"], item)) if h.kind == "pool" and h.shelf.pool == into]
    debts = sorted((debt, h) for h in pools for debt in d.book.debts_of(h.key))
    for (key, debt), hold in debts:
        source = hold.shelf._replace(site=hold.place)
        m = min(debt.owed, free(d, source, exact=True))
        if m > 0:
            some = give_out(d, source, m, "fefo", exact=True)
            name = f"{event['id']}/repay{number}"
            move(d, event["source"], name, event["time"], source, debt.lender, some)
            left = debt.owed - m
            d.book.put("debts", key, replace(debt, owed=left) if left else None)
            number += 1


def give_back(d: Desk, hold: Hold, name: str, at: int) -> None:
    """The pool ends: lenders first, as far as it is free; the rest, and what is reserved of it, is common."""
    shelf = hold.shelf._replace(site=hold.place)
    number = 0
    for key, debt in d.book.debts_of(hold.key):
        m = min(debt.owed, free(d, shelf, exact=True))
        if m > 0:
            some = give_out(d, shelf, m, "fefo", exact=True)
            move(d, hold.key[0], f"{name}/lender{number}", at, shelf, debt.lender, some)
            number += 1
        d.book.put("debts", key, None)
    for other in d.book.holds_of((shelf.entity, shelf.item)):
        if other.kind == "pool" and other.shelf[:4] == hold.shelf[:4]:
            for key, debt in d.book.debts_of(other.key):
                if debt.lender == shelf.pool:  # owed to a pool that ends: owed to the common stock
                    d.book.put("debts", key, replace(debt, lender=""))
        elif other.kind != "pool" and other.shelf == hold.shelf:
            d.book.put("holds", other.key, replace(other, shelf=other.shelf.of("")))
    left = tuple((lot, qty) for lot, qty in sorted(everything(d, shelf).items()) if qty > 0)
    move(d, hold.key[0], name, at, shelf, "", left)


def everything(d: Desk, shelf: Shelf) -> dict[str, int]:
    """Lot -> quantity in a pool at its place, on hold or not."""
    rows = d.stock.rows(shelf.entity, site_of(shelf.site), shelf.item, shelf.owner)
    return {row.lot: row.qty for row in rows if (row.place, row.pool) == (shelf.site, shelf.pool)}
