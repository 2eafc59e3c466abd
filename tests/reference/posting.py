"""What each type posts: one function per type, in the order of the table of `docs/ledger.md`.

Each takes the `Post` at hand, writes lines, rows and cells into the book's draft, and raises `Refused`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from tests.reference import returning
from tests.reference.book import AccountKey, Book, Posted
from tests.reference.cells import Cell, Piece, Taken
from tests.reference.exact import (
    QTY_LIMIT,
    Event,
    EventKey,
    Refused,
    event_key,
    number,
    r,
    reference,
    site_of,
    time_ms,
)
from tests.reference.masters import (
    Entity,
    Item,
    base_qty,
    minor_amount,
    plain,
    price_minor,
    priced_amount,
    standard_minor,
)

ISSUE_PLACES = {
    "damaged": "@loss/management",
    "expired": "@loss/management",
    "lost": "@loss/unknown",
    "unknown": "@loss/unknown",
    "write_off": "@write_off",
}


def under(prefix: str, name: str) -> str:
    """'@customer' and 'web' -> '@customer/web'."""
    return f"{prefix}/{name}" if name else prefix


def issue_place(event: Event) -> str:
    """Where an issue goes: consumption (by cost centre, else by reason), losses, write-off."""
    reason = event["reason"]
    if reason in ISSUE_PLACES:
        return ISSUE_PLACES[reason]
    return under("@consumption", plain(event.get("cost_centre")) or reason)


@dataclass
class Post:
    """One event being posted: the book, its masters and its version."""

    book: Book
    event: Event
    entity: Entity
    item: Item | None
    version: int

    @property
    def key(self) -> EventKey:
        """(source, id)."""
        return event_key(self.event)

    @property
    def at(self) -> int:
        """When it takes effect, milliseconds: its own time, a linked sale.return not before its delivery."""
        own = time_ms(self.event["time"])
        if self.event["type"] != "sale.return" or not self.event.get("returns"):
            return own
        of = self.book.posted.at(reference(self.event, self.event["returns"]))
        return max(own, time_ms(of.event["time"]))

    @property
    def standard(self) -> Fraction | None:
        """Standard cost of the item in minor units per base unit."""
        assert self.item is not None
        return standard_minor(self.entity, self.item)

    def qty(self) -> Fraction:
        """Quantity in base units."""
        assert self.item is not None
        return base_qty(self.item, self.event)

    def measure(self) -> None:
        """Refuse a quantity or money that cannot be, before anything else is looked at."""
        kind = self.event["type"]
        if kind not in ("sale.charge", "stock.revalue"):
            self.qty()
        if kind != "stock.revalue":
            price = "unit_price" if "unit_price" in self.event else "unit_cost"
            priced_amount(self.entity, self.event, price)
        for name in ("discount", "tax"):
            minor_amount(self.entity, self.event, name)

    def account(self, place: str) -> AccountKey:
        """The event's own account at a place."""
        e = self.event
        lot, owner, pool = (plain(e.get(name)) for name in ("lot", "owner", "pool"))
        return (e["entity"], place, plain(e.get("item")), lot, owner, pool)

    def note(self, cell: Cell) -> bool:
        """Remember the newest event_at of the cell; True if this event is late there."""
        late = cell.newest is not None and self.at < cell.newest
        cell.newest = self.at if cell.newest is None else max(cell.newest, self.at)
        return late

    def touch(self, *cells: Cell) -> None:
        """Count the event `late` once if it is for any of its cells."""
        late = [self.note(cell) for cell in cells]
        if any(late):
            self.book.fresh.late += 1

    def remember(self, **facts: object) -> Posted:
        """Enter the event among those that can be named."""
        posted = Posted(self.event, self.event["type"], self.event["entity"], plain(self.event.get("item")))
        posted.version = self.version
        for name, value in facts.items():
            setattr(posted, name, value)
        self.book.posted.draft[self.key] = posted
        return posted

    # -- the two basic movements -------------------------------------------------------------------------

    def take(
        self, account: AccountKey, qty: Fraction, contra: str, leg: str, first: EventKey | None = None
    ) -> Taken:
        """Take `qty` out of the account's cell; what is not covered joins the queue. No line yet."""
        if self.event["type"] != "stock.count" and self.entity.negative == "refuse":
            here = self.book.site_qty(account)
            if here < qty:
                raise Refused("negative_stock", f"{here} at {site_of(account[1])}, {qty} asked for")
        cell = self.book.cell(account)
        taken = cell.outflow(qty, self.standard, first)
        if taken.uncovered > 0:
            cell.pieces.append(
                Piece(self.key, taken.uncovered, taken.provisional, contra, leg, taken.from_nothing)
            )
        return taken

    def bring(
        self, account: AccountKey, qty: Fraction, amount: int, known: bool, receipt: EventKey | None = None
    ) -> None:
        """`qty` at its own cost into the account's cell. No line yet; true-ups are entered."""
        covers = self.book.cell(account).inflow(qty, amount, known, self.at, receipt)
        self.book.true_ups(covers, self.key, self.at, self.version)

    def bring_unpriced(self, account: AccountKey, qty: Fraction) -> tuple[int, bool]:
        """`qty` without a cost of its own; returns the amount found and whether it is known."""
        amount, known, covers = self.book.cell(account).inflow_unpriced(qty, self.standard, self.at)
        self.book.true_ups(covers, self.key, self.at, self.version)
        return amount, known

    def restate(self, cell: Cell, cost: Fraction, value: int) -> int:
        """A new cost for what the cell holds; for an empty one the known cost, limited like a value."""
        if cell.Q <= 0:
            self.entity.fits(cost.numerator)
            if cost.denominator >= QTY_LIMIT:
                raise Refused("overflow", f"a cost of {cost} minor units")
        return cell.restate(cost, value, self.at)


