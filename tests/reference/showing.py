"""What can be asked of the reference: its faces by name, and the fate of every record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tests.reference import faces
from tests.reference.book import Book
from tests.reference.exact import Event, EventKey


class Verdict(NamedTuple):
    """What became of the record to which an event belongs, when it arrived."""

    outcome: str  # "ok" | "refused" | "duplicate" | "waiting"
    reason: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.outcome} {self.reason}".strip()


@dataclass
class Record:
    """A record as it arrived: its ordinal (0, 1, 2 …), its events, its arrival in milliseconds."""

    ordinal: int
    events: list[Event]
    arrived: int


class Showing:
    """The book, the records and what became of them, as plain rows."""

    def __init__(self) -> None:
        self.book = Book()
        self.records: list[Record] = []
        self.final: list[Verdict] = []  # per record, as known now
        self.waited: dict[int, EventKey] = {}  # ordinals that ever waited -> the event they named last

    def movements(self) -> list[faces.Row]:
        """Own lines."""
        return faces.movements(self.book)

    def true_ups(self) -> list[faces.Row]:
        """True-ups, net per (event, cause, leg)."""
        return faces.true_ups(self.book)

    def stock_now(self) -> list[faces.Row]:
        """Quantity per site, item, lot, owner, with its share of the cell's value."""
        return faces.stock_now(self.book)

    def cells(self) -> list[faces.Row]:
        """Quantity and value per valuation cell."""
        return faces.cells(self.book)

    def cogs(self) -> list[faces.Row]:
        """Cost per delivery and return, as known now."""
        return faces.cogs(self.book)

    def sale(self) -> list[faces.Row]:
        """Deliveries, returns and charges with their revenue."""
        return faces.sale(self.book)

    def counts(self) -> list[faces.Row]:
        """What counts found."""
        return faces.counts(self.book)

    def refusals(self) -> list[faces.Row]:
        """Refused records."""
        return [
            {"ordinal": record.ordinal, "event_id": record.events[0]["id"], "reason": verdict.reason}
            for record, verdict in zip(self.records, self.final, strict=True)
            if verdict.outcome == "refused"
        ]

    def waiting(self) -> list[faces.Row]:
        """Records that wait now."""
        return [
            {
                "ordinal": ordinal,
                "event_id": self.records[ordinal].events[0]["id"],
                "waits_for": key[1],
                "state": "waiting",
            }
            for ordinal, key in sorted(self.waited.items())
            if self.final[ordinal].outcome == "waiting"
        ]

    def intake(self) -> list[faces.Row]:
        """One row that adds up."""
        outcomes = [v.outcome for v in self.final]
        return [{
            "records_in": len(outcomes), "committed": outcomes.count("ok"),
            "refused": outcomes.count("refused"), "duplicate": outcomes.count("duplicate"),
            "waiting": outcomes.count("waiting"), "late": self.book.out.late,
        }]  # fmt: skip

    def faces(self) -> dict[str, list[faces.Row]]:
        """Every face by name."""
        return {
            "movement": self.movements(), "true_up": self.true_ups(), "stock": self.stock_now(),
            "cell": self.cells(), "cogs": self.cogs(), "sale": self.sale(), "count": self.counts(),
            "refusal": self.refusals(), "waiting": self.waiting(), "intake": self.intake(),
        }  # fmt: skip
