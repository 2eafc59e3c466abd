"""One row after the other: the plain reading of a map, which decides wherever the block path is not sure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import DecimalException

from connectors.maps.errors import Refused, RowError
from connectors.maps.plan import Const, Emit, Lookup, Moment, Plan, Template, Test, Text, Value
from connectors.maps.reading import decimals, expr
from connectors.maps.reading.fields import line_end, split_record
from schemas.fields import MAX_DEPTH, MAX_RECORD_BYTES
from schemas.reasons import Reason
from schemas.texts import twice

Row = Mapping[str, str]


class _NotRead(str):
    """A list in a JSON row: only an error when a rule reads it."""

    __slots__ = ()


def decode(
    plan: Plan, header: tuple[str, ...], record: bytes, row_id: str, row: int
) -> list[dict[str, str]] | Refused:
    """The canonical events of one record, or why it is refused.

    `row_id`: the id of a row that names none. `row`: its number in the part, the `seq` of such a row.
    """
    try:
        return events(plan, read(plan, header, record), row_id, row)
    except RowError as error:
        return Refused(error.reason, error.detail)


def read(plan: Plan, header: tuple[str, ...], record: bytes) -> Row:
    """The columns of a record by name; `RowError` where it has no columns to give."""
    body = line_end(record)
    if len(body) > MAX_RECORD_BYTES:
        raise RowError(Reason.TOO_LARGE, f"> {MAX_RECORD_BYTES} bytes")
    try:
        text = body.decode(plan.encoding)
    except UnicodeDecodeError as error:
        raise RowError(Reason.BAD_ENCODING, f"byte {error.start} ≠ {plan.encoding}") from error
    text = text.removeprefix("\ufeff")
    if plan.format != "csv":
        return read_json(text)
    fields = split_record(text, plan.delimiter)
    if fields is None:
        raise RowError(Reason.BAD_TYPE, '"…')
    if len(fields) != len(header):
        raise RowError(Reason.BAD_TYPE, f"columns: {len(fields)} ≠ {len(header)}")
    return dict(zip(header, fields, strict=True))


def read_json(text: str) -> Row:
    """The values of one JSON object as text, nested names joined by a dot; numbers as they are written."""
    try:
        found = json.loads(
            text, parse_int=str, parse_float=str, parse_constant=_no_constant, object_pairs_hook=_no_twins
        )
    except RecursionError as error:
        raise RowError(Reason.TOO_DEEP, f"> {MAX_DEPTH}") from error
    except ValueError as error:
        raise RowError(Reason.NOT_JSON, f"char {getattr(error, 'pos', 0)}") from error
    if not isinstance(found, dict):
        raise RowError(Reason.NOT_JSON, "≠ object")
    row: dict[str, str] = {}
    _flatten(found, "", row, 0)
    return row


def _no_constant(name: str) -> str:
    raise RowError(Reason.NOT_JSON, name)


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if said := twice(pairs):
        raise RowError(Reason.DUPLICATE_KEY, said)
    return dict(pairs)


def _flatten(found: dict[str, object], prefix: str, row: dict[str, str], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise RowError(Reason.TOO_DEEP, f"> {MAX_DEPTH}")
    for key, value in found.items():
        if isinstance(value, dict):
            _flatten(value, f"{prefix}{key}.", row, depth + 1)
        elif isinstance(value, list):
            row[prefix + key] = _NotRead()
        elif isinstance(value, str):
            if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
                raise RowError(Reason.BAD_ENCODING, f"{prefix}{key}: U+D800 … U+DFFF")
            row[prefix + key] = value
        else:
            row[prefix + key] = "" if value is None else "true" if value is True else "false"


def cell(row: Row, column: str) -> str:
    """The trimmed text of a column; "" when the row has none."""
    value = row.get(column, "")
    if isinstance(value, _NotRead):
        raise RowError(Reason.BAD_TYPE, f"{column}: […]")
    return value.strip()


def events(plan: Plan, row: Row, row_id: str, number: int) -> list[dict[str, str]]:
    """The canonical events of a row; `RowError` when no rule fits or a value cannot be read."""
    for rule in plan.rules:
        if all(passes(test, cell(row, column)) for column, test in rule.when):
            made = [_event(emit, row) for emit in rule.emits]
            for n, (emit, event) in enumerate(zip(rule.emits, made, strict=True), 1):
                if "id" not in event:
                    event["id"] = row_id
                    if "seq" not in emit.fields:  # ids sort as text: the row number keeps a file's order
                        event["seq"] = str(number)
                if len(made) > 1:
                    event["id"] += f".{n}"
            return made
    raise RowError(Reason.NO_RULE, "rules")


def _event(emit: Emit, row: Row) -> dict[str, str]:
    found = {name: value_of(value, row) for name, value in emit.fields.items()}
    return {"type": emit.type} | {name: text for name, text in found.items() if text}


def passes(test: Test, text: str) -> bool:
    """Whether a trimmed text passes a test."""
    if isinstance(test, re.Pattern):
        return test.fullmatch(text) is not None
    return decimals.is_number(text) and test.holds(decimals.parse(text, ""))


def strip(value: Text, text: str) -> str:
    """The text of a `Text` value from its column's trimmed text."""
    return value.strip.sub("", text).strip() if value.strip is not None else text


def look_up(value: Lookup, text: str) -> str:
    """The text a lookup gives; `RowError` when it has no entry and no default."""
    if not text:
        return ""
    found = value.table.get(text, value.default)
    if found is None:
        raise RowError(Reason.BAD_TYPE, f"{value.column}: {text[:60]!r} ∉ {value.file}")
    return found


def fill(value: Template, texts: list[str]) -> str:
    """The text of a template; `texts`: one per part that names a column, in order."""
    given = iter(texts)
    return "".join(literal + (next(given) if column else "") for literal, column in value.parts).strip()


def value_of(value: Value, row: Row) -> str:
    """The canonical text of a value, "" when absent."""
    if isinstance(value, Const):
        return value.text
    if isinstance(value, Text):
        return strip(value, cell(row, value.column))
    if isinstance(value, Lookup):
        return look_up(value, cell(row, value.column))
    if isinstance(value, Template):
        return fill(value, [cell(row, column) for _, column in value.parts if column])
    if isinstance(value, Moment):
        text = cell(row, value.column)
        return value.clock.read(text, value.column) if text else ""
    if isinstance(value.expr, expr.Col):
        text = cell(row, value.expr.name)
        return decimals.respell(text, value.expr.name) if text else ""
    texts = {column: cell(row, column) for column in expr.columns(value.expr)}
    if not all(texts.values()):
        return ""
    numbers = {column: decimals.parse(text, column) for column, text in texts.items()}
    try:
        return decimals.canonical(expr.evaluate(value.expr, numbers.__getitem__))
    except DecimalException as error:
        raise RowError(Reason.RANGE, ", ".join(texts)) from error
