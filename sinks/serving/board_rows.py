"""Rows of a face as the page gets them: exact texts, never floats.

Decimals become canonical strings without an exponent or trailing zeros, integers strings, times RFC 3339
with milliseconds and Z, absent values null. What a SELECT answers and what the page holds compare equal.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

Cell = str | bool | list[str] | None


def exact(value: object) -> Cell:
    """One value as the page gets it. Raises TypeError for a kind of value no face has."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Decimal):
        text = format(value, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text in ("-0", "") else text
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        stamp = value if value.tzinfo else value.replace(tzinfo=UTC)
        return stamp.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value)  # shares and rates only: money and quantities are Decimal in every face
    if isinstance(value, (list, tuple)):
        return [str(exact(each)) for each in value]
    raise TypeError(f"a card cannot show a {type(value).__name__}; cast it in the card's SQL")


def rows(table: pa.Table, names: list[str]) -> list[list[Cell]]:
    """The named columns of `table`, row by row, as exact texts.

    Raises KeyError naming a column the card lists but the SQL does not answer.
    """
    have = table.column_names
    for name in names:
        if name not in have:
            raise KeyError(f"the SQL answers no column {name}; it answers {', '.join(have)}")
    columns = [list(_values(table.column(name))) for name in names]
    return [list(row) for row in zip(*columns, strict=True)]


def _values(column: "pa.ChunkedArray") -> Iterator[Cell]:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    for value in column.to_pylist():
        yield exact(value)
