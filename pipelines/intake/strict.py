"""The strict row path: one record, read exactly, with one verdict. It alone decides what is wrong with a row.

Slow and obvious on purpose: the scanner takes what is plainly right, this takes the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.intake.parsing import Number, Refused, parse, readable, refuse
from schemas.fields import (
    DECIMALS,
    EXPECT_VERSION,
    FUTURE_MS,
    HELD,
    MAX_TEXT_BYTES,
    TIME_MAX_MS,
    TIME_MIN_MS,
    EventType,
    Field,
    Kind,
)  # fmt: skip
from schemas.forms import FORMS, BadForm
from schemas.reasons import Reason
from schemas.registry import ENVELOPE, EVENT_TYPES, TRUST, field_index, type_code
from schemas.texts import BadText, clean
from schemas.units import canonical as canonical_unit

Row = dict[str, int | str]
COLUMN_OF = field_index()
_NUMBER = re.compile(r"(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?\Z", re.ASCII)
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)?\Z", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WRITTEN = "YYYY-MM-DDThh:mm:ss±hh:mm"
_DIGITS = 18  # |value x 10^places| < 10^18
_EXPONENT, _FAR = 10, 10**9  # an exponent of so many characters is beyond every limit


def text_of(name: str, v: Any) -> str:
    """A clean string: NFC, trimmed, no control characters, at most 256 bytes."""
    if not isinstance(v, str) or isinstance(v, Number):
        refuse(Reason.BAD_TYPE, f"{name} ≠ string")
    try:
        return clean(v)
    except BadText as error:
        refuse(error.reason, f"{name}: {error}")


def formed(f: Field, word: str) -> str:
    """A text in the form of its field."""
    try:
        return FORMS[f.form].take(word)
    except BadForm as error:
        refuse(Reason.BAD_IDENTIFIER, f"{f.name}: {error}")


def integer_of(name: str, v: Any, places: int) -> int:
    """An exact decimal as value x 10^places."""
    m = _NUMBER.match(v) if isinstance(v, str) else None
    if m is None:
        refuse(Reason.BAD_TYPE, f"{name} ≠ decimal({_DIGITS},{places})")
    sign, whole, fraction, exponent = m[1], m[2], m[3] or "", m[4] or "0"
    digits = (whole + fraction).lstrip("0")
    kept = digits.rstrip("0")
    if not kept:
        return 0
    shift = int(exponent) if len(exponent) < _EXPONENT else -_FAR if exponent[0] == "-" else _FAR
    power = shift + places - len(fraction) + len(digits) - len(kept)
    if power < 0:
        refuse(Reason.SCALE, f"{name} ≠ decimal({_DIGITS},{places})")
    if len(kept) + power > _DIGITS:
        refuse(Reason.RANGE, f"{name} ≠ decimal({_DIGITS},{places})")
    scale: int = 10**power
    return int(sign + kept) * scale


def time_of(name: str, v: Any) -> int:
    """RFC 3339 with offset as milliseconds since 1970 UTC; finer digits are cut off."""
    if not isinstance(v, str) or isinstance(v, Number):
        refuse(Reason.BAD_TYPE, f"{name} ≠ {_WRITTEN}")
    m = _TIME.match(v.strip())
    if not m:
        refuse(Reason.BAD_TIME, f"{name} ≠ {_WRITTEN}")
    y, mo, d, h, mi, s = (int(g) for g in m.groups()[:6])
    zone = m.group(8)
    try:
        local = datetime(y, mo, d, h, mi, s, tzinfo=UTC)
    except ValueError:
        refuse(Reason.BAD_TIME, f"{name}: {v.strip()[:40]}")
    if zone is None:
        refuse(Reason.NAIVE_TIME, f"{name}: {v.strip()[:40]} ≠ {_WRITTEN}")
    shift = 0
    if zone not in "Zz":
        oh, om = int(zone[1:3]), int(zone[4:])
        if oh > 23 or om > 59:
            refuse(Reason.BAD_TIME, f"{name}: {zone}")
        shift = (oh * 60 + om) * 60_000 * (-1 if zone[0] == "-" else 1)
    ms = (local - _EPOCH) // timedelta(milliseconds=1) + int((m.group(7) or "0").ljust(3, "0")[:3]) - shift
    if not TIME_MIN_MS <= ms <= TIME_MAX_MS:
        refuse(Reason.RANGE, f"{name} ∉ 1970 … 2199")
    return ms


def _ranged(f: Field, v: int) -> int:
    if (v <= 0 and f.positive) or (v < 0 and not f.signed):
        refuse(Reason.RANGE, f"{f.name} {'≤' if f.positive else '<'} 0")
    return v


def canonical(f: Field, v: Any) -> int | str | bool | list[str] | dict[str, Any]:
    """One value in its canonical form: int for numbers and times, else what JSON would hold."""
    if f.kind in DECIMALS:
        return _ranged(f, integer_of(f.name, v, DECIMALS[f.kind]))
    if f.kind is Kind.TIME:
        return time_of(f.name, v)
    if f.kind is Kind.INT:
        if not isinstance(v, Number):
            refuse(Reason.BAD_TYPE, f"{f.name} ≠ integer")
        n = integer_of(f.name, v, 0)
        if n < 0 and f.name in ("seq", "schema"):
            refuse(Reason.RANGE, f"{f.name} < 0")
        return n
    if f.kind is Kind.BOOL:
        if not isinstance(v, bool):
            refuse(Reason.BAD_TYPE, f"{f.name} ≠ true, false")
        return v
    if f.kind in (Kind.STRING, Kind.REF):
        word = text_of(f.name, v)
        return formed(f, word) if f.form and word else word
    if f.kind is Kind.ENUM:
        word = text_of(f.name, v)
        if word and word not in f.enum:
            refuse(Reason.RANGE, f"{f.name} ∉ {', '.join(f.enum)}")
        return word
    if f.kind is Kind.REFS:
        if not isinstance(v, list) or not v:
            refuse(Reason.BAD_TYPE, f"{f.name} ≠ [string, …]")
        return [text_of(f.name, x) for x in v]
    if not isinstance(v, dict):
        refuse(Reason.BAD_TYPE, f"{f.name} ≠ object")
    if f.kind is Kind.NAMES:
        for k in v:
            if k not in ("zh", "en"):
                refuse(Reason.UNKNOWN_FIELD, f"{f.name}.{k[:64]} ∉ zh, en")
        return {k: text_of(f"{f.name}.{k}", x) for k, x in v.items()}
    if f.kind is Kind.FACTORS:
        return _factors(f.name, v)
    if f.kind is Kind.MOVEMENT:
        return _movement(f.name, v)
    return v


def _factors(name: str, v: dict[str, Any]) -> dict[str, int]:
    """Units of an item and how many base units each is, x 10^6; one unit under two names is stated twice."""
    factors: dict[str, int] = {}
    for k, x in v.items():
        unit = text_of(name, k)
        if not unit:
            refuse(Reason.BAD_TYPE, f'{name}: ""')
        if any(canonical_unit(unit) == canonical_unit(other) for other in factors):
            refuse(Reason.DUPLICATE_KEY, f"{name}.{unit} 2×")
        factors[unit] = integer_of(f"{name}.{unit}", x, DECIMALS[Kind.QTY])
        if factors[unit] <= 0:
            refuse(Reason.RANGE, f"{name}.{unit} ≤ 0")
    return factors


def _type(found: dict[str, Any]) -> EventType:
    schema = found.get("schema")
    if schema is not None and integer_of("schema", schema, 0) > 1:
        refuse(Reason.NEWER_SCHEMA, f"schema {schema} > 1")
    name = found.get("type")
    if name is None:
        refuse(Reason.MISSING_FIELD, "type")
    t = EVENT_TYPES.get(text_of("type", name))
    if t is None:
        refuse(Reason.UNKNOWN_TYPE, f"type: {str(name)[:64]}")
    return t


def _movement(name: str, v: dict[str, Any]) -> dict[str, Any]:
    """A movement inside an event: its type, and the canonical values of the type's own fields."""
    kind = text_of(f"{name}.type", v.get("type", ""))
    if kind not in HELD:
        refuse(Reason.NOT_ALLOWED, f"{name}.type ∉ {', '.join(HELD)}")
    t = EVENT_TYPES[kind]
    own = tuple(f for f in t.fields if f.name != EXPECT_VERSION.name)
    return {"type": kind, **_stated({k: x for k, x in v.items() if k != "type"}, t, own)}


