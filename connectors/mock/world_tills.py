"""The tills: baskets over the day, what is in them, what is charged on top, and what is brought back.

A till's record is sent by the till itself (`green`); a customer is a card already pseudonymised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from connectors.mock.world_catalogue import ENTITY, ITEMS, SITES, quantity
from connectors.mock.world_params import (
    CHANNELS,
    DAY_MS,
    HOUR_MS,
    Drawn,
    Floats,
    is_weekend,
    local_day,
    quantities,
)
from connectors.mock.world_shelf import Shelf
from connectors.mock.world_trouble import MINUTE_MS, Trouble
from connectors.mock.world_wire import Post, cents_text

TILLS = 4
Later = Callable[[int, int, Callable[..., None], tuple[Any, ...]], None]
"""Schedule: time, rank among events of that instant, what to do, with what (it gets the time first)."""


@dataclass(slots=True)
class Line:
    """One line as sold: enough to bring it back."""

    site: int
    source: str
    ident: str
    item: int
    lot: str
    units: int
    net: int
    tax: int
    channel: str


class Tills:
    """All tills of all stores, the web shop and the platforms' couriers among them."""

    def __init__(
        self, rng: np.random.Generator, drawn: Drawn, stores: list[Drawn], curves: list[Floats], want: Floats,
        post: Post, shelf: Shelf, trouble: Trouble, later: Later,
    ) -> None:  # fmt: skip
        self._rng, self._drawn, self._stores, self._curves, self._want = rng, drawn, stores, curves, want
        self._post, self._shelf, self._trouble, self._later = post, shelf, trouble, later
        self._tickets: dict[str, int] = {}
        self.off: list[int] = [0] * len(ITEMS)
        self._prices = [i.price for i in ITEMS]
        self._members = [f"c{v:012x}" for v in rng.integers(1, 1 << 48, 4000).tolist()]
        d = drawn
        self._spoil = (d["doubled"], d["doubled"] + d["conflict"], d["doubled"] + d["conflict"] + d["torn"])

    def plan_hour(self, site: int, hour_start: int) -> None:
        """Draw the baskets of one hour of one store and schedule them."""
        rng, store = self._rng, self._stores[site]
        first = (hour_start // MINUTE_MS + 480) % 1440
        minutes = self._curves[site][first : first + 60]
        busy = store["baskets"] * (store["weekend"] if is_weekend(hour_start) else 1.0)
        n = int(rng.poisson(busy * minutes.sum()))
        if not n:
            return
        picked = rng.choice(60, n, p=minutes / minutes.sum())
        times = hour_start + picked * MINUTE_MS + rng.integers(0, MINUTE_MS, n)
        shares = np.array([0.0, store["online_share"], store["platform_share"]])
        hour = first // 60
        shares[0] = 0.0 if hour < 7 or hour >= 23 else 1.0 - shares.sum()
        channels = rng.choice(3, n, p=shares / shares.sum())
        sizes = np.minimum(25, 1 + rng.poisson(store["lines"] - 1, n) + (rng.random(n) < 0.03) * 8)
        delays = np.where(
            rng.random(n) < self._drawn["slow_share"], rng.integers(5000, 90_000, n),
            40 + (60 * rng.exponential(1.0, n)).astype(np.int64),
        )  # fmt: skip
        tills = rng.integers(1, TILLS + 1, n)
        cards = np.where(rng.random(n) < self._drawn["card_share"], rng.integers(0, 4000, n), -1)
        self._schedule(site, hour, [times, channels, tills, cards, delays], sizes)

    def _schedule(self, site: int, hour: int, baskets: list[Any], sizes: Any) -> None:
        rng = self._rng
        lift = np.where(np.array(self.off) > 0, self._drawn["promo_lift"], 1.0)
        ladder = np.cumsum(self._want[hour] * lift)
        total = int(sizes.sum())
        items = np.searchsorted(ladder, rng.random(total) * ladder[-1], side="right")
        units = quantities(rng, items).tolist()
        chance = rng.random((total, 2)).tolist()
        wanted = items.tolist()
        end = 0
        for *facts, size in zip(*(b.tolist() for b in baskets), sizes.tolist(), strict=True):
            begin, end = end, end + size
            lines = list(zip(wanted[begin:end], units[begin:end], chance[begin:end], strict=True))
            self._later(facts[0], 4, self._basket, (site, *facts[1:], lines))

    def _basket(
        self, time: int, site: int, channel: int, till: int, card: int, delay: int, lines: list[Any]
    ) -> None:
        name = CHANNELS[channel]
        source = f"till-{SITES[site]}-{till}" if channel == 0 else f"{name}-{SITES[site]}"
        number = self._tickets[source] = self._tickets.get(source, 0) + 1
        document = f"{self._post.tag}{source}-{number:05d}"
        arrival = self._trouble.arrival(source, time, delay)
        head = (
            f'"time":"{self._post.stamp(time)}","type":"sale.delivery","entity":"{ENTITY}","trust":"green",'
        )
        customer = f',"customer":"{self._members[card]}"' if card >= 0 else ""
        tail = f',"channel":"{name}","document":"{document}"{customer}}}\n'
        sold = 0
        for place, (item, units, chance) in enumerate(lines):
            sold += self._sell(
                time, arrival, source, f"{document}-{place + 1}", head, tail, site, item, units, chance, name
            )
        if sold and channel:
            self._charges(time, arrival, source, document, name, sold, customer)

    def _sell(
        self, time: int, arrival: int, source: str, ident: str, head: str, tail: str, site: int, item: int,
        units: int, chance: list[float], channel: str,
    ) -> int:  # fmt: skip
        """Take one line off the shelf and send it; returns its net amount in cents, 0 if there is nothing."""
        shelf, thing = self._shelf, ITEMS[item]
        lot = shelf.first_lot(site, item) if thing.category.lots else ""
        there = shelf.lots[site, item][lot] if lot else shelf.total[site][item]
        if there < units:
            shelf.lost_sales += 1
            if not there:
                return 0
            units = there
        if lot:
            shelf.add((site, item, lot), -units)
        else:
            shelf.total[site][item] -= units
        gross = max(
            1, (self._prices[item] * units + 500) // 1000 if thing.weighed else self._prices[item] * units
        )
        off, base = gross * self.off[item] // 100, 100 + thing.category.tax
        paid = max(1, gross - off)
        net = max(1, (paid * 100 + base // 2) // base)
        more = f',"lot":"{lot}"' if lot else ""
        if off:
            more += f',"discount":"{cents_text((off * 100 + base // 2) // base)}"'
        if paid > net:
            more += f',"tax":"{cents_text(paid - net)}"'
        comes_back = chance[1] < self._drawn["return_share"] and not thing.weighed
        if comes_back:
            arrival = self._plan_return(time, arrival, chance, Line(
                site, source, ident, item, lot, units, net, paid - net, channel))  # fmt: skip
        line = (
            f'{{"id":"{ident}","source":"{source}","seq":{self._post.next_seq(source)},{head}'
            f'{self._post.recorded(arrival)}"item":"{thing.code}","site":"{SITES[site]}",'
            f'"qty":"{quantity(thing, units)}","amount":"{cents_text(net)}"{more}{tail}'
        ).encode()
        if chance[0] < self._spoil[2] and not comes_back:
            kind = (
                "doubled"
                if chance[0] < self._spoil[0]
                else "conflict"
                if chance[0] < self._spoil[1]
                else "torn"
            )
            self._trouble.trouble_till(kind, source, ident, time, arrival, line)
        else:
            self._post.send(arrival, line)
        return net

    def _charges(
        self, time: int, arrival: int, source: str, document: str, channel: str, net: int, customer: str
    ) -> None:
        """Postage for parcels, a fee for couriers, less what the platform keeps."""
        fees = [("postage", 800 if net < 9900 else 0)] if channel == "online" else [("delivery_fee", 500)]
        if channel == "platform":
            fees.append(("commission", -(net * 12 // 100)))
        for code, cents in fees:
            if cents:
                self._post.send(arrival, (
                    f'{{"id":"{document}-{code}","source":"{source}","seq":{self._post.next_seq(source)},'
                    f'"time":"{self._post.stamp(time)}","type":"sale.charge","entity":"{ENTITY}","trust":"green",'
                    f'{self._post.recorded(arrival)}"code":"{code}","amount":"{cents_text(cents)}",'
                    f'"channel":"{channel}","document":"{document}"{customer}}}\n'
                ).encode())  # fmt: skip

    def _plan_return(self, time: int, arrival: int, chance: list[float], line: Line) -> int:
        """Schedule the return of a line; returns when its delivery arrives (some arrive after the return)."""
        rng = self._rng
        draw = rng.random(3)
        if draw[0] < self._drawn["return_first"]:
            self._trouble.note("return_first", line.source, line.ident, time)
            back = time + int(rng.integers(10, 50)) * MINUTE_MS
            arrival = back + int(rng.integers(1, 90)) * MINUTE_MS
        elif draw[1] < 0.45:
            back = time + int(rng.integers(5, 90)) * MINUTE_MS
        else:
            back = time + int(3 * HOUR_MS + draw[2] * 3 * DAY_MS)
        back += int(rng.integers(0, MINUTE_MS))
        self._later(back, 5, self._return, (line, float(rng.random()), float(rng.random())))
        return arrival

    def _return(self, time: int, line: Line, elsewhere: float, damaged: float) -> None:
        site = line.site if elsewhere < 0.9 else (line.site + 1) % len(SITES)
        source = f"till-{SITES[site]}-{1 + local_day(time) % TILLS}"
        thing = ITEMS[line.item]
        units = line.units if damaged < 0.7 else 1
        arrival = self._trouble.arrival(source, time, 80)
        members = self._post.envelope("sale.return", source, time, arrival, "yellow")
        members["returns"] = line.ident if source == line.source else f"{line.source}#{line.ident}"
        members |= {"site": SITES[site], "qty": quantity(thing, units)}
        if damaged < 0.7:  # part of a line: the ledger credits its share
            members |= {"amount": cents_text(line.net), "tax": cents_text(line.tax)}
        members["channel"] = line.channel
        self._post.send_members(arrival, members)
        self._shelf.add((site, line.item, line.lot), units)
        if damaged < 0.25:
            self._later(time + 2 * MINUTE_MS, 4, self._bin, (site, line.item, line.lot, units))

    def _bin(self, time: int, site: int, item: int, lot: str, units: int) -> None:
        """What came back broken is written off at the counter, if it is still there."""
        units = min(units, self._shelf.holds((site, item, lot)))
        if not units:
            return
        arrival = time + self._trouble.hand_delay(1, 20)
        members = self._post.envelope("stock.issue", f"office-{SITES[site]}", time, arrival, "yellow")
        members |= {"item": ITEMS[item].code, "site": SITES[site], "qty": quantity(ITEMS[item], units)}
        members |= ({"lot": lot} if lot else {}) | {"reason": "damaged"}
        key = (site, item, lot)
        self._shelf.add(key, -units)
        self._shelf.note("losses", key, self._post.stamp(time), reason="damaged", units=units)
        self._trouble.typed(time, arrival, members, [(key, -units)])
