"""The small world of random streams: entities, goods, sites, and how their figures look."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.records import Event

START = datetime(2025, 1, 1, tzinfo=UTC)
ARRIVAL_MS = 1_748_736_000_000  # 2025-06-01
DIGITS = {"CNY": 2, "EUR": 2, "JPY": 0, "KWD": 3}
SITES = ["A", "A/1", "A/2", "B", "C"]
ZONES = ["Asia/Shanghai", "UTC", "America/New_York", "Asia/Kathmandu"]
HUGE = [
    "999999999999",
    "500000000000.000001",
    "83333333333.333334",
]  # units; 12 times the last is too many


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
    sites: list[str] = field(default_factory=lambda: list(SITES))
    large: float = 0.0  # share of quantities and prices at the edge of what can be held
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
        self.minute += self.rng.choice([0, 1, 1, 7, 60]) if self.chance(0.98) else 12 * 24 * 60
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
        if self.chance(self.large):
            return str(self.one(*HUGE))
        if goods.places == 0 or self.chance(0.3):
            return self.one("1", "2", "3", str(self.rng.randint(1, high)), f"{self.rng.randint(1, high)}.0")
        if self.chance(0.03):
            return "0.000001"
        return f"{self.rng.randint(1, high * 10**goods.places) / 10**goods.places:.{goods.places}f}"

    def price(self) -> str:
        """A price: round, odd, tiny, nothing, or with 8 decimals."""
        if self.chance(self.large):
            return str(self.one("9999999999.99999999", "1234567890.1", "1000000000"))
        round_ones = ["0", "10", "10", "3.33", "0.01", "0.005", "0.00000001", "99.99"]
        tiny, odd = self.rng.randint(1, 10**9), self.rng.randint(1, 3000)
        return str(self.one(*round_ones, f"{tiny / 10**8:.8f}", f"{odd / 100:.2f}"))

    def amount(self, entity: str, high: int = 5000) -> str:
        """An amount in whole minor units of the entity's currency; rarely finer, or too large."""
        digits = DIGITS[self.currencies[entity]]
        if self.chance(0.01):
            return "1.2345"
        if self.chance(self.large):
            return str(
                self.one("99999999999999.9", "99999999999999", "11258999068426.23", "1125899906842.623")
            )
        return f"{self.rng.randint(0, high)}" if digits == 0 else f"{self.rng.randint(0, high) / 100:.2f}"

    def uom(self, goods: Goods) -> str:
        """A unit of the item, mostly its own, rarely a wrong one or one that nobody knows."""
        return str(self.one("l", "zz")) if self.chance(0.02) else str(self.one("", "", "", *goods.uoms))

    def what(self) -> dict[str, Any]:
        """Item, lot, owner, pool, quantity and unit."""
        goods = self.one(*self.goods)
        name = goods.name if self.chance(0.98) else f"new{self.made % 3}"
        return {
            "item": name, "lot": self.one(*goods.lots), "owner": self.one(*self.owners),
            "pool": "promo" if self.chance(0.05) else "",
            "qty": self.qty(goods), "uom": self.uom(goods),
        }  # fmt: skip

    def site(self) -> str:
        """A place where goods are; rarely a new one."""
        return str(self.one(*self.sites)) if self.chance(0.98) else f"N{self.made % 4}"


def make_world(rng: random.Random) -> tuple[World, list[Event]]:
    """A world and the masters that describe it (some of it stays undescribed on purpose)."""
    world = World(rng)
    masters: list[Event] = []
    for name in ["E", "F", "G"][: rng.choice([1, 1, 2, 3])]:
        world.currencies[name] = rng.choice([*DIGITS, "CNY"])
        said = {
            "currency": world.currencies[name], "valuation": rng.choice(["moving_average", "fifo"]),
            "scope": rng.choice(["site", "site", "entity", "lot"]),
            "negative": rng.choice(["accept", "accept", "accept", "refuse"]), "tz": rng.choice(ZONES),
        }  # fmt: skip
        masters.append(world.event("master.entity", name, **said))
    lots = rng.choice([[""], ["", "L1"], ["L1", "L2"]])
    kinds = [
        Goods("X", ["C62", "pc"], 0, lots, None),
        Goods("W", ["kg", "g"], 3, [""], {"uom": "KGM"}),
        Goods("L", ["C62"], 0, ["L1", "L2", "L3", ""], {"tracking": "lot", "standard_cost": "7.77"}),
        Goods("P", ["瓶", "箱"], 0, [""], {"uom": "瓶", "uoms": {"箱": "12"}}),
    ]
    world.goods = rng.sample(kinds, rng.choice([1, 2, 2, 3, 4]))
    world.owners = rng.choice([[""], [""], ["", "", "ACME"]])
    world.sites = rng.choice([SITES, SITES, ["A", "B"], ["A", "A/1"]])
    world.large = rng.choice([0.0, 0.0, 0.0, 0.04])
    for goods in world.goods:
        for entity in world.currencies:
            if goods.master is not None and (goods.name != "W" or rng.random() < 0.5):
                masters.append(world.event("master.item", entity, item=goods.name, **goods.master))
            if goods.name == "W":
                masters.append(world.event("master.item", entity, item="W", uom="KGM", whole=False))
    return world, masters
