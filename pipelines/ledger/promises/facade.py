"""The promises of a ledger, asked in the order of admission.

A record is tried between `begin` and `end` or `rollback`; of each of its events the ledger asks, in order:

1. `expect(event)`: is it decided on the newest state?
2. `advance(entity, now)`: logical time goes on, what expires by then is let go.
3. `levels(items)`: what lies on the shelves of the items that the event is about.
4. A promise: `decide(event)`; of a stock.post it gives the movement, which goes on as one. A movement:
   `use(movement)`, the ledger's own rules and rows, then `repay(movement, item)`.
5. `tell` whatever a receipt or a lot.status, as it is now, says of its lot.
6. `judge(event, items, levels)`: is somebody else's stock taken?
7. `commit(entity, version, recorded_at)`: the event is the version.

`Refusal` at any step refuses the record. Stock moves between pools at once (`Stock.move`). An item that
`touches` says no to has no promise: of its movements only `tell` and, if it is stated, `expect` are needed.
`next_moment` says up to which logical time nothing expires, so that others can go in one walk.

Not yet called by `ledger.post`, which still answers `not_yet` to these types.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.ledger.promises import granting, judging, pools, saving, versions
from pipelines.ledger.promises.book import Book, LotKey
from pipelines.ledger.promises.judging import Levels
from pipelines.ledger.promises.lots import Desk, expiry, status
from pipelines.ledger.promises.shapes import (
    IN,
    Event,
    EventKey,
    Fact,
    Hold,
    ItemKey,
    PoolMove,
    Refusal,
    Stock,
    StockKey,
)  # fmt: skip


class HoldRow(NamedTuple):
    """A hold as a commit left it, open or ended; `owed`: what a pool has borrowed and not given back."""

    hold: Hold
    owed: int
    version: int
    recorded_at: int


class ReservedRow(NamedTuple):
    """What holds take of the common stock of a row of stock."""

    row: StockKey
    qty: int
    version: int


class LotRow(NamedTuple):
    """A lot that is not as it was. `expires_at` in ms, None if no receipt says."""

    entity: str
    item: str
    lot: str
    status: str
    expires_at: int | None
    version: int


@dataclass
class Outcome:
    """What a record did: rows for the store (`tables`), and the moves between pools, made already."""

    holds: list[HoldRow] = field(default_factory=list)
    reserved: list[ReservedRow] = field(default_factory=list)
    lots: list[LotRow] = field(default_factory=list)
    moves: list[PoolMove] = field(default_factory=list)


class Promises:
    """The facade; the state is the book, the stock is the ledger's."""

    def __init__(self, stock: Stock) -> None:
        self.book = Book()
        self.stock = stock
        self._files = saving.Files()
        self._start()

    def _start(self) -> None:
        self._outcome = Outcome()
        self._event()

    def _event(self) -> None:
        self._desk = Desk(self.book, self.stock)
        self._mark = self.book.mark()
        self._turned: dict[LotKey, None] = {}

    # -- what the fast path asks -------------------------------------------------------------------------

    def touches(self, entity: str, item: str) -> bool:
        """Is anything promised of the item, so that its movements go one by one?"""
        return self.book.has_holds((entity, item))

    def next_moment(self, entity: str) -> int | None:
        """The next logical time at which a hold of the entity expires or a lot may turn, ms."""
        return self.book.next_moment(entity)

    # -- a record ----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A record is tried."""
        self.book.begin()
        self._start()

    def rollback(self) -> None:
        """It leaves no trace."""
        self.book.rollback()
        self._start()

    def end(self) -> Outcome:
        """It stands: what the store is to be given."""
        found = self._outcome
        self.begin()
        return found

    # -- an event, in order ------------------------------------------------------------------------------

    def expect(self, event: Event) -> None:
        """`stale_version` if the event was decided on an older state."""
        versions.check(self._desk, event)

    def advance(self, entity: str, now: int) -> None:
        """Logical time goes on to `now` (min of event time and arrival, ms), never back; what is due ends."""
        now = max(self.book.clocks.get(entity, 0), now)
        self.book.put("clocks", entity, now)
        holds, turned = self.book.due(entity, now)
        self._turned |= dict.fromkeys(turned)
        for due in holds:
            hold = self.book.holds[due.key]  # a pool that ends first changes those that lie in it
            if hold.kind == "pool":
                pools.give_back(self._desk, hold, f"{hold.key[1]}/expired", hold.expires or 0)
            granting.settle(self._desk, hold, "expired")

    def levels(self, items: Iterable[ItemKey]) -> Levels:
        """What lies on the shelves of these items where something is promised."""
        return judging.levels(self._desk, items)

    def decide(self, event: Event) -> dict[str, Any] | None:
        """Take a promise (one of `shapes.PROMISES`); of a stock.post the movement that takes place now."""
        if event["type"] == "stock.post":
            return granting.post(self._desk, event)
        granting.DECIDES[event["type"]](self._desk, event)
        return None

    def use(self, movement: Event) -> None:
        """Before a movement: it uses what is reserved for its document, its pool borrows what it lacks."""
        granting.use(self._desk, movement)

    def repay(self, movement: Event, item: str) -> None:
        """After a movement that brought `item`: what came into a pool pays its debts."""
        if movement["type"] in (*IN, "stock.transfer"):
            pools.repay(self._desk, movement, item)

    def tell(self, key: EventKey, fact: Fact | None) -> None:
        """What a receipt or lot.status says of its lot now; None once it is cancelled or names none."""
        self.book.put("facts", key, fact)

    def judge(self, event: Event, items: Iterable[ItemKey], before: Levels) -> None:
        """`reserved_stock` if the event left less than is promised; counts and lot.status may."""
        judging.judge(self._desk, event, items, before)

    def commit(self, entity: str, version: int, recorded_at: int) -> None:
        """The event is this version of its entity, learned at `recorded_at` (ms): note what it changed."""
        rows = versions.touch(self._desk, self._mark, version)
        changed = list(self.book.since(self._mark))
        holds = {key: None for table, key, _ in changed if table == "holds"}
        for table, key, before in changed:
            now = self.book.table(table).get(key)
            if table == "debts":
                holds |= {debt.pool: None for debt in (before, now) if debt is not None}
            elif table == "facts":
                facts = [fact for fact in (before, now) if fact is not None]
                self._turned |= {(fact.entity, fact.item, fact.lot): None for fact in facts}
        for key in holds:
            hold = self.book.holds.get(key)
            if hold is not None and hold.version == 0:
                hold = replace(hold, version=version)
                self.book.put("holds", key, hold)
            hold = self._desk.ended[key] if hold is None else hold
            owed = sum(debt.owed for _, debt in self.book.debts_of(key))
            self._outcome.holds.append(HoldRow(hold, owed, version, recorded_at))
        self._outcome.reserved += [ReservedRow(r, versions.reserved(self._desk, r), version) for r in rows]
        for lot in (lot for lot in self._turned if lot[2]):
            self._tell_store(lot, version)
        self._outcome.moves += self._desk.moves
        self._event()

    def _tell_store(self, lot: LotKey, version: int) -> None:
        now = (status(self._desk, lot), expiry(self._desk, lot))
        if now != self.book.told.get(lot, ("ok", None)):
            self.book.put("told", lot, now)
            self._outcome.lots.append(LotRow(*lot, *now, version))

    # -- saving ------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> dict[str, Any]:
        """Write what changed since the last save; what it gives is to stand in the ledger's manifest."""
        return self._files.save(folder, self.book)

    def drop_stale(self, folder: Path) -> None:
        """The manifest stands: remove the files that it no longer names."""
        self._files.drop_stale(folder)

    def restore(self, folder: Path, manifest: dict[str, Any]) -> None:
        """Read what `save` gave, into a new facade."""
        self._files.restore(folder, manifest, self.book)
        self._start()


__all__ = ["HoldRow", "LotRow", "Outcome", "Promises", "Refusal", "ReservedRow"]
