"""How far time has come: a watermark per source, and the least of them over the sources that are not idle.

No clock is read: arrivals are archived with their records, so a replay has the same logical time after every
block as the run had. Law: it never goes back, is never ahead of the newest arrival, and does not depend on
where the records of one arrival are cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

IDLE_MS = 60_000
"""A source that has been silent so long, by the arrivals of others, holds nobody up."""


@dataclass(slots=True)
class Watermarks:
    """`marks`: source -> newest event time, ms. `seen`: source -> the last arrival of an event of it, ms.

    `logical_ms`: how far all have come; 0 = nowhere yet.
    """

    marks: dict[str, int] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    logical_ms: int = 0

    def advance(self, source: str, arrived_ms: int, newest_ms: int | None) -> None:
        """A block of `source` arrived; `newest_ms`: its newest event time, None when it has no events.

        An event from the future moves its source to the arrival and no further: one fast clock must not make
        everybody else late. A block without events says nothing of time: a source that sends only what
        cannot be read is silent, or it would hold everybody up for ever.
        """
        if newest_ms is None:
            return
        self.seen[source] = max(self.seen.get(source, 0), arrived_ms)
        self.marks[source] = max(self.marks.get(source, 0), min(newest_ms, arrived_ms))
        newest = max(self.seen.values())
        awake = [mark for name, mark in self.marks.items() if newest - self.seen[name] < IDLE_MS]
        self.logical_ms = max(self.logical_ms, min(awake))

    def saved(self) -> dict[str, Any]:
        """What `restored` takes back, as JSON."""
        return {"marks": self.marks, "seen": self.seen, "logical_ms": self.logical_ms}

    @classmethod
    def restored(cls, saved: dict[str, Any]) -> Watermarks:
        """From what `saved` gave."""
        return cls(dict(saved["marks"]), dict(saved["seen"]), int(saved["logical_ms"]))
