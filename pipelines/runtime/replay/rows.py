"""Rows of a table in one form, whatever made them, and the first place where two sets of rows differ.

In that form decimals are scaled integers, times are milliseconds since 1970, texts and lists are plain
text. Two sets of rows are equal when their tables are, both sorted by the grain.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.runtime.i18n import t
from schemas.tables import Table

_LISTED = 400  # characters of a whole row that a message shows
TEXT = pa.large_string()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where store and replay differ.

    `table` its full name, `key` the row ("entity E1, version 7, line 2"), `column` empty when the two sides
    hold another number of rows there; `stored` and `recomputed` as text.
    """

    table: str
    key: str
    column: str
    stored: str
    recomputed: str
    grain: tuple[Any, ...] = ()

    def __str__(self) -> str:
        msgid = "replay.value" if self.column else "replay.row"
        return t(
            msgid,
            table=self.table,
            key=self.key,
            column=self.column,
            stored=self.stored,
            recomputed=self.recomputed,
        )


def plain(table: Table, rows: pa.Table, leave: frozenset[str] = frozenset()) -> pa.Table:
    """`rows` in plain form, with every column of `table` but those in `leave`; a missing one is its
    default.
    """
    arrays = {}
    for column in table.columns:
        if column.name in leave:
            continue
        if column.name in rows.column_names:
            arrays[column.name] = _plain(column.arrow, rows.column(column.name))
        else:
            arrays[column.name] = _default(column.arrow, column.default, rows.num_rows)
    return pa.table(arrays)


def _number(kind: pa.DataType) -> pa.DataType | None:
    """The plain type of a column that holds numbers or times; None for texts and lists."""
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_timestamp(kind):
        return pa.uint64() if kind == pa.uint64() else pa.int64()
    return None


def _default(kind: pa.DataType, default: str, rows: int) -> pa.Array:
    number = _number(kind)
    if number is None:
        return pa.repeat(pa.scalar("", TEXT), rows)
    return pa.repeat(pa.scalar(int(default or 0), number), rows)


def _plain(kind: pa.DataType, found: Any) -> Any:
    number = _number(kind)
    if number is None:
        if pa.types.is_list(kind):
            return pa.array([str(value) for value in found.to_pylist()], TEXT)
        return found.cast(pa.string()).cast(TEXT)
    if pa.types.is_decimal(found.type):
        return _scaled(found)
    return found.cast(number)


def _scaled(found: Any) -> pa.Array:
    """The digits of decimals as int64: the tables' decimals have at most 18."""
    whole = (
        pa.concat_arrays(found.chunks) if isinstance(found, pa.ChunkedArray) and found.num_chunks else found
    )
    if not len(whole):
        return pa.array([], pa.int64())
    width = whole.type.byte_width // 8
    words = np.frombuffer(whole.buffers()[1], np.int64)[whole.offset * width :]
    return pa.array(words[: len(whole) * width : width])


def ordered(rows: pa.Table, names: tuple[str, ...]) -> pa.Table:
    """Rows sorted by these columns."""
    return rows.take(pc.sort_indices(rows, [(name, "ascending") for name in names]))


def newest(rows: pa.Table, key: tuple[str, ...], by: str) -> pa.Table:
    """The row with the highest `by` of each key ("" = any row), sorted by key."""
    rows = ordered(rows, (*key, by) if by else key)
    if not rows.num_rows:
        return rows
    last = np.zeros(rows.num_rows, bool)
    last[-1] = True
    for name in key:
        column = rows.column(name)
        last[:-1] |= np.asarray(pc.not_equal(column.slice(0, len(column) - 1), column.slice(1)))
    return rows.filter(pa.array(last))


def first_difference(
    table: Table, grain: tuple[str, ...], stored: pa.Table, made: pa.Table
) -> Difference | None:
    """The first row, in order of `grain`, where two plain sets of rows differ; None when they are equal."""
    stored, made = ordered(stored, grain), ordered(made, grain)
    if stored.equals(made):
        return None
    # Rows of one grain in any order: sorted by everything they stand side by side.
    names = (*grain, *(name for name in made.column_names if name not in grain))
    stored, made = ordered(stored, names), ordered(made, names)
    at = _first_row(stored, made)
    if at == max(stored.num_rows, made.num_rows):
        return None
    sides = [rows for rows in (stored, made) if at < rows.num_rows]
    key = min(tuple(rows.slice(at, 1).select(grain).to_pylist()[0].values()) for rows in sides)
    place = ", ".join(f"{name} {show(table, name, value)}" for name, value in zip(grain, key, strict=True))
    mine, other = _with(stored, grain, key), _with(made, grain, key)
    if len(mine) != len(other):
        told = (_told(table, mine, other), _told(table, other, mine))
        return Difference(table.full_name, place, "", *told, key)
    # Rows that both sides have do not count: of several in one grain the others are held against each other.
    a, b = (_alone(mine, other), _alone(other, mine))
    name = next(name for name in names if a[name] != b[name])
    return Difference(
        table.full_name, place, name, show(table, name, a[name]), show(table, name, b[name]), key
    )


def _first_row(stored: pa.Table, made: pa.Table) -> int:
    n = min(stored.num_rows, made.num_rows)
    differs = np.zeros(n, bool)
    for name in made.column_names:
        differs |= np.asarray(pc.not_equal(stored.column(name).slice(0, n), made.column(name).slice(0, n)))
    return int(differs.argmax()) if differs.any() else n


def _with(rows: pa.Table, grain: tuple[str, ...], key: tuple[Any, ...]) -> list[dict[str, Any]]:
    mask = np.ones(rows.num_rows, bool)
    for name, value in zip(grain, key, strict=True):
        column = rows.column(name)
        mask &= np.asarray(pc.equal(column, pa.scalar(value, column.type)))
    found: list[dict[str, Any]] = rows.filter(pa.array(mask)).to_pylist()
    return found


def _alone(these: list[dict[str, Any]], those: list[dict[str, Any]]) -> dict[str, Any]:
    """The first of these rows that those lack."""
    left = Counter(tuple(row.values()) for row in those)
    left.subtract(tuple(row.values()) for row in these)
    return next(row for row in these if left[tuple(row.values())] < 0)


def _told(table: Table, these: list[dict[str, Any]], those: list[dict[str, Any]]) -> str:
    """How many rows one side has, and the first of them that the other side lacks."""
    alone = next((row for row in these if row not in those), None)
    if alone is None:
        return t("replay.rows", n=len(these))
    text = ", ".join(f"{name}={show(table, name, value)}" for name, value in alone.items())
    return t("replay.rows.with", n=len(these), row=text if len(text) <= _LISTED else text[:_LISTED] + "…")


def show(table: Table, name: str, value: Any) -> str:
    """A plain value as people read it: decimals with their point, times in UTC."""
    kind = table.column(name).arrow
    if pa.types.is_decimal(kind):
        return f"{Decimal(value).scaleb(-kind.scale):f}"
    if pa.types.is_timestamp(kind):
        return (
            datetime.fromtimestamp(value / 1000, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z")
        )
    return str(value) if _number(kind) is not None or pa.types.is_list(kind) else f'"{value}"'
