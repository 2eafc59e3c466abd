"""One typed definition per table: from it come the DDL with comments and the Arrow schema of an insert.

Types are ClickHouse's. The Arrow side follows: `LowCardinality(String)` takes a dictionary array, `Decimal`
a decimal (or an int64 that already holds the scaled integer, which costs nothing to convert),
`DateTime64(3,'UTC')` a timestamp (or an int64 of milliseconds since 1970).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

LOW = "LowCardinality(String)"
TIME = "DateTime64(3,'UTC')"
QTY = "Decimal(18,6)"
MONEY = "Decimal(18,4)"
PRICE = "Decimal(18,8)"
# A block that is re-sent must still be known: far more inserts than ever lie between two snapshots.
DEDUPLICATION_WINDOW = 10_000
_DECIMAL = re.compile(r"Decimal\((\d+),(\d+)\)")
# decimal64 has the bytes of a scaled int64; older Arrow knows decimal128 only, which has to be widened.
_NARROW: Callable[[int, int], pa.DataType] | None = getattr(pa, "decimal64", None)
_PLAIN: dict[str, pa.DataType] = {
    "String": pa.string(),
    LOW: pa.dictionary(pa.int32(), pa.string()),
    TIME: pa.timestamp("ms", "UTC"),
    "UInt8": pa.uint8(),
    "Int8": pa.int8(),
    "UInt32": pa.uint32(),
    "UInt64": pa.uint64(),
    "Int64": pa.int64(),
    "Array(String)": pa.list_(pa.string()),
    "Array(UInt64)": pa.list_(pa.uint64()),
}


class TableError(ValueError):
    """Rows that do not fit a table: names the table, the column, and what was expected."""


@dataclass(frozen=True, slots=True)
class Column:
    """`name`, ClickHouse `type`, what it means in Chinese and English, its unit and where it comes from.

    `codec`: how a table keeps it on disk, empty = the engine's own way.
    """

    name: str
    type: str
    zh: str
    en: str
    unit: str = ""
    src: str = ""
    default: str = ""
    codec: str = ""

    @property
    def comment(self) -> str:
        """`zh | en | unit=… | src=…`, the text that the data dictionary shows."""
        return comment(self.zh, self.en, self.unit, self.src)

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type that an insert of this column carries."""
        decimal = _DECIMAL.fullmatch(self.type)
        if decimal is None:
            return _PLAIN[self.type]
        precision, scale = int(decimal[1]), int(decimal[2])
        if precision <= 18 and _NARROW is not None:
            return _NARROW(precision, scale)
        return pa.decimal128(precision, scale)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of one database. `order_by` is the sorting key; `engine` a MergeTree of some kind."""

    database: str
    name: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    order_by: tuple[str, ...]
    engine: str = "MergeTree"

    @property
    def full_name(self) -> str:
        """`database.name`."""
        return f"{self.database}.{self.name}"

    def column(self, name: str) -> Column:
        """The column called `name`; TableError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(c.name for c in self.columns)
        raise TableError(f"{self.full_name}: no column {name!r}; it has {known}")

    def arrow_schema(self) -> pa.Schema:
        """The schema of a full insert, in column order."""
        return pa.schema([pa.field(c.name, c.arrow, nullable=False) for c in self.columns])

    def ddl(self) -> str:
        """The CREATE TABLE statement, comments and settings included; the same text for chDB and a server."""
        columns = ",\n".join(f"    {column_ddl(c)}" for c in self.columns)
        return (
            f"CREATE TABLE IF NOT EXISTS {self.full_name}\n(\n{columns}\n)\n"
            f"ENGINE = {self.engine}\nORDER BY ({', '.join(self.order_by)})\n"
            f"SETTINGS non_replicated_deduplication_window = {DEDUPLICATION_WINDOW}\n"
            f"COMMENT {quote(comment(self.zh, self.en))}"
        )

    def conform(self, rows: pa.Table) -> pa.Table:
        """`rows` with this table's Arrow types, one chunk per column; columns may be missing.

        int64 in a Decimal column is the scaled integer, int64 in a time column milliseconds since 1970.
        Raises TableError for a column that the table lacks, for nulls and for a type that does not fit.
        """
        arrays = [self._fit(self.column(name), rows.column(name)) for name in rows.column_names]
        # A field that may be null is read as Nullable and converted back: a quarter of an insert's time.
        fields = [pa.field(n, a.type, nullable=False) for n, a in zip(rows.column_names, arrays, strict=True)]
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields))

    def _fit(self, column: Column, data: Any) -> Any:
        array = data.combine_chunks() if isinstance(data, pa.ChunkedArray) else data
        if array.null_count:
            raise TableError(
                f"{self.full_name}.{column.name}: {array.null_count} nulls; absent is '' or 0 here"
            )
        if array.type == column.arrow:
            return array
        try:
            return _convert(array, column.arrow)
        except (pa.ArrowException, TypeError) as error:
            raise TableError(
                f"{self.full_name}.{column.name}: {array.type} is no {column.type}: {error}"
            ) from error


def _convert(array: Any, to: pa.DataType) -> Any:
    if pa.types.is_decimal(to) and pa.types.is_int64(array.type):
        return scaled(array, to)
    if pa.types.is_timestamp(to) and pa.types.is_int64(array.type):
        return array.view(to)
    if pa.types.is_dictionary(to) and not pa.types.is_dictionary(array.type):
        return array.cast(pa.string()).dictionary_encode()
    return array.cast(to)


def scaled(array: Any, to: pa.DataType) -> Any:
    """The int64 `array` of scaled integers as decimals of type `to`: the same digits, no arithmetic."""
    if to.byte_width != 8:
        array = array.cast(pa.decimal128(19, 0))
    return pa.Array.from_buffers(to, len(array), array.buffers(), offset=array.offset)


def column_ddl(column: Column) -> str:
    """One column of a CREATE statement."""
    default = f" DEFAULT {column.default}" if column.default else ""
    codec = f" CODEC({column.codec})" if column.codec else ""
    return f"{column.name} {column.type}{default} COMMENT {quote(column.comment)}{codec}"


def comment(zh: str, en: str, unit: str = "", src: str = "") -> str:
    """`zh | en | unit=… | src=…`; unit and src only where given."""
    parts = [zh, en, *([f"unit={unit}"] if unit else []), *([f"src={src}"] if src else [])]
    return " | ".join(parts)


def quote(text: str) -> str:
    """`text` as a SQL string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
