"""What can be asked of the reference: its faces by name, and the fate of every record."""

from __future__ import annotations

from tests.reference import faces
from tests.reference.arriving import Arriving
from tests.reference.book import Book


class Showing(Arriving):
    """The book, the records and what became of them, as plain rows."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book()

    def late(self) -> int:
        """Accepted events earlier than what their cell held already."""
        return self.book.out.late

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

    def faces(self) -> dict[str, list[faces.Row]]:
        """Every face by name."""
        return {
            "movement": self.movements(), "true_up": self.true_ups(), "stock": self.stock_now(),
            "cell": self.cells(), "cogs": self.cogs(), "sale": self.sale(), "count": self.counts(),
            "refusal": self.refusals(), "waiting": self.waiting(), "intake": self.intake(),
        }  # fmt: skip
