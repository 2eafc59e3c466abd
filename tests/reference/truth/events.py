"""Events about events: corrections, cancellations, and the effective event that they leave (D10, D11).

A correction may be corrected or cancelled, a cancel cancelled. Nothing here depends on the order of arrival.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.reference.exact import Event, EventKey, Refused, event_key, number, reference, time_ms

CORRECT, CANCEL = "event.correct", "event.cancel"
ABOUT = {CORRECT: "corrects", CANCEL: "cancels"}
FIXED = {"entity", "id", "source", "seq", "type", "corrects", "cancels"}
COMMON = {"time", "lot", "owner", "pool", "document", "cost_centre"}
OF_A_CORRECTION = {"time", "document", "set"}
MONEY = {"discount", "tax", "channel", "customer"}
GOODS = {"item", "site", "qty", "uom", "catch_qty", "price_uom"}
FIELDS: dict[str, set[str]] = {
    "stock.receipt": GOODS | {"unit_cost", "amount", "supplier", "expiry"},
    "stock.issue": GOODS | {"reason"},
    "stock.transfer": (GOODS - {"site", "price_uom"})
    | {
        "from_site",
        "to_site",
        "to_item",
        "to_qty",
        "to_uom",
        "to_lot",
        "to_owner",
        "to_pool",
        "unit_cost",
        "amount",
    },
    "stock.count": GOODS | {"unit_cost"},
    "stock.revalue": {"item", "site", "unit_cost"},
    "sale.delivery": GOODS | MONEY | {"unit_price", "amount"},
    "sale.charge": {"code", "amount", "channel", "customer"},
    "sale.return": GOODS | MONEY | {"returns", "unit_price", "amount"},
    "purchase.return": GOODS | {"returns", "unit_price"},
    "cost.landed": {"receipts", "amount", "split", "supplier"},
    "lot.status": {"item", "lot", "status", "reason"},
    CORRECT: OF_A_CORRECTION,
    CANCEL: {"time", "document"},
}
"""What a correction may set, per type of its target; other types cannot be corrected or cancelled."""
REQUIRED: dict[str, set[str]] = {
    "stock.receipt": {"item", "site", "qty"},
    "stock.issue": {"item", "site", "qty", "reason"},
    "stock.transfer": {"item", "from_site", "to_site", "qty"},
    "stock.count": {"item", "site", "qty"},
    "stock.revalue": {"item", "unit_cost"},
    "sale.delivery": {"item", "site", "qty"},
    "sale.charge": {"code", "amount"},
    "sale.return": {"qty"},
    "purchase.return": {"returns", "qty"},
    "cost.landed": {"receipts", "amount", "split"},
    "lot.status": {"item", "lot", "status", "reason"},
}
PRICES = ("unit_cost", "unit_price")
NUMBERS = {*PRICES, "qty", "catch_qty", "to_qty", "amount", "discount", "tax"}
SIGNED = {("cost.landed", "amount"), ("sale.charge", "amount")}


@dataclass
class Log:
    """The accepted events, and for each of them those that correct or cancel it, in order of arrival."""

    events: dict[EventKey, Event] = field(default_factory=dict)
    about: dict[EventKey, list[EventKey]] = field(default_factory=dict)

    def copy(self) -> Log:
        """Another log with the same events."""
        return Log(dict(self.events), {key: list(found) for key, found in self.about.items()})

    def add(self, event: Event) -> None:
        """Accept one more."""
        key = event_key(event)
        self.events[key] = event
        if event["type"] in ABOUT:
            self.about.setdefault(target(event), []).append(key)

    def _about(self, key: EventKey, kind: str) -> list[EventKey]:
        return [k for k in self.about.get(key, ()) if self.events[k]["type"] == kind and self.is_live(k)]

    def is_live(self, key: EventKey) -> bool:
        """Is there no live cancel of it?"""
        return not self._about(key, CANCEL)

    def effective(self, key: EventKey) -> Event:
        """The event with the `set` of its live corrections, the last one winning per field (D10)."""
        event = self.events[key]
        corrections = [self.effective(k) for k in self._about(key, CORRECT)]
        for correction in sorted(corrections, key=when_said):
            event = with_fields(event, correction["set"])
        return event

    def root(self, event: Event) -> EventKey:
        """The event at the end of the chain of corrections and cancels, itself for another type."""
        while event["type"] in ABOUT:
            event = self.events[target(event)]
        return event_key(event)


def target(event: Event) -> EventKey:
    """What a correction corrects, or a cancel cancels."""
    return reference(event, event[ABOUT[event["type"]]])


def when_said(event: Event) -> tuple[int, str, int, str]:
    """The order of the corrections of one event."""
    return (time_ms(event["time"]), event["source"], event.get("seq", -1), event["id"])


def with_fields(event: Event, fields: Mapping[str, Any]) -> Event:
    """The event with these fields set; an empty value takes the field away.

    A price newly stated displaces an amount stated before, and the other way round. Fields that a
    correction does not have itself are meant for its own `set`.
    """
    if event["type"] == CORRECT:
        own = {name: value for name, value in fields.items() if name in OF_A_CORRECTION}
        rest = {name: value for name, value in fields.items() if name not in OF_A_CORRECTION}
        changed = event | own
        return changed | {"set": changed["set"] | rest}
    changed = dict(event)
    if any(fields.get(price) for price in PRICES):
        changed.pop("amount", None)
    if fields.get("amount"):
        for price in PRICES:
            changed.pop(price, None)
    changed |= fields
    return {name: value for name, value in changed.items() if value not in ("", None)}


def check_set(of: Event, root_type: str, fields: Mapping[str, Any]) -> None:
    """Refuse a `set` that names what cannot be set; `of` is the event that it changes."""
    if not isinstance(fields, dict) or not fields:
        raise Refused("missing_field", "set is empty")
    allowed = FIELDS[of["type"]] | COMMON | (FIELDS[root_type] if of["type"] == CORRECT else set())
    for name in fields:
        if name in FIXED:
            raise Refused("not_allowed", f"{name} cannot be corrected; cancel the event, send another")
        if name not in allowed:
            raise Refused("unknown_field", f"{of['type']} has no field {name}")
    if "time" in fields:
        check_time(fields["time"])
    inner = fields.get("set")
    if of["type"] == CORRECT and inner is not None:
        check_set({"type": root_type}, root_type, inner)


def check_fields(event: Event) -> None:
    """What the intake asks of an event as sent must hold for an effective event as well."""
    said = {name for name, value in event.items() if value not in ("", None)}
    missing = sorted(REQUIRED.get(event["type"], set()) - said)
    if missing:
        raise Refused("missing_field", f"{event['type']} needs {', '.join(missing)}")
    if event["type"] == "stock.receipt" and not said & {"unit_cost", "amount"}:
        raise Refused("missing_field", "stock.receipt needs unit_cost or amount")
    if event["type"] == "sale.return" and "returns" not in said and not {"item", "site"} <= said:
        raise Refused("missing_field", "sale.return needs returns, or item and site")
    check_time(event["time"])
    for name in sorted(said & NUMBERS):
        try:
            value = number(event[name])
        except ArithmeticError:
            raise Refused("bad_type", f"{name} {event[name]!r} is no number") from None
        if value < 0 and (event["type"], name) not in SIGNED:
            raise Refused("range", f"{name} {event[name]} is below 0")
        if value == 0 and name in ("qty", "to_qty") and event["type"] != "stock.count":
            raise Refused("range", f"{name} is 0")


def check_time(text: Any) -> None:
    """RFC 3339 with an offset."""
    try:
        said = datetime.fromisoformat(str(text))
    except ValueError:
        raise Refused("bad_time", f"{text!r} is no time") from None
    if said.tzinfo is None:
        raise Refused("naive_time", f"{text} has no offset")
