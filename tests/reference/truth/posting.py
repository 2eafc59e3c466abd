"""What each type posts when the walk comes to it: one function per type."""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.cells import Cell, Taken
from tests.reference.exact import QTY_LIMIT, r, site_of, value_limit
from tests.reference.masters import plain
from tests.reference.posting import issue_place, under
from tests.reference.truth import moving, returning
from tests.reference.truth.lines import ZERO, Entry, LineKey
from tests.reference.truth.moving import account_of
from tests.reference.truth.rows import Row
from tests.reference.truth.standard import StandardCell
from tests.reference.truth.walk import Delivered, Walk


def receipt(w: Walk, row: Row) -> None:
    """`@supplier/S` -> site, qty, amount; landed costs as lines of their own that restate it (D25)."""
    account, supplier = (
        account_of(row, row.event["site"]),
        under("@supplier", plain(row.event.get("supplier"))),
    )
    w.cell(row, account)
    assert row.money is not None
    own = 0 if w.foreign(account) else row.money
    landed = w.landed.get(row.key, [])
    whole = own + sum(x.share for x in landed)
    w.state.delivered[row.key] = Delivered(account, supplier, row.qty, money=own)
    w.bring(row, account, row.qty, whole, known=True, landed=bool(landed), receipt=row.key)
    w.line(row, "goods", account, supplier, -row.qty, -own, catch=-(row.catch or ZERO))
    for cost, share, contra in landed:
        w.enter(LineKey(row.key, cost, "landed", account, contra, "", w.at), Entry(ZERO, -share))


def out(w: Walk, row: Row, contra: str) -> Taken:
    """Site -> contra, qty, cost."""
    account = account_of(row, row.event["site"])
    catch = w.catch_out(account, row.qty, row.catch)
    taken = w.take(row, account, row.qty, contra, "cogs")
    w.state.delivered[row.key] = Delivered(
        account, contra, row.qty, money=row.money or 0, own_cost=taken.cost, covered=taken.covered,
        covered_cost=taken.covered_cost, covered_unknown=taken.covered_unknown and taken.covered > 0,
        landed=taken.landed,
    )  # fmt: skip
    w.line(row, "goods", account, contra, row.qty, taken.cost, catch=catch)
    return taken


def issue(w: Walk, row: Row) -> None:
    """Site -> contra of the reason."""
    out(w, row, issue_place(row.event))


def delivery(w: Walk, row: Row) -> None:
    """Site -> `@customer/CH`; revenue beside it."""
    channel = plain(row.event.get("channel"))
    taken = out(w, row, under("@customer", channel))
    account = account_of(row, row.event["site"])
    returning.sale_row(w, row, "delivery", account, row.qty, row.money or 0, taken.cost, channel)


def charge(w: Walk, row: Row) -> None:
    """Revenue only."""
    account = account_of(row, plain(row.event.get("site")))
    returning.sale_row(w, row, "charge", account, ZERO, row.money or 0, 0, plain(row.event.get("channel")))


def count(w: Walk, row: Row) -> None:
    """The account is set to qty; with unit_cost the cell is set to unit_cost x qty, if it holds just that."""
    account = account_of(row, row.event["site"])
    cell = w.cell(row, account)
    book = w.qty(account)
    diff, value = row.qty - book, 0
    w.state.delivered[row.key] = Delivered(account, "@count", row.qty)
    alone = cell.Q + diff == row.qty and not isinstance(cell, StandardCell)
    held = w.state.catch.get(account, ZERO)
    catch = w.catch_out(account, -diff, None) if row.catch is None else held - row.catch
    if diff < 0:
        value = -w.take(row, account, -diff, "@count", "cogs").cost
    elif diff > 0:
        value, _ = w.bring_unpriced(row, account, diff)
    w.line(row, "goods", account, "@count", -diff, -value, catch=catch)
    if row.cost is not None and not alone:
        w.problem(row.key, "not_allowed", "cost", f"the cell holds {cell.Q}, the counted account {row.qty}")
    elif row.cost is not None:
        change = restate(w, row, cell, row.worth)
        w.line(row, "cost", account, "@count", ZERO, -change)
        value += change
    w.counts[row.key] = {
        "row": row, "site": site_of(account[1]), "lot": account[3], "counted": row.qty, "book": book,
        "diff": diff, "diff_value": value,
    }  # fmt: skip


def restate(w: Walk, row: Row, cell: Cell, value: int) -> int:
    """A new cost for what the cell holds; of an empty one the known cost, limited like a value."""
    assert row.cost is not None
    too_large = abs(row.cost.numerator) >= value_limit(w.entity.currency) or row.cost.denominator >= QTY_LIMIT
    if cell.Q <= 0 and too_large:
        w.problem(row.key, "overflow", "cost", f"a cost of {row.cost} minor units")
    return cell.restate(row.cost, value, w.at)


def revalue(w: Walk, row: Row) -> None:
    """Each cell of the item (owner, site, lot as stated) is worth unit_cost x Q from now on."""
    e = row.event
    site, lot, owner = (plain(e.get(name)) for name in ("site", "lot", "owner"))
    assert row.cost is not None
    for key in list(w.state.cells):
        of_site, _, of_lot = key[3].partition("\x1f")
        if key[1:3] != (row.item, owner) or (site and of_site != site_of(site)) or (lot and of_lot != lot):
            continue
        cell = w.state.cells[key]
        if isinstance(cell, StandardCell):  # when the log is valued at standard cost beside its own method
            continue
        w.touched.setdefault(row.key, set()).add(key)
        change = restate(w, row, cell, r(row.cost * cell.Q))
        w.line(row, "value", cell.accounts[-1], "@revaluation", ZERO, -change)


def item(w: Walk, row: Row) -> None:
    """A standard cost holds from its event_at on; under valuation standard it re-values the cells."""
    assert row.cost is not None
    w.state.standard[row.item] = row.cost
    for key, cell in w.state.cells.items():
        if key[1] == row.item and isinstance(cell, StandardCell) and not w.foreign(cell.accounts[-1]):
            w.touched.setdefault(row.key, set()).add(key)
            change = cell.set_standard(w.standard(row.item))
            w.line(row, "value", cell.accounts[-1], "@revaluation", ZERO, -change)


POSTINGS: dict[str, Callable[[Walk, Row], None]] = {
    "master.item": item,
    "stock.receipt": receipt,
    "stock.issue": issue,
    "sale.delivery": delivery,
    "sale.charge": charge,
    "sale.return": returning.sale_return,
    "purchase.return": returning.purchase_return,
    "stock.transfer": moving.transfer,
    "stock.count": count,
    "stock.revalue": revalue,
    "pool.move": moving.pool_move,
}
