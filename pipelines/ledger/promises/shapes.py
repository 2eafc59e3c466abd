"""What the promises speak about: holds, pools' debts, facts of lots, rows of stock, and what comes of it.

Quantities are millionths of the item's base unit, times milliseconds since 1970 UTC, money 10^-4 of the
entity's currency: integers throughout.

An **event** is a mapping from the names of the wire to decoded values: `qty` in millionths of its `uom`,
`amount` in 10^-4, `time expires expiry` in ms, `priority seq expect_version` as int, `borrow` as bool,
`movement` of a stock.pending in the same form with its `type`. Absent is absent, `""` or None. Of a linked
return the ledger has filled in the item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from pipelines.kernels.exact import decimal_text
from schemas.accounts import site_of

Event = Mapping[str, Any]
EventKey = tuple[str, str]
"""(source, id)."""
ItemKey = tuple[str, str]
"""(entity, item)."""
StockKey = tuple[str, str, str, str, str]
"""(entity, site, item, lot, owner): a row of `v_stock_now`."""
Lots = tuple[tuple[str, int], ...]
"""(lot, quantity); `''` = any lot."""

EVERY = "\x1f"
"""All pools together; no name has control characters."""
OUT = {"stock.issue": "site", "sale.delivery": "site", "stock.transfer": "from_site"}
"""Movements that take stock -> the field that says where from."""
IN = ("sale.return", "stock.receipt")
PROMISES = (
    "stock.reserve", "stock.release", "stock.pending", "stock.post", "stock.void", "pool.open", "pool.close",
)  # fmt: skip


class Refusal(Exception):
    """The event may not be taken: `reason` (a word of `schemas.reasons`), `detail` in no language."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class Shelf(NamedTuple):
    """Where stock is promised; `site` may be a bin where something lies at exactly that place."""

    entity: str
    site: str
    item: str
    owner: str
    pool: str

    def of(self, pool: str) -> Shelf:
        """The shelf of another pool beside it."""
        return self._replace(pool=pool)

    @property
    def at_site(self) -> Shelf:
        """The whole site that it lies in."""
        return self._replace(site=site_of(self.site))


class StockRow(NamedTuple):
    """What lies in one account; `version`: of the last commit that posted a line there."""

    place: str
    lot: str
    pool: str
    qty: int
    version: int


class PoolMove(NamedTuple):
    """Stock goes from one pool to another at its place, without value: a row of type `pool.move`.

    `name` is its id, `source` its source, `at` its event time.
    """

    source: str
    name: str
    at: int
    entity: str
    place: str
    item: str
    owner: str
    lot: str
    from_pool: str
    to_pool: str
    qty: int


class Stock(Protocol):
    """What the promises ask of the ledger. Answers include what the record being tried has done so far."""

    def rows(self, entity: str, site: str, item: str, owner: str) -> Iterable[StockRow]:
        """The accounts of an item at a site and its bins, each once."""

    def tracked(self, entity: str, item: str) -> bool:
        """Is the item followed by lot or serial number?"""

    def base_qty(self, entity: str, item: str, qty: int, uom: str) -> int:
        """A quantity in base units; `Refusal` (unknown_uom, scale, fraction, overflow) if it has none."""

    def digits(self, entity: str) -> int:
        """Decimals of the entity's currency."""

    def version(self, entity: str) -> int:
        """The newest version of the entity."""

    def move(self, move: PoolMove) -> None:
        """Take the row in at once: the next question finds it. Undone with the record."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A reservation, a pending movement or a pool. `lots` is what it still holds.

    `qty`: as granted. `state`: open, then consumed, released, posted, voided, expired or closed; only open
    ones are kept. `place`: of a pool, where exactly its stock is. `version`: the commit that granted it.
    """

    key: EventKey
    kind: str  # reserve | pending | pool
    shelf: Shelf
    qty: int
    lots: Lots = ()
    state: str = "open"
    expires: int | None = None
    priority: int = 0
    document: str = ""
    movement: Mapping[str, Any] | None = None
    place: str = ""
    buffer: int = 0
    borrow: bool = False
    version: int = 0

    @property
    def open(self) -> int:
        """What it still holds."""
        return sum(qty for _, qty in self.lots)


@dataclass(frozen=True, slots=True)
class Debt:
    """What a pool borrowed of another (`''` = the common one) and has not given back."""

    pool: EventKey
    lender: str
    owed: int


@dataclass(frozen=True, slots=True)
class Fact:
    """What a live receipt or lot.status says of a lot. `status` is empty for a receipt, which is
    kept where it names a lot or says when it expires: a correction may name the lot.

    `order` decides between statuses: (time, source, seq or -1, id); `at` is the event's own time.
    """

    entity: str
    item: str
    lot: str
    at: int
    expiry: int | None = None
    status: str = ""
    order: tuple[int, str, int, str] = (0, "", -1, "")


def text(event: Event, name: str) -> str:
    """A text field, '' where it is absent."""
    value = event.get(name)
    return "" if value is None else str(value)


def key_of(event: Event) -> EventKey:
    """(source, id) of an event."""
    return (event["source"], event["id"])


def reference(event: Event, name: str) -> EventKey:
    """`id` of the same source, or `source#id`."""
    said = text(event, name)
    source, mark, rest = said.partition("#")
    return (source, rest) if mark else (event["source"], said)


def half_even(n: int, d: int) -> int:
    """The fraction n / d (d > 0) rounded half-even."""
    whole, rest = divmod(n, d)
    return whole + (2 * rest > d or (2 * rest == d and whole % 2 == 1))


def short_of(there: int, asked: int, shelf: Shelf, lot: str = "") -> str:
    """The detail of a refusal: `3 < 5: SITE ITEM pool POOL lot LOT`."""
    pool = f" pool {shelf.pool}" if shelf.pool not in ("", EVERY) else ""
    at = f"{shelf.site} {shelf.item}{pool}" + (f" lot {lot}" if lot else "")
    return f"{decimal_text(there, 6)} < {decimal_text(asked, 6)}: {at}"
