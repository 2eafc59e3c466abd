"""What may be promised of what is there: lots on hold or expired, and the order in which they go out."""

from __future__ import annotations

from fractions import Fraction

from tests.reference.admission.accepted import Accepted
from tests.reference.exact import site_of, time_ms
from tests.reference.masters import plain
from tests.reference.truth.events import when_said
from tests.reference.truth.lines import ZERO, physical
from tests.reference.truth.rows import Row

Lots = tuple[tuple[str, Fraction], ...]
Shelf = tuple[str, str, str, str, str]  # entity, site or place, item, owner, pool
EVERY = "*"


def status(s: Accepted, entity: str, item: str, lot: str) -> str:
    """`ok`, `quarantine`, `recalled` or `expired` at the entity's logical time.

    The status said last (in event time) holds; a lot expires at the earliest expiry of its receipts.
    """
    now = s.clock.get(entity, 0)
    said = [
        row.event for row in s.rows.get(entity, {}).values()
        if row.type == "lot.status" and row.live and row.item == item and row.event["lot"] == lot
        and row.own_at <= now
    ]  # fmt: skip
    last = max(said, key=when_said)["status"] if said else "ok"
    ends = expiry(s, entity, item, lot)
    return "expired" if last == "ok" and lot and ends is not None and ends <= now else str(last)


def receipts_of(s: Accepted, entity: str, item: str, lot: str) -> list[Row]:
    """The live receipts of a lot."""
    return [
        row for row in s.rows.get(entity, {}).values()
        if (row.type, row.live, row.item) == ("stock.receipt", True, item)
        and plain(row.event.get("lot")) == lot
    ]  # fmt: skip


def expiry(s: Accepted, entity: str, item: str, lot: str) -> int | None:
    """When a lot expires, milliseconds; None if no receipt of it says."""
    said = [row.event["expiry"] for row in receipts_of(s, entity, item, lot) if row.event.get("expiry")]
    return min((time_ms(text) for text in said), default=None)


def on_shelf(s: Accepted, shelf: Shelf, exact: bool = False) -> dict[str, Fraction]:
    """Lot -> quantity that may be promised: at the site with its bins, or at exactly that place.

    What a pool owes (it was sold from without having it) is missing from the common stock beside it. Pool
    `*` means all of them.
    """
    entity, place, item, owner, pool = shelf
    by_pool: dict[tuple[str, str], Fraction] = {}
    for a, qty in s.walk(entity).state.accounts.items():
        here = a[1] == place if exact else site_of(a[1]) == site_of(place)
        if physical(a) and here and (a[2], a[4]) == (item, owner):
            by_pool[a[5], a[3]] = by_pool.get((a[5], a[3]), ZERO) + qty
    found: dict[str, Fraction] = {}
    for (of, lot), qty in by_pool.items():
        if pool in (of, EVERY) or (pool == "" and qty < 0):
            found[lot] = found.get(lot, ZERO) + qty
    return {lot: qty for lot, qty in found.items() if status(s, entity, item, lot) == "ok"}


def held(s: Accepted, shelf: Shelf) -> dict[str, Fraction]:
    """Lot -> quantity promised already on this shelf; '' for promises of any lot."""
    found: dict[str, Fraction] = {}
    for hold in s.holds.values():
        here = (*shelf[:4], hold.shelf[4]) if shelf[4] == EVERY else shelf
        if hold.kind != "pool" and hold.is_at(here):
            for lot, qty in hold.lots:
                found[lot] = found.get(lot, ZERO) + qty
    return found


def left(s: Accepted, shelf: Shelf, exact: bool = False) -> Fraction:
    """What is on the shelf less what is promised of it."""
    return sum(on_shelf(s, shelf, exact).values(), ZERO) - sum(held(s, shelf).values(), ZERO)


def free(s: Accepted, shelf: Shelf, lot: str = "", exact: bool = False) -> Fraction:
    """What can still be promised, never below 0."""
    return max(ZERO, room(s, shelf, lot, exact))


def room(s: Accepted, shelf: Shelf, lot: str = "", exact: bool = False) -> Fraction:
    """What is left on the shelf less the pool's safety buffer, below 0 where it is short of something.

    Never more than what is left at the site in all its pools.
    """
    pools = [h for h in s.holds.values() if h.kind == "pool" and h.state == "open" and h.is_at(shelf)]
    whole = left(s, shelf, exact) - sum((pool.buffer for pool in pools), ZERO)
    whole = min(whole, left(s, (*shelf[:4], EVERY)))
    if lot:
        there, promised = on_shelf(s, shelf, exact), held(s, shelf)
        whole = min(whole, there.get(lot, ZERO) - promised.get(lot, ZERO))
    return whole


def give_out(s: Accepted, shelf: Shelf, qty: Fraction, rule: str, exact: bool = False) -> Lots:
    """Lots for `qty`: by expiry (fefo) or first receipt (fifo), what bears no lot last.

    Less than `qty` if they do not suffice.
    """
    entity, _, item, _, _ = shelf
    there, promised, found, rest = on_shelf(s, shelf, exact), held(s, shelf), [], qty

    def place(lot: str) -> tuple[bool, float, float, str]:
        ends = expiry(s, entity, item, lot)
        came = min((row.own_at for row in receipts_of(s, entity, item, lot)), default=0)
        return (lot == "", float("inf") if ends is None or rule == "fifo" else ends, came, lot)

    for lot in sorted(there, key=place):
        m = min(rest, there[lot] - promised.get(lot, ZERO))
        if m > 0:
            found.append((lot, m))
            rest -= m
    return tuple(found)
