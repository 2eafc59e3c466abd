"""What physically lies where, and what the books would say if every event had arrived: the truth.

Quantities are units of the world: grams for weighed goods, pieces for the others. `hidden` is books minus
shelf of one (site, item, lot): theft and forgotten papers make it, a count takes it away.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from connectors.mock.world_catalogue import ITEMS, SITES, quantity

Key = tuple[int, int, str]
"""(site, item, lot); lot is "" where the item has none."""

Row = dict[str, Any]


class Shelf:
    """Three stores' shelves: `total[site][item]`, and per lot for items that are tracked by lot."""

    def __init__(self) -> None:
        self.total: list[list[int]] = [[0] * len(ITEMS) for _ in SITES]
        self.lots: dict[tuple[int, int], dict[str, int]] = {}
        self.expiry: dict[tuple[int, str], int] = {}
        self.hidden: dict[Key, int] = {}
        self.lost_sales = 0
        self.log: dict[str, list[Row]] = {
            name: [] for name in ("thefts", "losses", "unrecorded", "counts", "troubles")
        }

    def add(self, key: Key, units: int) -> None:
        """Put `units` on the shelf, or take them off; a shelf never holds less than nothing."""
        site, item, lot = key
        self.total[site][item] += units
        if lot:
            lots = self.lots.setdefault((site, item), {})
            lots[lot] = lots.get(lot, 0) + units
            assert lots[lot] >= 0, (
                f"{SITES[site]} {ITEMS[item].code} {lot}: the shelf holds less than nothing"
            )
            if not lots[lot]:
                del lots[lot]
        assert self.total[site][item] >= 0, (
            f"{SITES[site]} {ITEMS[item].code}: the shelf holds less than nothing"
        )

    def first_lot(self, site: int, item: int) -> str:
        """The lot that expires first ("" where none is there or the item has none)."""
        lots = self.lots.get((site, item))
        return min(lots, key=lambda lot: (self.expiry[item, lot], lot)) if lots else ""

    def holds(self, key: Key) -> int:
        """Units on the shelf."""
        site, item, lot = key
        if ITEMS[item].category.lots:
            return self.lots.get((site, item), {}).get(lot, 0)
        return self.total[site][item]

    def hide(self, key: Key, units: int) -> None:
        """Let the books say `units` more than the shelf holds (less, if negative)."""
        now = self.hidden.get(key, 0) + units
        if now:
            self.hidden[key] = now
        else:
            self.hidden.pop(key, None)

    def books(self, site: int, item: int) -> int:
        """What the store believes it has, over all lots."""
        lots = set(self.lots.get((site, item), {})) | self.gone_lots(site, item) | {""}
        return self.total[site][item] + sum(self.hidden.get((site, item, lot), 0) for lot in sorted(lots))

    def gone_lots(self, site: int, item: int) -> set[str]:
        """Lots where books and shelf differ."""
        if not ITEMS[item].category.lots:
            return set()
        return {lot for s, i, lot in self.hidden if s == site and i == item}

    def counted_lots(self, site: int, item: int) -> list[str]:
        """What a count of the item has to name: its lots, or "" alone."""
        if not ITEMS[item].category.lots:
            return [""]
        return sorted(set(self.lots.get((site, item), {})) | self.gone_lots(site, item))

    def note(self, book: str, key: Key, time: str, **facts: Any) -> None:
        """Write one line of the truth."""
        site, item, lot = key
        self.log[book].append(
            {"time": time, "site": SITES[site], "item": ITEMS[item].code, "lot": lot, **facts}
        )

    def stock(self) -> list[Row]:
        """One row per (site, item, lot): `qty` on the shelf, `book_qty` by the books, decimals as text."""
        keys = {
            (s, i, "") for s in range(len(SITES)) for i in range(len(ITEMS)) if not ITEMS[i].category.lots
        }
        keys |= {(s, i, lot) for (s, i), lots in self.lots.items() for lot in lots} | set(self.hidden)
        rows = []
        for site, item, lot in sorted(keys):
            units, hidden = self.holds((site, item, lot)), self.hidden.get((site, item, lot), 0)
            rows.append({
                "site": SITES[site], "item": ITEMS[item].code, "lot": lot,
                "qty": signed(item, units), "book_qty": signed(item, units + hidden),
            })  # fmt: skip
        return rows


def signed(item: int, units: int) -> str:
    """Units as a decimal of the item's base unit, below 0 too."""
    return ("-" if units < 0 else "") + quantity(ITEMS[item], abs(units))


def write_rows(path: Path, rows: list[Row]) -> None:
    """One JSON object a line."""
    text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