def _stated(found: dict[str, Any], t: EventType, fields: Sequence[Field]) -> dict[str, Any]:
    """Wire name -> canonical value of what is stated, in the order of `fields`."""
    known = {f.name for f in fields}
    for name in found:
        if name not in known:
            refuse(Reason.UNKNOWN_FIELD, f"{t.name}: {name[:64]}")
    values: dict[str, Any] = {}
    for f in fields:
        v = found.get(f.name)
        if v is not None:
            v = canonical(f, v)
        if v is not None and v != "":
            values[f.name] = v
        elif f.required:
            refuse(Reason.MISSING_FIELD, f"{t.name}: {f.name}")
    for group in t.one_of:
        if not values.keys() & set(group):
            refuse(Reason.MISSING_FIELD, f"{t.name}: {' | '.join(group)}")
    return values


def _values(found: dict[str, Any], t: EventType) -> Row:
    row: Row = {"type": type_code(t.name)}
    attrs: dict[str, Any] = {}
    for name, v in _stated(found, t, (*ENVELOPE, *t.fields)).items():
        if name == "trust":
            row["trust"] = TRUST.index(str(v))
        elif name not in ("type", "schema"):
            column = COLUMN_OF[name]
            if column == "attrs" or isinstance(v, list | dict):
                attrs[name] = v
            else:
                row[column] = v
    if attrs:
        row["attrs"] = json.dumps(attrs, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return row


def decode_fields(found: dict[str, Any], arrival_ms: int) -> Row:
    """A parsed object as columns of the event batch (absent ones left out), or `Refused`."""
    try:
        t = _type(found)
        row = _values(found, t)
        for name in ("time", "recorded_at"):
            if int(row.get(name, 0)) > arrival_ms + (FUTURE_MS if name == "time" else 0):
                refuse(Reason.FUTURE, name)
        if t.status != "posted":
            refuse(Reason.NOT_YET, t.name)
        for f in t.fields:
            if f.status != "posted" and found.get(f.name) not in (None, ""):
                refuse(Reason.NOT_YET, f"{t.name}: {f.name}")
    except Refused as r:
        r.event_id = _glimpse(found.get("id"))
        r.type = _glimpse(found.get("type"))
        raise
    return row


def _glimpse(v: Any) -> str:
    return readable(v[:MAX_TEXT_BYTES]) if isinstance(v, str) else ""


def decode_row(raw: bytes, arrival_ms: int) -> Row:
    """One record of canonical JSON as columns of the event batch, or `Refused`."""
    return decode_fields(parse(raw), arrival_ms)