def receipt(p: Post) -> None:
    """`@supplier/S` -> site, qty, amount."""
    qty, account = p.qty(), p.account(p.event["site"])
    amount = priced_amount(p.entity, p.event, "unit_cost")
    assert amount is not None
    supplier = under("@supplier", plain(p.event.get("supplier")))
    p.remember(account=account, contra=supplier, qty=qty, money=amount)
    p.touch(p.book.cell(account))
    p.bring(account, qty, amount, known=True, receipt=p.key)
    p.book.line(p.event, p.version, account, supplier, -qty, -amount)


def issue(p: Post) -> None:
    """Site -> contra of the reason, qty, cost."""
    qty, account, contra = p.qty(), p.account(p.event["site"]), issue_place(p.event)
    p.touch(p.book.cell(account))
    taken = p.take(account, qty, contra, "cogs")
    p.remember(account=account, contra=contra, qty=qty, own_cost=taken.cost)
    p.book.line(p.event, p.version, account, contra, qty, taken.cost)


def delivery(p: Post) -> None:
    """Site -> `@customer/CH`, qty, cost; revenue beside it."""
    qty, account = p.qty(), p.account(p.event["site"])
    revenue = priced_amount(p.entity, p.event, "unit_price") or 0
    contra = under("@customer", plain(p.event.get("channel")))
    p.touch(p.book.cell(account))
    taken = p.take(account, qty, contra, "cogs")
    p.remember(
        account=account, contra=contra, qty=qty, money=revenue, own_cost=taken.cost, covered=taken.covered,
        covered_cost=taken.covered_cost, covered_unknown=taken.covered_unknown and taken.covered > 0,
    )  # fmt: skip
    p.book.line(p.event, p.version, account, contra, qty, taken.cost)
    returning.sale_row(p, "delivery", account, qty, revenue, taken.cost, plain(p.event.get("channel")))


def charge(p: Post) -> None:
    """Revenue only."""
    amount = minor_amount(p.entity, p.event, "amount") or 0
    p.remember(money=amount)
    account = p.account(plain(p.event.get("site")))
    returning.sale_row(p, "charge", account, Fraction(0), amount, 0, plain(p.event.get("channel")))


