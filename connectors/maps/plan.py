"""A map, checked and compiled: what each rule tests and where each field of an event comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from connectors.maps.reading import expr
from connectors.maps.reading.times import Clock


@dataclass(frozen=True)
class Const:
    """The same text for every row."""

    text: str


@dataclass(frozen=True)
class Text:
    """A column, trimmed; what `strip` finds in it is taken out. Empty = the field is absent."""

    column: str
    strip: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Lookup:
    """The value another file gives for a column; `default` where it has none, else the row is refused."""

    column: str
    table: Mapping[str, str]
    file: str
    default: str | None = None


@dataclass(frozen=True)
class Template:
    """Literal text and columns in turn: `(("INV-", ""), ("", "InvoiceNo"))`."""

    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Number:
    """An exact expression over columns (one column in the simplest case)."""

    expr: expr.Expr


@dataclass(frozen=True)
class Moment:
    """A time in a column."""

    column: str
    clock: Clock


Value = Const | Text | Lookup | Template | Number | Moment


@dataclass(frozen=True)
class Range:
    """Bounds for the number in a column; a text that is no number is in no range."""

    gt: Decimal | None = None
    ge: Decimal | None = None
    lt: Decimal | None = None
    le: Decimal | None = None

    def holds(self, value: Decimal) -> bool:
        """Whether `value` is within all bounds."""
        return (
            (self.gt is None or value > self.gt)
            and (self.ge is None or value >= self.ge)
            and (self.lt is None or value < self.lt)
            and (self.le is None or value <= self.le)
        )


Test = re.Pattern[str] | Range
"""A pattern that the whole trimmed text must match, or bounds for its number."""


@dataclass(frozen=True)
class Emit:
    """One event of a rule: its type and the source of each of its fields."""

    type: str
    fields: Mapping[str, Value]


@dataclass(frozen=True)
class Rule:
    """What a row must look like (all of `when`), and the events it then becomes, in order."""

    when: tuple[tuple[str, Test], ...]
    emits: tuple[Emit, ...]


@dataclass(frozen=True)
class Plan:
    """A whole map.

    `format`: csv, json (one array) or ndjson. `header`: the columns when the file does not name them.
    `masters`: canonical events to be posted before the first row. `personal`: the columns that name a person,
    each with how its text is read.
    """

    name: str
    format: str
    encoding: str
    delimiter: str
    header: tuple[str, ...] | None
    entity: str
    source: str
    rules: tuple[Rule, ...]
    masters: tuple[Mapping[str, object], ...]
    personal: Mapping[str, Text]

    def columns(self) -> list[str]:
        """Every column that some rule reads, in order of appearance, each once."""
        names: list[str] = []
        for rule in self.rules:
            names += [column for column, _ in rule.when]
            for emit in rule.emits:
                for value in emit.fields.values():
                    names += reads(value)
        return list(dict.fromkeys(names))


def reads(value: Value) -> list[str]:
    """The columns a value is made of."""
    if isinstance(value, Const):
        return []
    if isinstance(value, Template):
        return [column for _, column in value.parts if column]
    return expr.columns(value.expr) if isinstance(value, Number) else [value.column]
