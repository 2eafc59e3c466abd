"""JSON Schema (2020-12) of an event on the wire, for producers, editors and tests.

It describes the canonical form: decimals as strings (or JSON numbers), times with an offset, absent fields
left out. Intake is the judge; it also reads what equals the canonical form (null or "" as absent, an
exponent in a number).
"""

from __future__ import annotations

from typing import Any

from schemas.examples import example
from schemas.fields import DECIMALS, HELD, MAX_TEXT_BYTES, EventType, Field, Kind
from schemas.forms import FORMS
from schemas.registry import ENVELOPE, EVENT_TYPES

DIALECT = "https://json-schema.org/draft/2020-12/schema"

STORED_DIGITS = 18
"""Digits of a Decimal(18, s) in the tables: what may stand before the point is 18 - s."""

TIME_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
)
_NO_CONTROL = r"^[^\u0000-\u001f\u007f-\u009f]*$"

Schema = dict[str, Any]


def describe(field: Field) -> str:
    """`zh | en | unit=… | src=…`, the form of every comment in the tables."""
    parts = [field.zh, field.en]
    if field.unit:
        parts.append(f"unit={field.unit}")
    if field.src:
        parts.append(f"src={field.src}")
    return " | ".join(parts)


def decimal(places: int, signed: bool, positive: bool) -> Schema:
    """A decimal as a string (canonical) or a JSON number, at most `places` after the point."""
    sign = "-?" if signed else ""
    above_zero = "(?=.*[1-9])" if positive else ""
    whole_digits = STORED_DIGITS - places
    text = rf"^{above_zero}{sign}(0|[1-9][0-9]{{0,{whole_digits - 1}}})(\.[0-9]{{1,{places}}}0*)?$"
    limit = 10**whole_digits
    number: Schema = {"type": "number", "exclusiveMaximum": limit}
    if positive:
        number["exclusiveMinimum"] = 0
    elif signed:
        number["exclusiveMinimum"] = -limit
    else:
        number["minimum"] = 0
    return {"anyOf": [{"type": "string", "pattern": text}, number]}


def _text(required: bool) -> Schema:
    return {
        "type": "string",
        "minLength": 1 if required else 0,
        "maxLength": MAX_TEXT_BYTES,
        "pattern": _NO_CONTROL,
    }


def value_schema(field: Field) -> Schema:
    """The schema of one value, without its description."""
    kind = field.kind
    if kind in DECIMALS:
        return decimal(DECIMALS[kind], field.signed, field.positive)
    if kind is Kind.TIME:
        return {"type": "string", "format": "date-time", "pattern": TIME_PATTERN}
    if kind is Kind.INT:
        least = 1 if field.name == "schema" else 0
        return {"type": "integer", "minimum": least, "exclusiveMaximum": 10**STORED_DIGITS}
    if kind is Kind.BOOL:
        return {"type": "boolean"}
    if kind is Kind.ENUM:
        return {"enum": list(field.enum)}
    if kind is Kind.REFS:
        return {"type": "array", "items": _text(True), "minItems": 1}
    if kind is Kind.NAMES:
        names = {"zh": _text(True), "en": _text(True)}
        return {"type": "object", "properties": names, "additionalProperties": False, "minProperties": 1}
    if kind is Kind.FACTORS:
        return {
            "type": "object",
            "propertyNames": _text(True),
            "additionalProperties": decimal(DECIMALS[Kind.QTY], False, True),
        }
    if kind is Kind.OBJECT:
        return {"type": "object"}
    if kind is Kind.MOVEMENT:
        return {"type": "object", "properties": {"type": {"enum": list(HELD)}}, "required": ["type"]}
    text = _text(field.required)
    return {**text, "pattern": f"^{FORMS[field.form].pattern}$"} if field.form else text


def _property(field: Field) -> Schema:
    return {"description": describe(field), **value_schema(field)}


def json_schema(type_name: str) -> Schema:
    """The schema of one type: envelope and payload flat in one object; `KeyError` for an unknown type."""
    t: EventType = EVENT_TYPES[type_name]
    properties = {f.name: _property(f) for f in ENVELOPE}
    properties["type"] = {"description": properties["type"]["description"], "const": t.name}
    properties |= {f.name: _property(f) for f in t.fields}
    schema: Schema = {
        "$schema": DIALECT,
        "title": t.name,
        "description": f"{t.zh} | {t.en}",
        "$comment": "Derived from schemas/families; do not edit. A text has at most 256 UTF-8 bytes.",
        "type": "object",
        "properties": properties,
        "required": [f.name for f in ENVELOPE if f.required] + list(t.required),
        "additionalProperties": False,
    }
    schema["examples"] = [example(t.name)]
    if t.one_of:
        schema["allOf"] = [{"anyOf": [{"required": [name]} for name in group]} for group in t.one_of]
    return schema


def union_schema() -> Schema:
    """The schema of any event: the type says which of the files beside it holds."""
    branches = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": {"$ref": f"{name}.json"},
        }
        for name in EVENT_TYPES
    ]
    return {
        "$schema": DIALECT,
        "title": "event",
        "description": "任一事件 | Any event on the wire: one JSON object",
        "$comment": "Derived from schemas/families; do not edit.",
        "type": "object",
        "properties": {"type": {"enum": list(EVENT_TYPES)}},
        "required": ["type"],
        "allOf": branches,
    }
