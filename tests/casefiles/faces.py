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
    names = ("movement", "true_up", "account", "stock", "sale", "count", "waiting", "entity")
    core = {name: rows_of(tables, f"core.{name}") for name in names}
    event_of = {(m["entity"], m["version"]): m["event_id"] for m in core["movement"]}
    ups = [signed(row, event_of) for row in core["true_up"]]
    stock, cells = holdings(core)
    return {
        "movement": [m | {"pool": pool_of(m)} for m in core["movement"]],
        "true_up": net_true_ups(ups),
        "stock": stock,
        "cell": cells,
        "cogs": cogs(core["sale"], ups),
        "sale": [s | {"returns_id": s.get("returns_id", "").rpartition("#")[2]} for s in core["sale"]],
        "count": core["count"],
        "refusal": rows_of(tables, "raw.refusal"),
        "waiting": list({(w["source"], w["ordinal"]): w for w in core["waiting"]}.values()),
        "intake": [intake(rows_of(tables, "ops.intake"))],
    }


def pool_of(line: Row) -> str:
    """The pool of the physical side."""
    virtual = line["from_place"].startswith("@")
    return str(line.get("to_pool", "") if virtual else line.get("from_pool", ""))


def signed(row: Row, event_of: Mapping[tuple[str, int], str]) -> Row:
    """A true-up with its events by id and a sign: above 0 it went from the site to the contra."""
    turned = row["from_place"].startswith("@")
    site, contra = row["from_place"], row["to_place"]
    return row | {
        "event_id": event_of[row["entity"], row["corrects_version"]],
        "cause_id": row.get("cause_event") or event_of[row["entity"], row["cause_version"]],
        "from_place": contra if turned else site,
        "to_place": site if turned else contra,
        "value_amt": -row["value_amt"] if turned else row["value_amt"],
    }


def net_true_ups(ups: list[Row]) -> list[Row]:
    """Net per (event, cause, leg); rows of 0 do not count."""
    net: dict[tuple[Any, ...], Row] = {}
    for up in ups:
        key = (up["entity"], up["corrects_version"], up["cause_id"], up["leg"])
        if key in net:
            net[key]["value_amt"] += up["value_amt"]
        else:
            net[key] = dict(up)
    return [row for row in net.values() if row["value_amt"] != 0]


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


def cogs(sales: list[Row], ups: list[Row]) -> list[Row]:
    """Cost as known now: first posting and true-ups of leg cogs; open = first posting and all changes.

    `uncosted` of a sale is a set of bits: 1 = the covered part came from nothing, 2 = the open part did; of a
    true-up it says that the covering inflow came from nothing.
    """
    change: dict[Any, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO, ZERO, ZERO])
    for up in ups:
        sums = change[up["entity"], up["corrects_version"]]
        sums[0] += up["value_amt"] if up["leg"] == "cogs" else ZERO
        sums[1] += up["open_qty"]
        sums[2] += up["open_amt"]
        sums[3] = max(sums[3], Decimal(up.get("uncosted", 0)))
    found = []
    for sale in sales:
        if sale["kind"] == "charge":
            continue
        cost, open_qty, open_amt, unknown = change[sale["entity"], sale["version"]]
        open_qty, open_amt = sale["open_qty"] + open_qty, sale["open_amt"] + open_amt
        bits = int(sale["uncosted"])
        state = "estimated" if open_qty else "billed"
        if bits & 1 or unknown or (bits & 2 and open_qty):
            state = "uncosted"
        found.append(sale | {
            "returns_id": sale.get("returns_id", "").rpartition("#")[2], "cogs_amt": sale["cogs_amt"] + cost,
            "provisional_amt": open_amt, "state": state,
        })  # fmt: skip
    return found


def intake(rows: list[Row]) -> Row:
    """The sum of the intake's counters."""
    columns = ("records_in", "committed", "refused", "duplicate", "waiting", "late")
    return {c: sum(int(row[c]) for row in rows) for c in columns}
