"""The faces of the ledger in event time: plain rows, in the form of today's reference."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.reference.admission import periods
from tests.reference.admission.accepted import Accepted
from tests.reference.exact import EventKey, period, r, site_of, time_text
from tests.reference.faces import Row, amount_of, money, returns_id
from tests.reference.masters import plain
from tests.reference.promises import lots
from tests.reference.promises.stock import available
from tests.reference.truth.lines import AccountKey, Entry, LineKey, Posted, net, physical
from tests.reference.truth.walk import Walk


def of(s: Accepted) -> dict[str, list[Row]]:
    """Every face by name."""
    return {
        "movement": movements(s), "true_up": true_ups(s), "line": lines(s), "net": entries(s),
        "stock": stock_now(s), "cell": cells(s), "cogs": cogs(s), "sale": sale(s), "count": counts(s),
        "flag": flags(s), "broken": broken(s), "period_balance": periods.period_balance(s),
        "promise": promised(s), "pool": pool_now(s), "profit": periods.profit(s),
        "prior_period": periods.prior_period(s),
    }  # fmt: skip


def minor(s: Accepted, entity: str) -> int:
    """Minor units in one unit of the entity's currency."""
    return s.entities[entity].minor


def shown(s: Accepted, key: LineKey, entry: Entry) -> list[Row]:
    """An entry as lines of the face: nothing below 0; a quantity and a value that disagree are two lines."""
    if (entry.qty > 0) - (entry.qty < 0) == -((entry.value > 0) - (entry.value < 0)) != 0:
        parts = [Entry(entry.qty, 0, entry.catch), Entry(Fraction(0), entry.value)]
    else:
        parts = [entry]
    rows = []
    for signed in parts:
        turned = signed.qty < 0 or (signed.qty == 0 and signed.value < 0)
        part = Entry().plus(signed, -1) if turned else signed
        account, other = (key.other, key.account) if turned else (key.account, key.other)
        event = s.log.events[key.event]
        rows.append({
            "entity": account[0], "event_id": event["id"], "source": event["source"], "type": event["type"],
            "leg": key.leg, "event_at": time_text(key.at), "item": account[2], "lot": account[3],
            "owner": account[4], "pool": account[5] or other[5], "from_place": account[1],
            "to_place": other[1], "from_pool": account[5], "to_pool": other[5],
            "qty": amount_of(part.qty), "value_amt": money(part.value, minor(s, account[0])),
            "catch_qty": amount_of(part.catch), "corrects_id": "", "cause_id": id_of(key.cause),
        })  # fmt: skip
    return rows


def id_of(key: EventKey | None) -> str:
    """The id of an event, '' for none."""
    return key[1] if key else ""


def lines(s: Accepted) -> list[Row]:
    """Every line as posted, in order of (entity, version, line)."""
    rows: list[Row] = []
    for x in s.lines:
        for row in shown(s, x.key, x.entry):
            own = {"corrects_id": "" if x.own else row["event_id"], "period": x.period}
            found = {
                "version": x.version,
                "recorded_at": time_text(x.recorded),
                "found_by": id_of(x.found_by),
            }
            rows.append(row | own | found)
    numbers: dict[Any, int] = {}
    for row in rows:
        key = (row["entity"], row["version"])
        numbers[key] = row["line"] = numbers.get(key, 0) + 1
    return rows


def movements(s: Accepted) -> list[Row]:
    """Own lines as first posted."""
    return [row for row in lines(s) if row["corrects_id"] == ""]


def true_ups(s: Accepted) -> list[Row]:
    """Net per key of what was posted for other events than the version's own; no rows of 0.

    value_amt and qty above 0 go from `from_place` (the site) to `to_place`. `cause_id` is empty where an own
    line is restated.
    """
    rows = []
    posted: dict[LineKey, Posted] = {}
    for x in s.lines:
        posted[x.key] = x
    for key, entry in net([x for x in s.lines if not x.own]).items():
        event = s.log.events[key.event]
        rows.append({
            "entity": key.account[0], "event_id": event["id"], "cause_id": id_of(key.cause), "leg": key.leg,
            "event_at": time_text(key.at), "period": posted[key].period, "from_place": key.account[1],
            "to_place": key.to_place, "qty": amount_of(entry.qty),
            "value_amt": money(entry.value, minor(s, key.account[0])),
        })  # fmt: skip
    return rows


