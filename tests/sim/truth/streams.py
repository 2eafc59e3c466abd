"""Small seeded worlds of one entity for the ledger in event time, to be sent in any order of arrival.

`world(seed, n)` gives the masters, which come first, and n events with their references: many of one
millisecond, corrections of corrections, cancelled cancels, returns dated before what they return. The same
seed gives the same world for ever.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.records import Event, Record

START = datetime(2025, 1, 30, tzinfo=UTC)
ARRIVAL_MS = 1_748_736_000_000  # 2025-06-01
SITES = ["A", "A", "A/1", "B", "C"]
PRICES = ["10", "12", "3.33", "0.01", "0", "7.77"]


@dataclass
class World:
    """What the generator remembers."""

    rng: random.Random
    made: list[Event] = field(default_factory=list)

    def one(self, *choices: Any) -> Any:
        """One of them."""
        return self.rng.choice(choices)

    def time(self) -> str:
        """A moment of a few days, often the same one."""
        at = START + timedelta(hours=12 * self.rng.randint(0, 9), milliseconds=self.one(0, 0, 0, 1))
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def event(self, kind: str, **fields: Any) -> Event:
        """An event with a fresh id whose order tells nothing."""
        name = f"{self.rng.randrange(10**6):06d}-{kind.partition('.')[2][:3]}{len(self.made)}"
        event = {
            "id": name,
            "source": self.one("till", "desk"),
            "type": kind,
            "time": self.time(),
            "entity": "E",
        }
        return event | {k: v for k, v in fields.items() if v not in ("", None)}

    def goods(self) -> dict[str, Any]:
        """Item, lot and quantity."""
        item = self.one("X", "X", "L")
        return {
            "item": item, "lot": self.one("L1", "L2") if item == "L" else "",
            "qty": str(self.rng.randint(1, 9)),
        }  # fmt: skip

    def past(self, *kinds: str) -> Event | None:
        """An event of one of these types."""
        found = [e for e in self.made if e["type"] in kinds]
        return self.rng.choice(found) if found else None


def name_of(event: Event) -> str:
    """A reference that holds from any source."""
    return f"{event['source']}#{event['id']}"


def movement(w: World) -> Event:
    """A receipt, delivery, issue, transfer, count or revaluation."""
    kind = w.rng.choices(
        ["receipt", "delivery", "issue", "transfer", "count", "revalue"], [9, 9, 2, 5, 2, 1]
    )[0]
    if kind == "receipt":
        return w.event("stock.receipt", site=w.one(*SITES), unit_cost=w.one(*PRICES), **w.goods())
    if kind == "delivery":
        return w.event("sale.delivery", site=w.one(*SITES), amount=str(w.rng.randint(0, 99)), **w.goods())
    if kind == "issue":
        return w.event("stock.issue", site=w.one(*SITES), reason=w.one("damaged", "gift"), **w.goods())
    if kind == "transfer":
        places = w.rng.sample(["A", "A/1", "B", "C"], 2)
        return w.event("stock.transfer", from_site=places[0], to_site=places[1], **w.goods())
    if kind == "count":
        return w.event("stock.count", site=w.one(*SITES), **w.goods() | {"qty": str(w.rng.randint(0, 6))})
    return w.event("stock.revalue", item=w.one("X", "L"), unit_cost=w.one("5", "11"))


def changing(w: World) -> Event | None:
    """A transfer that changes the item, the lot or the owner; a new standard cost."""
    kind = w.rng.choice(["item", "item", "lot", "owner", "standard"])
    if kind == "standard":
        return w.event("master.item", item=w.one("X", "L"), standard_cost=w.one("8", "9", "10.01"))
    places = {"from_site": w.one("A", "B", "C"), "to_site": w.one("A", "B", "C")}
    goods = w.goods()
    if kind == "item":
        into = {"to_item": "PACK", "to_qty": str(w.rng.randint(1, 30))}
        return w.event("stock.transfer", **places, **goods, **into)
    if kind == "lot" and goods["lot"]:
        return w.event("stock.transfer", **places, **goods, to_lot="L3")
    return w.event("stock.transfer", **places, **goods, owner="V7", to_owner="E", unit_cost=w.one(*PRICES))


def giving_back(w: World) -> Event | None:
    """A return, linked or not; small ones, so that most of them fit in any order."""
    of = w.past("sale.delivery", "stock.receipt")
    if of is None or w.rng.random() < 0.15:
        return w.event("sale.return", site=w.one(*SITES), **w.goods() | {"qty": "1"})
    kind = "sale.return" if of["type"] == "sale.delivery" else "purchase.return"
    event = w.event(kind, returns=name_of(of), qty=w.one("1", "1", "2"))
    return event | ({"site": w.one(*SITES)} if w.rng.random() < 0.4 else {})


def about(w: World) -> Event | None:
    """A correction or a cancel of something, also of a correction or a cancel."""
    of = w.rng.choice(w.made) if w.made else None
    if of is None or of["type"] == "master.item":
        return None
    if w.rng.random() < 0.4 or of["type"] == "event.cancel":
        return w.event("event.cancel", cancels=name_of(of))
    root = of
    while root["type"] == "event.correct":
        root = next(e for e in w.made if name_of(e) == root["corrects"])
    sets: list[dict[str, str]] = [{"time": w.time()}]
    if root["type"] not in ("stock.revalue", "cost.landed", "sale.charge", "event.cancel", "stock.count"):
        sets.append({"qty": str(w.rng.randint(2, 9))})
    if root["type"] == "stock.receipt":
        sets += [{"unit_cost": w.one(*PRICES)}, {"site": w.one("A", "B")}] * 2
    if root["type"] == "sale.delivery":
        sets += [{"site": w.one("A", "B")}, {"item": "X", "lot": ""}]
    return w.event("event.correct", corrects=name_of(of), set=w.rng.choice(sets))


def landed(w: World) -> Event | None:
    """A cost that comes later, spread over some receipts."""
    receipts = [e for e in w.made if e["type"] == "stock.receipt"]
    if not receipts:
        return None
    some = w.rng.sample(receipts, min(len(receipts), w.one(1, 2, 3)))
    split = w.one("qty", "value", "equal", "weight", "volume")
    amount = f"{w.rng.randint(1, 999) / 100:.2f}"
    return w.event("cost.landed", receipts=[name_of(e) for e in some], amount=amount, split=split)


def world(seed: int, n: int, plain: bool = False, **settings: Any) -> tuple[list[Event], list[Event]]:
    """The masters, and n events in the order in which they were made up.

    `plain`: only what today's ledger knows. `settings` of the entity instead of random ones.
    """
    rng = random.Random(seed)
    w = World(rng)
    base = {"source": "setup", "time": "2025-01-01T00:00:00Z", "entity": "E"}
    methods = ["moving_average", "fifo"] if plain else ["moving_average", "fifo", "fifo", "standard"]
    method = {"valuation": rng.choice(methods), "scope": rng.choice(["site", "entity", "lot"])} | settings
    masters: list[Event] = [
        {**base, "id": "e", "type": "master.entity", **method},
        {
            **base,
            "id": "x",
            "type": "master.item",
            "item": "X",
            "standard_cost": "9",
            "weight": "2",
            "volume": "1",
        },
        {
            **base,
            "id": "l",
            "type": "master.item",
            "item": "L",
            "tracking": "lot",
            "weight": "0.5",
            "volume": "3",
        },
    ]
    makers = [movement, giving_back, about, landed, changing]
    while len(w.made) < n:
        event = rng.choices(makers, [60, 16, 0, 0, 0] if plain else [56, 16, 16, 6, 6])[0](w)
        if event is not None:
            w.made.append(event)
    return masters, w.made


def records(events: list[Event]) -> list[Record]:
    """One record per event, a second apart."""
    return [Record([event], ARRIVAL_MS + 1000 * i) for i, event in enumerate(events)]
