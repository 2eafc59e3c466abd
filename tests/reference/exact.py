"""Exact numbers, times and names as the reference reads them from a canonical event.

Quantities are `Fraction` in units, values `int` in minor units of the currency, times `int` milliseconds UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

Event = dict[str, Any]
EventKey = tuple[str, str]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QTY_LIMIT = 10**12
NO_DIGITS = {"JPY", "KRW", "VND", "CLP"}
THREE_DIGITS = {"BHD", "JOD", "KWD", "OMR", "TND"}
DECIMAL_FIELDS = {
    "qty", "to_qty", "catch_qty", "unit_cost", "unit_price", "amount", "discount", "tax",
    "standard_cost", "weight", "volume", "shelf_life", "rate",
}  # fmt: skip
TIME_FIELDS = {"time", "expiry", "expires"}
NOT_CONTENT = {"recordedtime", "trust", "schema"}


class Refused(Exception):
    """The record is refused: `reason` is one of the design's codes, `detail` says what was found."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Waits(Exception):
    """The record names the event `key`, which is not known yet."""

    def __init__(self, key: EventKey) -> None:
        super().__init__(str(key))
        self.key = key


def r(x: Fraction) -> int:
    """Half-even rounding of an exact fraction (that is what `round` of a Fraction does)."""
    return round(x)


def digits(currency: str) -> int:
    """How many decimals the minor unit of a currency has."""
    if currency in NO_DIGITS:
        return 0
    return 3 if currency in THREE_DIGITS else 2


def value_limit(currency: str) -> int:
    """The first value in minor units that is too large: for the arithmetic, and for a Decimal(18, 4)."""
    return 10**14 if digits(currency) == 0 else 2**50


def number(value: Any) -> Fraction:
    """A decimal string or JSON number as an exact fraction."""
    return Fraction(Decimal(str(value)))


def has_places(x: Fraction, places: int) -> bool:
    """Can `x` be written with that many decimals?"""
    return bool((x * 10**places).denominator == 1)


def decimal_text(x: Fraction | int) -> str:
    """A fraction with a finite decimal form as plain text without needless zeros: 2.50 -> '2.5'."""
    x = Fraction(x)
    places = 0
    while not has_places(x, places):
        places += 1
    whole = int(x * 10**places)
    sign, text = ("-" if whole < 0 else ""), str(abs(whole)).rjust(places + 1, "0")
    return sign + (f"{text[:-places]}.{text[-places:]}" if places else text)


def time_ms(text: str) -> int:
    """RFC 3339 with offset -> milliseconds since 1970 UTC (what is finer than a millisecond is cut off)."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def time_text(ms: int) -> str:
    """Milliseconds -> '2025-01-02T00:00:00.000Z'."""
    return (EPOCH + timedelta(milliseconds=ms)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def period(ms: int, zone: str) -> str:
    """YYYY-MM in the zone."""
    return (EPOCH + timedelta(milliseconds=ms)).astimezone(ZoneInfo(zone)).strftime("%Y-%m")


def event_key(event: Event) -> EventKey:
    """(source, id)."""
    return (event["source"], event["id"])


def reference(event: Event, text: str) -> EventKey:
    """`id` of the same source, or `source#id`."""
    if "#" in text:
        source, _, name = text.partition("#")
        return (source, name)
    return (event["source"], text)


def content(event: Event) -> tuple[Any, ...]:
    """What makes two events with the same id the same: every field after decoding, in any order."""

    def meaning(name: str, value: Any) -> Any:
        if value in ("", None):
            return ""  # in a `set` it takes the field away
        try:
            if name in DECIMAL_FIELDS:
                return number(value)
            if name in TIME_FIELDS:
                return time_ms(value)
        except (ArithmeticError, ValueError, TypeError):
            return value  # in a `set` that waits for its event: refused when that comes
        if name == "uoms":
            return tuple(sorted((k, number(v)) for k, v in value.items()))
        if isinstance(value, dict):
            return tuple(sorted((k, meaning(k, v)) for k, v in value.items()))
        return tuple(value) if isinstance(value, list) else value

    fields = ((k, v) for k, v in event.items() if k not in NOT_CONTENT and v not in ("", None))
    return tuple(sorted(((k, meaning(k, v)) for k, v in fields), key=lambda kv: kv[0]))


def site_of(place: str) -> str:
    """The site of a physical place: what stands before the first '/'."""
    return place.partition("/")[0]


def is_virtual(place: str) -> bool:
    """Virtual places begin with '@'."""
    return place.startswith("@")