def entries(s: Accepted) -> list[Row]:
    """What the lines hold in total, per key: the same in any order of arrival."""
    return [row for key, entry in net(s.lines).items() for row in shown(s, key, entry)]


def cells(s: Accepted) -> list[Row]:
    """Every cell that holds something: quantity and value."""
    return [
        {"entity": key[0], "item": key[1], "owner": key[2], "scope": key[3].replace("\x1f", "|"),
         "qty": amount_of(cell.Q), "value_amt": money(cell.V, minor(s, key[0]))}
        for walk in s.walks.values() for key, cell in walk.state.cells.items() if cell.Q != 0
    ]  # fmt: skip


def stock_now(s: Accepted) -> list[Row]:
    """Per (entity, site, item, lot, owner) the quantities and the row's share of its cell's value (D31)."""
    found, there = [], available(s)
    for walk in s.walks.values():
        catch = by_cell(walk, walk.state.catch)
        for key, places in by_cell(walk, walk.state.accounts).items():
            cell = walk.state.cells[key]
            for place, share in shares(cell.V, cell.Q, places).items():
                second = catch.get(key, {}).get(place, Fraction(0))
                row = (key[0], place[0], key[1], place[1], key[2])
                _, reserved, blocked, can = there.get(row, (0, 0, 0, 0))
                if places[place] or share or second:
                    found.append({
                        "entity": key[0], "site": place[0], "item": key[1], "lot": place[1], "owner": key[2],
                        "on_hand_qty": amount_of(places[place]), "value_amt": money(share, minor(s, key[0])),
                        "catch_qty": amount_of(second), "reserved_qty": amount_of(Fraction(reserved)),
                        "blocked_qty": amount_of(Fraction(blocked)),
                        "available_qty": amount_of(Fraction(can)),
                        "version": s.row_version.get(row, 0),
                    })  # fmt: skip
    return found


def by_cell(walk: Walk, accounts: dict[AccountKey, Fraction]) -> dict[Any, dict[tuple[str, str], Fraction]]:
    """Cell -> (site, lot) -> quantity."""
    found: dict[Any, dict[tuple[str, str], Fraction]] = {}
    for account, qty in accounts.items():
        if physical(account):
            places = found.setdefault(walk.cell_key(account), {})
            place = (site_of(account[1]), account[3])
            places[place] = places.get(place, Fraction(0)) + qty
    return found


def shares(
    value: int, whole: Fraction, places: dict[tuple[str, str], Fraction]
) -> dict[tuple[str, str], int]:
    """Half-even; the last place that holds anything takes the rest; all 0 where the cell's quantity is 0."""
    last = max((place for place, qty in places.items() if qty), default=None)
    found, left = {}, value
    for place in sorted(places):
        share = r(value * places[place] / whole) if whole else 0
        found[place] = left if place == last else share
        left -= found[place]
    return found


def cogs(s: Accepted) -> list[Row]:
    """One row per delivery and per return (negative)."""
    rows = []
    for entity, walk in s.walks.items():
        for key, x in walk.sales.items():
            if x["kind"] == "charge":
                continue
            cost, open_, state = x["cost"], 0, "uncosted" if x["unknown"] else "billed"
            if x["kind"] == "delivery":
                cost, open_, state = cost_now(walk, key)
            if state in ("billed", "landed") and period(x["row"].at(walk.rows), s.entities[entity].tz) <= (
                s.closed.get(entity, "")
            ):
                state = "closed"
            rows.append({
                "entity": entity, "event_id": key[1], "returns_id": returned(walk, x), "item": x["item"],
                "site": x["site"], "channel": x["channel"], "qty": amount_of(x["qty"]),
                "cogs_amt": money(cost, minor(s, entity)), "provisional_amt": money(open_, minor(s, entity)),
                "state": state,
            })  # fmt: skip
    return rows


