"""Lines: what valuation says should be there, and what commits post so that it is.

An entry is keyed by (event, cause, leg) and by where and when it lies. `cause` is the event that brought a
cost to something that had left before (a covering inflow) or come before (a landed cost); own lines have
none. A commit posts the difference of two valuations per key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from tests.reference.exact import EPOCH, EventKey, is_virtual, period

AccountKey = tuple[str, str, str, str, str, str]  # entity, place, item, lot, owner, pool
ZERO = Fraction(0)


class LineKey(NamedTuple):
    """What a line belongs to; both sides have the same item, lot and owner."""

    event: EventKey
    cause: EventKey | None
    leg: str
    account: AccountKey
    to_place: str
    to_pool: str
    at: int  # event_at, milliseconds

    @property
    def other(self) -> AccountKey:
        """The account on the other side."""
        entity, _, item, lot, owner, _ = self.account
        return (entity, self.to_place, item, lot, owner, self.to_pool)


class Entry(NamedTuple):
    """From `account` to `other`; below 0 it goes the other way. `catch` is the second quantity."""

    qty: Fraction = ZERO
    value: int = 0
    catch: Fraction = ZERO

    def plus(self, other: Entry, sign: int = 1) -> Entry:
        """The sum, or with -1 the difference."""
        return Entry(
            self.qty + sign * other.qty, self.value + sign * other.value, self.catch + sign * other.catch
        )


Entries = Mapping[LineKey, Entry]
NOTHING = Entry()


@dataclass(frozen=True)
class Posted:
    """A line as a commit posted it. `own`: it is of the event that the version stands for."""

    version: int
    number: int
    key: LineKey
    entry: Entry
    own: bool
    found_by: EventKey  # the event of the version
    period: str
    recorded: int  # arrival, milliseconds

    @property
    def entity(self) -> str:
        """The entity, the unit of versions."""
        return self.key.account[0]


def difference(before: Entries, after: Entries, arrived: EventKey) -> Iterator[tuple[LineKey, Entry, bool]]:
    """(key, delta, own) of everything that changed: the arrived event's own lines first."""
    keys = [*after, *(key for key in before if key not in after)]
    own = [key for key in keys if key.event == arrived and key.cause is None]
    mine = set(own)
    for key in [*own, *(key for key in keys if key not in mine)]:
        delta = after.get(key, NOTHING).plus(before.get(key, NOTHING), -1)
        if delta != NOTHING:
            yield key, delta, key in mine


def net(lines: list[Posted]) -> dict[LineKey, Entry]:
    """What the lines hold in total, per key; without entries of nothing."""
    total: dict[LineKey, Entry] = {}
    for line in lines:
        total[line.key] = total.get(line.key, NOTHING).plus(line.entry)
    return {key: entry for key, entry in total.items() if entry != NOTHING}


def sides(key: LineKey, entry: Entry) -> Iterator[tuple[AccountKey, Entry]]:
    """What the line does to each of its two accounts."""
    yield key.account, NOTHING.plus(entry, -1)
    yield key.other, entry


def physical(account: AccountKey) -> bool:
    """Can somebody walk there?"""
    return not is_virtual(account[1])


def next_month(month: str) -> str:
    """'2025-12' -> '2026-01'."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def open_period(at: int, zone: str, closed_through: str) -> str:
    """The period of a moment if it is open, else the first open one (D3)."""
    own = period(at, zone)
    return own if own > closed_through else next_month(closed_through)


def month_of(text: str) -> datetime:
    """'2025-01' -> its first moment in UTC; ValueError for anything else."""
    return datetime.strptime(text, "%Y-%m").replace(tzinfo=EPOCH.tzinfo)
