"""Texts with a form of their own: places and items, zones, currencies, identifiers with a check digit.

`Field.form` names one of `FORMS`. Each takes a clean text and gives the text to keep, or raises `BadForm`:
the record is refused `bad_identifier`. Nothing is repaired or guessed.

**Source** IANA time zone database; ISO 4217 (three capitals); GS1 General Specifications (`schemas.ids`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.accounts import is_virtual, may_name_site
from schemas.ids import BadIdentifier, check


class Form(NamedTuple):
    """`take`: from a clean text to the one to keep, or `BadForm`. `pattern`: what an editor knows of it."""

    take: Callable[[str], str]
    pattern: str


class BadForm(ValueError):
    """A text that cannot be what its field names; the message quotes it, in no language."""


def _item(text: str) -> str:
    if is_virtual(text):
        raise BadForm(repr(text[:40]))
    return text


def _site(text: str) -> str:
    if not may_name_site(text):
        raise BadForm(repr(text[:40]))
    return text


def _place(text: str) -> str:
    site, slash, bin_ = text.partition("/")
    if is_virtual(text) or not site or (slash and not bin_):
        raise BadForm(f"{text[:40]!r} ≠ SITE, SITE/BIN")
    return text


@lru_cache(maxsize=1024)
def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError) as error:
        raise BadForm(f"{text[:40]!r} ∉ IANA") from error
    return text


def _gtin(text: str) -> str:
    try:
        return check("gtin", text)
    except BadIdentifier as error:
        raise BadForm(repr(text[:40])) from error


def _shaped(pattern: str, wanted: str) -> Form:
    compiled = re.compile(pattern)

    def take(text: str) -> str:
        if not compiled.fullmatch(text):
            raise BadForm(f"{text[:40]!r} ≠ {wanted}")
        return text

    return Form(take, pattern)


FORMS: Mapping[str, Form] = MappingProxyType({
    "item": Form(_item, r"(?!@)[^\u0000-\u001f\u007f-\u009f]*"),
    "site": Form(_site, r"(?!@)[^/\u0000-\u001f\u007f-\u009f]*"),
    "place": Form(_place, r"(?![@/])(?!.*/$)[^\u0000-\u001f\u007f-\u009f]*"),
    "zone": Form(_zone, r"[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*"),
    "gtin": Form(_gtin, r"([0-9]{8}|[0-9]{12,14})"),
    "currency": _shaped(r"[A-Z]{3}", "AAA"),
    "clock": _shaped(r"([01][0-9]|2[0-3]):[0-5][0-9]", "HH:MM"),
    "period": _shaped(r"(19[7-9][0-9]|2[01][0-9]{2})-(0[1-9]|1[0-2])", "YYYY-MM"),
})  # fmt: skip
