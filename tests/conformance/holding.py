"""What a store would hold after a step's outputs, whatever the edges of its batches.

Rows of a plain table are a bag; of a replacing table the newest of each key counts; `ops.intake` holds
changes that are summed. Numbers of accounts and cells are a worker's own: read as what they stand for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from schemas.tables import TABLES
from tests.conformance.feeding import Tables
from tests.records import Row

KEYS = {"verdict": (("rec", "event_id", "type"), "")}  # tables that stay in memory: (key, version column)
SUMMED = {"ops.intake": ("source", "run_id")}
NUMBERS = ("account", "cell")  # a worker's own, from 0
ACCOUNT = ("place", "item", "lot", "owner", "pool")


def rows_of(outputs: Sequence[Tables], name: str) -> list[Row]:
    """The rows of a table, absent and empty cells left out."""
    found: list[Row] = []
    for tables in outputs:
        if name in tables:
            table = tables[name]
            found += pa.Table.from_batches([table]).to_pylist() if isinstance(table, pa.RecordBatch) else (
                table.to_pylist()
            )  # fmt: skip
    return [{k: v for k, v in row.items() if v or k in NUMBERS} for row in found]


def held(outputs: Sequence[Tables]) -> dict[str, Counter[Any]]:
    """Table -> its rows as a bag."""
    names = sorted({name for tables in outputs for name in tables})
    numbers = {
        (row.get("entity"), row.get("account")): tuple(row.get(c, "") for c in ACCOUNT)
        for row in rows_of(outputs, "core.account")
    }
    found = {}
    for name in names:
        rows = _law(name, rows_of(outputs, name))
        if name == "core.stock":
            found["cells"] = Counter(_cells(rows, numbers))
            rows = [{k: v for k, v in row.items() if not k.startswith("cell_")} for row in rows]
        found[name] = Counter(_plain(row, numbers) for row in rows)
    return {name: bag for name, bag in found.items() if bag}


def _law(name: str, rows: list[Row]) -> list[Row]:
    """The rows that count."""
    if name in SUMMED:
        return _summed(rows, SUMMED[name])
    engine = TABLES[name].engine if name in TABLES else ""
    replacing = re.fullmatch(r"ReplacingMergeTree(?:\((\w+)\))?", engine)
    if not replacing and name not in KEYS:
        return rows
    key, version = (TABLES[name].order_by, replacing[1]) if replacing else KEYS[name]
    newest: dict[Any, Row] = {}
    for row in rows:
        own = tuple(row.get(k) for k in key)
        if own not in newest or not version or row.get(version, 0) >= newest[own].get(version, 0):
            newest[own] = row
    kept = list(newest.values())
    # What waited and ended inside one batch is never told; what ended later is: only what waits counts.
    return [r for r in kept if r["state"] == "waiting"] if name == "core.waiting" else kept


def _summed(rows: list[Row], key: tuple[str, ...]) -> list[Row]:
    sums: dict[Any, Row] = {}
    for row in rows:
        own = sums.setdefault(tuple(row.get(k) for k in key), {k: row.get(k) for k in key})
        for name, value in row.items():
            if name not in key:
                own[name] = own.get(name, 0) + value
    return [{k: v for k, v in row.items() if v != 0} for row in sums.values()]


def _cells(stock: list[Row], numbers: dict[Any, Any]) -> list[tuple[Any, ...]]:
    """Each cell, named by one of its accounts, as its newest row shows it: older rows show an older cell."""
    cells: dict[Any, list[Row]] = {}
    for row in stock:
        cells.setdefault((row["entity"], row["cell"]), []).append(row)
    return [
        (min(_account(r, numbers) for r in rows), newest.get("cell_qty", 0), newest.get("cell_value_amt", 0))
        for rows in cells.values()
        for newest in [max(rows, key=lambda r: r["version"])]
    ]


def _account(row: Row, numbers: dict[Any, Any]) -> str:
    return str((row["entity"], *numbers.get((row["entity"], row["account"]), (str(row["account"]),))))


def _plain(row: Row, numbers: dict[Any, Any]) -> tuple[Any, ...]:
    told = {k: v for k, v in row.items() if k not in (*NUMBERS, "again")}
    if "account" in row and "place" not in row:
        told["account"] = _account(row, numbers)
    return tuple(sorted((k, str(v)) for k, v in told.items()))


def differences(wanted: Sequence[Tables], found: Sequence[Tables], *, limit: int = 6) -> list[str]:
    """Rows that are missing or too many, a few of each table."""
    a, b = held(wanted), held(found)
    lines = []
    for name in sorted(a.keys() | b.keys()):
        missing, more = (
            a.get(name, Counter()) - b.get(name, Counter()),
            b.get(name, Counter()) - a.get(name, Counter()),
        )
        lines += [f"{name}: - {dict(row)}" for row in list(missing)[:limit]]
        lines += [f"{name}: + {dict(row)}" for row in list(more)[:limit]]
    return lines
