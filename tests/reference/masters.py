"""Entities, items, sites and units of measure of the reference, and how an event's quantity is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.reference.exact import QTY_LIMIT, Event, Refused, digits, has_places, number, value_limit

# name -> (code, dimension, size in the dimension's base); a small part of UN/ECE Rec 20, enough to test.
# A pack (bottle, box) has a dimension of its own: it converts only where the item says how.
_UNITS: dict[str, tuple[str, str, Fraction]] = {}
for _code, _dimension, _size, _names in [
    ("C62", "piece", "1", "one"),
    ("H87", "piece", "1", "个 件 pc pcs piece"),
    ("KGM", "mass", "1", "kg 公斤 千克"),
    ("GRM", "mass", "0.001", "g 克"),
    ("TNE", "mass", "1000", "t 吨"),
    ("LTR", "volume", "1", "l 升"),
    ("MLT", "volume", "0.001", "ml 毫升"),
    ("BO", "pack BO", "1", "瓶 bottle"),
    ("CS", "pack CS", "1", "箱 case"),
]:
    for _name in (_code, *_names.split()):
        _UNITS[_name] = (_code, _dimension, Fraction(_size))


def canonical(name: str) -> str:
    """The code of a known unit, else the name itself."""
    return _UNITS[name][0] if name in _UNITS else name


@dataclass
class Entity:
    """Settings of an entity; the defaults hold without a master.entity."""

    currency: str = "CNY"
    valuation: str = "moving_average"
    scope: str = "site"
    negative: str = "accept"
    tz: str = "Asia/Shanghai"
    moved: bool = False
    version: int = 0

    @property
    def minor(self) -> int:
        """Minor units in one unit of the currency."""
        return int(10 ** digits(self.currency))

    def fits(self, value: int) -> int:
        """The value in minor units, if it is not too large."""
        if abs(value) >= value_limit(self.currency):
            raise Refused("overflow", f"{value} minor units of {self.currency}")
        return value


@dataclass
class Item:
    """An item of an entity."""

    uom: str = "C62"
    uoms: dict[str, Fraction] = field(default_factory=dict)
    tracking: str = "none"
    whole_said: bool | None = None
    standard_cost: Fraction | None = None  # in currency per base unit
    weight: Fraction = Fraction(0)  # of one base unit
    volume: Fraction = Fraction(0)
    catch_uom: str = ""  # unit of the second quantity, '' where there is none
    moved: bool = False

    @property
    def whole(self) -> bool:
        """Are only whole base units allowed? Where nothing is said: if the unit is a piece."""
        if self.whole_said is not None:
            return self.whole_said
        return self.uom in _UNITS and _UNITS[self.uom][1].startswith(("piece", "pack"))

    def factor(self, name: str) -> Fraction:
        """How many base units one `name` is: the item's own packs, another name, the same dimension."""
        if name == "":
            return Fraction(1)
        if name in self.uoms:
            return self.uoms[name]
        for stated, size in self.uoms.items():
            if canonical(stated) == canonical(name):
                return size
        if canonical(name) == self.uom:
            return Fraction(1)
        if name in _UNITS and self.uom in _UNITS:
            (_, mine, size), (_, other, other_size) = _UNITS[self.uom], _UNITS[name]
            if mine == other:
                return other_size / size
        raise Refused("unknown_uom", f"{name!r} is no unit of an item in {self.uom}")


def base_qty(item: Item, event: Event) -> Fraction:
    """The event's quantity in base units: not too large, at most 6 decimals, whole where the item is."""
    qty = number(event["qty"]) * item.factor(event.get("uom", ""))
    if qty >= QTY_LIMIT:
        raise Refused("overflow", f"{qty} units")
    if not has_places(qty, 6):
        raise Refused("scale", f"{event['qty']} {event.get('uom', '')} in base units has over 6 decimals")
    if item.whole and qty.denominator != 1:
        raise Refused("fraction", f"{qty} of an item that is counted in whole units")
    return qty


def auto_item(uom: str) -> Item:
    """The item that an event makes when nobody described it: its unit is that event's."""
    if uom == "":
        return Item()
    if uom not in _UNITS:
        raise Refused("unknown_uom", f"{uom!r} names no unit, and the item is new")
    return Item(uom=canonical(uom))


def upsert_entity(entity: Entity, event: Event) -> None:
    """Take over what the event states; money and method are fixed once something moved."""
    for name in ("currency", "valuation", "scope"):
        if event.get(name, getattr(entity, name)) != getattr(entity, name) and entity.moved:
            raise Refused("not_allowed", f"{name} of an entity with movements cannot change")
    for name in ("currency", "valuation", "scope", "negative", "tz"):
        setattr(entity, name, event.get(name, getattr(entity, name)))


def upsert_item(item: Item, event: Event) -> None:
    """Take over what the event states; the unit is fixed once something moved."""
    if "uom" in event:
        code = canonical(event["uom"])
        if code != item.uom and item.moved:
            raise Refused("not_allowed", f"the unit of an item with movements stays {item.uom}")
        item.uom = code
    if "uoms" in event:
        item.uoms = {name: number(size) for name, size in event["uoms"].items()}
    item.tracking = event.get("tracking", item.tracking)
    item.catch_uom = event.get("catch_uom", item.catch_uom)
    item.whole_said = event.get("whole", item.whole_said)
    for name in ("weight", "volume"):
        setattr(item, name, number(event[name]) if name in event else getattr(item, name))
    if "standard_cost" in event:
        item.standard_cost = number(event["standard_cost"])


def minor_amount(entity: Entity, event: Event, name: str) -> int | None:
    """A money field in minor units, None where it is absent; `scale` if it is finer than the currency."""
    if event.get(name) in (None, ""):
        return None
    amount = number(event[name]) * entity.minor
    if amount.denominator != 1:
        raise Refused("scale", f"{name} {event[name]} is finer than {entity.currency}")
    return entity.fits(int(amount))


def priced_amount(entity: Entity, event: Event, price: str, qty: Fraction | None = None) -> int | None:
    """The event's amount in minor units: stated, or qty x price; None if neither is there.

    `qty`: what the price is of, where that is not the event's quantity.
    """
    stated = minor_amount(entity, event, "amount")
    if event.get(price) in (None, ""):
        return stated
    priced = number(event["qty"]) if qty is None else qty
    found = entity.fits(round(priced * number(event[price]) * entity.minor))
    if stated is not None and abs(stated - found) > 1:
        raise Refused("amount_mismatch", f"amount is {stated}, qty x {price} is {found} minor units")
    return found if stated is None else stated


def price_minor(entity: Entity, event: Event, name: str) -> Fraction:
    """A price in exact minor units per unit of the event."""
    return number(event[name]) * entity.minor


def standard_minor(entity: Entity, item: Item) -> Fraction | None:
    """The standard cost in minor units per base unit."""
    return None if item.standard_cost is None else item.standard_cost * entity.minor


def plain(value: Any) -> str:
    """A text field of an event, '' where it is absent."""
    return "" if value is None else str(value)
