"""Periods: what a close decides, what stays untouched by it, and its cut-off certificate (D3)."""

from __future__ import annotations

from typing import Any

from tests.reference.admission.accepted import Accepted
from tests.reference.exact import Event, Refused, is_virtual, period, time_ms, time_text
from tests.reference.faces import Row, amount_of, money
from tests.reference.truth.lines import NOTHING, Entry, month_of, sides
from tests.reference.truth.rows import Row as Movement


def close(s: Accepted, event: Event) -> None:
    """Close a period and all before it; it must have begun, and a close is never taken back."""
    name, month = event["entity"], event["period"]
    try:
        month_of(month)
    except ValueError:
        raise Refused("bad_identifier", f"{month!r} is no period; write YYYY-MM") from None
    if month <= s.closed.get(name, ""):
        raise Refused("not_allowed", f"{s.closed[name]} and all before it are closed")
    if month > period(time_ms(event["time"]), s.entities[name].tz):
        raise Refused("not_allowed", f"{month} has not begun")
    s.log.add(event)
    s.closed[name] = month


def check_count(s: Accepted, before: Movement | None, after: Movement) -> None:
    """A count in a closed period is refused, and so is what changes one: its stock is certified."""
    for row in (before, after):
        if row is None or row.type != "stock.count":
            continue
        name = row.event["entity"]
        month, closed = period(row.own_at, s.entities[name].tz), s.closed.get(name, "")
        if month <= closed:
            raise Refused("closed_period", f"{month} is closed; count again in an open period")


def period_balance(s: Accepted) -> list[Row]:
    """What was booked: per period and account the sum of its lines. A closed period's rows never change."""
    total: dict[Any, Entry] = {}
    for line in s.lines:
        for account, change in sides(line.key, line.entry):
            key = (account[0], line.period, *account[1:])
            total[key] = total.get(key, NOTHING).plus(change)
    return [
        {
            "entity": key[0], "period": key[1], "place": key[2], "item": key[3], "lot": key[4],
            "owner": key[5], "pool": key[6], "qty": amount_of(entry.qty),
            "value_amt": money(entry.value, s.entities[key[0]].minor),
        }
        for key, entry in total.items() if entry != NOTHING
    ]  # fmt: skip


def expense(place: str) -> bool:
    """Is value that goes there spent? Suppliers are owed it, a repack gives it back."""
    return is_virtual(place) and not place.startswith(
        ("@supplier", "@opening", "@repack", "@transit", "@wip")
    )


def profit(s: Accepted) -> list[Row]:
    """Per period: revenue, cost of goods sold, other cost (losses, variances …), profit."""
    sums: dict[tuple[str, str], list[int]] = {}
    for taking in s.takings:
        sums.setdefault((taking.entity, taking.period), [0, 0, 0])[0] += taking.revenue
    for line in s.lines:
        for account, change in sides(line.key, line.entry):
            if expense(account[1]):
                sold = account[1].startswith("@customer")
                sums.setdefault((line.entity, line.period), [0, 0, 0])[1 if sold else 2] += change.value
    return [
        {
            "entity": entity, "period": month, "revenue_amt": money(revenue, unit),
            "cogs_amt": money(cost, unit), "other_amt": money(other, unit),
            "profit_amt": money(revenue - cost - other, unit),
        }
        for (entity, month), (revenue, cost, other) in sums.items()
        for unit in [s.entities[entity].minor]
        if revenue or cost or other
    ]  # fmt: skip


def prior_period(s: Accepted) -> list[Row]:
    """The cut-off certificates: per period closed and event found later, what it did to stock, COGS, profit.

    Its lines are dated in the closed period and booked in an open one.
    """
    sums: dict[Any, list[Any]] = {}
    for line in s.lines:
        own = period(line.key.at, s.entities[line.entity].tz)
        if own == line.period:
            continue
        row = sums.setdefault((line.entity, own, line.period, line.found_by, line.version), [0, 0, 0, 0])
        for account, change in sides(line.key, line.entry):
            if not is_virtual(account[1]):
                row[0] += change.qty
                row[1] += change.value
            elif account[1].startswith("@customer"):
                row[2] += change.value
            if expense(account[1]):
                row[3] -= change.value
    for taking in s.takings:
        own = period(taking.at, s.entities[taking.entity].tz)
        if own != taking.period:
            key = (taking.entity, own, taking.period, taking.found_by, taking.version)
            sums.setdefault(key, [0, 0, 0, 0])[3] += taking.revenue
    return [
        {
            "entity": entity, "period": own, "booked_period": booked, "event_id": found[1],
            "version": version, "event_at": time_text(time_ms(s.log.events[found]["time"])),
            "stock_qty": amount_of(qty), "stock_amt": money(stock, unit), "cogs_amt": money(cost, unit),
            "profit_amt": money(gain, unit),
        }
        for (entity, own, booked, found, version), (qty, stock, cost, gain) in sums.items()
        for unit in [s.entities[entity].minor]
    ]  # fmt: skip
