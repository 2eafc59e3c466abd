"""Reservations and pending movements: granted or refused once, from what is known then, never unmade (D2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pipelines.ledger.promises import pools
from pipelines.ledger.promises.lots import Desk, give_out, pool_at, room
from pipelines.ledger.promises.shapes import (
    IN,
    OUT,
    Event,
    Hold,
    Lots,
    Refusal,
    Shelf,
    half_even,
    key_of,
    reference,
    short_of,
    text,
)  # fmt: skip
from schemas.accounts import site_of


def settle(d: Desk, hold: Hold, state: str, left: Lots = ()) -> None:
    """The hold keeps `left` only; with nothing left it has ended in `state`."""
    if left:
        d.book.put("holds", hold.key, replace(hold, lots=left))
    else:
        d.book.put("holds", hold.key, None)
        d.ended[hold.key] = replace(hold, lots=(), state=state)


def open_hold(d: Desk, event: Event, name: str, kind: str) -> Hold:
    """The hold that an event names; `not_allowed` once it is no longer open."""
    hold = d.book.holds.get(reference(event, name))
    if hold is None or hold.kind != kind:
        raise Refusal("not_allowed", f"{name} {text(event, name)}")
    return hold


def shelf_of(event: Event, place: str) -> Shelf:
    """Where an event takes stock from."""
    return Shelf(
        event["entity"], site_of(place), text(event, "item"), text(event, "owner"), text(event, "pool")
    )


def base_qty(d: Desk, event: Event) -> int:
    """The event's quantity in base units."""
    return d.stock.base_qty(event["entity"], text(event, "item"), event["qty"], text(event, "uom"))


def grant(d: Desk, event: Event, said: Event, shelf: Shelf, qty: int) -> Lots:
    """Lots for a promise of `qty`, borrowed if the pool may; `said` names lot and rule of allocation."""
    lot, rule = text(said, "lot"), text(said, "allocate")
    short = qty - room(d, shelf, lot)
    if short > 0 and not lot:
        short -= pools.borrow(d, event, shelf, short)
    if short > 0:
        raise Refusal("not_available", short_of(max(0, qty - short), qty, shelf, lot))
    if lot or (not rule and not d.stock.tracked(shelf.entity, shelf.item)):
        return ((lot, qty),)
    found = give_out(d, shelf, qty, rule or "fefo")
    if sum(m for _, m in found) < qty:
        raise Refusal("not_available", short_of(sum(m for _, m in found), qty, shelf))
    return found


def reserve(d: Desk, event: Event) -> None:
    """stock.reserve"""
    shelf, qty, key = shelf_of(event, event["site"]), base_qty(d, event), key_of(event)
    some = grant(d, event, event, shelf, qty)
    d.book.put("holds", key, Hold(
        key, "reserve", shelf, qty, some, priority=event.get("priority") or 0, expires=event.get("expires"),
        document=text(event, "document"),
    ))  # fmt: skip


def release(d: Desk, event: Event) -> None:
    """stock.release: of the named reservation, else of those of the same document."""
    qty, shelf = base_qty(d, event), shelf_of(event, event["site"])
    if event.get("releases"):
        found = [open_hold(d, event, "releases", "reserve")]
    else:
        found = claims(d, text(event, "document"), shelf)
    there = sum(h.open for h in found)
    if there < qty:
        raise Refusal("not_allowed", short_of(there, qty, shelf))
    take_from(d, found, qty, text(event, "lot"), "released")


def pending(d: Desk, event: Event) -> None:
    """stock.pending: an outflow holds its stock; an inflow only waits."""
    said = dict(event["movement"])
    if said.get("type") not in (*OUT, *IN):
        raise Refusal("not_allowed", f"movement ∉ {', '.join(sorted((*OUT, *IN)))}")
    said["entity"] = event["entity"]
    shelf = shelf_of(said, text(said, OUT.get(said["type"], "site")))
    key, qty = key_of(event), 0
    some: Lots = ()
    if said["type"] in OUT:
        qty = base_qty(d, said)
        some = grant(d, event, said, shelf, qty)
    d.book.put("holds", key, Hold(
        key, "pending", shelf, qty, some, movement=dict(event["movement"]), expires=event.get("expires"),
        document=text(event, "document"),
    ))  # fmt: skip


def post(d: Desk, event: Event) -> dict[str, Any]:
    """stock.post: the movement, which takes place now, whole or in part (then the rest is let go).

    Of a part the amount is in proportion, rounded half-even to minor units.
    """
    hold = open_hold(d, event, "pending", "pending")
    envelope = ("id", "source", "entity", "time", "seq")
    movement = dict(hold.movement or {}) | {name: event[name] for name in envelope if name in event}
    if event.get("qty") is not None:
        of = (hold.shelf.entity, hold.shelf.item)
        whole = d.stock.base_qty(*of, movement["qty"], text(movement, "uom"))
        part = d.stock.base_qty(*of, event["qty"], text(event, "uom"))
        if part > whole:
            raise Refusal("not_allowed", short_of(whole, part, hold.shelf))
        movement |= {"qty": event["qty"], "uom": text(event, "uom")}
        if movement.get("amount"):
            unit = 10 ** (4 - d.stock.digits(hold.shelf.entity))
            movement["amount"] = half_even(movement["amount"] * part, whole * unit) * unit
    settle(d, hold, "posted")
    return movement


def void(d: Desk, event: Event) -> None:
    """stock.void"""
    settle(d, open_hold(d, event, "pending", "pending"), "voided")


def close_pool(d: Desk, event: Event) -> None:
    """pool.close"""
    settle(d, pools.close_pool(d, event), "closed")


# -- movements against promises --------------------------------------------------------------------------


def claims(d: Desk, document: str, shelf: Shelf) -> list[Hold]:
    """The open reservations of a document on a shelf: by priority, then as they were granted."""
    found = [
        h for h in d.book.holds_of((shelf.entity, shelf.item))
        if document and (h.kind, h.document, h.shelf) == ("reserve", document, shelf.at_site)
    ]  # fmt: skip
    return sorted(found, key=lambda h: (-h.priority, h.version))


def take_from(d: Desk, holds: list[Hold], qty: int, lot: str, state: str) -> None:
    """Take `qty` out of these holds, of the lot where one is stated."""
    rest = qty
    for hold in holds:
        left = []
        for name, there in hold.lots:
            m = min(rest, there) if lot in ("", name) or name == "" else 0
            rest -= m
            left += [(name, there - m)] if there > m else []
        settle(d, hold, state, tuple(left))


def use(d: Desk, event: Event) -> None:
    """Before a movement: it uses up what is reserved for its document, and a pool borrows what it lacks."""
    if event["type"] not in OUT:
        return
    shelf = shelf_of(event, event[OUT[event["type"]]])
    qty, document = base_qty(d, event), text(event, "document")
    if document:
        take_from(d, claims(d, document, shelf), qty, text(event, "lot"), "consumed")
    pool = pool_at(d, shelf)
    short = qty - room(d, shelf) - (pool.buffer if pool else 0)  # its buffer may be sold
    if short > 0:
        pools.borrow(d, event, shelf, short)


DECIDES: dict[str, Callable[[Desk, Event], None]] = {
    "stock.reserve": reserve, "stock.release": release, "stock.pending": pending, "stock.void": void,
    "pool.open": pools.open_pool, "pool.close": close_pool,
}  # fmt: skip
"""The types that post no movement of their own, and who decides them."""
