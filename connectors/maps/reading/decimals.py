"""Numbers as text: what counts as one, its exact value, and its one canonical spelling.

A number is `[+-] digits [. digits] [e exponent]` in ASCII; no thousands mark, no currency sign. The canonical
spelling has no plus, no exponent, no needless zeros, and zero has no sign.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow

from connectors.maps.errors import RowError
from schemas.reasons import Reason

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_SMALL = re.compile(r"-?[0-9]{1,12}(?:\.([0-9]{1,6}))?")
_CANONICAL = re.compile(r"(?!-0\Z)-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?")
_MAX_TEXT = 128
_MAX_EXPONENT = 99

EXACT = Context(prec=2000, traps=[Inexact, InvalidOperation, Overflow])
"""Arithmetic that never rounds: it raises instead."""


def parse(text: str, column: str) -> Decimal:
    """The exact value of `text`; `RowError` (`bad_type`, or `range` when absurdly long) names `column`."""
    if _NUMBER.fullmatch(text) is None:
        raise RowError(Reason.BAD_TYPE, f"{column}: {text[:60]!r} ≠ decimal")
    if len(text) > _MAX_TEXT:
        raise RowError(Reason.RANGE, f"{column}: > {_MAX_TEXT}")
    try:
        value = Decimal(text, EXACT)
    except DecimalException as error:
        raise RowError(Reason.RANGE, f"{column}: {text[:60]!r} ∉ 10^±{_MAX_EXPONENT}") from error
    if value and abs(value.adjusted()) > _MAX_EXPONENT:
        raise RowError(Reason.RANGE, f"{column}: {text[:60]!r} ∉ 10^±{_MAX_EXPONENT}")
    return value


def is_number(text: str) -> bool:
    """Whether `parse` would accept `text`."""
    try:
        parse(text, "")
    except RowError:
        return False
    return True


def canonical(value: Decimal) -> str:
    """The canonical spelling of a value."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def respell(text: str, column: str) -> str:
    """The canonical spelling of a number given as text; raises like `parse`."""
    if len(text) <= _MAX_TEXT and _CANONICAL.fullmatch(text) is not None:
        return text
    return canonical(parse(text, column))


def small(text: str) -> tuple[int, int] | None:
    """`(integer, places)` of a number with at most 12 and 6 digits, else None: the batch path's fare."""
    found = _SMALL.fullmatch(text)
    if found is None:
        return None
    return int(text.replace(".", "", 1)), len(found[1] or "")


def spell(value: int, places: int) -> str:
    """The canonical spelling of value x 10^-places."""
    return canonical(Decimal(value).scaleb(-places, EXACT))
