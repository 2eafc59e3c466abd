"""The book of the reference: accounts, cells, documents and lines, with a draft that a record may drop.

Everything that changes lives in a `Table`. A record works on the table's draft (each row is copied when it is
first touched); `keep` makes the draft true, `drop` forgets it. So a refused record leaves no trace.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Generic, TypeVar

from tests.reference.cells import AverageCell, Cell, Cover
from tests.reference.exact import QTY_LIMIT, Event, EventKey, Refused, is_virtual, site_of
from tests.reference.fifo import FifoCell
from tests.reference.masters import Entity, Item

T = TypeVar("T")

AccountKey = tuple[str, str, str, str, str, str]  # entity, place, item, lot, owner, pool


class Table(Generic[T]):
    """Rows by key, with a draft on top."""

    def __init__(self) -> None:
        self.rows: dict[Any, T] = {}
        self.draft: dict[Any, T] = {}

    def __contains__(self, key: Any) -> bool:
        return key in self.draft or key in self.rows

    def at(self, key: Any) -> T:
        """The row to read and to change; KeyError if there is none."""
        if key not in self.draft:
            self.draft[key] = copy.deepcopy(self.rows[key])
        return self.draft[key]

    def at_or(self, key: Any, new: T) -> T:
        """The row, made as `new` if there is none."""
        if key not in self:
            self.draft[key] = new
        return self.at(key)

    def all_keys(self) -> list[Any]:
        """All keys in the order in which the rows were made."""
        return [*self.rows, *(k for k in self.draft if k not in self.rows)]

    def keep(self) -> None:
        """The draft is true now."""
        self.rows.update(self.draft)
        self.draft = {}

    def drop(self) -> None:
        """The draft never was."""
        self.draft = {}


@dataclass
class Line:
    """One movement line; quantity and value are never negative."""

    entity: str
    version: int
    line: int
    event: Event
    item: str
    lot: str
    owner: str
    pool: str
    from_place: str
    to_place: str
    qty: Fraction
    value: int
    at: int  # event_at
    tz: str  # of the entity when it was posted


@dataclass
class TrueUp:
    """The net difference found by `cause` for `event`; `value` > 0 goes from the site to the contra."""

    entity: str
    version: int
    event: EventKey
    cause: EventKey
    leg: str
    at: int
    value: int
    from_place: str
    to_place: str
    tz: str  # of the entity when it was posted


@dataclass
class Posted:
    """What must be remembered of an accepted event that may be returned or re-priced."""

    event: Event
    type: str
    entity: str
    item: str
    account: AccountKey | None = None
    version: int = 0
    contra: str = ""
    qty: Fraction = Fraction(0)
    returned: Fraction = Fraction(0)
    money: int = 0  # revenue of a delivery, amount of a receipt
    money_back: int = 0  # of it, given back so far
    own_cost: int = 0  # value of its own line
    covered: Fraction = Fraction(0)  # covered part that is not returned
    covered_cost: int = 0
    covered_unknown: bool = False
    adjusted: int = 0  # true-ups of leg cogs so far


@dataclass
class Out:
    """Rows that only grow; a record's rows are appended when it is kept."""

    lines: list[Line] = field(default_factory=list)
    true_ups: list[TrueUp] = field(default_factory=list)
    sales: list[dict[str, Any]] = field(default_factory=list)
    counts: list[dict[str, Any]] = field(default_factory=list)
    late: int = 0

    def extend(self, other: Out) -> None:
        """Append everything of `other`."""
        self.lines += other.lines
        self.true_ups += other.true_ups
        self.sales += other.sales
        self.counts += other.counts
        self.late += other.late


