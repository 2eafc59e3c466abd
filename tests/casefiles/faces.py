"""The faces of the ledger computed from its output tables, without a database.

`faces_from_tables` takes what the ledger wrote (`core.movement` … as Arrow tables, all batches one after the
other) and computes the same rows as the reference's faces and as the views of `sinks/views`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa

from tests.records import Faces, Row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QTY, VALUE = Decimal("0.000001"), Decimal("0.0001")
ZERO = Decimal(0)


def rows_of(tables: Mapping[str, pa.Table], name: str) -> list[Row]:
    """A table as rows: numbers as Decimals in units, times as RFC 3339; [] if it was never written.

    Integers in a `qty` or `amt` column are scaled by 10^-6 and 10^-4, in a time column milliseconds.
    """
    if name not in tables or tables[name].num_rows == 0:
        return []
    table = tables[name]
    decoded = [a.combine_chunks() if isinstance(a, pa.ChunkedArray) else a for a in table.columns]
    decoded = [a.dictionary_decode() if pa.types.is_dictionary(a.type) else a for a in decoded]
    frame = pl.DataFrame({n: plain(a) for n, a in zip(table.column_names, decoded, strict=True)})
    return [{k: value_of(k, v) for k, v in row.items()} for row in frame.iter_rows(named=True)]


def plain(array: Any) -> pl.Series:
    """An Arrow column as a Polars one; decimals go as decimal128, which every version reads."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_decimal(array.type):
        array = array.cast(pa.decimal128(38, array.type.scale))
    return pl.Series(pl.from_arrow(array))


