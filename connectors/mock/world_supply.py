"""How goods come in: orders each evening, lorries before opening, moves between stores, goods sent back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from connectors.mock.world_catalogue import ITEMS, SITES, pack_units, quantity
from connectors.mock.world_params import DAY_MS, HOUR_MS, Drawn, Floats
from connectors.mock.world_shelf import Key, Shelf
from connectors.mock.world_tills import Later
from connectors.mock.world_trouble import MINUTE_MS, Trouble, office
from connectors.mock.world_wire import Post, cents_text, date_text


class Supply:
    """Suppliers and their lorries. `pack_cost`: cents of one pack of each item; it drifts with deliveries."""

    def __init__(
        self, rng: np.random.Generator, drawn: Drawn, demand: list[Floats], post: Post, shelf: Shelf,
        trouble: Trouble, later: Later,
    ) -> None:  # fmt: skip
        self._rng, self._drawn, self._demand = rng, drawn, demand
        self._post, self._shelf, self._trouble, self._later = post, shelf, trouble, later
        self._coming: list[NDArray[np.int64]] = [np.zeros(len(ITEMS), np.int64) for _ in SITES]
        self._papers = 0
        self.pack_cost = [self._first_cost(i) for i in range(len(ITEMS))]

    def _first_cost(self, item: int) -> int:
        """Cents of one pack: the price without tax, less the margin of its category, give or take."""
        thing = ITEMS[item]
        net = thing.price * 100 / (100 + thing.category.tax)
        share = (100 - thing.category.margin + float(self._rng.uniform(-4, 4))) / 100
        return max(1, round(net * share * thing.pack))

    def unit_cost_text(self, item: int) -> str:
        """Cost of one base unit, four decimals."""
        ten_thousandths = self.pack_cost[item] * 100 // ITEMS[item].pack
        return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04d}"

    def opening(self, time: int) -> None:
        """What is there at the start: counted with its cost, lots as receipts of their own age."""
        for site in range(len(SITES)):
            for item, thing in enumerate(ITEMS):
                days = self._drawn["opening_cover"] * float(self._rng.uniform(0.6, 1.3))
                days = min(days, thing.category.shelf_life * 0.6)
                units = max(pack_units(thing) // 2, int(self._demand[site][item] * days))
                if thing.category.lots:
                    self._open_lots(time, site, item, units)
                    continue
                self._shelf.add((site, item, ""), units)
                members = self._post.envelope("stock.count", office(site), time, time + 200, "yellow")
                members |= {"item": thing.code, "site": SITES[site], "qty": quantity(thing, units)}
                members["unit_cost"] = self.unit_cost_text(item)
                self._post.send_members(time + 200, members)

    def _open_lots(self, time: int, site: int, item: int, units: int) -> None:
        thing = ITEMS[item]
        life = thing.category.shelf_life
        for age in (life - 1, life // 2):  # the older one expires tomorrow if nobody buys it
            lot, expiry = self._lot(item, time - age * DAY_MS)
            key = (site, item, lot)
            part = units * 2 // 5 if age == life - 1 else units - units * 2 // 5
            if part <= 0 or key[2] in self._shelf.lots.get((site, item), {}):
                continue
            self._shelf.add(key, part)
            members = self._post.envelope("stock.receipt", office(site), time, time + 200, "yellow")
            members |= {"item": thing.code, "site": SITES[site], "lot": lot, "qty": quantity(thing, part)}
            members |= {"unit_cost": self.unit_cost_text(item), "supplier": thing.category.supplier}
            members["expiry"] = self._post.stamp(expiry)
            self._post.send_members(time + 200, members)

    def _lot(self, item: int, made: int) -> tuple[str, int]:
        """The lot of goods made on that local day, and when it expires."""
        day = date_text(made).replace("-", "")[2:]
        lot = f"{ITEMS[item].code}-{day}"
        life = ITEMS[item].category.shelf_life * DAY_MS
        expiry = (made + 8 * HOUR_MS) // DAY_MS * DAY_MS + life + 15 * HOUR_MS  # 23:00 local of its last day
        self._shelf.expiry.setdefault((item, lot), expiry)
        return lot, self._shelf.expiry[item, lot]

    def order(self, midnight: int, site: int, supplier: str) -> None:
        """Order what the books say is short, in whole packs; the lorry comes `lead` days later."""
        goods: list[tuple[int, int]] = []
        lead = 1
        for item, thing in enumerate(ITEMS):
            if thing.category.supplier != supplier:
                continue
            lead = thing.category.lead
            daily = self._demand[site][item]
            have = self._shelf.books(site, item) + int(self._coming[site][item])
            cover = min(self._drawn["order_cover"], thing.category.shelf_life * 0.6)
            if have < daily * (lead + 0.8):
                packs = -(-max(0, int(daily * (lead + cover)) - have) // pack_units(thing))
                if packs > 0:
                    goods.append((item, packs))
                    self._coming[site][item] += packs * pack_units(thing)
        if goods:
            at = midnight + lead * DAY_MS + int(self._rng.integers(4 * 60 + 30, 7 * 60)) * MINUTE_MS
            self._later(at, 1, self._lorry, (site, supplier, goods))

    def _lorry(self, time: int, site: int, supplier: str, goods: list[tuple[int, int]]) -> None:
        """Unload one lorry: one record an item, scanned seconds apart, typed in soon or hours later."""
        self._papers += 1
        paper = f"{self._post.tag}DN{self._papers:05d}"
        forgotten = self._rng.random() < self._drawn["late_receipt"]
        wait = self._trouble.hand_delay(180, 600) if forgotten else self._trouble.hand_delay(2, 25)
        if forgotten:
            self._trouble.note("late_receipt", office(site), paper, time)
        for place, (item, packs) in enumerate(goods):
            at = time + place * 20_000 + int(self._rng.integers(0, 15_000))
            self._later(at, 1, self._receive, (site, item, packs, supplier, paper, wait + place * 2000))

    def _receive(
        self, time: int, site: int, item: int, packs: int, supplier: str, paper: str, wait: int
    ) -> None:
        thing = ITEMS[item]
        drift = float(np.exp(self._drawn["cost_drift"] * self._rng.standard_normal()))
        self.pack_cost[item] = max(1, round(self.pack_cost[item] * drift))
        units = packs * pack_units(thing)
        self._coming[site][item] -= units
        lot, expiry = self._lot(item, time - 8 * HOUR_MS) if thing.category.lots else ("", 0)
        key = (site, item, lot)
        self._shelf.add(key, units)
        back = self._rng.random() < self._drawn["supplier_return"]
        arrival = time + wait
        members = self._post.envelope("stock.receipt", f"dock-{SITES[site]}", time, arrival, "yellow")
        members |= {"item": thing.code, "site": SITES[site], "qty": str(packs), "uom": thing.pack_uom}
        members |= {"unit_cost": cents_text(self.pack_cost[item]), "supplier": supplier, "document": paper}
        members |= {"lot": lot, "expiry": self._post.stamp(expiry)} if lot else {}
        self._trouble.typed(time, arrival, members, [(key, units)], exact=back)
        if back:
            at = time + int(self._rng.integers(20, 200)) * MINUTE_MS
            self._later(at, 6, self._send_back, (key, members["source"], members["id"], packs))

    def _send_back(self, time: int, key: Key, source: str, receipt: str, packs: int) -> None:
        """Bruised goods go back with the next lorry, in whole packs."""
        _site, item, _lot = key
        packs = min(max(1, packs // 10), self._shelf.holds(key) // pack_units(ITEMS[item]))
        if packs < 1:
            return
        self._shelf.add(key, -packs * pack_units(ITEMS[item]))
        arrival = time + self._trouble.hand_delay(2, 30)
        members = self._post.envelope("purchase.return", source, time, arrival, "yellow")
        members |= {"returns": receipt, "qty": str(packs), "uom": ITEMS[item].pack_uom}
        self._post.send_members(arrival, members)

    def transfers(self, noon: int) -> None:
        """Where one store has days of an item and another has hours, a van moves half of the difference."""
        for item, thing in enumerate(ITEMS):
            cover = [
                self._shelf.total[s][item] / max(1.0, float(self._demand[s][item])) for s in range(len(SITES))
            ]
            rich, poor = int(np.argmax(cover)), int(np.argmin(cover))
            if cover[rich] < 2.0 or cover[poor] > cover[rich] * 0.45:
                continue
            units = int((cover[rich] - cover[poor]) / 2 * self._demand[poor][item])
            units = min(units, self._shelf.total[rich][item] // 2) // (1000 if thing.weighed else 1)
            units *= 1000 if thing.weighed else 1
            if units > 0 and self._rng.random() < 0.5:
                at = noon + int(self._rng.integers(0, 90)) * MINUTE_MS + int(self._rng.integers(0, MINUTE_MS))
                self._later(at, 3, self._move, (rich, poor, item, units))

    def _move(self, time: int, rich: int, poor: int, item: int, units: int) -> None:
        lot = self._shelf.first_lot(rich, item)
        units = min(units, self._shelf.holds((rich, item, lot)))
        if units <= 0:
            return
        taken, brought = (rich, item, lot), (poor, item, lot)
        self._shelf.add(taken, -units)
        self._shelf.add(brought, units)
        arrival = time + self._trouble.hand_delay(1, 15)
        members = self._post.envelope("stock.transfer", office(rich), time, arrival, "yellow")
        members |= {"item": ITEMS[item].code, "from_site": SITES[rich], "to_site": SITES[poor]}
        members |= {"qty": quantity(ITEMS[item], units)} | ({"lot": lot} if lot else {})
        self._trouble.typed(time, arrival, members, [(taken, -units), (brought, units)])
