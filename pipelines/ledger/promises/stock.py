"""What the promises ask of the ledger, answered from its state."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import numpy as np

from pipelines.kernels.exact import QTY_LIMIT
from pipelines.kernels.keys import find
from pipelines.ledger.columns import (
    A_QTY,
    A_VER,
    I_ATTRS,
    I_BORN,
    I_UNIT,
    I_WHOLE,
    N_DIGITS,
    N_VERSION,
    U_CANON,
    U_DEN,
    U_DIM,
    U_KNOWN,
    U_NUM,
    U_WHOLE,
)  # fmt: skip
from pipelines.ledger.promises.shapes import PoolMove, Refusal, StockRow
from pipelines.ledger.read import unit_row
from pipelines.ledger.state import LedgerState
from schemas.accounts import site_of

_LOW = 0xFFFFFFFF
_PIECE = 1  # the unit's row


class LedgerStock:
    """Rows of stock by item, found by an index that is built on first need and then kept.

    `mover` posts a move between pools at once. After a record is undone, `shrink` has to be called.
    """

    def __init__(self, state: LedgerState, mover: Callable[[PoolMove], None]) -> None:
        self.s = state
        self.move = mover
        self._rows_of: dict[int, list[int]] = {}  # item -> its accounts
        self._seen = 0

    def item_row(self, entity: str, item: str) -> int:
        """The row of an item, -1 if nobody has named it."""
        m = self.s.maps["items"]
        return int(find(m.keys, m.slots, self._entity(entity), self.s.words.id(item))) if item else -1

    def _entity(self, entity: str) -> int:
        m = self.s.maps["entities"]
        return int(find(m.keys, m.slots, self.s.words.id(entity), 0))

    def shrink(self) -> None:
        """Accounts may have been unmade: those that are left are looked at anew."""
        count = self.s.maps["accounts"].count
        if count < self._seen:
            self._seen = count
            self._rows_of = {item: [a for a in rows if a < count] for item, rows in self._rows_of.items()}

    def _accounts(self, item: int) -> list[int]:
        """The accounts of an item, in the order in which they were made."""
        m = self.s.maps["accounts"]
        items = m.keys[: m.count, 0] >> 32
        if item not in self._rows_of:
            self._rows_of[item] = np.flatnonzero(items[: self._seen] == item).tolist()
        new = items[self._seen :]
        if len(new):
            for a in np.flatnonzero(np.isin(new, list(self._rows_of))).tolist():
                self._rows_of[int(new[a])].append(self._seen + a)
            self._seen = m.count
        return self._rows_of[item]

    def rows(self, entity: str, site: str, item: str, owner: str) -> Iterator[StockRow]:
        """The accounts of an item at a site and its bins."""
        row = self.item_row(entity, item)
        accounts, combos = self.s.maps["accounts"].keys, self.s.maps["combos"].keys
        word, text = self.s.words.id(owner), self.s.words.text
        for a in self._accounts(row) if row >= 0 else ():
            place = text(int(accounts[a, 0] & _LOW))
            of, pool = combos[accounts[a, 1] & _LOW].tolist()
            if of == word and site_of(place) == site:
                lot, figures = text(int(accounts[a, 1] >> 32)), self.s.t["A"].data[a]
                yield StockRow(place, lot, text(pool), int(figures[A_QTY]), int(figures[A_VER]))

    def tracked(self, entity: str, item: str) -> bool:
        """Is the item followed by lot or serial number?"""
        row = self.item_row(entity, item)
        said = int(self.s.t["I"].data[row, I_ATTRS]) if row >= 0 else 0
        return said > 0 and json.loads(self.s.words.text(said)).get("tracking", "none") != "none"

    def base_qty(self, entity: str, item: str, qty: int, uom: str) -> int:
        """In base units, as the kernel's `base_quantity`."""
        row, unit, units = self.item_row(entity, item), unit_row(self.s, uom), self.s.t["U"].data
        i = self.s.t["I"].data[row]
        own = int(i[I_UNIT]) if row >= 0 and (i[I_BORN] or i[I_UNIT] > 0) else unit
        if own == unit and unit and (row < 0 or i[I_UNIT] <= 0) and not units[unit, U_KNOWN]:
            raise Refusal("unknown_uom", uom)
        own = own or _PIECE
        num, den = self._factor(row, unit, own)
        base, rest = divmod(qty * num, den)
        if base >= QTY_LIMIT:
            raise Refusal("overflow", uom)
        if rest:
            raise Refusal("scale", uom)
        said = int(i[I_WHOLE]) if row >= 0 else -1
        if (said == 1 or (said < 0 and units[own, U_WHOLE] == 1)) and base % 1_000_000:
            raise Refusal("fraction", uom)
        return base

    def _factor(self, item: int, unit: int, own: int) -> tuple[int, int]:
        """How many base units one unit is, as a fraction."""
        units, factors = self.s.t["U"].data, self.s.maps["factors"]
        if unit == 0:
            return 1, 1
        k = int(find(factors.keys, factors.slots, item, int(units[unit, U_CANON]))) if item >= 0 else -1
        if k >= 0 and self.s.t["K"].data[k, 2] > 0:
            return int(self.s.t["K"].data[k, 2]), 1_000_000
        if units[unit, U_CANON] == units[own, U_CANON]:
            return 1, 1
        if units[unit, U_DIM] < 0 or units[unit, U_DIM] != units[own, U_DIM]:
            raise Refusal("unknown_uom", self.s.words.text(int(units[unit, U_CANON])))
        return int(units[unit, U_NUM] * units[own, U_DEN]), int(units[unit, U_DEN] * units[own, U_NUM])

    def digits(self, entity: str) -> int:
        """Decimals of the entity's currency."""
        return int(self.s.t["N"].data[self._entity(entity), N_DIGITS])

    def version(self, entity: str) -> int:
        """The newest version of the entity."""
        return int(self.s.t["N"].data[self._entity(entity), N_VERSION])
