"""Rows as text: a table for people, JSON or CSV for programs. Exact: decimals keep their scale."""

from __future__ import annotations

import csv
import io
import json
import math
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

FORMATS = ("table", "json", "csv")


def render(rows: pa.Table, form: str = "table") -> str:
    """`rows` as "table", "json" (one array of objects) or "csv" (RFC 4180, with header), ending in a newline.

    Decimals and 64-bit integers are strings in JSON; times are RFC 3339 with Z and milliseconds; a float that
    is no number is null. ValueError for another form.
    """
    if form not in FORMATS:
        raise ValueError(f"-o {form}: unknown; use {', '.join(FORMATS)}")
    columns = [_column(rows.column(i)) for i in range(rows.num_columns)]
    if form == "json":
        return _json(rows.column_names, columns, rows.num_rows)
    cells = [[_cell(v) for v in column] for column in columns]
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(rows.column_names)
        writer.writerows(zip(*cells, strict=True))
        return out.getvalue()
    return _table(rows, cells)


def value(item: Any, wide: bool = False) -> Any:
    """One value as JSON shows it. `wide`: an integer of 64 bits or more, so a string."""
    if item is None or isinstance(item, bool | str):
        return item
    if isinstance(item, int):
        return str(item) if wide else item
    if isinstance(item, Decimal):
        return format(item, "f")
    if isinstance(item, float):
        return item if math.isfinite(item) else None
    if isinstance(item, datetime):
        aware = item if item.tzinfo else item.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(item, date):
        return item.isoformat()
    if isinstance(item, bytes):
        return item.decode(errors="replace")
    if isinstance(item, dict):
        return {str(k): value(v, wide) for k, v in item.items()}
    if isinstance(item, list | tuple):
        return [value(v, wide) for v in item]
    return str(item)


def _column(data: pa.ChunkedArray) -> list[Any]:
    wide = _wide(data.type)
    try:
        items = data.to_pylist()
    except UnicodeDecodeError:  # a text of the engine may be any bytes, such as those of a refused record
        items = data.cast(_as_bytes(data.type)).to_pylist()
    return [value(item, wide) for item in items]


def _as_bytes(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_list(kind):
        return pa.list_(_as_bytes(kind.value_type))
    return pa.binary() if pa.types.is_string(kind) else kind


def _wide(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind):
        return _wide(kind.value_type)
    return bool(pa.types.is_int64(kind) or pa.types.is_uint64(kind))


def _json(names: list[str], columns: list[list[Any]], count: int) -> str:
    lines = [
        json.dumps(
            {n: c[i] for n, c in zip(names, columns, strict=True)}, ensure_ascii=False, allow_nan=False
        )
        for i in range(count)
    ]
    return "[" + ",\n ".join(lines) + "]\n"


def _cell(item: Any) -> str:
    if item is None:
        return ""
    if isinstance(item, str):
        return item
    return json.dumps(item, ensure_ascii=False)


def _table(rows: pa.Table, cells: list[list[str]]) -> str:
    if not cells:
        return "\n"
    shown = [[_one_line(c) for c in column] for column in cells]
    widths = [max(map(_width, [n, *c])) for n, c in zip(rows.column_names, shown, strict=True)]
    right = [_number(field.type) for field in rows.schema]
    lines = [_line(rows.column_names, widths, right), "  ".join("-" * w for w in widths)]
    lines += [_line(row, widths, right) for row in zip(*shown, strict=True)]
    return "\n".join(lines) + "\n"


def _line(row: Any, widths: list[int], right: list[bool]) -> str:
    parts = []
    for text, width, flush in zip(row, widths, right, strict=True):
        pad = " " * (width - _width(text))
        parts.append(pad + text if flush else text + pad)
    return "  ".join(parts).rstrip()


def _number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_floating(kind))


def _one_line(text: str) -> str:
    # A control character in a cell could move the cursor of the terminal that shows it.
    return "".join(c if c.isprintable() else "�" if c not in "\n\r\t" else " " for c in text)


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
