"""Local times of a till as instants: explicit formats, a stated zone, nothing guessed.

A format is made of `%Y %y %m %d %H %I %p %M %S %f %z %%` and literal text; `%m %d %H %I` may lack their zero.
Where a clock is put back, a local time that occurs twice takes the first occurrence; a local time that never
occurs because a clock was put forward is refused `bad_time`. With `%z` the text states its own offset.
Results are RFC 3339 in UTC, fractions only where the text has them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from connectors.maps.errors import RowError
from schemas.reasons import Reason

_PART = {
    "Y": r"(?P<Y>[0-9]{4})", "y": r"(?P<y>[0-9]{2})", "m": r"(?P<m>[0-9]{1,2})", "d": r"(?P<d>[0-9]{1,2})",
    "H": r"(?P<H>[0-9]{1,2})", "I": r"(?P<I>[0-9]{1,2})", "p": r"(?P<p>[AaPp][Mm])", "M": r"(?P<M>[0-9]{2})",
    "S": r"(?P<S>[0-9]{2})", "f": r"(?P<f>[0-9]{1,6})", "z": r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})", "%": "%",
}  # fmt: skip
_WIDTH = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_WIDE = 64  # as many distinct texts pay for the columnar way
_DAY_S = 86_400


@dataclass(frozen=True)
class Format:
    """One way of writing a time, compiled.

    `slots`: for a format of fixed width, (directive, first byte, bytes) of each number; else empty.
    """

    text: str
    pattern: re.Pattern[str]
    slots: tuple[tuple[str, int, int], ...] = ()
    literals: tuple[tuple[int, int], ...] = ()
    width: int = 0


def compile_format(text: str) -> Format:
    """The format written as `text`; `ValueError` says what it lacks or which directive is unknown."""
    regex, used, slots, literals, at, fixed = "", [], [], [], 0, text.isascii()
    pieces = re.findall(r"%(.?)|([^%])", text, re.DOTALL)
    for directive, literal in pieces:
        if literal or directive == "%":
            literals.append((at, ord(literal or "%")))
            regex, at = regex + re.escape(literal or "%"), at + 1
            continue
        if directive not in _PART or directive in used:
            raise ValueError(
                f"%{directive} is unknown or given twice; known are %Y %y %m %d %H %I %p %M %S %f %z"
            )
        used.append(directive)
        regex += _PART[directive]
        fixed = fixed and directive in _WIDTH
        slots.append((directive, at, _WIDTH.get(directive, 0)))
        at += _WIDTH.get(directive, 0)
    if not ({"Y", "y"} & set(used) and {"m", "d"} <= set(used)):
        raise ValueError("a year (%Y), a month (%m) and a day (%d) are needed")
    if ("I" in used) != ("p" in used) or {"I", "H"} <= set(used):
        raise ValueError("%I goes with %p, and not with %H")
    if not fixed:
        return Format(text, re.compile(regex))
    return Format(text, re.compile(regex), tuple(slots), tuple(literals), at)


@dataclass(frozen=True)
class Clock:
    """Reads the times of one column: `formats` in order of trial, `zone` for those without an offset."""

    formats: tuple[Format, ...]
    zone: str
    _offsets: dict[int, int | None] = field(default_factory=dict, compare=False, repr=False)

    def read(self, text: str, column: str) -> str:
        """The instant as RFC 3339 in UTC; `RowError` (`bad_time`) names `column`."""
        for form in self.formats:
            found = form.pattern.fullmatch(text)
            if found is None:
                continue
            try:
                return _instant(found.groupdict(), self.zone)
            except _Skipped as error:
                raise RowError(Reason.BAD_TIME, f"{column}: {text[:60]!r} ∉ {self.zone}") from error
            except (ValueError, OverflowError) as error:
                raise RowError(Reason.BAD_TIME, f"{column}: {text[:60]!r}") from error
        wanted = ", ".join(repr(f.text) for f in self.formats)
        raise RowError(Reason.BAD_TIME, f"{column}: {text[:60]!r} ≠ {wanted}")

    def read_many(self, texts: Sequence[str]) -> list[str | None]:
        """`read` for many distinct texts; None where the row path has to say why it is none."""
        done: list[str | None] = [None] * len(texts)
        left: Sequence[int] = range(len(texts))
        form = self.formats[0]
        fit = [i for i, t in enumerate(texts) if len(t) == form.width and t.isascii()] if form.width else []
        if len(fit) >= _WIDE:
            stamps, ok = self._columnar(form, "".join(texts[i] for i in fit).encode("ascii"), len(fit))
            for i, stamp in zip(np.asarray(fit, dtype=np.int64)[ok].tolist(), stamps, strict=True):
                done[i] = stamp
            left = [i for i in left if done[i] is None]
        for i in left:
            try:
                done[i] = self.read(texts[i], "")
            except RowError:
                continue
        return done

    def _columnar(self, form: Format, joined: bytes, rows: int) -> tuple[list[str], NDArray[np.bool_]]:
        """The instants of `rows` texts of the format's width, and which of them are proven."""
        chars = np.frombuffer(joined, dtype=np.uint8).reshape(rows, form.width)
        ok = np.ones(rows, dtype=np.bool_)
        part = {k: np.zeros(rows, dtype=np.int64) for k in "HMS"}
        for at, char in form.literals:
            ok &= chars[:, at] == char
        for directive, at, width in form.slots:
            digits = chars[:, at : at + width].astype(np.int64) - 48
            ok &= ((digits >= 0) & (digits <= 9)).all(axis=1)
            part[directive] = digits @ (10 ** np.arange(width - 1, -1, -1, dtype=np.int64))
        ok &= (part["Y"] >= 1970) & (part["Y"] <= 2199) & (part["m"] >= 1) & (part["m"] <= 12)
        ok &= (part["d"] >= 1) & (part["H"] < 24) & (part["M"] < 60) & (part["S"] < 60)
        month = np.where(ok, (part["Y"] - 1970) * 12 + part["m"] - 1, 0)
        first = month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        after = (month + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        ok &= part["d"] <= after - first
        day = np.where(ok, first + part["d"] - 1, 0)
        days, where = np.unique(day, return_inverse=True)
        shifts = [self._offset(d) for d in days.tolist()]
        ok &= np.array([s is not None for s in shifts], dtype=np.bool_)[where]
        shift = np.array([s or 0 for s in shifts], dtype=np.int64)[where]
        seconds = day * _DAY_S + part["H"] * 3600 + part["M"] * 60 + part["S"] - shift
        spelt = np.datetime_as_string(seconds[ok].astype("datetime64[s]"), unit="s")
        return [f"{s}Z" for s in spelt.tolist()], ok

    def _offset(self, day: int) -> int | None:
        """Seconds east of UTC all through a local day (since 1970), None where it may change that day."""
        if day not in self._offsets:
            midnight = datetime(1970, 1, 1) + timedelta(days=day)  # noqa: DTZ001 - a local wall clock
            zone = ZoneInfo(self.zone)
            seen = {
                (midnight + timedelta(hours=h)).replace(tzinfo=zone, fold=f).utcoffset()
                for h in range(-1, 26)
                for f in (0, 1)
            }
            offset = seen.pop() if len(seen) == 1 else None
            whole = offset is not None and offset.microseconds == 0
            self._offsets[day] = round(offset.total_seconds()) if offset is not None and whole else None
        return self._offsets[day]


class _Skipped(ValueError):
    """A local time that never was: the clock was put forward over it."""


def _instant(part: dict[str, str], zone: str) -> str:
    year = int(part["Y"]) if part.get("Y") else 2000 + int(part["y"])
    hour = int(part.get("H") or part.get("I") or 0)
    if part.get("p"):
        if not 1 <= hour <= 12:
            raise ValueError("an hour of a 12-hour clock is 1 to 12")
        hour = hour % 12 + (12 if part["p"].lower() == "pm" else 0)
    local = datetime(  # noqa: DTZ001 - a local wall clock, the zone comes below
        year, int(part["m"]), int(part["d"]), hour, int(part.get("M") or 0), int(part.get("S") or 0)
    )
    if stated := part.get("z"):
        instant = local.replace(tzinfo=_stated(stated)).astimezone(UTC)
    else:
        instant = local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
        if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
            raise _Skipped
    fraction = (part.get("f") or "").rstrip("0")
    stamp = instant.replace(tzinfo=None).isoformat()
    return f"{stamp}.{fraction}Z" if fraction else f"{stamp}Z"


def _stated(text: str) -> timezone:
    if text == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    if int(text[-2:]) > 59:
        raise ValueError(f"{text} is no offset")
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