def value_of(column: str, value: Any) -> Any:
    """A cell in the form in which faces are compared."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return time_text((value.astimezone(UTC) - EPOCH) // timedelta(milliseconds=1))
    if isinstance(value, int) and column.endswith("_at"):
        return time_text(value)
    if isinstance(value, int) and (column == "qty" or column.endswith("_qty")):
        return value * QTY
    if isinstance(value, int) and column.endswith("_amt"):
        return value * VALUE
    return value


def time_text(ms: int) -> str:
    """Milliseconds -> '2025-01-02T00:00:00.000Z'."""
    return (EPOCH + timedelta(milliseconds=ms)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def faces_from_tables(tables: Mapping[str, pa.Table]) -> Faces:
    """Every face of `tests.casefiles.comparing.FACES` from the tables by full name (`core.movement` …)."""
    names = (
        "movement", "true_up", "account", "stock", "sale", "sale_change", "count", "waiting", "entity",
    )  # fmt: skip
    core = {name: rows_of(tables, f"core.{name}") for name in names}
    event_of = {(m["entity"], m["version"]): m["event_id"] for m in core["movement"]}
    event_of |= {
        (t["entity"], t["corrects_version"]): t["corrects_event"]
        for t in core["true_up"]
        if t.get("corrects_event")
    }
    ways = {
        (m["entity"], m["version"], m["from_place"], m["to_place"])
        for m in core["movement"]
        if not m["from_place"].startswith("@")
    }
    ups = [named(row, event_of, ways) for row in core["true_up"]]
    stock, cells = holdings(core)
    sales = sales_now(core["sale"], core["sale_change"], ups)
    return {
        "movement": [m | {"pool": pool_of(m)} for m in core["movement"]],
        "true_up": net_true_ups(ups),
        "stock": stock,
        "cell": cells,
        "cogs": cogs(sales, ups, closed_of(core["entity"])),
        "sale": [s | {"returns_id": s.get("returns_id", "").rpartition("#")[2]} for s in sales],
        "count": newest(core["count"]),
        "refusal": rows_of(tables, "raw.refusal"),
        "waiting": list({(w["source"], w["ordinal"]): w for w in core["waiting"]}.values()),
        "intake": [intake(rows_of(tables, "ops.intake"))],
    }


def newest(rows: list[Row]) -> list[Row]:
    """Of each (entity, version) what is known last, if it still counts."""
    found: dict[Any, Row] = {}
    for row in rows:
        key = (row["entity"], row["version"])
        if key not in found or row["known_version"] >= found[key]["known_version"]:
            found[key] = row
    return [row for row in found.values() if row["is_live"]]


def sales_now(sales: list[Row], changes: list[Row], ups: list[Row]) -> list[Row]:
    """Sales as they are now: attributes of corrected ones, figures with all changes, cancelled ones gone.
    `cogs_amt` is what their own lines hold.
    """
    told = {(c["entity"], c["version"]): c for c in sorted(changes, key=lambda c: c["known_version"])}
    sums: dict[Any, list[Decimal]] = defaultdict(lambda: [ZERO] * 5)
    for up in ups:
        mine = sums[up["entity"], up["corrects_version"]]
        for i, name in enumerate(("sale_qty", "revenue_amt", "discount_amt", "tax_amt")):
            mine[i] += up.get(name) or ZERO
        if up["leg"] == "goods" and up.get("corrects_type") in ("sale.delivery", "sale.return"):
            mine[4] += up["value_amt"]
    found = []
    for sale in sales:
        change = told.get((sale["entity"], sale["version"]), {})
        if change and not change["is_live"]:
            continue
        dq, dr, dd, dt, dc = sums[sale["entity"], sale["version"]]
        new = {n: change[n] for n in ("event_at", "item", "site", "channel", "own_period") if change}
        new |= {n: change[n] for n in ("customer", "document") if change.get(n)}
        found.append(sale | new | {
            "qty": sale["qty"] + dq, "revenue_amt": sale["revenue_amt"] + dr, "tax_amt": sale["tax_amt"] + dt,
            "discount_amt": sale["discount_amt"] + dd, "cogs_amt": sale["cogs_amt"] + dc,
        })  # fmt: skip
    return found


OWN_LEGS = ("goods", "price", "cost", "value", "standard", "out", "in", "bought", "pool", "revenue")


def named(row: Row, event_of: Mapping[tuple[str, int], str], ways: set[Any]) -> Row:
    """A true-up with its events by id and a sign: above 0 it goes from the site (of a transfer: the first of
    the two) to the other side. An own line that is restated has no cause.
    """
    place = (row["from_place"], row["to_place"])
    turned = place[0].startswith("@") or (row["entity"], row["corrects_version"], *place[::-1]) in ways
    found = row | {
        "event_id": row.get("corrects_event") or event_of[row["entity"], row["corrects_version"]],
        "cause_id": "" if row["leg"] in OWN_LEGS else row["cause_event"],
    }
    if turned:
        found |= {"from_place": place[1], "to_place": place[0]} | {n: -row[n] for n in ("qty", "value_amt")}
    return found


def pool_of(line: Row) -> str:
    """The pool of the physical side."""
    virtual = line["from_place"].startswith("@")
    return str(line.get("to_pool", "") if virtual else line.get("from_pool", ""))


def net_true_ups(ups: list[Row]) -> list[Row]:
    """Net per (event, cause, leg, time, places); rows of 0 do not count. The period is the last one's."""
    net: dict[tuple[Any, ...], Row] = {}
    names = (
        "entity",
        "event_id",
        "cause_id",
        "leg",
        "event_at",
        "item",
        "lot",
        "owner",
        "from_place",
        "to_place",
    )
    for up in ups:
        key = tuple(up.get(name, "") for name in names)
        old = net.get(key, {"qty": ZERO, "value_amt": ZERO})
        net[key] = up | {n: up[n] + old[n] for n in ("qty", "value_amt")}
    return [row for row in net.values() if row["value_amt"] != 0 or row["qty"] != 0]


