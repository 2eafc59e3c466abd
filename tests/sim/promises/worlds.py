"""Seeded worlds full of promises: two entities, lots that expire, pools that lend, documents, late events.

`world(seed, n)` gives n records in order of arrival. The reference reads along, so that what is named was
mostly accepted, and what is promised mostly there. The same seed gives the same world for ever.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.records import Event, Record
from tests.reference.admission.ledger import Truth
from tests.reference.exact import event_key, time_ms
from tests.reference.truth.lines import physical

START = datetime(2025, 1, 1, tzinfo=UTC)
SITES = ["A", "A", "A", "A/1", "B"]
POOLS = ["", "", "web", "vip"]
DOCUMENTS = ["", "", "SO1", "SO2", "SO3"]


@dataclass
class World:
    """What the generator remembers."""

    rng: random.Random
    hours: int = 0
    made: list[Event] = field(default_factory=list)
    truth: Truth = field(default_factory=Truth)

    def one(self, *choices: Any) -> Any:
        """One of them."""
        return self.rng.choice(choices)

    def time(self, later_hours: int = 0) -> str:
        """About now, sometimes much earlier; or so many hours later."""
        back = self.one(0, 0, 0, 0, 1, 2, 48, 120)
        at = START + timedelta(hours=self.hours + (later_hours or -back))
        return max(at, START).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def event(self, kind: str, **fields: Any) -> Event:
        """An event with a fresh id."""
        name = f"{kind.partition('.')[2][:3]}{len(self.made)}"
        event = {
            "id": name, "source": self.one("till", "desk"), "type": kind, "time": self.time(), "entity": "E",
        }  # fmt: skip
        if self.rng.random() < 0.06:
            versions = [entity.version for entity in self.truth.accepted.entities.values()]
            fields["expect_version"] = max(0, max(versions) - self.one(-1, 0, 1, 3, 9))
        return event | {k: v for k, v in fields.items() if v not in ("", None)}

    def goods(self, most: int = 9, lots: bool = True) -> dict[str, Any]:
        """Item, lot, quantity, now and then a unit or an owner."""
        item = self.one("X", "X", "L", "L", "K")
        lot = (
            self.one("L1", "L2", "L3") if item == "L" and lots else self.one("", "", "", "L1") if lots else ""
        )
        qty = str(self.rng.randint(1, most))
        uom = self.one("", "", "箱") if item == "K" else ""
        return {"item": item, "lot": lot, "qty": qty, "uom": uom, "owner": self.one(*[""] * 12, "V7")}

    def ends(self) -> str:
        """Some days later, or never."""
        return self.time(self.one(1, 12, 24, 72, 200)) if self.rng.random() < 0.5 else ""

    def rare(self) -> bool:
        """Now and then."""
        return self.rng.random() < 0.05

    def past(self, *kinds: str) -> Event | None:
        """An event of one of these types, mostly a young one."""
        known = self.truth.accepted.log.events
        found = [e for e in self.made if e["type"] in kinds and (event_key(e) in known or self.rare())]
        return self.rng.choice(found[-6:] if self.rng.random() < 0.7 else found) if found else None


def there(w: World, lots: float) -> dict[str, Any]:
    """Where something is, and what of it; `lots`: how often its lot is named."""
    walk = w.truth.accepted.walks.get("E")
    accounts = sorted(walk.state.accounts.items()) if walk else []
    found = [(a, qty) for a, qty in accounts if physical(a) and qty > 0]
    if not found or w.rng.random() < 0.2:
        return w.goods(6) | {"site": w.one(*SITES), "pool": w.one(*POOLS)}
    (_, place, item, lot, owner, pool), qty = w.rng.choice(found)
    lot = lot if w.rng.random() < lots else ""
    some = str(w.rng.randint(1, max(1, min(9, int(qty)))))
    return {"item": item, "lot": lot, "qty": some, "owner": owner, "site": place, "pool": pool}


def name_of(event: Event) -> str:
    """A reference that holds from any source."""
    return f"{event['source']}#{event['id']}"


def receipt(w: World) -> Event:
    """Goods come in, to a pool sometimes, to expire some day."""
    expiry = w.time(w.one(6, 24, 72, 400)) if w.rng.random() < 0.25 else ""
    place = {"site": w.one(*SITES), "pool": w.one(*POOLS, "", "")}
    return w.event("stock.receipt", **w.goods(60), **place, unit_cost="2", expiry=expiry)


def outgoing(w: World) -> dict[str, Any]:
    """Payload of a movement that takes stock."""
    of = w.past("stock.reserve", "stock.reserve", "pool.open")
    goods = there(w, lots=0.7) | {"document": w.one(*DOCUMENTS)}
    place = goods.pop("site")
    if of is not None and w.rng.random() < 0.6:  # what it holds: by its document, or for somebody else
        goods |= {name: of.get(name, "") for name in ("item", "lot", "uom", "owner", "pool")}
        goods["document"], place = w.one(of.get("document", ""), goods["document"]), of["site"]
    kind = w.one("sale.delivery", "sale.delivery", "stock.issue", "stock.transfer")
    if kind == "sale.delivery":
        return {"type": kind, **goods, "site": place, "amount": str(w.rng.randint(0, 50))}
    if kind == "stock.issue":
        return {"type": kind, **goods, "site": place, "reason": "gift"}
    to = {"from_site": place, "to_site": w.one("A", "B", "A/1"), "to_pool": w.one("", "", "web", "vip")}
    to |= w.one({}, {}, {}, {"to_item": "X", "to_qty": "3"}, {"to_lot": "L3"})
    return {"type": kind, **goods, **to}


def out(w: World) -> Event:
    """A delivery, an issue or a transfer."""
    said = outgoing(w)
    return w.event(said.pop("type"), **said)


def count(w: World) -> Event:
    """A fact, which may take what is promised."""
    goods = w.goods() | {"qty": str(w.rng.randint(0, 12)), "uom": ""}
    return w.event("stock.count", **goods, site=w.one(*SITES), pool=w.one("", "", "", "web"))


def reserve(w: World) -> Event:
    """A promise."""
    goods, of = there(w, lots=0.25), w.past("pool.open")
    if of is not None and w.rng.random() < 0.35:  # more than the pool holds, so that it borrows
        goods = {name: of.get(name, "") for name in ("item", "uom", "owner", "site", "entity")}
        goods |= {"pool": of.get("pool") or of["id"], "qty": str(max(1, int(of["qty"]) + w.one(-1, 1, 2, 4)))}
    more = {"document": w.one(*DOCUMENTS), "expires": w.ends()}
    more |= {"priority": w.one("", "", 1, 5), "allocate": w.one("", "", "", "fefo", "fifo")}
    return w.event("stock.reserve", **goods, **more)


def release(w: World) -> Event | None:
    """By name, or by document."""
    of = w.past("stock.reserve")
    if of is None:
        return None
    keep = {k: of.get(k, "") for k in ("item", "site", "uom", "owner", "pool", "entity")}
    keep["lot"] = w.one("", "", of.get("lot", "L1"))
    by = {"releases": name_of(of)} if w.rng.random() < 0.6 else {"document": w.one(*DOCUMENTS)}
    return w.event("stock.release", **keep, **by, qty=w.one("1", "2", of["qty"]))


def pending(w: World) -> Event:
    """A movement that waits for approval."""
    said = outgoing(w)
    if w.rng.random() < 0.3:
        said = {"type": "stock.receipt", **w.goods(), "site": "A", "amount": "11", "pool": w.one(*POOLS)}
    of = w.past("sale.delivery")
    if of is not None and w.rng.random() < 0.1:
        said = {"type": "sale.return", "returns": name_of(of), "qty": "1"}
    movement = {k: v for k, v in said.items() if v not in ("", None)}
    return w.event("stock.pending", movement=movement, expires=w.ends(), document=w.one(*DOCUMENTS))


def posting(w: World) -> Event | None:
    """What becomes of it."""
    of = w.past("stock.pending")
    if of is None:
        return None
    if w.rng.random() < 0.3:
        return w.event("stock.void", pending=name_of(of), entity=of["entity"])
    part = {"qty": w.one("1", "2", "3"), "uom": of["movement"].get("uom", "")} if w.rng.random() < 0.5 else {}
    return w.event("stock.post", pending=name_of(of), entity=of["entity"], **part)


def pool(w: World) -> Event:
    """A pool opens or closes."""
    of = w.past("pool.open")
    if of is not None and w.rng.random() < 0.3:
        same = {name: of.get(name, "") for name in ("item", "site", "qty", "uom", "owner", "pool", "entity")}
        return w.event("pool.close", **same)
    goods = there(w, lots=0.2)
    more: dict[str, Any] = {"pool": w.one("web", "vip", "vip", "")}
    more |= {"expires": w.ends(), "priority": w.one(1, 3, 9), "borrow": w.one("", True, True, True)}
    return w.event("pool.open", **goods | more, buffer=w.one("", "", "1"), allocate=w.one("", "fifo"))


def status(w: World) -> Event:
    """A lot may be used or not."""
    words = w.one("ok", "ok", "quarantine", "recalled")
    lot = {"item": w.one("L", "L", "X"), "lot": w.one("L1", "L2", "L3")}
    return w.event("lot.status", **lot, status=words, reason="found", time=w.time(w.one(0, 0, 12)))


def about(w: World) -> Event | None:
    """A correction or a cancel."""
    of = w.past(
        "stock.receipt", "sale.delivery", "stock.transfer", "lot.status", "event.cancel", "stock.post"
    )
    if of is None:
        return None
    if w.rng.random() < 0.5 or of["type"] in ("event.cancel", "stock.post"):
        return w.event("event.cancel", cancels=name_of(of), entity=of["entity"])
    sets = [{"time": w.time()}, {"item": "L", "lot": "L2"}]
    if of["type"] == "lot.status":
        sets += [{"status": "quarantine"}, {"status": "ok"}]
    else:
        sets += [{"qty": str(w.rng.randint(1, 9))}] * 3
    if of["type"] == "stock.receipt":
        sets += [{"expiry": w.time(30)}, {"pool": "web"}, {"site": "B"}]
    return w.event("event.correct", corrects=name_of(of), set=w.rng.choice(sets), entity=of["entity"])


def returning(w: World) -> Event:
    """Goods come back, into a pool sometimes."""
    of = w.past("sale.delivery")
    if of is None or w.rng.random() < 0.3:
        return w.event("sale.return", **w.goods(3), site=w.one(*SITES), pool=w.one(*POOLS))
    return w.event("sale.return", returns=name_of(of), qty="1", pool=w.one(*POOLS), entity=of["entity"])


MAKERS: list[tuple[Callable[[World], Event | None], int]] = [
    (receipt, 18), (out, 24), (count, 3), (reserve, 16), (release, 7), (pending, 7), (posting, 7), (pool, 10),
    (status, 3), (about, 6), (returning, 5),
]  # fmt: skip


def world(seed: int, n: int) -> list[Record]:
    """The masters, then n records of one event or two."""
    return read_along(seed, n)[0]


def read_along(seed: int, n: int) -> tuple[list[Record], Truth]:
    """The same, and the reference that has taken them."""
    rng = random.Random(seed)
    w = World(rng)
    base = {"source": "setup", "time": "2025-01-01T00:00:00Z"}
    records = []
    for entity in ("E", "F"):
        scope, negative = (
            rng.choice(["site", "entity", "lot"]),
            rng.choice(["accept", "accept", "accept", "refuse"]),
        )
        method = {"scope": scope, "negative": negative, "valuation": rng.choice(["moving_average", "fifo"])}
        master = {**base, "entity": entity}
        records += [
            {**master, "id": f"e{entity}", "type": "master.entity", **method},
            {**master, "id": f"l{entity}", "type": "master.item", "item": "L", "tracking": "lot"},
            {**master, "id": f"k{entity}", "type": "master.item", "item": "K", "uoms": {"箱": "2"}},
        ]
    made = [Record([event], time_ms(event["time"])) for event in records]
    for record in made:
        w.truth.post_record(*record)
    makers, weights = zip(*MAKERS, strict=True)
    while len(made) < n + 6:
        w.hours += rng.choice([0, 1, 1, 2, 8])
        events = []
        for _ in range(rng.choice([1, 1, 1, 1, 1, 1, 2])):
            event = rng.choices(makers, weights)[0](w)
            if event is not None:
                if event["entity"] == "E" and "set" not in event and rng.random() < 0.1:
                    event["entity"] = "F"
                w.made.append(event)
                events.append(event)
        if events:
            arrived = time_ms((START + timedelta(hours=w.hours)).isoformat()) - rng.choice([0, 0, 7_200_000])
            made.append(Record(events, max(arrived, made[-1].arrived)))
            w.truth.post_record(*made[-1])
    return made, w.truth
