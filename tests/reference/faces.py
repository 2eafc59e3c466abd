"""The faces of the reference: plain rows (dict of column -> text, whole number or Decimal)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.reference.book import Book, Posted
from tests.reference.exact import decimal_text, is_virtual, period, r, site_of, time_text

Row = dict[str, Any]


def money(minor_units: int, minor: int) -> Decimal:
    """Minor units as an amount in the currency."""
    return Decimal(minor_units) / Decimal(minor)


def amount_of(qty: Fraction) -> Decimal:
    """A quantity as an exact decimal."""
    return Decimal(decimal_text(qty))


def movements(book: Book) -> list[Row]:
    """Own lines, in order of (entity, version, line)."""
    rows = []
    for x in book.out.lines:
        entity = book.entities.rows[x.entity]
        at = x.at
        rows.append({
            "entity": x.entity, "version": x.version, "line": x.line, "event_id": x.event["id"],
            "source": x.event["source"], "type": x.event["type"], "event_at": time_text(at),
            "period": period(at, x.tz), "item": x.item, "lot": x.lot, "owner": x.owner, "pool": x.pool,
            "from_place": x.from_place, "to_place": x.to_place, "qty": amount_of(x.qty),
            "value_amt": money(x.value, entity.minor),
        })  # fmt: skip
    return rows


def true_ups(book: Book) -> list[Row]:
    """Net per (event, cause, leg); value_amt > 0 went from the site to the contra. No rows of 0."""
    net: dict[Any, Row] = {}
    for x in book.out.true_ups:
        entity = book.entities.rows[x.entity]
        key = (x.event, x.cause, x.leg)
        row = net.setdefault(key, {
            "entity": x.entity, "event_id": x.event[1], "cause_id": x.cause[1], "leg": x.leg,
            "event_at": time_text(x.at), "period": period(x.at, x.tz), "from_place": x.from_place,
            "to_place": x.to_place, "qty": Decimal(0), "value_amt": Decimal(0),
        })  # fmt: skip
        row["value_amt"] += money(x.value, entity.minor)
    return [row for row in net.values() if row["value_amt"] != 0]


def cells(book: Book) -> list[Row]:
    """Every cell that holds something, with its basis left out: quantity and value."""
    return [
        {"entity": key[0], "item": key[1], "owner": key[2], "scope": key[3].replace("\x1f", "|"),
         "qty": amount_of(cell.Q), "value_amt": money(cell.V, book.entities.rows[key[0]].minor)}
        for key, cell in book.cells.rows.items() if cell.Q != 0
    ]  # fmt: skip


def stock_now(book: Book) -> list[Row]:
    """Per (entity, site, item, lot, owner) the quantity and the row's share of its cell's value.

    A share is rounded half-even, the last row of a cell in the order of (site, lot) that
    holds anything takes the rest; where the
    cell's quantity is 0 every share is 0. Rows of nothing are left out.
    """
    per_cell: dict[Any, dict[tuple[str, str], Fraction]] = {}
    for account, qty in book.accounts.rows.items():
        if not is_virtual(account[1]):
            rows = per_cell.setdefault(book.cell_key(account), {})
            place = (site_of(account[1]), account[3])
            rows[place] = rows.get(place, Fraction(0)) + qty
    book.drop()
    found = []
    for key, rows in per_cell.items():
        cell, left = book.cells.rows[key], book.cells.rows[key].V
        last = max((place for place, qty in rows.items() if qty), default=None)
        for place in sorted(rows):
            share = r(cell.V * rows[place] / cell.Q) if cell.Q else 0
            share = left if place == last else share
            left -= share
            if rows[place] == 0 and share == 0:
                continue
            found.append({
                "entity": key[0], "site": place[0], "item": key[1], "lot": place[1], "owner": key[2],
                "on_hand_qty": amount_of(rows[place]),
                "value_amt": money(share, book.entities.rows[key[0]].minor),
            })  # fmt: skip
    return found


def cost_now(book: Book, posted: Posted) -> tuple[int, int, str]:
    """COGS with all true-ups, the provisional part of it, and the state."""
    assert posted.account is not None
    key = (posted.event["source"], posted.event["id"])
    cell = book.cells.rows[(posted.entity, posted.item, posted.account[4], scope_key(book, posted))]
    owed = cell.own_pieces(key)
    state = "estimated" if owed else "billed"
    if posted.covered_unknown or any(p.from_nothing for p in owed):
        state = "uncosted"
    return posted.own_cost + posted.adjusted, sum(p.value for p in owed), state


def scope_key(book: Book, posted: Posted) -> str:
    """The scope key of the account that the event used."""
    assert posted.account is not None
    site, lot = site_of(posted.account[1]), posted.account[3]
    scope = book.entities.rows[posted.entity].scope
    return {"entity": "", "site": site, "lot": f"{site}\x1f{lot}"}[scope]


def cogs(book: Book) -> list[Row]:
    """One row per delivery and per return (negative)."""
    rows = []
    for sale in book.out.sales:
        if sale["kind"] == "charge":
            continue
        event = sale["event"]
        cost, open_, state = sale["cost"], 0, "uncosted" if sale["unknown"] else "billed"
        if sale["kind"] == "delivery":
            cost, open_, state = cost_now(book, book.posted.rows[(event["source"], event["id"])])
        rows.append({
            "entity": event["entity"], "event_id": event["id"], "returns_id": returns_id(event),
            "item": sale["item"], "site": sale["site"], "channel": sale["channel"],
            "qty": amount_of(sale["qty"]), "cogs_amt": money(cost, sale["minor"]),
            "provisional_amt": money(open_, sale["minor"]), "state": state,
        })  # fmt: skip
    return rows


def returns_id(event: dict[str, Any]) -> str:
    """The id of the event that is returned, without its source."""
    return str(event.get("returns") or "").rpartition("#")[2]


def sale(book: Book) -> list[Row]:
    """Deliveries, returns (negative) and charges; cogs_amt is the first posting."""
    return [
        {
            "entity": x["event"]["entity"], "version": x["version"], "event_id": x["event"]["id"],
            "returns_id": returns_id(x["event"]), "document": x["event"].get("document", ""),
            "item": x["item"], "site": x["site"], "channel": x["channel"], "customer": x["customer"],
            "kind": x["kind"], "qty": amount_of(x["qty"]), "revenue_amt": money(x["revenue"], x["minor"]),
            "discount_amt": money(x["discount"], x["minor"]), "tax_amt": money(x["tax"], x["minor"]),
            "cogs_amt": money(x["cost"], x["minor"]),
        }
        for x in book.out.sales
    ]  # fmt: skip


def counts(book: Book) -> list[Row]:
    """What each count found; diff_value_amt is everything the count posted, surplus positive."""
    return [
        {
            "entity": x["event"]["entity"], "version": x["version"], "event_id": x["event"]["id"],
            "item": x["event"]["item"], "site": x["site"], "lot": x["lot"],
            "counted_qty": amount_of(x["counted"]), "book_qty": amount_of(x["book"]),
            "diff_qty": amount_of(x["diff"]), "diff_value_amt": money(x["diff_value"], x["minor"]),
        }
        for x in book.out.counts
    ]  # fmt: skip
