"""Returns, from customers and to suppliers: goods go back at the cost at which they came."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tests.reference.book import AccountKey, Posted
from tests.reference.exact import EventKey, Refused, r, reference, site_of
from tests.reference.masters import minor_amount, plain, priced_amount

if TYPE_CHECKING:
    from tests.reference.posting import Post


def sale_row(
    p: Post,
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
    p.book.fresh.sales.append({
        "event": p.event, "version": p.version, "kind": kind, "site": site_of(account[1]), "item": account[2],
        "channel": channel, "customer": plain(p.event.get("customer")), "qty": qty,
        "revenue": revenue, "discount": sign * (minor_amount(p.entity, p.event, "discount") or 0),
        "tax": sign * (minor_amount(p.entity, p.event, "tax") or 0), "cost": cost, "unknown": unknown,
        "minor": p.entity.minor,
    })  # fmt: skip


def rest_in_proportion(of: Posted, m: Fraction) -> int:
    """The money of `m` units out of what is not returned yet; the last units take all that is left.

    What a return states instead does not change the shares of the others.
    """
    return r((of.money - of.money_back) * m / (of.qty - of.returned))


def source_of(p: Post) -> tuple[EventKey, Posted]:
    """The event that is returned; admission has seen to it that it is known and fits."""
    key = reference(p.event, p.event["returns"])
    return key, p.book.posted.at(key)


def returned_to(p: Post, of: Posted) -> AccountKey:
    """The account of the original event, at another place (and pool) if the return states one."""
    assert of.account is not None
    entity, place, item, lot, owner, pool = of.account
    for name, own in (("lot", lot), ("owner", owner)):
        if plain(p.event.get(name)) not in ("", own):
            raise Refused("not_allowed", f"{name} {p.event[name]!r} is not that of the original, {own!r}")
    site = plain(p.event.get("site")) or place
    return (entity, site, item, lot, owner, plain(p.event.get("pool")) or pool)


def check_over_return(of: Posted, qty: Fraction) -> None:
    """No more comes back than went."""
    if of.returned + qty > of.qty:
        raise Refused("over_return", f"{of.qty - of.returned} can still be returned, not {qty}")


def sale_return(p: Post) -> None:
    """Linked: at the delivery's own cost. Unlinked: an inflow without a cost of its own."""
    if not p.event.get("returns"):
        unlinked(p)
        return
    key, of = source_of(p)
    qty = p.qty()
    account = returned_to(p, of)
    check_over_return(of, qty)
    stated = priced_amount(p.entity, p.event, "unit_price")
    share = rest_in_proportion(of, qty)
    revenue = share if stated is None else stated
    assert of.account is not None
    home = p.book.cell(of.account)
    cell = p.book.cell(account)
    p.touch(cell)
    p.remember(account=account, contra=of.contra, qty=qty)
    if cell is home:
        value, unknown = into_own_cell(p, key, of, account, qty)
    else:
        value, unknown = into_other_cell(p, key, of, account, qty)
    of.returned, of.money_back = of.returned + qty, of.money_back + share
    p.book.line(p.event, p.version, account, of.contra, -qty, -value)
    channel = plain(p.event.get("channel")) or plain(of.event.get("channel"))
    sale_row(p, "return", account, -qty, -revenue, -value, channel, unknown)


def into_own_cell(p: Post, key: EventKey, of: Posted, account: AccountKey, qty: Fraction) -> tuple[int, bool]:
    """First the delivery's own uncovered units at provisional value, then covered ones. Value, unknown?"""
    cell = p.book.cell(account)
    value, unknown, rest = 0, False, qty
    for piece in cell.own_pieces(key):
        m = min(piece.qty, rest)
        if m == 0:
            break
        unknown = unknown or piece.from_nothing
        value, rest = value + cell.shrink(piece, m), rest - m
    if rest > 0:
        cost = take_covered(of, rest)
        unknown = unknown or of.covered_unknown
        p.bring(account, rest, cost, known=not (of.covered_unknown and cost == 0))
        value += cost
    return value, unknown


def into_other_cell(
    p: Post, key: EventKey, of: Posted, account: AccountKey, qty: Fraction
) -> tuple[int, bool]:
    """First covered units, then uncovered ones at provisional value, whose true-up becomes variance."""
    assert of.account is not None
    value, unknown, rest = 0, False, qty
    m = min(of.covered, rest)
    if m > 0:
        cost = take_covered(of, m)
        unknown = of.covered_unknown
        p.bring(account, m, cost, known=not (of.covered_unknown and cost == 0))
        value, rest = value + cost, rest - m
    home = p.book.cell(of.account)
    for piece in home.own_pieces(key):
        m = min(piece.qty, rest)
        if m == 0:
            break
        from_nothing = piece.from_nothing
        share = home.split(piece, m, "@price_variance")
        p.bring(account, m, share, known=not from_nothing)
        unknown = unknown or from_nothing
        value, rest = value + share, rest - m
    assert rest == 0, f"{key}: {rest} units are neither covered nor owed"
    return value, unknown


def take_covered(of: Posted, m: Fraction) -> int:
    """Cost of `m` units of what is left of the delivery's covered part; the last units take all of it."""
    cost = r(of.covered_cost * m / of.covered)
    of.covered, of.covered_cost = of.covered - m, of.covered_cost - cost
    return cost


def unlinked(p: Post) -> None:
    """A return that names no delivery comes in at the current cost."""
    qty, account = p.qty(), p.account(p.event["site"])
    channel = plain(p.event.get("channel"))
    contra = f"@customer/{channel}" if channel else "@customer"
    revenue = priced_amount(p.entity, p.event, "unit_price") or 0
    p.touch(p.book.cell(account))
    p.remember(account=account, contra=contra, qty=qty)
    value, known = p.bring_unpriced(account, qty)
    p.book.line(p.event, p.version, account, contra, -qty, -value)
    sale_row(p, "return", account, -qty, -revenue, -value, channel, not known)


def purchase_return(p: Post) -> None:
    """Site -> `@supplier/S` at the credit; cost - credit from the site to `@price_variance`."""
    key, of = source_of(p)
    qty = p.qty()
    account = returned_to(p, of)
    check_over_return(of, qty)
    stated = priced_amount(p.entity, p.event, "unit_price")
    share = rest_in_proportion(of, qty)
    credit = share if stated is None else stated
    p.touch(p.book.cell(account))
    taken = p.take(account, qty, "@price_variance", "variance", first=key)
    of.returned, of.money_back = of.returned + qty, of.money_back + share
    p.remember(account=account, contra=of.contra, qty=qty)
    p.book.line(p.event, p.version, account, of.contra, qty, credit)
    p.book.line(p.event, p.version, account, "@price_variance", Fraction(0), taken.cost - credit)