class Book:
    """All state of the reference ledger but the queue of waiting records."""

    def __init__(self) -> None:
        self.entities: Table[Entity] = Table()
        self.items: Table[Item] = Table()  # (entity, item)
        self.sites: Table[dict[str, Any]] = Table()  # (entity, site)
        self.accounts: Table[Fraction] = Table()  # AccountKey -> quantity
        self.cells: Table[Cell] = Table()  # (entity, item, owner, scope key)
        self.posted: Table[Posted] = Table()  # EventKey
        self.now = 0  # event_at of the event being posted
        self.out = Out()
        self.fresh = Out()

    def tables(self) -> Iterator[Table[Any]]:
        """Every table with a draft."""
        yield from (self.entities, self.items, self.sites, self.accounts, self.cells, self.posted)

    def keep(self) -> None:
        """Check what the record changed, then make it true."""
        self.check(self.cells.draft.values())
        for table in self.tables():
            table.keep()
        self.out.extend(self.fresh)
        self.fresh = Out()

    def drop(self) -> None:
        """Forget the record."""
        for table in self.tables():
            table.drop()
        self.fresh = Out()

    # -- accounts and cells ------------------------------------------------------------------------------

    def cell_key(self, account: AccountKey) -> tuple[str, str, str, str]:
        """(entity, item, owner, scope key) of a physical account."""
        entity, place, item, lot, owner, _ = account
        scope = self.entities.at(entity).scope
        site = site_of(place)
        return (entity, item, owner, {"entity": "", "site": site, "lot": f"{site}\x1f{lot}"}[scope])

    def cell(self, account: AccountKey) -> Cell:
        """The cell of a physical account, made if it is new; the account is entered in it."""
        key = self.cell_key(account)
        fifo = self.entities.at(account[0]).valuation == "fifo"
        cell = self.cells.at_or(key, FifoCell(key) if fifo else AverageCell(key))
        self.accounts.at_or(account, Fraction(0))
        if account not in cell.accounts:
            cell.accounts.append(account)
        return cell

    def qty(self, account: AccountKey) -> Fraction:
        """Quantity of an account, 0 if it never existed."""
        return self.accounts.at(account) if account in self.accounts else Fraction(0)

    def site_qty(self, account: AccountKey) -> Fraction:
        """What `negative: refuse` looks at: quantity at the site (of the lot where scope is lot)."""
        entity, place, item, lot, owner, _ = account
        by_lot = self.entities.at(entity).scope == "lot"
        return sum(
            (
                self.qty(key)
                for key in self.accounts.all_keys()
                if (key[0], key[2], key[4]) == (entity, item, owner)
                and not is_virtual(key[1])
                and site_of(key[1]) == site_of(place)
                and (not by_lot or key[3] == lot)
            ),
            Fraction(0),
        )

    # -- lines -------------------------------------------------------------------------------------------

    def line(
        self, event: Event, version: int, account: AccountKey, to: str, qty: Fraction, value: int
    ) -> None:
        """Post `qty` and `value` from the account's place to `to`; negative figures turn the line round.

        Of the two sides the physical one is `account`; where `to` is physical as well, it is the same item,
        lot, owner and pool there. A line of nothing is not written.
        """
        entity, place, item, lot, owner, pool = account
        if qty == 0 and value == 0:
            return
        assert place != to, f"a line from {place} to itself"
        if qty < 0 or (qty == 0 and value < 0):
            place, to, qty, value = to, place, -qty, -value
        if qty < 0 or value < 0:
            raise AssertionError(f"a line of {qty} units worth {value}")
        self.entities.at(entity).fits(value)
        tz = self.entities.at(entity).tz
        if qty >= QTY_LIMIT:
            raise Refused("overflow", f"a line of {qty} units")
        number = 1 + sum(1 for x in self.fresh.lines if (x.entity, x.version) == (entity, version))
        self.fresh.lines.append(
            Line(entity, version, number, event, item, lot, owner, pool, place, to, qty, value, self.now, tz)
        )
        for side, sign in ((place, -1), (to, +1)):
            key = (entity, side, item, lot, owner, "" if is_virtual(side) else pool)
            self.accounts.draft[key] = self.qty(key) + sign * qty
            if not is_virtual(side):
                self.cell(key).posted += sign * value

    def true_ups(self, covers: list[Cover], cause: EventKey, at: int, version: int) -> None:
        """Enter what an inflow found for the pieces it covered."""
        for cover in covers:
            posted = self.posted.at(cover.piece.event)
            assert posted.account is not None
            value = cover.cost - cover.share
            if cover.piece.leg == "cogs":
                posted.adjusted += value
                posted.covered += cover.qty
                posted.covered_cost += cover.cost
                posted.covered_unknown = posted.covered_unknown or not cover.known
            place, piece, tz = posted.account[1], cover.piece, self.entities.at(posted.entity).tz
            self.fresh.true_ups.append(
                TrueUp(
                    posted.entity, version, piece.event, cause, piece.leg, at, value, place, piece.contra, tz
                )
            )
            self.cells.at(self.cell_key(posted.account)).posted -= value

    # -- invariants --------------------------------------------------------------------------------------

    def check(self, cells: Any) -> None:
        """Every invariant of the given cells; those that break are bugs, an overflow refuses the record."""
        for cell in cells:
            held = sum((self.qty(account) for account in cell.accounts), Fraction(0))
            assert held == cell.Q, f"{cell.key}: accounts hold {held}, the cell {cell.Q}"
            cell.check()

    def check_sizes(self) -> None:
        """Refuse what is beyond the limits: of a cell, an account, or all there is of an item at a site."""
        for cell in self.cells.draft.values():
            self.entities.at(cell.key[0]).fits(cell.V)
            if abs(cell.Q) >= QTY_LIMIT:
                raise Refused("overflow", f"cell {cell.key}")
        for account, qty in list(self.accounts.draft.items()):
            if is_virtual(account[1]):
                continue
            if max(abs(qty), abs(self.site_qty(account))) >= QTY_LIMIT:
                raise Refused("overflow", f"account {account}")

    def check_all(self) -> None:
        """All cells, and: per item quantities sum to 0, per entity values sum to 0 (lines and true-ups)."""
        self.check(self.cells.rows.values())
        by_item: dict[tuple[str, str], Fraction] = {}
        for account, qty in self.accounts.rows.items():
            key = (account[0], account[2])
            by_item[key] = by_item.get(key, Fraction(0)) + qty
        assert not any(by_item.values()), f"quantities do not sum to 0: {by_item}"
        for entity in self.entities.rows:
            inside = sum(x.V for x in self.cells.rows.values() if x.key[0] == entity)
            lines = sum(
                x.value * (is_virtual(x.from_place) - is_virtual(x.to_place))
                for x in self.out.lines
                if x.entity == entity
            )
            ups = sum(x.value for x in self.out.true_ups if x.entity == entity)
            assert inside == lines - ups, f"{entity}: cells hold {inside}, lines brought {lines - ups}"
