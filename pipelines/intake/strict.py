"""The strict row path: one record, read exactly, with one verdict. It alone decides what is wrong with a row.

Slow and obvious on purpose: the scanner takes what is plainly right, this takes the rest.
"""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn

from schemas.fields import (
    DECIMALS,
    FUTURE_MS,
    MAX_DEPTH,
    MAX_RECORD_BYTES,
    MAX_TEXT_BYTES,
    TIME_MAX_MS,
    TIME_MIN_MS,
    EventType,
    Field,
    Kind,
)  # fmt: skip
from schemas.reasons import Reason
from schemas.registry import ENVELOPE, EVENT_TYPES, TRUST, field_index, type_code

Row = dict[str, int | str]
COLUMN_OF = field_index()
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?\Z", re.ASCII)
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)?\Z", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LIMIT = 10**18


class Refused(Exception):
    """The verdict on a record: `reason`, `detail` for a person, and what could be read of its id and type."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail
        self.event_id = ""
        self.type = ""


def refuse(reason: Reason, detail: str) -> NoReturn:
    """Raise the verdict."""
    raise Refused(reason, detail)


class Number(str):
    """A JSON number, kept as written (a mapped file's whole numbers too)."""

    __slots__ = ()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for k, v in pairs:
        if k in found:
            refuse(Reason.DUPLICATE_KEY, f'"{k[:64]}" stands twice in one object')
        found[k] = v
    return found


def _constant(word: str) -> NoReturn:
    refuse(Reason.NOT_JSON, f"{word} is not a JSON value")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_float=Number, parse_int=Number, parse_constant=_constant, strict=True
)


def _depth(text: str) -> int:
    deepest = depth = 0
    inside = escaped = False
    for ch in text:
        if inside:
            if escaped:
                escaped = False
            elif ch == "\\":
                escaped = True
            elif ch == '"':
                inside = False
        elif ch == '"':
            inside = True
        elif ch in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif ch in "}]":
            depth -= 1
    return deepest


def parse(raw: bytes) -> dict[str, Any]:
    """The JSON object of one record, or `Refused`."""
    if len(raw.rstrip(b"\r\n")) > MAX_RECORD_BYTES:
        refuse(Reason.TOO_LARGE, f"a record has at most {MAX_RECORD_BYTES} bytes")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        refuse(Reason.BAD_ENCODING, f"byte {e.start} is not UTF-8")
    if text.startswith("\ufeff"):
        refuse(Reason.BAD_ENCODING, "the record begins with a byte order mark")
    if (text.count("{") + text.count("[")) > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        refuse(Reason.TOO_DEEP, f"objects nest at most {MAX_DEPTH} deep")
    try:
        body = text.strip(" \t\r\n")
        found, end = _DECODER.raw_decode(body)
    except ValueError as e:
        refuse(Reason.NOT_JSON, str(e)[:200])
    if end != len(body):
        refuse(Reason.NOT_JSON, f"something follows the object at character {end}")
    if not isinstance(found, dict):
        refuse(Reason.NOT_JSON, "a record is a JSON object")
    return found


def text_of(name: str, v: Any) -> str:
    """A clean string: NFC, trimmed, no control characters, at most 256 bytes."""
    if not isinstance(v, str) or isinstance(v, Number):
        refuse(Reason.BAD_TYPE, f"{name}: text expected")
    v = unicodedata.normalize("NFC", v).strip()
    try:
        size = len(v.encode())
    except UnicodeEncodeError:
        refuse(Reason.BAD_ENCODING, f"{name}: a lone surrogate is no character")
    if size > MAX_TEXT_BYTES:
        refuse(Reason.RANGE, f"{name}: more than {MAX_TEXT_BYTES} bytes")
    if any(unicodedata.category(ch) == "Cc" for ch in v):
        refuse(Reason.BAD_TYPE, f"{name}: control characters are not text")
    return str(v)


def integer_of(name: str, v: Any, places: int) -> int:
    """An exact decimal as value x 10^places."""
    if not isinstance(v, str) or not _NUMBER.match(v):
        refuse(Reason.BAD_TYPE, f"{name}: a decimal expected")
    if len(v) > 64 or len(v.lower().partition("e")[2]) > 3:
        refuse(Reason.RANGE, f"{name}: a number out of range")
    d = Decimal(v)
    if d and d.adjusted() + places > 20:
        refuse(Reason.RANGE, f"{name}: a number out of range")
    scaled = d * 10**places
    if scaled != int(scaled):
        refuse(Reason.SCALE, f"{name}: at most {places} decimals")
    if abs(scaled) >= _LIMIT:
        refuse(Reason.RANGE, f"{name}: a number out of range")
    return int(scaled)


