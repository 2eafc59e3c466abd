"""Reservations and pending movements: granted or refused once, from what is known then, never unmade (D2)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from tests.reference.admission.accepted import Accepted
from tests.reference.exact import Event, Refused, decimal_text, event_key, r, reference, site_of, time_ms
from tests.reference.masters import base_qty, plain
from tests.reference.promises import lots, pools
from tests.reference.promises.holds import Hold
from tests.reference.truth.events import FIELDS, check_fields
from tests.reference.truth.lines import ZERO

OUT = {"stock.issue": "site", "sale.delivery": "site", "stock.transfer": "from_site"}
IN = {"stock.receipt", "sale.return"}


def advance(s: Accepted, event: Event, arrived: int) -> None:
    """Logical time: the greatest event_at accepted, not after its arrival; what expires by then is let go."""
    name = event["entity"]
    now = max(s.clock.get(name, 0), min(time_ms(event["time"]), arrived))
    s.clock[name] = now
    due = [h for h in s.holds.values() if h.shelf[0] == name and h.state == "open" and h.expires is not None]
    for hold in sorted(due, key=lambda h: (h.expires, h.key)):
        if hold.expires is not None and hold.expires <= now:
            if hold.kind == "pool":
                pools.give_back(s, hold, f"{hold.key[1]}/expired", hold.expires)
            settle(s, s.holds[hold.key], "expired")  # a pool that ended may have changed its shelf


def settle(s: Accepted, hold: Hold, state: str, left: lots.Lots = ()) -> None:
    """The hold keeps `left` only; with nothing left it is in `state`."""
    s.holds[hold.key] = replace(hold, lots=left, state="open" if left else state)


def open_hold(s: Accepted, event: Event, text: str, kind: str) -> Hold:
    """The hold that an event names; `not_allowed` once it is no longer open."""
    hold = s.holds[reference(event, text)]
    if hold.kind != kind or hold.state != "open":
        raise Refused("not_allowed", f"{hold.key[1]} is {hold.state}")
    return hold


def shelf_of(s: Accepted, event: Event, place: str) -> lots.Shelf:
    """Where an event takes stock from."""
    return (
        event["entity"], site_of(place), plain(event.get("item")), plain(event.get("owner")),
        plain(event.get("pool")),
    )  # fmt: skip


def grant(s: Accepted, event: Event, said: Event, shelf: lots.Shelf, qty: Fraction) -> lots.Lots:
    """Lots for a promise of `qty`, borrowed if the pool may; `not_available` tells what is free.

    `said` names the lot and the rule of allocation: the event, or the movement that is pending.
    """
    lot = plain(said.get("lot"))
    short = qty - lots.room(s, shelf, lot)
    if short > 0 and not lot:
        short -= pools.borrow(s, event, shelf, short)
    if short > 0:
        raise Refused("not_available", f"{max(ZERO, qty - short)} can be promised at {shelf[1]}, not {qty}")
    rule = plain(said.get("allocate"))
    if lot or (not rule and s.items[shelf[0], shelf[2]].tracking == "none"):
        return ((lot, qty),)
    found = lots.give_out(s, shelf, qty, rule or "fefo")
    if sum((m for _, m in found), ZERO) < qty:
        raise Refused("not_available", f"no lots for {qty} at {shelf[1]}")
    return found


def ends(event: Event) -> int | None:
    """When a promise lets itself go, milliseconds."""
    return time_ms(event["expires"]) if event.get("expires") else None


def reserve(s: Accepted, event: Event) -> None:
    """stock.reserve"""
    shelf = shelf_of(s, event, event["site"])
    qty = base_qty(s.items[shelf[0], shelf[2]], event)
    found = grant(s, event, event, shelf, qty)
    key = event_key(event)
    s.holds[key] = Hold(
        key, "reserve", shelf, qty, found, priority=int(event.get("priority", 0)), expires=ends(event),
        document=plain(event.get("document")),
    )  # fmt: skip


def release(s: Accepted, event: Event) -> None:
    """stock.release: of the named reservation, else of those of the same document."""
    name = event["entity"]
    qty = base_qty(s.items[name, event["item"]], event)
    if event.get("releases"):
        found = [open_hold(s, event, event["releases"], "reserve")]
    else:
        found = claims(s, plain(event.get("document")), shelf_of(s, event, event["site"]))
    if sum((h.open for h in found), ZERO) < qty:
        raise Refused("not_allowed", f"{sum((h.open for h in found), ZERO)} can be released, not {qty}")
    take_from(s, found, qty, plain(event.get("lot")), "released")


def movement_of(s: Accepted, event: Event) -> Event:
    """The movement of a stock.pending as an event, if it reads as one."""
    said = event["movement"]
    if not isinstance(said, dict) or said.get("type") not in {*OUT, *IN}:
        raise Refused("not_allowed", f"movement is one of {', '.join(sorted({*OUT, *IN}))}")
    unknown = sorted(
        set(said) - FIELDS[said["type"]] - {"type", "lot", "owner", "pool", "document", "cost_centre"}
    )
    if unknown:
        raise Refused("unknown_field", f"{said['type']} has no field {', '.join(unknown)}")
    envelope = ("id", "source", "entity", "time")
    movement = said | {name: event[name] for name in envelope}
    check_fields(movement)
    if movement.get("returns"):
        movement["item"] = s.rows[event["entity"]][reference(event, movement["returns"])].item
    s.need_masters(movement, plain(movement.get("item")), refuse=False)
    return movement


def pending(s: Accepted, event: Event) -> None:
    """stock.pending: an outflow holds its stock; an inflow only waits."""
    movement = movement_of(s, event)
    key, place = event_key(event), movement.get(OUT.get(movement["type"], "site"), "")
    shelf = shelf_of(s, movement, place)
    held: lots.Lots = ()
    qty = ZERO
    if movement["type"] in OUT:
        qty = base_qty(s.items[shelf[0], shelf[2]], movement)
        held = grant(s, event, movement, shelf, qty)
    s.holds[key] = Hold(
        key, "pending", shelf, qty, held, movement=movement, expires=ends(event),
        document=plain(event.get("document")),
    )  # fmt: skip


def post(s: Accepted, event: Event) -> Event:
    """stock.post: the movement takes place now, whole or in part (then the rest is let go)."""
    hold = open_hold(s, event, event["pending"], "pending")
    assert hold.movement is not None
    envelope = ("id", "source", "entity", "time", "seq")
    movement = hold.movement | {name: event[name] for name in envelope if name in event}
    if event.get("qty") not in (None, ""):
        item = s.items[hold.shelf[0], hold.shelf[2]]
        whole, part = base_qty(item, movement), base_qty(item, event)
        if part > whole:
            raise Refused("not_allowed", f"{whole} is pending, not {part}")
        movement |= {"qty": event["qty"], "uom": plain(event.get("uom"))}
        if movement.get("amount"):
            unit = s.entities[event["entity"]].minor
            minor = r(Fraction(movement["amount"]) * unit * part / whole)
            movement["amount"] = decimal_text(Fraction(minor, unit))
    settle(s, hold, "posted")
    return movement


def void(s: Accepted, event: Event) -> None:
    """stock.void"""
    settle(s, open_hold(s, event, event["pending"], "pending"), "voided")


# -- movements against promises --------------------------------------------------------------------------


def claims(s: Accepted, document: str, shelf: lots.Shelf) -> list[Hold]:
    """The open reservations of a document on a shelf: by priority, then as they were granted."""
    found = [
        h for h in s.holds.values()
        if document and (h.kind, h.state, h.document) == ("reserve", "open", document) and h.is_at(shelf)
    ]  # fmt: skip
    return sorted(found, key=lambda h: (-h.priority, s.version_of.get(h.key, 0)))


def take_from(s: Accepted, holds: list[Hold], qty: Fraction, lot: str, state: str) -> None:
    """Take `qty` out of these holds, of the lot where one is stated."""
    rest = qty
    for hold in holds:
        left = []
        for name, there in hold.lots:
            m = min(rest, there) if lot in ("", name) or name == "" else ZERO
            rest -= m
            left += [(name, there - m)] if there > m else []
        settle(s, hold, state, tuple(left))


def shelves(s: Accepted, entity: str) -> set[lots.Shelf]:
    """Where something is promised, or kept in a pool; a pool also guards the common stock beside it."""
    found = {h.shelf for h in s.holds.values() if h.shelf[0] == entity and h.state == "open" and h.shelf[1]}
    found |= {(*shelf[:4], lots.EVERY) for shelf in found}
    return found | {(*h.shelf[:4], "") for h in s.holds.values() if h.kind == "pool" and h.shelf in found}


def levels(s: Accepted, entity: str) -> dict[tuple[lots.Shelf, str], Fraction]:
    """What is on the shelves where something is promised: in all, and per lot that is promised."""
    found: dict[tuple[lots.Shelf, str], Fraction] = {}
    for shelf in shelves(s, entity):
        there = lots.on_shelf(s, shelf)
        found[shelf, ""] = sum(there.values(), ZERO)
        found |= {(shelf, lot): there.get(lot, ZERO) for lot in lots.held(s, shelf) if lot}
    return found


def judge(s: Accepted, event: Event, before: dict[tuple[lots.Shelf, str], Fraction]) -> None:
    """Refuse what takes stock that is promised to somebody else; a count is a fact and may."""
    if event["type"] in ("stock.count", "lot.status"):
        return
    for (shelf, lot), there in levels(s, event["entity"]).items():
        promised = lots.held(s, shelf)
        floor = promised.get(lot, ZERO) if lot else sum(promised.values(), ZERO)
        if floor == 0 and shelf[4] in ("", lots.EVERY) and not in_pools(s, shelf):
            continue  # nothing to guard: stock may go below 0 where the entity accepts it
        if there < floor and there < before.get((shelf, lot), there):
            raise Refused("reserved_stock", f"{floor} promised at {shelf[1]}, {there} would be left")


def in_pools(s: Accepted, shelf: lots.Shelf) -> bool:
    """Is there stock in an open pool at this site?"""
    here = [h.shelf for h in s.holds.values() if h.kind == "pool" and h.state == "open"]
    return any(sum(lots.on_shelf(s, x).values(), ZERO) > 0 for x in here if x[:4] == shelf[:4])


def use(s: Accepted, event: Event, refuse_unknown: bool) -> None:
    """Before a movement: it uses up what is reserved for its document, and a pool borrows what it lacks."""
    if event["type"] not in OUT:
        return
    s.need_masters(event, plain(event.get("item")), refuse_unknown)
    shelf = shelf_of(s, event, event[OUT[event["type"]]])
    qty, lot = base_qty(s.items[shelf[0], shelf[2]], event), plain(event.get("lot"))
    if event.get("document"):
        take_from(s, claims(s, event["document"], shelf), qty, lot, "consumed")
    pool = pools.pool_at(s, shelf)
    short = qty - lots.room(s, shelf) - (pool.buffer if pool else ZERO)  # its buffer may be sold
    if short > 0:
        pools.borrow(s, event, shelf, short)


def repay(s: Accepted, event: Event) -> None:
    """After a movement: what came into a pool pays its debts."""
    if event["type"] in (*IN, "stock.transfer"):
        row = s.rows[event["entity"]][event_key(event)]
        pools.repay(s, event, row.to_item or row.item)


def close_pool(s: Accepted, event: Event) -> None:
    """pool.close"""
    settle(s, pools.close_pool(s, event), "closed")
