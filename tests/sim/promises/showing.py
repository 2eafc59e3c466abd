"""What the engine and the reference show of promises, in one form."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

from pipelines.ledger.promises.lots import Desk, free, held, on_shelf
from pipelines.ledger.promises.tables import rows_of
from schemas.tables import TABLES
from tests.records import Faces
from tests.reference.admission import faces as reference_faces
from tests.reference.admission.ledger import Truth
from tests.reference.exact import site_of
from tests.reference.promises import stock
from tests.reference.truth.lines import physical
from tests.sim.promises.engine import UNITS, Engine

Figures = dict[tuple[str, ...], tuple[Fraction, Fraction, Fraction, Fraction, int]]


def shown(ledger: Truth) -> Faces:
    """Lines, promises and pools of either ledger."""
    s = ledger.accepted
    if isinstance(ledger, Engine):
        return {"line": reference_faces.lines(s), "promise": promised(ledger), "pool": pools_of(ledger)}
    return {
        "line": reference_faces.lines(s), "promise": reference_faces.promised(s),
        "pool": reference_faces.pool_now(s),
    }  # fmt: skip


def newest(ledger: Engine, table: str) -> list[dict[str, Any]]:
    """The rows that the store would have of a table: the last one of each key."""
    found: dict[Any, dict[str, Any]] = {}
    for row in rows_of(ledger.outcomes).get(table, ()):
        found[tuple(row[name] for name in TABLES[table].order_by)] = row
    return list(found.values())


def promised(ledger: Engine) -> list[dict[str, Any]]:
    """Face `promise` from the rows that the store was given."""
    return [
        {"event_id": h["event_id"], "kind": h["kind"], "site": h["site"], "item": h["item"],
         "pool": h["pool"], "lot": lot, "qty": qty_of(h["qty"]), "open_qty": qty_of(qty), "state": h["state"]}
        for h in newest(ledger, "core.promise") if h["kind"] != "pool"
        for lot, qty in list(zip(h["held_lots"], h["held_units"], strict=True)) or [("", 0)]
    ]  # fmt: skip


def pools_of(ledger: Engine) -> list[dict[str, Any]]:
    """Face `pool` from the engine's own functions."""
    desk, rows = Desk(ledger.promises.book, ledger.stock), []
    for h in ledger.promises.book.holds.values():
        if h.kind == "pool":
            shelf = h.shelf._replace(site=h.place)
            owed = sum(debt.owed for _, debt in ledger.promises.book.debts_of(h.key))
            rows.append({
                "entity": h.shelf.entity, "site": h.shelf.site, "item": h.shelf.item, "pool": h.shelf.pool,
                "held_qty": qty_of(sum(on_shelf(desk, shelf, exact=True).values())),
                "reserved_qty": qty_of(sum(held(desk, shelf).values())),
                "free_qty": qty_of(free(desk, shelf)), "owed_qty": qty_of(owed),
            })  # fmt: skip
    return rows


def qty_of(millionths: int) -> Any:
    """As the reference's faces write a quantity."""
    return reference_faces.amount_of(Fraction(millionths, UNITS))


def figures(ledger: Truth) -> Figures:
    """Per row of stock: on hand, reserved, blocked, available, version of the row.

    Of the engine from what the store is given: the accounts, the newest rows of what is reserved and of lots.
    """
    if not isinstance(ledger, Engine):
        s = ledger.accepted
        return {key: (*four, s.row_version.get(key, 0)) for key, four in stock.available(s).items()}
    there: dict[tuple[str, ...], int] = defaultdict(int)
    promised_: dict[tuple[str, ...], int] = defaultdict(int)
    version: dict[tuple[str, ...], int] = defaultdict(int)
    for name, walk in ledger.accepted.walks.items():
        for a in [a for a in walk.state.accounts if physical(a)]:
            key, qty = (name, site_of(a[1]), *a[2:5]), int(walk.state.accounts[a] * UNITS)
            there[key] += qty
            promised_[key] += max(0, qty) if a[5] else 0
    for account, v in ledger.stock.newest().items():
        key = (account[0], site_of(account[1]), *account[2:5])
        version[key] = max(version[key], v)
    for row in newest(ledger, "core.reserved"):
        key = (row["entity"], row["site"], row["item"], row["lot"], row["owner"])
        version[key] = max(version[key], row["version"])
        if row["reserved_qty"]:
            promised_[key] += row["reserved_qty"]
    lots = {(x["entity"], x["item"], x["lot"]): x["status"] for x in newest(ledger, "core.lot")}
    found: Figures = {}
    for key in {*there, *promised_}:
        blocked = max(0, there[key]) if lots.get((key[0], key[2], key[3]), "ok") != "ok" else 0
        free = max(0, there[key] - promised_[key] - blocked)
        four = (Fraction(x, UNITS) for x in (there[key], promised_[key], blocked, free))
        found[key] = (*four, version[key])  # type: ignore[assignment]
    return found
