"""Pools: stock set aside for a promotion, a channel or a customer; lent, given back, let go when it ends.

A pool is an account of its own at the same place, so its stock moves there by lines without value. How much
moves is decided at arrival and kept as a row of type `pool.move`, named `<id of the event>/<why>`.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from tests.reference.admission.accepted import Accepted
from tests.reference.exact import Event, Refused, event_key, site_of, time_ms, time_text
from tests.reference.masters import base_qty, plain
from tests.reference.promises import lots
from tests.reference.promises.holds import Hold
from tests.reference.truth.lines import ZERO
from tests.reference.truth.rows import Row
from tests.reference.truth.valuation import value_of


def move(
    s: Accepted, base: Event, name: str, at: int, place: str, from_pool: str, to_pool: str, some: lots.Lots
) -> None:
    """Move lots between two pools at a place, as rows named after `name`."""
    entity = base["entity"]
    for number, (lot, qty) in enumerate(some):
        event = {
            "id": name if number == 0 else f"{name}/{number}", "source": base["source"], "type": "pool.move",
            "time": time_text(at), "entity": entity, "site": place, "item": base["item"], "lot": lot,
            "owner": plain(base.get("owner")), "pool": from_pool, "to_pool": to_pool,
        }  # fmt: skip
        s.log.add(event)
        s.rows.setdefault(entity, {})[event_key(event)] = Row(event, base["item"], qty=qty)
    s.walks[entity] = value_of(s.entities[entity], s.rows.get(entity, {}))


def pool_at(s: Accepted, shelf: lots.Shelf) -> Hold | None:
    """The open pool of a shelf."""
    found = [h for h in s.holds.values() if h.kind == "pool" and h.state == "open" and h.is_at(shelf)]
    return found[0] if found else None


def open_pool(s: Accepted, event: Event) -> None:
    """pool.open: takes its stock out of the common pool, or is refused."""
    entity, item, place = event["entity"], event["item"], event["site"]
    pool, owner = plain(event.get("pool")) or event["id"], plain(event.get("owner"))
    shelf, common = (entity, site_of(place), item, owner, pool), (entity, place, item, owner, "")
    if pool_at(s, shelf) is not None:
        raise Refused("not_allowed", f"pool {pool} is open already")
    qty, lot = base_qty(s.items[entity, item], event), plain(event.get("lot"))
    buffer = base_qty(s.items[entity, item], event | {"qty": event.get("buffer") or "0"})
    room = lots.free(s, common, lot, exact=True)
    some = (
        ((lot, qty),)
        if lot
        else lots.give_out(s, common, qty, plain(event.get("allocate")) or "fefo", exact=True)
    )
    if room < qty or sum((m for _, m in some), ZERO) < qty:
        raise Refused("not_available", f"{room} can be set aside at {place}, not {qty}")
    key = event_key(event)
    s.holds[key] = Hold(
        key, "pool", shelf, qty, priority=int(event.get("priority", 0)), place=place,
        expires=time_ms(event["expires"]) if event.get("expires") else None,
        buffer=buffer, borrow=str(event.get("borrow", "")).lower() == "true",
    )  # fmt: skip
    move(s, event, f"{event['id']}/open", time_ms(event["time"]), place, "", pool, some)


def close_pool(s: Accepted, event: Event) -> Hold:
    """pool.close: the pool as it was; what it holds goes back."""
    place = (event["entity"], site_of(event["site"]), event["item"], plain(event.get("owner")))
    hold = pool_at(s, (*place, plain(event.get("pool")) or event["id"]))
    if hold is None:
        raise Refused("not_allowed", f"pool {event.get('pool')} is not open here")
    give_back(s, hold, f"{event['id']}/close", time_ms(event["time"]))
    return hold


def borrow(s: Accepted, event: Event, shelf: lots.Shelf, short: Fraction) -> Fraction:
    """Borrow up to `short` for a pool that may: from the common pool, then from pools of lower priority."""
    pool = pool_at(s, shelf)
    if pool is None or not pool.borrow:
        return ZERO
    others = [
        h for h in s.holds.values()
        if h.kind == "pool" and h.state == "open" and h.shelf[:4] == shelf[:4] and h.priority < pool.priority
    ]  # fmt: skip
    lenders = ["", *(h.shelf[4] for h in sorted(others, key=lambda h: (h.priority, h.key)))]
    got, number = ZERO, 0
    for lender in lenders:
        source = (shelf[0], pool.place, *shelf[2:4], lender)
        m = min(short - got, lots.free(s, source, exact=True))
        if m > 0:
            some = lots.give_out(s, source, m, "fefo", exact=True)
            base, name = event | {"item": shelf[2], "owner": shelf[3]}, f"{event['id']}/borrow{number}"
            move(s, base, name, time_ms(event["time"]), pool.place, lender, shelf[4], some)
            s.debts.append((pool.key, lender, m))
            got, number = got + m, number + 1
    return got


def repay(s: Accepted, event: Event, item: str) -> None:
    """What comes into a pool pays its debts, the oldest first, as far as it is free; `item`: what came."""
    number, into = 0, plain(event.get("to_pool")) or plain(event.get("pool"))
    for debt, (key, lender, owed) in enumerate(s.debts):
        hold = s.holds[key]
        here = (hold.shelf[0], hold.shelf[2], hold.shelf[4]) == (event["entity"], item, into)
        if hold.state != "open" or owed == 0 or not here:
            continue
        source = (hold.shelf[0], hold.place, *hold.shelf[2:])
        m = min(owed, lots.free(s, source, exact=True))
        if m > 0:
            some = lots.give_out(s, source, m, "fefo", exact=True)
            base = event | {"item": item, "owner": hold.shelf[3]}
            name = f"{event['id']}/repay{number}"
            move(s, base, name, time_ms(event["time"]), hold.place, into, lender, some)
            s.debts[debt] = (key, lender, owed - m)
            number += 1


def give_back(s: Accepted, hold: Hold, name: str, at: int) -> None:
    """The pool ends: lenders first, as far as it is free; the rest, and what is reserved of it, is common."""
    entity, _, item, owner, pool = hold.shelf
    base = {"source": hold.key[0], "entity": entity, "item": item, "owner": owner}
    shelf = (entity, hold.place, item, owner, pool)
    number = 0
    for debt, (key, lender, owed) in enumerate(s.debts):
        if key == hold.key and owed > 0:
            m = min(owed, lots.free(s, shelf, exact=True))
            if m > 0:
                some = lots.give_out(s, shelf, m, "fefo", exact=True)
                move(s, base, f"{name}/lender{number}", at, hold.place, pool, lender, some)
                number += 1
            s.debts[debt] = (key, lender, ZERO)
        elif lender == pool and s.holds[key].shelf[:4] == hold.shelf[:4]:
            s.debts[debt] = (key, "", owed)  # what is owed to a pool that ends is owed to the common stock
    for other in list(s.holds.values()):
        if other.kind != "pool" and other.state == "open" and other.shelf == hold.shelf:
            s.holds[other.key] = replace(other, shelf=(*hold.shelf[:4], ""))
    left = tuple((lot, qty) for lot, qty in sorted(everything(s, shelf).items()) if qty > 0)
    move(s, base, name, at, hold.place, pool, "", left)


def everything(s: Accepted, shelf: lots.Shelf) -> dict[str, Fraction]:
    """Lot -> quantity in a pool at its place, on hold or not."""
    entity, place, item, owner, pool = shelf
    return {
        a[3]: qty for a, qty in s.walk(entity).state.accounts.items()
        if (a[1], a[2], a[4], a[5]) == (place, item, owner, pool)
    }  # fmt: skip
