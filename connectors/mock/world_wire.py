"""How a happening becomes a record on the wire: times with offset, canonical JSON, arrival order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.mock.world_catalogue import ENTITY
from connectors.mock.world_params import DAY_MS, OFFSET_MS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Clock = Callable[[int], int]


def as_it_is(ms: int) -> int:
    """The clock of a world whose time is told unchanged."""
    return ms


def compressed(anchor_ms: int, speed: float) -> Clock:
    """The clock of a world that runs `speed` times as fast as the wall from `anchor_ms` on.

    Whole milliseconds, never before the anchor for what happens after it, never out of order.
    """
    thousandths = max(1, round(speed * 1000))

    def tell(ms: int) -> int:
        return ms if ms <= anchor_ms else anchor_ms + (ms - anchor_ms) * 1000 // thousandths

    return tell


def date_text(ms: int) -> str:
    """The local date, YYYY-MM-DD."""
    return (_EPOCH + timedelta(milliseconds=ms + OFFSET_MS)).strftime("%Y-%m-%d")


class Stamp:
    """Milliseconds of the world as RFC 3339 text in +08:00, through the world's clock."""

    def __init__(self, clock: Clock = as_it_is) -> None:
        self.clock = clock
        self._days: dict[int, str] = {}

    def __call__(self, ms: int) -> str:
        """`2025-03-03T09:15:02.417+08:00`."""
        day, rest = divmod(self.clock(ms) + OFFSET_MS, DAY_MS)
        date = self._days.get(day)
        if date is None:
            date = self._days[day] = (_EPOCH + timedelta(days=day)).strftime("%Y-%m-%dT")
        seconds, milli = divmod(rest, 1000)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        return f"{date}{hour:02d}:{minute:02d}:{second:02d}.{milli:03d}+08:00"


def cents_text(cents: int) -> str:
    """Cents as a decimal of the currency: -1205 is "-12.05"."""
    if cents < 0:
        return "-" + cents_text(-cents)
    return f"{cents // 100}.{cents % 100:02d}"


class Post:
    """Records under way: each has an arrival, and leaves in the order of arrival (ties: order of sending).

    `recorded_until`: records that arrive up to then carry `recordedtime`, their arrival by the world's clock;
    None = all do.
    """

    def __init__(self, stamp: Stamp, tag: str = "", recorded_until: int | None = None) -> None:
        self.stamp = stamp
        self.tag = f"{tag}-" if tag else ""
        self.recorded_until = recorded_until
        self.sent = 0
        self._under_way: list[tuple[int, int, bytes]] = []
        self._seq: dict[str, int] = {}
        self._recorded = (-1, "")

    def next_seq(self, source: str) -> int:
        """1, 2, 3 … within a source."""
        n = self._seq[source] = self._seq.get(source, 0) + 1
        return n

    def recorded(self, arrival: int) -> str:
        """The `recordedtime` member, or nothing."""
        if self._recorded[0] != arrival:  # the lines of a basket arrive together
            told = self.recorded_until is None or arrival <= self.recorded_until
            self._recorded = (arrival, f'"recordedtime":"{self.stamp(arrival)}",' if told else "")
        return self._recorded[1]

    def send(self, arrival: int, line: bytes) -> None:
        """Put one line, newline included, on its way."""
        self.sent += 1
        self._under_way.append((arrival, self.sent, line))

    def envelope(
        self, kind: str, source: str, time: int, arrival: int, trust: str, ident: str = ""
    ) -> dict[str, Any]:
        """The members every record begins with. Without `ident` the id is the source's next number."""
        seq = self.next_seq(source)
        found: dict[str, Any] = {
            "id": ident or f"{self.tag}{source}-{seq:06d}", "source": source, "seq": seq,
            "time": self.stamp(time), "type": kind, "entity": ENTITY, "trust": trust,
        }  # fmt: skip
        if self.recorded_until is None or arrival <= self.recorded_until:
            found["recordedtime"] = self.stamp(arrival)
        return found

    def send_members(self, arrival: int, members: dict[str, Any]) -> None:
        """One record from its members."""
        text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
        self.send(arrival, text.encode() + b"\n")

    def arrived(self, until: int | None) -> Iterator[tuple[int, bytes]]:
        """What has arrived by `until` (None: all that is under way), in order; it is under way no longer."""
        self._under_way.sort()
        n = len(self._under_way)
        if until is not None:
            n = next((i for i, row in enumerate(self._under_way) if row[0] > until), n)
        ready, self._under_way = self._under_way[:n], self._under_way[n:]
        for arrival, _, line in ready:
            yield arrival, line
