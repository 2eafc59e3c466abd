"""An accepted event as valuation sees it, with its place in the order of event time (D6, D8).

Quantities are in base units, money in minor units. They are read once, when the event (or what corrects it)
is admitted, with the masters as known then: a later change of a pack's size changes no old row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from tests.reference.exact import Event, EventKey, Refused, event_key, number, r, reference, time_ms
from tests.reference.masters import (
    Entity,
    Item,
    base_qty,
    canonical,
    minor_amount,
    plain,
    price_minor,
    priced_amount,
)

ZERO = Fraction(0)
RANKS = {
    "master.item": 0,
    "stock.receipt": 1,
    "stock.transfer": 3,
    "stock.issue": 4,
    "sale.delivery": 4,
    "sale.charge": 4,
    "sale.return": 5,
    "purchase.return": 6,
    "stock.revalue": 7,
    "stock.count": 8,
    "pool.move": 9,
}
"""Types that valuation walks over, with their rank among events of the same millisecond."""
RETURNS = {"sale.return": "sale.delivery", "purchase.return": "stock.receipt"}
OrderKey = tuple[int, int, str, int, str]


@dataclass(frozen=True)
class Row:
    """One effective event. `link` is what a return returns, `money` what the event states as amount."""

    event: Event
    item: str
    qty: Fraction = ZERO
    money: int | None = None
    discount: int = 0
    tax: int = 0
    cost: Fraction | None = None  # per base unit: minor units of a count or revaluation, a master's currency
    worth: int = 0  # of a count: r(unit_cost x qty)
    catch: Fraction | None = None  # the second quantity, if it is stated
    to_item: str = ""  # of a repack
    to_qty: Fraction = ZERO
    link: EventKey | None = None
    live: bool = True  # not cancelled
    receipts: tuple[EventKey, ...] = ()  # of a landed cost
    unit: Mapping[str, Fraction] = field(default_factory=dict)  # of a landed cost: weight or volume per item

    @cached_property
    def key(self) -> EventKey:
        """(source, id)."""
        return event_key(self.event)

    @property
    def type(self) -> str:
        """Type of the event."""
        return str(self.event["type"])

    @cached_property
    def own_at(self) -> int:
        """When it says it happened, milliseconds."""
        return time_ms(self.event["time"])

    def at(self, rows: Mapping[EventKey, Row]) -> int:
        """When it takes effect: a linked return not before what it returns, unless that is cancelled."""
        of = rows.get(self.link) if self.link else None
        return max(self.own_at, of.own_at) if of is not None and of.live else self.own_at

    def order(self, rows: Mapping[EventKey, Row]) -> OrderKey:
        """Its place among all rows of its entity: total, and from content only."""
        e = self.event
        return (self.at(rows), RANKS[self.type], e["source"], e.get("seq", -1), e["id"])


def in_order(rows: Mapping[EventKey, Row]) -> list[Row]:
    """The rows that valuation walks over, in order."""
    walked = [row for row in rows.values() if row.live and row.type in RANKS]
    return sorted(walked, key=lambda row: row.order(rows))


def read(event: Event, item_name: str, item: Item | None, entity: Entity) -> Row:
    """The figures of an effective event; refused are unknown units, fractions, scales and mismatches."""
    row = Row(event, item_name)
    if item is None or ("qty" not in event and event["type"] != "stock.revalue"):  # a charge, a landed cost
        return replace(row, money=minor_amount(entity, event, "amount"))
    if event["type"] == "stock.revalue":
        return replace(row, cost=price_minor(entity, event, "unit_cost"))
    qty = base_qty(item, event)
    price = "unit_price" if event["type"] in ("sale.delivery", *RETURNS) else "unit_cost"
    row = replace(
        row,
        qty=qty,
        link=reference(event, event["returns"]) if event.get("returns") else None,
        discount=minor_amount(entity, event, "discount") or 0,
        tax=minor_amount(entity, event, "tax") or 0,
        catch=catch_qty(event, item),
    )
    if event["type"] != "stock.count":
        return replace(row, money=priced_amount(entity, event, price, priced_qty(event, item, row)))
    if event.get("unit_cost") in (None, ""):
        return row
    per_unit = price_minor(entity, event, "unit_cost")
    factor = item.factor(plain(event.get("uom")))
    return replace(row, cost=per_unit / factor, worth=r(per_unit * number(event["qty"])))


def catch_qty(event: Event, item: Item) -> Fraction | None:
    """The second quantity as stated; needed where it comes in, and only for an item that has one."""
    stated = event.get("catch_qty") not in (None, "")
    if stated and not item.catch_uom:
        raise Refused("not_allowed", "the item has no catch_uom, so no second quantity")
    if item.catch_uom and not stated and event["type"] == "stock.receipt":
        raise Refused("missing_field", "a receipt of this item needs catch_qty")
    return number(event["catch_qty"]) if stated else None


def priced_qty(event: Event, item: Item, row: Row) -> Fraction | None:
    """What the prices are of: `price_uom`, the second quantity or another unit; None: the event's unit."""
    unit = plain(event.get("price_uom"))
    if unit in ("", plain(event.get("uom"))):
        return None
    if item.catch_uom and canonical(unit) == canonical(item.catch_uom):
        if row.catch is None:
            raise Refused("missing_field", f"a price per {unit} needs catch_qty")
        return row.catch
    return row.qty / item.factor(unit)