def time_of(name: str, v: Any) -> int:
    """RFC 3339 with offset as milliseconds since 1970 UTC; finer digits are cut off."""
    if not isinstance(v, str) or isinstance(v, Number):
        refuse(Reason.BAD_TYPE, f"{name}: a time expected")
    m = _TIME.match(v.strip())
    if not m:
        refuse(Reason.BAD_TIME, f"{name}: RFC 3339 expected, like 2026-11-23T08:00:00+08:00")
    y, mo, d, h, mi, s = (int(g) for g in m.groups()[:6])
    zone = m.group(8)
    try:
        local = datetime(y, mo, d, h, mi, s, tzinfo=UTC)
    except ValueError as e:
        refuse(Reason.BAD_TIME, f"{name}: {e}")
    if zone is None:
        refuse(Reason.NAIVE_TIME, f"{name}: no offset; write +08:00 or Z behind it")
    shift = 0
    if zone not in "Zz":
        oh, om = int(zone[1:3]), int(zone[4:])
        if oh > 23 or om > 59:
            refuse(Reason.BAD_TIME, f"{name}: {zone} is no offset")
        shift = (oh * 60 + om) * 60_000 * (-1 if zone[0] == "-" else 1)
    ms = (local - _EPOCH) // timedelta(milliseconds=1) + int((m.group(7) or "0").ljust(3, "0")[:3]) - shift
    if not TIME_MIN_MS <= ms <= TIME_MAX_MS:
        refuse(Reason.RANGE, f"{name}: times lie between 1970 and 2199")
    return ms


def _ranged(f: Field, v: int) -> int:
    if (v <= 0 and f.positive) or (v < 0 and not f.signed):
        refuse(Reason.RANGE, f"{f.name}: must be {'above 0' if f.positive else '0 or more'}")
    return v


def canonical(f: Field, v: Any) -> int | str | bool | list[str] | dict[str, Any]:
    """One value in its canonical form: int for numbers and times, else what JSON would hold."""
    if f.kind in DECIMALS:
        return _ranged(f, integer_of(f.name, v, DECIMALS[f.kind]))
    if f.kind is Kind.TIME:
        return time_of(f.name, v)
    if f.kind is Kind.INT:
        if not isinstance(v, Number):
            refuse(Reason.BAD_TYPE, f"{f.name}: a whole number expected")
        n = integer_of(f.name, v, 0)
        if n < 0 and f.name in ("seq", "schema"):
            refuse(Reason.RANGE, f"{f.name}: must be 0 or more")
        return n
    if f.kind is Kind.BOOL:
        if not isinstance(v, bool):
            refuse(Reason.BAD_TYPE, f"{f.name}: true or false expected")
        return v
    if f.kind in (Kind.STRING, Kind.REF):
        return text_of(f.name, v)
    if f.kind is Kind.ENUM:
        word = text_of(f.name, v)
        if word and word not in f.enum:
            refuse(Reason.RANGE, f"{f.name}: one of {', '.join(f.enum)}")
        return word
    if f.kind is Kind.REFS:
        if not isinstance(v, list) or not v:
            refuse(Reason.BAD_TYPE, f"{f.name}: a list of references expected")
        return [text_of(f.name, x) for x in v]
    if not isinstance(v, dict):
        refuse(Reason.BAD_TYPE, f"{f.name}: an object expected")
    if f.kind is Kind.NAMES:
        return {text_of(f.name, k): text_of(f"{f.name}.{k}", x) for k, x in v.items()}
    if f.kind is Kind.FACTORS:
        factors = {text_of(f.name, k): integer_of(f"{f.name}.{k}", x, 6) for k, x in v.items()}
        if any(x <= 0 for x in factors.values()):
            refuse(Reason.RANGE, f"{f.name}: factors are above 0")
        return factors
    return v


def _type(found: dict[str, Any]) -> EventType:
    schema = found.get("schema")
    if schema is not None and integer_of("schema", schema, 0) > 1:
        refuse(Reason.NEWER_SCHEMA, f"schema {schema} is newer than this release (1)")
    name = found.get("type")
    if name is None:
        refuse(Reason.MISSING_FIELD, "type")
    t = EVENT_TYPES.get(text_of("type", name))
    if t is None:
        refuse(Reason.UNKNOWN_TYPE, f"type: {str(name)[:64]}")
    return t


def _values(found: dict[str, Any], t: EventType) -> Row:
    known = {f.name: f for f in (*ENVELOPE, *t.fields)}
    for name in found:
        if name not in known:
            refuse(Reason.UNKNOWN_FIELD, f"{t.name} has no field {name[:64]}")
    row: Row = {"type": type_code(t.name)}
    attrs: dict[str, Any] = {}
    for f in (*ENVELOPE, *t.fields):
        v = found.get(f.name)
        if v is not None:
            v = canonical(f, v)
        if v is None or v == "":
            if f.required:
                refuse(Reason.MISSING_FIELD, f"{t.name} needs {f.name}")
        elif f.name == "trust":
            row["trust"] = TRUST.index(str(v))
        elif f.name not in ("type", "schema"):
            column = COLUMN_OF[f.name]
            if column == "attrs" or isinstance(v, list | dict):
                attrs[f.name] = v
            else:
                row[column] = v
    for group in t.one_of:
        if not any(n in attrs or COLUMN_OF[n] in row for n in group):
            refuse(Reason.MISSING_FIELD, f"{t.name} needs {' or '.join(group)}")
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
                refuse(Reason.FUTURE, f"{name}: lies too far ahead of its arrival")
        if t.status != "posted":
            refuse(Reason.NOT_YET, f"{t.name} comes with a later release")
    except Refused as r:
        r.event_id = _glimpse(found.get("id"))
        r.type = _glimpse(found.get("type"))
        raise
    return row


def _glimpse(v: Any) -> str:
    return v[:MAX_TEXT_BYTES].encode("utf-8", "replace").decode() if isinstance(v, str) else ""


def decode_row(raw: bytes, arrival_ms: int) -> Row:
    """One record of canonical JSON as columns of the event batch, or `Refused`."""
    return decode_fields(parse(raw), arrival_ms)
