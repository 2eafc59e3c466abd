"""The book of promises: what is open now, undone as far as a record is, saved as far as it changed.

Only what the rules need is kept: open holds, unpaid debts, logical times, facts of lots, versions of the rows
of stock that a promise changed. A hold that has ended is gone; what it was is in the store.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pipelines.ledger.promises.shapes import Debt, EventKey, Fact, Hold, ItemKey, StockKey

LotKey = tuple[str, str, str]
"""(entity, item, lot)."""

_GROUPS: dict[str, Callable[[Any, Any], Any]] = {
    "holds": lambda _, hold: (hold.shelf.entity, hold.shelf.item),
    "debts": lambda _, debt: debt.pool,
    "facts": lambda _, fact: (fact.entity, fact.item, fact.lot),
    "rows": lambda key, _: (key[0], key[2]),
}
"""Table -> what its rows are found by, beside their key."""


class Book:
    """Tables by key, with an undo log and indexes. Written by `put` only; None takes a row out.

    `holds` by (source, id); `debts` by number, counted upwards; `clocks` by entity, ms; `facts` by (source,
    id); `rows`: the newest commit in which a promise changed a row of stock; `told`: per lot the last
    (status, expiry) that the store was given.
    """

    def __init__(self) -> None:
        self.holds: dict[EventKey, Hold] = {}
        self.debts: dict[int, Debt] = {}
        self.clocks: dict[str, int] = {}
        self.facts: dict[EventKey, Fact] = {}
        self.rows: dict[StockKey, int] = {}
        self.told: dict[LotKey, tuple[str, int | None]] = {}
        self.unsaved: dict[tuple[str, Any], None] = {}
        self._undo: list[tuple[str, Any, Any]] = []
        self._groups: dict[str, dict[Any, dict[Any, Any]]] = {name: {} for name in _GROUPS}
        self._moments: dict[str, list[tuple[int, bool, Any]]] = {}  # (ms, is it a hold, its key or the lot's)
        self._popped: list[tuple[str, tuple[int, bool, Any]]] = []

    def table(self, name: str) -> dict[Any, Any]:
        """One of the tables."""
        found: dict[Any, Any] = getattr(self, name)
        return found

    # -- writing -----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """What follows can be undone."""
        self._undo.clear()
        self._popped.clear()

    def mark(self) -> int:
        """How much has been written since `begin`."""
        return len(self._undo)

    def since(self, mark: int) -> Iterator[tuple[str, Any, Any]]:
        """(table, key, row before) of everything written since the mark, in order."""
        yield from self._undo[mark:]

    def rollback(self) -> None:
        """Undo everything since `begin`."""
        for table, key, old in reversed(self._undo):
            self._write(table, key, old)
        for entity, moment in self._popped:
            heapq.heappush(self._moments[entity], moment)
        self.begin()

    def put(self, table: str, key: Any, row: Any) -> None:
        """Write a row, or take it out."""
        old = self.table(table).get(key)
        if old != row:
            self._undo.append((table, key, old))
            self._write(table, key, row)

    def load(self, rows: Iterable[tuple[str, Any, Any]]) -> None:
        """Rows as saved, None for those taken out."""
        for table, key, row in rows:
            self._write(table, key, row)
        self.begin()
        self.unsaved.clear()

    def _write(self, table: str, key: Any, row: Any) -> None:
        rows, group_of = self.table(table), _GROUPS.get(table)
        old = rows.pop(key, None) if row is None else rows.get(key)
        if row is not None:
            rows[key] = row
        self.unsaved[table, key] = None
        if group_of is not None:
            groups = self._groups[table]
            if old is not None:
                group = group_of(key, old)
                del groups[group][key]
                if not groups[group]:
                    del groups[group]
            if row is not None:
                groups.setdefault(group_of(key, row), {})[key] = row
        if table == "holds" and row is not None and row.expires is not None:
            self._watch(row.shelf.entity, row.expires, True, key)
        elif table == "facts":
            for fact in (old, row):
                if fact is not None:
                    self._watch_lot(fact)

    def _watch(self, entity: str, at: int, is_hold: bool, key: Any) -> None:
        heapq.heappush(self._moments.setdefault(entity, []), (at, is_hold, key))

    def _watch_lot(self, fact: Fact) -> None:
        """A lot may change when a status begins to hold, and when a receipt of it expires."""
        now = self.clocks.get(fact.entity, 0)
        for at in (fact.at if fact.status else None, fact.expiry):
            if at is not None and at > now:
                self._watch(fact.entity, at, False, (fact.entity, fact.item, fact.lot))

    # -- asking ------------------------------------------------------------------------------------------

    def holds_of(self, item: ItemKey) -> list[Hold]:
        """The open holds of an item."""
        return list(self._groups["holds"].get(item, {}).values())

    def has_holds(self, item: ItemKey) -> bool:
        """Is anything promised of it?"""
        return item in self._groups["holds"]

    def debts_of(self, pool: EventKey) -> list[tuple[int, Debt]]:
        """What a pool owes, the oldest first."""
        return sorted(self._groups["debts"].get(pool, {}).items())

    def facts_of(self, lot: LotKey) -> list[Fact]:
        """What is known of a lot."""
        return list(self._groups["facts"].get(lot, {}).values())

    def rows_of(self, item: ItemKey) -> dict[StockKey, int]:
        """The rows of stock of an item that a promise has changed, with the newest version."""
        return self._groups["rows"].get(item, {})

    def next_moment(self, entity: str) -> int | None:
        """When a hold of the entity expires next, or a lot may turn, ms; a hold may be overdue already."""
        heap, now = self._moments.get(entity, []), self.clocks.get(entity, 0)
        while heap:
            at, is_hold, key = heap[0]
            hold = self.holds.get(key) if is_hold else None
            if (hold is not None and hold.expires == at) or (not is_hold and at > now):
                return at
            self._pop(entity)
        return None

    def due(self, entity: str, now: int) -> tuple[list[Hold], list[LotKey]]:
        """What has come by `now`: the open holds that expire, and the lots that may turn; each once."""
        heap = self._moments.get(entity, [])
        holds: dict[EventKey, Hold] = {}
        lots: dict[LotKey, None] = {}
        while heap and heap[0][0] <= now:
            at, is_hold, key = self._pop(entity)
            if not is_hold:
                lots[key] = None
            elif key in self.holds and self.holds[key].expires == at:
                holds[key] = self.holds[key]
        return sorted(holds.values(), key=lambda h: (h.expires or 0, h.key)), list(lots)

    def _pop(self, entity: str) -> tuple[int, bool, Any]:
        moment = heapq.heappop(self._moments[entity])
        self._popped.append((entity, moment))
        return moment
