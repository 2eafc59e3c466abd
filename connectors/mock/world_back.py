"""The back of the store: masters, what breaks, spoils and expires, what is stolen, and the nightly counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from connectors.mock.world_catalogue import CATEGORIES, ITEMS, SITES, TZ, quantity
from connectors.mock.world_params import HOUR_MS, THEFT, WEIGHED, Drawn, local_day
from connectors.mock.world_shelf import Key, Shelf, signed
from connectors.mock.world_supply import Supply
from connectors.mock.world_tills import TILLS, Later
from connectors.mock.world_trouble import MINUTE_MS, Trouble, office
from connectors.mock.world_wire import Post

COUNTED_A_NIGHT = 2
"""Categories each store counts in one night: all twelve in six nights."""

ALL = 1 << 40
"""More than any shelf holds: what is there, all of it."""


class Back:
    """Everything that is neither sold nor delivered."""

    def __init__(
        self, rng: np.random.Generator, drawn: Drawn, stores: list[Drawn], post: Post, shelf: Shelf,
        trouble: Trouble, later: Later,
    ) -> None:  # fmt: skip
        self._rng, self._drawn, self._stores = rng, drawn, stores
        self._post, self._shelf, self._trouble, self._later = post, shelf, trouble, later
        self._tempting = THEFT / THEFT.sum()

    def masters(self, time: int, supply: Supply) -> None:
        """The entity, its sites and its items, before anything moves."""
        self._master(time, "master.entity", {
            "currency": "CNY", "valuation": "moving_average", "scope": "site", "negative": "accept", "tz": TZ,
        })  # fmt: skip
        for site in SITES:
            self._master(
                time, "master.site", {"site": site, "tz": TZ, "kind": "store", "day_cut_off": "04:00"}
            )
        for i in ITEMS:
            self._master(time, "master.item", {
                "item": i.code, "name": {"zh": i.zh, "en": i.en}, "uom": i.uom,
                "uoms": {i.pack_uom: str(i.pack)},
                "tracking": "lot" if i.category.lots else "none", "whole": not i.weighed, "gtin": i.gtin,
                "category": i.category.code, "shelf_life": str(i.category.shelf_life),
                "standard_cost": supply.unit_cost_text(i.index),
            })  # fmt: skip

    def _master(self, time: int, kind: str, payload: dict[str, Any]) -> None:
        arrival = time + 50
        self._post.send_members(
            arrival, self._post.envelope(kind, "head-office", time, arrival, "yellow") | payload
        )

    def plan_day(self, midnight: int) -> None:
        """Schedule a local day of every store."""
        for site, store in enumerate(self._stores):
            for name, act in (("thefts", self._theft), ("damages", self._damage), ("outages", self._outage)):
                n = max(1, int(self._rng.poisson(store[name])))
                for at in self._rng.integers(8 * HOUR_MS, 22 * HOUR_MS, n).tolist():
                    self._later(midnight + at, 7 if name == "thefts" else 4, act, (site,))
            self._later(midnight + 21 * HOUR_MS + 40 * MINUTE_MS, 4, self._spoil, (site,))
            self._later(midnight + 23 * HOUR_MS, 4, self._expire, (site,))
            for turn in range(COUNTED_A_NIGHT):
                category = (local_day(midnight) * COUNTED_A_NIGHT + turn + site * 4) % len(CATEGORIES)
                at = midnight + (22 * 60 + 35 + 40 * turn) * MINUTE_MS
                self._later(at, 8, self._count_category, (site, category))

    def _outage(self, time: int, site: int) -> None:
        source = f"till-{SITES[site]}-{1 + int(self._rng.integers(TILLS))}"
        end = time + int(self._rng.integers(5, 45)) * MINUTE_MS
        self._trouble.note("offline", source, "", time)
        self._trouble.go_offline(source, time, end)

    def _theft(self, time: int, site: int) -> None:
        """Something leaves the store; no event, only the truth knows."""
        item = int(self._rng.choice(len(ITEMS), p=self._tempting))
        lot = self._shelf.first_lot(site, item)
        key = (site, item, lot)
        units = int(self._rng.integers(200, 1500)) if WEIGHED[item] else int(self._rng.integers(1, 4))
        units = min(units, self._shelf.holds(key))
        if units > 0:
            self._shelf.add(key, -units)
            self._shelf.hide(key, units)
            self._shelf.note("thefts", key, self._post.stamp(time), qty=signed(item, units))

    def _damage(self, time: int, site: int) -> None:
        item = int(self._rng.integers(len(ITEMS)))
        lot = self._shelf.first_lot(site, item)
        units = 500 if WEIGHED[item] else 1
        self._issue(time, (site, item, lot), min(units, self._shelf.holds((site, item, lot))), "damaged")

    def _spoil(self, time: int, site: int) -> None:
        """In the evening the produce that nobody will buy tomorrow is weighed and thrown away."""
        for item, thing in enumerate(ITEMS):
            if thing.category.code in ("VEG", "FRU", "BAK"):
                share = self._drawn["spoilage"] * float(self._rng.uniform(0.3, 1.7))
                units = int(self._shelf.total[site][item] * share)
                at = time + item * 9000
                self._later(at, 4, self._issue, ((site, item, ""), units, "write_off"))

    def _expire(self, time: int, site: int) -> None:
        """At closing time the lots whose day has come are taken off the shelf."""
        for item, thing in enumerate(ITEMS):
            if thing.category.lots:
                for lot in sorted(self._shelf.lots.get((site, item), {})):
                    if self._shelf.expiry[item, lot] <= time:
                        key = (site, item, lot)
                        self._later(time + item * 1000, 4, self._issue, (key, ALL, "expired"))

    def _issue(self, time: int, key: Key, units: int, reason: str) -> None:
        site, item, lot = key
        units = min(units, self._shelf.holds(key))
        if units <= 0:
            return
        self._shelf.add(key, -units)
        self._shelf.note("losses", key, self._post.stamp(time), reason=reason, units=units)
        arrival = time + self._trouble.hand_delay(1, 25)
        members = self._post.envelope("stock.issue", office(site), time, arrival, "red")
        members |= {"item": ITEMS[item].code, "site": SITES[site], "qty": quantity(ITEMS[item], units)}
        members |= ({"lot": lot} if lot else {}) | {"reason": reason}
        self._trouble.typed(time, arrival, members, [(key, -units)])

    def _count_category(self, time: int, site: int, category: int) -> None:
        """Send somebody along the shelves with a scanner: one item every half minute or so."""
        at = time
        for item, thing in enumerate(ITEMS):
            if thing.category is CATEGORIES[category]:
                at += int(self._rng.integers(20_000, 60_000))
                self._later(at, 8, self._count, (site, item))

    def _count(self, time: int, site: int, item: int) -> None:
        for lot in self._shelf.counted_lots(site, item):
            key = (site, item, lot)
            there, before = self._shelf.holds(key), self._shelf.hidden.get(key, 0)
            wrong = 0
            if self._rng.random() < self._drawn["count_error"]:
                step = 1000 if WEIGHED[item] else 1
                wrong = step if there < step or self._rng.random() < 0.5 else -step
            arrival = time + self._trouble.hand_delay(1, 10)
            members = self._post.envelope("stock.count", office(site), time, arrival, "yellow")
            members |= {
                "item": ITEMS[item].code,
                "site": SITES[site],
                "qty": quantity(ITEMS[item], there + wrong),
            }
            members |= {"lot": lot} if lot else {}
            self._shelf.hide(key, wrong - before)
            done = self._trouble.typed(time, arrival, members, [(key, wrong - before)])
            self._shelf.note(
                "counts", key, self._post.stamp(time), shelf_qty=signed(item, there),
                book_qty=signed(item, there + before), miscounted=signed(item, wrong), recorded=done,
            )  # fmt: skip