def transfer(p: Post) -> None:
    """from_site -> to_site at cost; within one cell without value; FIFO carries layer by layer."""
    source, target = p.account(p.event["from_site"]), p.account(p.event["to_site"])
    qty = p.qty()
    if source == target:
        raise Refused("not_allowed", "a transfer from a place to itself")
    out, into = p.book.cell(source), p.book.cell(target)
    p.touch(*([out] if out is into else [out, into]))
    p.remember(account=source, contra=target[1], qty=qty)
    if out is into:
        if p.entity.negative == "refuse" and p.book.site_qty(source) < qty:
            raise Refused("negative_stock", f"{p.book.site_qty(source)} at {source[1]}, {qty} asked for")
        p.book.line(p.event, p.version, source, target[1], qty, 0)
        return
    taken = p.take(source, qty, "@price_variance", "variance")
    unknown = (taken.covered_unknown or taken.covered == 0) and (taken.from_nothing or taken.uncovered == 0)
    if p.entity.valuation == "fifo":
        for m, cost in taken.parts:
            p.bring(target, m, cost, known=not taken.covered_unknown)
        if taken.uncovered > 0:
            p.bring(target, taken.uncovered, taken.provisional, known=not taken.from_nothing)
    else:
        p.bring(target, qty, taken.cost, known=not unknown)
    p.book.line(p.event, p.version, source, target[1], qty, taken.cost)


def count(p: Post) -> None:
    """The account is set to qty; with unit_cost the cell is set to unit_cost x qty."""
    assert p.item is not None
    qty, account = p.qty(), p.account(p.event["site"])
    if p.item.tracking == "lot" and not p.event.get("lot"):
        raise Refused("missing_field", "a count of lot-tracked stock names the lot")
    cell = p.book.cell(account)
    book_qty = p.book.qty(account)
    diff, value = qty - book_qty, 0
    priced = p.event.get("unit_cost") not in (None, "")
    if priced and cell.Q + diff != qty:
        raise Refused("not_allowed", f"the cell holds {cell.Q + diff}, the counted account {qty}")
    p.touch(cell)
    p.remember(account=account, contra="@count", qty=qty)
    if diff < 0:
        value = -p.take(account, -diff, "@count", "cogs").cost
    elif diff > 0:
        value, _ = p.bring_unpriced(account, diff)
    p.book.line(p.event, p.version, account, "@count", -diff, -value)
    if priced:
        price = price_minor(p.entity, p.event, "unit_cost")
        whole = r(price * number(p.event["qty"]))
        change = p.restate(cell, price / p.item.factor(plain(p.event.get("uom"))), whole)
        p.book.line(p.event, p.version, account, "@count", Fraction(0), -change)
        value += change
    p.book.fresh.counts.append({
        "event": p.event, "version": p.version, "site": site_of(account[1]), "lot": account[3],
        "counted": qty, "book": book_qty, "diff": diff, "diff_value": value, "minor": p.entity.minor,
    })  # fmt: skip


def revalue(p: Post) -> None:
    """Each cell of the item (owner, site, lot as stated) is worth unit_cost x Q from now on."""
    e, scope = p.event, p.entity.scope
    site, lot, owner = (plain(e.get(name)) for name in ("site", "lot", "owner"))
    if (site and scope == "entity") or (lot and scope != "lot"):
        raise Refused("not_allowed", f"under scope {scope} a cell is more than what the revaluation names")
    price = price_minor(p.entity, e, "unit_cost")
    p.remember()
    found: list[Cell] = []
    for key in p.book.cells.all_keys():
        of_site, _, of_lot = key[3].partition("\x1f")
        if key[:3] != (e["entity"], e["item"], owner):
            continue
        if (site and of_site != site_of(site)) or (lot and of_lot != lot):
            continue
        found.append(p.book.cells.at(key))
    p.touch(*found)
    for cell in found:
        change = p.restate(cell, price, r(price * cell.Q))
        p.book.line(e, p.version, cell.accounts[-1], "@revaluation", Fraction(0), -change)


POSTINGS: dict[str, Callable[[Post], None]] = {
    "stock.receipt": receipt,
    "stock.issue": issue,
    "sale.delivery": delivery,
    "sale.charge": charge,
    "sale.return": returning.sale_return,
    "purchase.return": returning.purchase_return,
    "stock.transfer": transfer,
    "stock.count": count,
    "stock.revalue": revalue,
}
