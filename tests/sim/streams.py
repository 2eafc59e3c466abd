"""Seeded random streams of ledger events, nasty on purpose.

`stream(seed, n)` makes a small world (1 to 3 entities with different settings, a few items, sites, lots and
owners) and n records: negatives, returns before their deliveries, to other sites and too many of them,
transfers in circles, counts and revaluations, duplicates, conflicts, unknown references, wrong units, prices
of 0 and of 8 decimals, huge values, groups. The same seed gives the same stream for ever.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.records import Event, Record
from tests.sim.world import ZONES, World, make_world

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
REASONS = ["sample", "gift", "consumption", "damaged", "lost", "expired", "write_off", "unknown"]


def receipt(w: World) -> Event:
    """Goods come in; rarely without a cost, with a wrong amount, or huge."""
    event = w.event("stock.receipt", site=w.site(), supplier=w.one("", "S1", "S2"), **w.what())
    if w.chance(0.02):
        return event
    if w.chance(0.03):
        return event | {"amount": w.one("9999999999999", "900000000000")}
    if w.chance(0.4):
        return event | {"amount": w.amount(event["entity"])}
    event["unit_cost"] = w.price()
    return event | ({"amount": w.amount(event["entity"], 9000)} if w.chance(0.03) else {})


def issue(w: World) -> Event:
    """Goods go out for a reason."""
    centre = w.one("", "", "KITCHEN")
    return w.event("stock.issue", site=w.site(), reason=w.one(*REASONS), cost_centre=centre, **w.what())


def delivery(w: World) -> Event:
    """Goods are sold; a return of it may have gone ahead."""
    if w.owed and w.chance(0.5):
        return w.owed.pop(w.rng.randrange(len(w.owed)))
    event = w.event("sale.delivery", site=w.site(), channel=w.one("", "web", "pos"), **w.what(), **less(w))
    money = {"unit_price": w.price()} if w.chance(0.5) else {"amount": w.amount(event["entity"])}
    return event | (money if w.chance(0.9) else {}) | ({"document": "B7"} if w.chance(0.2) else {})


def less(w: World) -> dict[str, str]:
    """Discount, tax and customer, mostly none; rarely finer than the currency."""
    if w.chance(0.7):
        return {}
    return {"discount": w.one("", "1", "0.5"), "tax": w.one("", "3", "0.1234"), "customer": w.one("", "K1")}


def past(w: World, kind: str) -> Event | None:
    """An earlier event of this type, the newest ones more often."""
    found = [e for e in w.sent if e["type"] == kind]
    return found[-1 - min(len(found) - 1, int(w.rng.expovariate(0.2)))] if found else None


def name_of(w: World, source: str, event: Event) -> str:
    """How a reference names it."""
    return event["id"] if event["source"] == source and w.chance(0.8) else f"{event['source']}#{event['id']}"


def sale_return(w: World) -> Event:
    """A return: linked, unlinked, ahead of its delivery, of something unknown or of the wrong kind."""
    goods = w.one(*w.goods)
    of = past(w, "sale.delivery")
    if of is None or w.chance(0.2):
        event = w.event("sale.return", site=w.site(), channel=w.one("", "web"), **w.what())
        return event | ({"amount": w.amount(event["entity"])} if w.chance(0.5) else {})
    if w.chance(0.15):
        of = delivery(w)
        w.owed.append(of)
    elif w.chance(0.06):
        of = w.one(*w.sent)
    event = w.event("sale.return", of["entity"] if w.chance(0.97) else None, **less(w))
    event["returns"] = name_of(w, event["source"], of) if w.chance(0.97) else "nobody"
    whole = of["type"] == "sale.delivery" and w.chance(0.3)
    event["qty"] = of["qty"] if whole else w.qty(goods, 3)
    uom = of.get("uom", "")
    if uom and w.chance(0.8):
        event["uom"] = uom
    if w.chance(0.4):
        event["site"] = w.site()
    event |= {k: str(of.get(k) or w.one("L1", "X")) for k in ("item", "lot", "owner") if w.chance(0.07)}
    event |= {"pool": w.one("promo", "vip")} if w.chance(0.08) else {}
    money = {"amount": w.amount(event["entity"], 900)} if w.chance(0.6) else {"unit_price": w.price()}
    return event | (money if w.chance(0.3) else {})


def purchase_return(w: World) -> Event:
    """Something goes back to its supplier."""
    of = past(w, "stock.receipt")
    if of is None:
        return receipt(w)
    qty = of["qty"] if w.chance(0.3) else w.qty(w.one(*w.goods), 3)
    event = w.event("purchase.return", of["entity"], returns="", qty=qty, lot="L1" if w.chance(0.03) else "")
    event["returns"] = name_of(w, event["source"], of)
    if of.get("uom"):
        event["uom"] = of["uom"]
    return event | ({"unit_price": w.price()} if w.chance(0.3) else {})


def transfer(w: World) -> Event:
    """From anywhere to anywhere, also to the same place."""
    return w.event("stock.transfer", from_site=w.site(), to_site=w.site(), **w.what())


def count(w: World) -> Event:
    """A count, with and without cost, also of nothing."""
    event = w.event("stock.count", site=w.site(), **w.what())
    if w.chance(0.3):
        event["qty"] = "0"
    return event | ({"unit_cost": w.price()} if w.chance(0.3) else {})


def revalue(w: World) -> Event:
    """A new cost at a site, for a lot, or everywhere."""
    what = w.what()
    site = w.one("", "A", "B", "C")
    lot = what["lot"] if w.chance(0.3) else ""
    return w.event(
        "stock.revalue", item=what["item"], owner=what["owner"], lot=lot, site=site, unit_cost=w.price()
    )


def charge(w: World) -> Event:
    """Revenue without stock."""
    event = w.event("sale.charge", code=w.one("POST", "FEE"), channel=w.one("", "web"))
    return event | {"amount": w.one("", "-") + w.amount(event["entity"])}


def master(w: World) -> Event:
    """A change of masters, allowed or not."""
    changes: list[dict[str, Any]] = [
        {"negative": "accept"}, {"negative": "refuse"}, {"valuation": "fifo"}, {"scope": "site"},
        {"valuation": "standard"}, {"tz": w.one(*ZONES)},
    ]  # fmt: skip
    if w.chance(0.2):
        return w.event("master.site", site=w.one("A", "B", "N1", "N2"))
    if w.chance(0.4):
        return w.event("master.entity", **w.one(*changes))
    items: list[dict[str, Any]] = [{"standard_cost": w.price()}, {"uom": "KGM"}, {"name": {"en": "x"}}]
    item = w.one(*w.goods).name if w.chance(0.8) else "new1"
    return w.event("master.item", item=item, **w.one(*items))


def later(w: World) -> Event:
    """A type of a later part."""
    return w.event("event.cancel", cancels="rec1")


MAKERS: list[tuple[Callable[[World], Event], int]] = [
    (receipt, 24), (delivery, 26), (issue, 6), (sale_return, 18), (purchase_return, 6), (transfer, 10),
    (count, 6), (revalue, 3), (charge, 2), (master, 2), (later, 1),
]  # fmt: skip


def again(w: World) -> Event:
    """Something already sent: the same, written otherwise, or with other content."""
    event = dict(w.one(*w.sent))
    if w.chance(0.3) and "qty" in event and "." not in event["qty"]:
        event["qty"] += ".0"
    elif w.chance(0.3) and not event["type"].startswith("master"):
        event["document"] = "other"
    return dict(sorted(event.items()))


def bundle(w: World, maker: Callable[[World], Event]) -> list[Event]:
    """A record of several events: of anything, or a story of one item that hangs together."""
    if w.chance(0.5):
        found = [again(w) if w.sent and w.chance(0.05) else some(w) for _ in range(w.one(2, 2, 3, 4))]
        return [*found, dict(found[0])] if w.chance(0.03) else found
    what = w.what() | {"qty": w.one("2", "3", "5"), "uom": ""}
    entity, site, other = w.one(*w.currencies), w.site(), w.site()
    first = w.event("stock.receipt", entity, site=site, unit_cost=w.price(), **what)
    sold = w.event("sale.delivery", entity, site=site, amount=w.amount(entity), **what)
    back = w.event("sale.return", entity, qty="1", site=w.one("", site, other))
    back["returns"] = name_of(w, back["source"], sold)
    gone = w.event("purchase.return", entity, qty="1")
    gone["returns"] = name_of(w, gone["source"], first)
    moved = w.event("stock.transfer", entity, from_site=site, to_site=other, **what)
    seen = w.event("stock.count", entity, site=w.one(site, other), **(what | {"qty": w.one("0", "1", "9")}))
    story = [first, sold, back, gone, moved, seen, maker(w)]
    kept = [event for event in story if w.chance(0.6)] or [first]
    return w.rng.sample(kept, len(kept)) if w.chance(0.2) else kept


def some(w: World) -> Event:
    """An event of any type, by weight."""
    makers, weights = zip(*MAKERS, strict=True)
    maker: Callable[[World], Event] = w.rng.choices(makers, weights)[0]
    return maker(w)


def strict(seed: int) -> frozenset[str]:
    """The sources of a stream that say `unknown_master: refuse`."""
    return frozenset({"desk"}) if random.Random(-seed).random() < 0.25 else frozenset()


def stream(seed: int, n: int) -> list[Record]:
    """About n records of a small world, the masters among the first of them."""
    rng = random.Random(seed)
    w, masters = make_world(rng)
    records = [Record([event], w.arrived + i) for i, event in enumerate(masters)]
    w.arrived += len(masters)
    while len(records) < n:
        w.arrived += rng.choice([0, 1, 1000, HOUR_MS]) if rng.random() < 0.98 else rng.choice([3, 5]) * DAY_MS
        if w.chance(0.02):
            events = [dict(e) for e in w.one(*records).events]
        elif w.chance(0.12):
            events = bundle(w, some)
        else:
            events = [again(w) if w.sent and w.chance(0.07) else some(w)]
        if len(events) > 1 and w.chance(0.95):
            events = [e for e in events if e["type"].partition(".")[0] not in ("master", "event")] or [
                some(w)
            ]
        w.sent += [e for e in events if e["type"] != "event.cancel"]
        records.append(Record(events, w.arrived))
    return records
