"""Seeded random streams of ledger events, nasty on purpose.

`stream(seed, n)` makes a small world (1 to 3 entities with different settings, a few items, sites, lots and
owners) and n records: negatives, returns before their deliveries, to other sites and too many of them,
transfers in circles, counts and revaluations, duplicates, conflicts, unknown references, wrong units, prices
of 0 and of 8 decimals, huge values, groups. The same seed gives the same stream for ever.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.records import Event, Record

START = datetime(2025, 1, 1, tzinfo=UTC)
ARRIVAL_MS = 1_748_736_000_000  # 2025-06-01
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DIGITS = {"CNY": 2, "JPY": 0, "KWD": 3}
SITES = ["A", "A/1", "A/2", "B", "C"]
REASONS = ["sample", "gift", "consumption", "damaged", "lost", "expired", "write_off", "unknown"]


@dataclass
class Goods:
    """An item of the world: its name, the units it may be told in, how quantities look."""

    name: str
    uoms: list[str]
    places: int  # decimals of a quantity
    lots: list[str]
    master: dict[str, Any] | None


@dataclass
class World:
    """What the generator remembers; it never asks a ledger."""

    rng: random.Random
    currencies: dict[str, str] = field(default_factory=dict)
    goods: list[Goods] = field(default_factory=list)
    owners: list[str] = field(default_factory=lambda: [""])
    made: int = 0
    minute: int = 0
    arrived: int = ARRIVAL_MS
    sent: list[Event] = field(default_factory=list)
    owed: list[Event] = field(default_factory=list)  # deliveries whose returns went ahead

    def one(self, *choices: Any) -> Any:
        """One of them."""
        return self.rng.choice(choices)

    def chance(self, share: float) -> bool:
        """True in this share of all cases."""
        return self.rng.random() < share

    def event(self, kind: str, entity: str | None = None, **fields: Any) -> Event:
        """An event with a fresh id, now or (late) a while ago."""
        self.made += 1
        self.minute += self.rng.choice([0, 1, 1, 7, 60])
        back = self.rng.choice([0, 0, 0, 0, 0, 30, 600]) if self.chance(0.3) else 0
        at = START + timedelta(minutes=max(0, self.minute - back), milliseconds=self.rng.choice([0, 0, 5]))
        event = {
            "id": f"{kind.partition('.')[2][:3]}{self.made}", "source": self.one("till", "till", "desk"),
            "type": kind, "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "entity": entity or self.one(*self.currencies),
        }  # fmt: skip
        return event | {k: v for k, v in fields.items() if v not in ("", None)}

    def qty(self, goods: Goods, high: int = 6) -> str:
        """A positive quantity of an item."""
        if goods.places == 0 or self.chance(0.3):
            return self.one("1", "2", "3", str(self.rng.randint(1, high)), f"{self.rng.randint(1, high)}.0")
        return f"{self.rng.randint(1, high * 10**goods.places) / 10**goods.places:.{goods.places}f}"

    def price(self) -> str:
        """A price: round, odd, tiny, nothing, or with 8 decimals."""
        round_ones = ["0", "10", "10", "3.33", "0.01", "0.005", "0.00000001", "99.99"]
        tiny, odd = self.rng.randint(1, 10**9), self.rng.randint(1, 3000)
        return str(self.one(*round_ones, f"{tiny / 10**8:.8f}", f"{odd / 100:.2f}"))

    def amount(self, entity: str, high: int = 5000) -> str:
        """An amount in whole minor units of the entity's currency."""
        digits = DIGITS[self.currencies[entity]]
        return f"{self.rng.randint(0, high)}" if digits == 0 else f"{self.rng.randint(0, high) / 100:.2f}"

    def uom(self, goods: Goods) -> str:
        """A unit of the item, mostly its own, rarely a wrong one."""
        return "l" if self.chance(0.02) else str(self.one("", "", "", *goods.uoms))

    def what(self) -> dict[str, Any]:
        """Item, lot, owner, pool, quantity and unit."""
        goods = self.one(*self.goods)
        return {
            "item": goods.name, "lot": self.one(*goods.lots), "owner": self.one(*self.owners),
            "pool": "promo" if self.chance(0.05) else "", "qty": self.qty(goods), "uom": self.uom(goods),
        }  # fmt: skip


