"""Returns: at their own cost, after what they return, never more than that holds (D8, D12, D29)."""

from __future__ import annotations

from fractions import Fraction

from tests.reference.exact import r, site_of
from tests.reference.masters import plain
from tests.reference.posting import under
from tests.reference.truth.lines import ZERO, AccountKey
from tests.reference.truth.rows import Row
from tests.reference.truth.walk import Delivered, Walk


def sale_row(
    w: Walk,
    row: Row,
    kind: str,
    account: AccountKey,
    qty: Fraction,
    revenue: int,
    cost: int,
    channel: str,
    unknown: bool = False,
) -> None:
    """Enter one row of the sale face; figures of a return come negative, its discount and tax turn too."""
    sign = -1 if kind == "return" else 1
    w.sales[row.key] = {
        "row": row, "kind": kind, "site": site_of(account[1]), "item": account[2], "channel": channel,
        "customer": plain(row.event.get("customer")), "qty": qty, "revenue": revenue,
        "discount": sign * row.discount, "tax": sign * row.tax, "cost": cost, "unknown": unknown,
        "account": account,
    }  # fmt: skip


def share_of_money(of: Delivered, m: Fraction) -> int:
    """The money of `m` units out of what is not returned yet; the last units take all that is left."""
    return r((of.money - of.money_back) * m / (of.qty - of.returned))


def original(w: Walk, row: Row) -> tuple[Row, Delivered | None]:
    """What is returned, and its cost state unless it was cancelled."""
    assert row.link is not None
    of = w.rows[row.link]
    return of, w.state.delivered[row.link] if of.live else None


def returned_to(row: Row, of: Row) -> AccountKey:
    """The account of the original event, at another place (and pool) if the return states one."""
    e, o = row.event, of.event
    place = plain(e.get("site")) or o["site"]
    pool = plain(e.get("pool")) or plain(o.get("pool"))
    return (e["entity"], place, of.item, plain(o.get("lot")), plain(o.get("owner")), pool)


def fits(w: Walk, row: Row, of: Delivered | None) -> Fraction:
    """How much of the return its original still holds; what does not fit is reported and goes unlinked."""
    if of is None:
        w.problem(row.key, "unlinked", "", "what it returns was cancelled", -row.qty)
        return ZERO
    m = min(row.qty, of.qty - of.returned)
    if m < row.qty:
        w.problem(row.key, "over_return", "", f"{m} can still be returned, not {row.qty}", m - row.qty)
    return m


def catch_back(w: Walk, row: Row) -> Fraction:
    """The second quantity of a return: as stated, else its part of what was delivered."""
    of = w.rows[row.link] if row.link else None
    if row.catch is not None or of is None or not of.catch:
        return row.catch or ZERO
    return Fraction(r(of.catch * row.qty / of.qty * 10**6), 10**6)


def sale_return(w: Walk, row: Row) -> None:
    """Linked: at the delivery's own cost. What is not linked: an inflow without a cost of its own."""
    if row.link is None:
        e = row.event
        account = (e["entity"], e["site"], row.item, *(plain(e.get(n)) for n in ("lot", "owner", "pool")))
        channel, value, revenue, unknown = plain(e.get("channel")), 0, 0, False
        contra, rest = under("@customer", channel), row.qty
    else:
        of_row, of = original(w, row)
        account, m = returned_to(row, of_row), fits(w, row, of)
        channel = plain(row.event.get("channel")) or plain(of_row.event.get("channel"))
        contra = under("@customer", plain(of_row.event.get("channel")))
        value, revenue, unknown, rest = 0, 0, False, row.qty - m
        if of is not None and m > 0:
            revenue = share_of_money(of, m)
            home = w.cell(row, of.account) is w.cell(row, account)
            value, unknown = (own_cell if home else other_cell)(w, row, of, account, m)
            of.returned, of.money_back = of.returned + m, of.money_back + revenue
    if rest > 0:
        more, known = w.bring_unpriced(row, account, rest)
        value, unknown = value + more, unknown or not known
    w.state.delivered[row.key] = Delivered(account, contra, row.qty)
    w.line(row, "goods", account, contra, -row.qty, -value, catch=-catch_back(w, row))
    stated = revenue if row.money is None else row.money
    sale_row(w, row, "return", account, -row.qty, -stated, -value, channel, unknown)


def own_cell(w: Walk, row: Row, of: Delivered, account: AccountKey, qty: Fraction) -> tuple[int, bool]:
    """First its own uncovered units at provisional value, then covered ones (D14). Value, unknown?"""
    cell = w.cell(row, account)
    value, unknown, rest = 0, False, qty
    assert row.link is not None
    for piece in cell.own_pieces(row.link):
        m = min(piece.qty, rest)
        if m == 0:
            break
        unknown = unknown or piece.from_nothing
        value, rest = value + cell.shrink(piece, m), rest - m
    if rest > 0:
        cost = covered_back(w, row, of, account, rest)
        value, unknown = value + cost, unknown or of.covered_unknown
    return value, unknown


def other_cell(w: Walk, row: Row, of: Delivered, account: AccountKey, qty: Fraction) -> tuple[int, bool]:
    """First covered units, then uncovered ones at provisional value, whose true-up is variance (D15)."""
    value, unknown, rest = 0, False, qty
    m = min(of.covered, rest)
    if m > 0:
        unknown = of.covered_unknown
        value, rest = covered_back(w, row, of, account, m), rest - m
    home = w.cell(row, of.account)
    assert row.link is not None
    for piece in home.own_pieces(row.link):
        m = min(piece.qty, rest)
        if m == 0:
            break
        from_nothing = piece.from_nothing
        share = home.split(piece, m, "@price_variance")
        w.bring(row, account, m, share, known=not from_nothing)
        unknown = unknown or from_nothing
        value, rest = value + share, rest - m
    assert rest == 0, f"{row.link}: {rest} units are neither covered nor owed"
    return value, unknown


def covered_back(w: Walk, row: Row, of: Delivered, account: AccountKey, m: Fraction) -> int:
    """`m` covered units come back at their cost; the last units take all of it (D22)."""
    cost = r(of.covered_cost * m / of.covered)
    of.covered, of.covered_cost = of.covered - m, of.covered_cost - cost
    w.bring(row, account, m, cost, known=not (of.covered_unknown and cost == 0), landed=of.landed)
    return cost


def purchase_return(w: Walk, row: Row) -> None:
    """Site -> `@supplier/S` at the credit; cost - credit from the site to `@price_variance` (D28).

    What no longer fits the receipt leaves at the current cost, and its cost is its credit unless a price
    is stated.
    """
    of_row, of = original(w, row)
    account, m = returned_to(row, of_row), fits(w, row, of)
    contra = under("@supplier", plain(of_row.event.get("supplier")))
    cost, credit = 0, 0
    w.watch(row, account, row.qty)
    if of is not None and m > 0:
        credit = share_of_money(of, m)
        cost = w.take(row, account, m, "@price_variance", "variance", first=row.link, watched=True).cost
        of.returned, of.money_back = of.returned + m, of.money_back + credit
    if m < row.qty:
        rest = w.take(row, account, row.qty - m, "@price_variance", "variance", watched=True).cost
        cost, credit = cost + rest, credit + rest
    if row.money is not None:
        credit = 0 if w.foreign(account) else row.money
    w.state.delivered[row.key] = Delivered(account, contra, row.qty)
    catch = w.catch_out(account, row.qty, row.catch)
    w.line(row, "goods", account, contra, row.qty, credit, catch=catch)
    w.line(row, "price", account, "@price_variance", ZERO, cost - credit)