def cost_now(walk: Walk, key: EventKey) -> tuple[int, int, str]:
    """COGS with all true-ups, the provisional part of it, and the state."""
    of_ = walk.state.delivered[key]
    owed = walk.state.cells[walk.cell_key(of_.account)].own_pieces(key)
    state = "estimated" if owed else "landed" if of_.landed else "billed"
    if of_.covered_unknown or any(p.from_nothing for p in owed):
        state = "uncosted"
    return of_.own_cost + of_.adjusted, sum(p.value for p in owed), state


def returned(walk: Walk, x: dict[str, Any]) -> str:
    """The id of what is returned, in the form of today's reference."""
    return returns_id(x["row"].event)


def sale(s: Accepted) -> list[Row]:
    """Deliveries, returns (negative) and charges; cogs_amt is the value of the own line."""
    return [
        {
            "entity": entity, "version": s.version_of[key], "event_id": key[1],
            "returns_id": returned(walk, x), "document": plain(x["row"].event.get("document")),
            "item": x["item"], "site": x["site"], "channel": x["channel"], "customer": x["customer"],
            "kind": x["kind"], "qty": amount_of(x["qty"]), "revenue_amt": money(x["revenue"], unit),
            "discount_amt": money(x["discount"], unit), "tax_amt": money(x["tax"], unit),
            "cogs_amt": money(x["cost"], unit),
        }
        for entity, walk in s.walks.items()
        for unit in [minor(s, entity)]
        for key, x in walk.sales.items()
    ]  # fmt: skip


def counts(s: Accepted) -> list[Row]:
    """What each count found; diff_value_amt is everything the count posts, surplus positive."""
    return [
        {
            "entity": entity, "version": s.version_of[key], "event_id": key[1], "item": x["row"].item,
            "site": x["site"], "lot": x["lot"], "counted_qty": amount_of(x["counted"]),
            "book_qty": amount_of(x["book"]), "diff_qty": amount_of(x["diff"]),
            "diff_value_amt": money(x["diff_value"], minor(s, entity)),
        }
        for entity, walk in s.walks.items()
        for key, x in walk.counts.items()
    ]  # fmt: skip


def flags(s: Accepted) -> list[Row]:
    """What an accepted event could not keep: an excess return, an unlinked one, a count's cost left out."""
    names = {"over_return": "over_return", "unlinked": "unlinked", "not_allowed": "cost_ignored"}
    return [
        {"event_id": p.event[1], "flag": names[p.reason], "detail": p.detail}
        for walk in s.walks.values() for p in walk.problems if p.reason in names
    ]  # fmt: skip


def broken(s: Accepted) -> list[Row]:
    """Accepted events that made a later balance negative."""
    return [
        {"event_id": x.event[1], "breaks_id": x.breaks[1], "level_qty": amount_of(x.level)}
        for x in s.broken
    ]  # fmt: skip


def promised(s: Accepted) -> list[Row]:
    """Reservations and pending movements, per lot that they hold; no lot once they hold nothing."""
    return [
        {"event_id": h.key[1], "kind": h.kind, "site": h.shelf[1], "item": h.shelf[2], "pool": h.shelf[4],
         "lot": lot, "qty": amount_of(h.qty), "open_qty": amount_of(qty), "state": h.state}
        for h in s.holds.values() if h.kind != "pool" for lot, qty in h.lots or (("", Fraction(0)),)
    ]  # fmt: skip


def pool_now(s: Accepted) -> list[Row]:
    """Open pools: what they hold, what is promised of it, what can still be promised, what they owe."""
    rows = []
    for h in s.holds.values():
        if h.kind == "pool" and h.state == "open":
            shelf = (h.shelf[0], h.place, *h.shelf[2:])
            owed = sum((qty for key, _, qty in s.debts if key == h.key), Fraction(0))
            rows.append({
                "entity": h.shelf[0], "site": h.shelf[1], "item": h.shelf[2], "pool": h.shelf[4],
                "held_qty": amount_of(sum(lots.on_shelf(s, shelf, exact=True).values(), Fraction(0))),
                "reserved_qty": amount_of(sum(lots.held(s, shelf).values(), Fraction(0))),
                "free_qty": amount_of(lots.free(s, shelf)), "owed_qty": amount_of(owed),
            })  # fmt: skip
    return rows
