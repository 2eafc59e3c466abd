"""From the bytes of one record to its JSON object, strictly: one verdict, numbers kept as written."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from schemas.fields import MAX_DEPTH, MAX_RECORD_BYTES
from schemas.reasons import Reason
from schemas.texts import twice


class Refused(Exception):
    """The verdict on a record: `reason`, `detail`, and what could be read of its id and type.

    `detail` is of no language: the place, what stands there, and after `≠ ∉ > <` what it is not.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        detail = readable(detail)  # it may quote the record
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail
        self.event_id = ""
        self.type = ""


def readable(text: str) -> str:
    """The text with ? for lone surrogates: a table holds UTF-8."""
    return text.encode("utf-8", "replace").decode()


def refuse(reason: Reason, detail: str) -> NoReturn:
    """Raise the verdict."""
    raise Refused(reason, detail)


class Number(str):
    """A JSON number, kept as written (a mapped file's whole numbers too)."""

    __slots__ = ()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if said := twice(pairs):
        refuse(Reason.DUPLICATE_KEY, said)
    return dict(pairs)


def _constant(word: str) -> NoReturn:
    refuse(Reason.NOT_JSON, word)


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
        refuse(Reason.TOO_LARGE, f"> {MAX_RECORD_BYTES} bytes")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        refuse(Reason.BAD_ENCODING, f"byte {e.start} ≠ UTF-8")
    if text.startswith("\ufeff"):
        refuse(Reason.BAD_ENCODING, "byte 0: U+FEFF")
    if (text.count("{") + text.count("[")) > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        refuse(Reason.TOO_DEEP, f"> {MAX_DEPTH}")
    try:
        body = text.strip(" \t\r\n")
        found, end = _DECODER.raw_decode(body)
    except ValueError as e:
        refuse(Reason.NOT_JSON, f"char {getattr(e, 'pos', 0)}")
    if end != len(body):
        refuse(Reason.NOT_JSON, f"char {end}")
    if not isinstance(found, dict):
        refuse(Reason.NOT_JSON, "≠ object")
    return found