def holdings(core: Mapping[str, list[Row]]) -> tuple[list[Row], list[Row]]:
    """Stock per (site, item, lot, owner), and cells, from the newest state of each account."""
    settings = {e["entity"]: {k: v for k, v in e.items() if v != ""} for e in core["entity"]}
    accounts = {(a["entity"], a["account"]): a for a in core["account"]}
    newest: dict[Any, Row] = {}
    for row in core["stock"]:
        key = (row["entity"], row["account"])
        if key not in newest or row["version"] >= newest[key]["version"]:
            newest[key] = row
    cells: dict[Any, Row] = {}
    places: dict[Any, dict[Any, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for key, row in newest.items():
        account, cell = accounts[key], (row["entity"], row["cell"])
        if account["place"].startswith("@"):
            continue
        site = account["place"].partition("/")[0]
        places[cell][site, account.get("lot", "")] += row["qty"]
        if cell not in cells or row["version"] >= cells[cell]["version"]:
            scope = settings.get(row["entity"], {}).get("scope", "site")
            scope_key = {"entity": "", "site": site, "lot": f"{site}|{account.get('lot', '')}"}[scope]
            cells[cell] = row | {
                "item": account["item"],
                "owner": account.get("owner", ""),
                "scope": scope_key,
            }
    stock = []
    for cell, row in cells.items():
        digits = int(settings.get(row["entity"], {}).get("minor_digits", 2))
        stock += shares(row, places[cell], digits)
    found = [c | {"qty": c["cell_qty"], "value_amt": c["cell_value_amt"]} for c in cells.values()]
    return stock, [c for c in found if c["cell_qty"]]


def shares(cell: Row, places: Mapping[Any, Decimal], digits: int) -> list[Row]:
    """The cell's value by quantity, half-even; the last (site, lot) that holds anything takes the rest."""
    unit, rest, found = Decimal(10) ** -digits, cell["cell_value_amt"], []
    last = max((place for place, qty in places.items() if qty), default=None)
    for place in sorted(places):
        share = ZERO
        if cell["cell_qty"]:
            n, d = (int(x.scaleb(6)) for x in (places[place], cell["cell_qty"]))
            share = half_even(int(cell["cell_value_amt"].scaleb(digits)) * n, d) * unit
        share = rest if place == last else share
        rest -= share
        found.append({
            "entity": cell["entity"], "site": place[0], "item": cell["item"], "lot": place[1],
            "owner": cell["owner"], "on_hand_qty": places[place], "value_amt": share,
        })  # fmt: skip
    return found


def half_even(n: int, d: int) -> int:
    """The fraction n / d rounded half-even."""
    n, d = (-n, -d) if d < 0 else (n, d)
    whole, rest = divmod(n, d)
    return whole + (2 * rest > d or (2 * rest == d and whole % 2 == 1))


def closed_of(entities: list[Row]) -> dict[str, str]:
    """Up to which period each entity is closed."""
    rows = sorted(entities, key=lambda e: e["version"])
    return {e["entity"]: e.get("closed_period", "") for e in rows}


def cogs(sales: list[Row], ups: list[Row], closed: Mapping[str, str]) -> list[Row]:
    """Cost as known now: own lines and true-ups of leg cogs; what is open, and the state.

    `uncosted` of a sale is a set of bits: 1 = the covered part came from nothing, 2 = the open part did.
    """
    change: dict[Any, list[Decimal]] = defaultdict(lambda: [ZERO] * 6)
    for up in ups:
        sums = change[up["entity"], up["corrects_version"]]
        if up["leg"] == "cogs":
            sums[0] += up["value_amt"]
        for i, name in enumerate(("open_qty", "open_amt", "uncosted", "unpriced", "landed"), 1):
            sums[i] += up.get(name) or ZERO
    found = []
    for sale in sales:
        if sale["kind"] == "charge":
            continue
        cost, open_qty, open_amt, unknown, unpriced, landed = change[sale["entity"], sale["version"]]
        open_qty, open_amt = sale["open_qty"] + open_qty, sale["open_amt"] + open_amt
        unknown, unpriced = unknown + (int(sale["uncosted"]) & 1), unpriced + (int(sale["uncosted"]) >> 1)
        state = "estimated" if open_qty else "landed" if landed + sale["landed"] > 0 else "billed"
        if sale["kind"] == "return":
            state = "billed"
        if unknown > 0 or (unpriced > 0 and open_qty):
            state = "uncosted"
        own = sale.get("own_period") or sale["period"]
        if state in ("billed", "landed") and own <= closed.get(sale["entity"], ""):
            state = "closed"
        found.append(sale | {
            "returns_id": sale.get("returns_id", "").rpartition("#")[2], "cogs_amt": sale["cogs_amt"] + cost,
            "provisional_amt": open_amt, "state": state,
        })  # fmt: skip
    return found


def intake(rows: list[Row]) -> Row:
    """The sum of the intake's counters."""
    columns = ("records_in", "committed", "refused", "duplicate", "waiting", "late")
    return {c: sum(int(row[c]) for row in rows) for c in columns}