def make_world(rng: random.Random) -> tuple[World, list[Event]]:
    """A world and the masters that describe it (some of it stays undescribed on purpose)."""
    world = World(rng)
    masters: list[Event] = []
    for name in ["E", "F", "G"][: rng.choice([1, 1, 2, 3])]:
        world.currencies[name] = rng.choice(["CNY", "CNY", "JPY", "KWD"])
        said = {
            "currency": world.currencies[name], "valuation": rng.choice(["moving_average", "fifo"]),
            "scope": rng.choice(["site", "site", "entity", "lot"]),
            "negative": rng.choice(["accept", "accept", "accept", "refuse"]),
        }  # fmt: skip
        masters.append(world.event("master.entity", name, **said))
    lots = rng.choice([[""], ["", "L1"], ["L1", "L2"]])
    kinds = [
        Goods("X", ["C62", "pc"], 0, lots, None),
        Goods("W", ["kg", "g"], 3, [""], {"uom": "KGM"}),
        Goods("L", ["C62"], 0, ["L1", "L2", "L3"], {"tracking": "lot", "standard_cost": "7.77"}),
        Goods("P", ["瓶", "箱"], 0, [""], {"uom": "瓶", "uoms": {"箱": "12"}}),
    ]
    world.goods = rng.sample(kinds, rng.choice([2, 2, 3, 4]))
    world.owners = rng.choice([[""], [""], ["", "", "ACME"]])
    for goods in world.goods:
        for entity in world.currencies:
            if goods.master is not None and (goods.name != "W" or rng.random() < 0.5):
                masters.append(world.event("master.item", entity, item=goods.name, **goods.master))
            if goods.name == "W":
                masters.append(world.event("master.item", entity, item="W", uom="KGM", whole=False))
    return world, masters


def receipt(w: World) -> Event:
    """Goods come in; rarely without a cost, with a wrong amount, or huge."""
    event = w.event("stock.receipt", site=w.one(*SITES), supplier=w.one("", "S1", "S2"), **w.what())
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
    return w.event("stock.issue", site=w.one(*SITES), reason=w.one(*REASONS), **w.what())


def delivery(w: World) -> Event:
    """Goods are sold; a return of it may have gone ahead."""
    if w.owed and w.chance(0.5):
        return w.owed.pop(w.rng.randrange(len(w.owed)))
    event = w.event("sale.delivery", site=w.one(*SITES), channel=w.one("", "web", "pos"), **w.what())
    money = {"unit_price": w.price()} if w.chance(0.5) else {"amount": w.amount(event["entity"])}
    return event | (money if w.chance(0.9) else {}) | ({"document": "B7"} if w.chance(0.2) else {})


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
        event = w.event("sale.return", site=w.one(*SITES), channel=w.one("", "web"), **w.what())
        return event | ({"amount": w.amount(event["entity"])} if w.chance(0.5) else {})
    if w.chance(0.15):
        of = delivery(w)
        w.owed.append(of)
    elif w.chance(0.06):
        of = w.one(*w.sent)
    event = w.event("sale.return", of["entity"] if w.chance(0.97) else None)
    event["returns"] = name_of(w, event["source"], of) if w.chance(0.97) else "nobody"
    whole = of["type"] == "sale.delivery" and w.chance(0.25)
    event["qty"] = of["qty"] if whole else w.qty(goods, 3)
    uom = of.get("uom", "")
    if uom and w.chance(0.8):
        event["uom"] = uom
    if w.chance(0.4):
        event["site"] = w.one(*SITES)
    return event | ({"amount": w.amount(event["entity"], 900)} if w.chance(0.2) else {})


def purchase_return(w: World) -> Event:
    """Something goes back to its supplier."""
    of = past(w, "stock.receipt")
    if of is None:
        return receipt(w)
    event = w.event("purchase.return", of["entity"], returns="", qty=w.qty(w.one(*w.goods), 3))
    event["returns"] = name_of(w, event["source"], of)
    if of.get("uom"):
        event["uom"] = of["uom"]
    return event | ({"unit_price": w.price()} if w.chance(0.3) else {})


def transfer(w: World) -> Event:
    """From anywhere to anywhere, also to the same place."""
    return w.event("stock.transfer", from_site=w.one(*SITES), to_site=w.one(*SITES), **w.what())


def count(w: World) -> Event:
    """A count, with and without cost, also of nothing."""
    event = w.event("stock.count", site=w.one(*SITES), **w.what())
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
        {"valuation": "standard"},
    ]  # fmt: skip
    if w.chance(0.4):
        return w.event("master.entity", **w.one(*changes))
    items: list[dict[str, Any]] = [{"standard_cost": w.price()}, {"uom": "KGM"}, {"name": {"en": "x"}}]
    return w.event("master.item", item=w.one(*w.goods).name, **w.one(*items))


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
    elif w.chance(0.3):
        event["document"] = "other"
    return dict(sorted(event.items()))


def stream(seed: int, n: int) -> list[Record]:
    """About n records of a small world, the masters among the first of them."""
    rng = random.Random(seed)
    w, masters = make_world(rng)
    records = [Record([event], w.arrived + i) for i, event in enumerate(masters)]
    w.arrived += len(masters)
    makers, weights = zip(*MAKERS, strict=True)
    while len(records) < n:
        w.arrived += rng.choice([0, 1, 1000, HOUR_MS]) if rng.random() < 0.98 else rng.choice([3, 5]) * DAY_MS
        events = []
        size = rng.randint(2, 4) if rng.random() < 0.1 else 1
        while len(events) < size:
            repeated = w.sent and w.chance(0.07)
            event = again(w) if repeated else rng.choices(makers, weights)[0](w)
            if size == 1 or event["type"].partition(".")[0] not in ("master", "event"):
                events.append(event)
        w.sent += [e for e in events if e["type"] != "event.cancel"]
        records.append(Record(events, w.arrived))
    return records
