"""The walk: rows in order of event time through accounts and cells, to the lines that should be there.

`State` is everything that a later row can still depend on: what a checkpoint must hold (`checkpoint.py`).
The rest of `Walk` is output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from tests.reference.cells import AverageCell, Cell, Cover, Piece, Taken
from tests.reference.exact import QTY_LIMIT, EventKey, r, site_of, value_limit
from tests.reference.fifo import FifoCell
from tests.reference.masters import Entity
from tests.reference.truth.lines import NOTHING, ZERO, AccountKey, Entry, LineKey, physical, sides
from tests.reference.truth.rows import Row
from tests.reference.truth.standard import StandardCell, foreign_cell

CellKey = tuple[str, str, str, str]  # entity, item, owner, scope key
PlaceKey = tuple[str, ...]  # item, owner, site (and lot where that is the scope)


@dataclass
class Delivered:
    """The cost state of an event that may still be returned or trued up."""

    account: AccountKey
    contra: str
    qty: Fraction
    money: int = 0  # revenue of a delivery, amount of a receipt
    returned: Fraction = ZERO
    money_back: int = 0
    own_cost: int = 0  # value of its own line
    covered: Fraction = ZERO  # covered part that is not returned
    covered_cost: int = 0
    covered_unknown: bool = False
    landed: bool = False
    adjusted: int = 0  # true-ups of leg cogs so far


@dataclass
class State:
    """What rows still to come depend on."""

    accounts: dict[AccountKey, Fraction] = field(default_factory=dict)
    catch: dict[AccountKey, Fraction] = field(default_factory=dict)
    cells: dict[CellKey, Cell] = field(default_factory=dict)
    standard: dict[str, Fraction] = field(default_factory=dict)  # item -> currency per base unit
    delivered: dict[EventKey, Delivered] = field(default_factory=dict)


class Problem(NamedTuple):
    """What is not as it should be at a row; admission decides whether it refuses. Lower levels are worse."""

    event: EventKey
    reason: str
    what: Any
    level: Fraction
    detail: str


class Landed(NamedTuple):
    """A share of a landed cost, for one receipt."""

    cost: EventKey
    share: int
    contra: str


class Walk:
    """Rows of one entity, posted one after another; the result is in `entries`, `sales`, `counts`."""

    def __init__(
        self,
        entity: Entity,
        rows: Mapping[EventKey, Row],
        landed: Mapping[EventKey, list[Landed]],
        state: State | None = None,
    ) -> None:
        self.entity, self.rows, self.landed = entity, rows, landed
        self.state = state or State()
        self.entries: dict[LineKey, Entry] = {}
        self.sales: dict[EventKey, dict[str, Any]] = {}
        self.counts: dict[EventKey, dict[str, Any]] = {}
        self.problems: list[Problem] = []
        self.touched: dict[EventKey, set[CellKey]] = {}
        self.newest: dict[CellKey, int] = {}  # event_at of the newest row in it
        self.at = 0
        self.later: list[tuple[LineKey, Entry]] = []  # variances, behind the row's own line

    # -- accounts and cells ------------------------------------------------------------------------------

    def cell_key(self, account: AccountKey) -> CellKey:
        """(entity, item, owner, scope key) of a physical account."""
        entity, place, item, lot, owner, _ = account
        site = site_of(place)
        scope_key = {"entity": "", "site": site, "lot": f"{site}\x1f{lot}"}[self.entity.scope]
        return (entity, item, owner, scope_key)

    def new_cell(self, key: CellKey) -> Cell:
        """An empty cell of the entity's method."""
        if key[2] not in ("", key[0]):
            return foreign_cell(key)
        if self.entity.valuation == "standard":
            return StandardCell(key, std=self.standard(key[1]))
        return FifoCell(key) if self.entity.valuation == "fifo" else AverageCell(key)

    def cell(self, row: Row, account: AccountKey) -> Cell:
        """The cell of a physical account, made if it is new; the account is entered in it."""
        key = self.cell_key(account)
        if key not in self.state.cells:
            self.state.cells[key] = self.new_cell(key)
        cell = self.state.cells[key]
        self.state.accounts.setdefault(account, ZERO)
        if account not in cell.accounts:
            cell.accounts.append(account)
        self.touched.setdefault(row.key, set()).add(key)
        return cell

    def qty(self, account: AccountKey) -> Fraction:
        """Quantity of an account, 0 if it never existed."""
        return self.state.accounts.get(account, ZERO)

    def place_key(self, account: AccountKey) -> PlaceKey:
        """What must not go below 0 under `negative: refuse`: the site, the lot where that is the scope."""
        key = (account[2], account[4], site_of(account[1]))
        return (*key, account[3]) if self.entity.scope == "lot" else key

    def level(self, place: PlaceKey) -> Fraction:
        """The quantity there."""
        return sum(
            (qty for a, qty in self.state.accounts.items() if physical(a) and self.place_key(a) == place),
            ZERO,
        )

    def standard(self, item: str) -> Fraction | None:
        """The standard cost in force, minor units per base unit."""
        cost = self.state.standard.get(item)
        return None if cost is None else cost * self.entity.minor

    # -- lines -------------------------------------------------------------------------------------------

    def line(
        self,
        row: Row,
        leg: str,
        account: AccountKey,
        to: str,
        qty: Fraction,
        value: int,
        *,
        to_pool: str | None = None,
        catch: Fraction = ZERO,
        later: bool = False,
    ) -> None:
        """An own line of the row. A line of nothing is not written; `later`: behind the row's other lines."""
        pool = account[5] if to_pool is None else to_pool
        key = LineKey(row.key, None, leg, account, to, "" if to.startswith("@") else pool, self.at)
        if later:
            self.later.append((key, Entry(qty, value, catch)))
        else:
            self.enter(key, Entry(qty, value, catch))

    def enter(self, key: LineKey, entry: Entry) -> None:
        """Add to what lies under the key, and move quantities and the value that cells expect."""
        assert (key.account[1], key.account[5]) != (key.to_place, key.to_pool), f"{key}: to itself"
        total = self.entries.get(key, NOTHING).plus(entry)
        self.entries[key] = total
        if total == NOTHING:
            del self.entries[key]
        if abs(entry.value) >= value_limit(self.entity.currency) or abs(entry.qty) >= QTY_LIMIT:
            self.problem(key.event, "overflow", "line", f"{entry.qty} units worth {entry.value} minor units")
        for account, change in sides(key, entry):
            self.state.accounts[account] = self.qty(account) + change.qty
            if change.catch:
                self.state.catch[account] = self.state.catch.get(account, ZERO) + change.catch
            if physical(account):
                cell = self.state.cells[self.cell_key(account)]
                cell.posted += change.value

    def problem(
        self, event: EventKey, reason: str, what: Any, detail: str, level: Fraction = Fraction(-1)
    ) -> None:
        """Note what is not as it should be."""
        self.problems.append(Problem(event, reason, what, level, detail))

    # -- the two basic movements -------------------------------------------------------------------------

    def watch(self, row: Row, account: AccountKey, qty: Fraction) -> None:
        """Note an outflow that takes its place below 0; a count sets, it does not take."""
        place = self.place_key(account)
        left = self.level(place) - qty
        if left < 0 and row.type != "stock.count":
            self.problem(row.key, "negative_stock", place, f"{left + qty} at {place[2]}, {qty} taken", left)

    def take(
        self,
        row: Row,
        account: AccountKey,
        qty: Fraction,
        contra: str,
        leg: str,
        first: EventKey | None = None,
        watched: bool = False,
    ) -> Taken:
        """Take `qty` out of the account's cell; what is not covered joins the queue. No line yet.

        `watched`: the caller has looked at the level that the whole row leaves.
        """
        cell = self.cell(row, account)
        if not watched:
            self.watch(row, account, qty)
        taken = cell.outflow(qty, self.standard(row.item), first)
        if taken.uncovered > 0:
            cell.pieces.append(
                Piece(row.key, taken.uncovered, taken.provisional, contra, leg, taken.from_nothing)
            )
        return taken

    def bring(
        self,
        row: Row,
        account: AccountKey,
        qty: Fraction,
        amount: int,
        *,
        known: bool,
        landed: bool = False,
        receipt: EventKey | None = None,
    ) -> None:
        """`qty` at its own cost into the account's cell. No line yet but true-ups and variances.

        Where the cell has its own idea of what that is worth, the difference goes to `@price_variance`.
        """
        cell = self.cell(row, account)
        if isinstance(cell, StandardCell):
            variance = amount - cell.gain(qty)
            self.line(row, "standard", account, "@price_variance", ZERO, variance, later=True)
        self.cover(row, cell.inflow(qty, amount, known, self.at, receipt, landed))

    def bring_unpriced(self, row: Row, account: AccountKey, qty: Fraction) -> tuple[int, bool]:
        """`qty` without a cost of its own; returns the amount found and whether it is known."""
        cell = self.cell(row, account)
        amount, known, covers = cell.inflow_unpriced(qty, self.standard(row.item), self.at)
        self.cover(row, covers)
        return amount, known

    def cover(self, row: Row, covers: list[Cover]) -> None:
        """Enter what an inflow found for the pieces that it covered, as true-ups of their events (D13)."""
        for found in covers:
            piece, of = found.piece, self.state.delivered[found.piece.event]
            value = found.cost - found.share
            if piece.leg == "cogs":
                of.adjusted += value
                of.covered += found.qty
                of.covered_cost += found.cost
                of.covered_unknown = of.covered_unknown or not found.known
                of.landed = of.landed or found.landed
            key = LineKey(piece.event, row.key, piece.leg, of.account, piece.contra, "", self.at)
            self.enter(key, Entry(ZERO, value))

    def catch_out(self, account: AccountKey, qty: Fraction, stated: Fraction | None) -> Fraction:
        """The second quantity leaving with `qty`: as stated, or in proportion; the last takes the rest."""
        held, here = self.state.catch.get(account, ZERO), self.qty(account)
        if stated is not None:
            return stated
        if held == 0 or here <= 0 or qty == here:
            return held if qty == here else ZERO
        return Fraction(r(held * qty / here * 10**6), 10**6)

    def foreign(self, account: AccountKey) -> bool:
        """Do the goods belong to somebody else? Then they have no value here."""
        return account[4] not in ("", account[0])

    # -- the end of a row --------------------------------------------------------------------------------

    def finish(self, row: Row) -> None:
        """Variances behind the own line; then sizes and invariants of what was touched."""
        for key, entry in self.later:
            if entry != NOTHING:
                self.enter(key, entry)
        self.later = []
        for cell_key in self.touched.get(row.key, ()):
            self.newest[cell_key] = self.at
            cell = self.state.cells[cell_key]
            held = sum((self.qty(account) for account in cell.accounts), ZERO)
            assert held == cell.Q, f"{cell_key}: accounts hold {held}, the cell {cell.Q}"
            cell.check()
            if abs(cell.V) >= value_limit(self.entity.currency) or abs(cell.Q) >= QTY_LIMIT:
                self.problem(row.key, "overflow", "cell", f"cell {cell_key}")
            sizes = [max(abs(self.qty(a)), abs(self.level(self.place_key(a)))) for a in cell.accounts]
            if max(sizes, default=ZERO) >= QTY_LIMIT:
                self.problem(row.key, "overflow", "account", f"an account of {cell_key}")
