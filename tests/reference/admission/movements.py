"""Admission of movements, corrections and cancels: read, replay, judge, then post the difference."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from tests.reference.admission import periods
from tests.reference.admission.accepted import Accepted, Broken
from tests.reference.exact import Event, EventKey, Refused, event_key, reference
from tests.reference.masters import Entity, auto_item, base_qty, plain
from tests.reference.truth.events import ABOUT, CORRECT, check_fields, check_set, target
from tests.reference.truth.moving import account_of, target_of
from tests.reference.truth.rows import Row, read
from tests.reference.truth.walk import Problem, Walk


def take_in(s: Accepted, event: Event, refuse_unknown: bool) -> EventKey:
    """A movement, landed cost, lot status, correction or cancel: the rows as they are with it; its root.

    Refused is what does not read, or is not allowed whatever the stock.
    """
    s.log.add(event)
    root = s.log.root(event)
    if event["type"] == CORRECT:
        check_set(s.log.events[target(event)], s.log.events[root]["type"], event["set"])
    rows = s.rows.setdefault(event["entity"], {})
    old = rows.get(root)
    changed = [root]
    if event["type"] in ABOUT:
        changed += [key for key, row in rows.items() if root in (row.link, *row.receipts)]
    for key in changed:
        rows[key] = read_row(s, key, refuse_unknown)
    periods.check_count(s, old, rows[root])
    return root


def read_row(s: Accepted, key: EventKey, refuse_unknown: bool) -> Row:
    """The row of an accepted event as it is now, with all its corrections."""
    event = s.log.effective(key)
    check_fields(event)
    name, entity = event["entity"], s.entity(event["entity"])
    link = reference(event, event["returns"]) if event.get("returns") else None
    item_name = s.rows[name][link].item if link else plain(event.get("item"))
    s.need_masters(event, item_name, refuse_unknown)
    item = s.item(name, item_name) if item_name else None
    row = replace(read(event, item_name, item, entity), live=s.log.is_live(key))
    if event["type"] == "stock.transfer":
        row = repacked(s, row)
    check_type(s, entity, row)
    entity.moved = True
    if item is not None:
        item.moved = True
    return landed(s, row) if event["type"] == "cost.landed" else row


def check_type(s: Accepted, entity: Entity, row: Row) -> None:
    """What settings and masters do not allow, whatever the stock."""
    e, foreign = row.event, plain(row.event.get("owner")) not in ("", row.event["entity"])
    by_cost = row.type == "stock.revalue" or row.cost is not None
    if row.type == "stock.transfer":
        check_transfer(row)
    if row.type == "stock.count" and s.items[e["entity"], row.item].tracking == "lot" and not e.get("lot"):
        raise Refused("missing_field", "a count of lot-tracked stock names the lot")
    if by_cost and entity.valuation == "standard":
        raise Refused("not_allowed", "under standard valuation the cost comes with master.item")
    if by_cost and foreign:
        raise Refused("not_allowed", "goods of another owner have no value here")
    if row.type == "stock.revalue" and (
        (e.get("site") and entity.scope == "entity") or (e.get("lot") and entity.scope != "lot")
    ):
        raise Refused("not_allowed", f"under scope {entity.scope} a cell is more than what is named")
    if row.link is not None:
        of = s.rows[e["entity"]][row.link].event
        for name in ("lot", "owner"):
            if plain(e.get(name)) not in ("", plain(of.get(name))):
                raise Refused("not_allowed", f"{name} {e[name]!r} is not that of the original")


def repacked(s: Accepted, row: Row) -> Row:
    """What a transfer turns its item into: another item has a quantity of its own."""
    e = row.event
    name = plain(e.get("to_item"))
    if name in ("", row.item):
        if e.get("to_qty") not in (None, ""):
            raise Refused("not_allowed", "to_qty without to_item; what is lost on the way is an issue")
        return row
    if e.get("to_qty") in (None, ""):
        raise Refused("missing_field", "to_item needs to_qty")
    if (e["entity"], name) not in s.items:
        s.items[e["entity"], name] = auto_item(plain(e.get("to_uom")))
    item = s.item(e["entity"], name)
    item.moved = True
    return replace(
        row, to_item=name, to_qty=base_qty(item, {"qty": e["to_qty"], "uom": plain(e.get("to_uom"))})
    )


def check_transfer(row: Row) -> None:
    """A transfer changes something, and own goods become another's by a sale only."""
    source, target = account_of(row, row.event["from_site"]), target_of(row)
    if source == target:
        raise Refused("not_allowed", "a transfer from a place to itself")
    if source[4] == "" and target[4] != "":
        raise Refused("not_allowed", "own goods become another's by a sale")
    if source[4] != "" and target[4] == "" and row.money is None:
        raise Refused("missing_field", "goods taken over from their owner need unit_cost or amount")


def landed(s: Accepted, row: Row) -> Row:
    """The receipts of a landed cost, and what weight or volume a unit of their items has."""
    e, rows = row.event, s.rows[row.event["entity"]]
    keys = tuple(dict.fromkeys(reference(e, text) for text in e["receipts"]))
    names = {rows[key].item for key in keys}
    if any(plain(rows[key].event.get("owner")) not in ("", e["entity"]) for key in keys):
        raise Refused("not_allowed", "goods of another owner have no value here")
    items = {name: s.items[e["entity"], name] for name in names}
    unit: dict[str, Fraction] = {}
    if e["split"] in ("weight", "volume"):
        unit = {name: getattr(item, e["split"]) for name, item in items.items()}
        if not all(unit.values()):
            raise Refused("not_allowed", f"an item has no {e['split']}; state it in master.item")
    return replace(row, receipts=keys, unit=unit)


# -- what refuses ----------------------------------------------------------------------------------------


def worse(before: Walk, after: Walk) -> list[Problem]:
    """The problems that are new or further below what is wanted, in order of event time."""
    old: dict[object, Fraction] = {}
    for p in before.problems:
        old[p.event, p.reason, p.what] = min(p.level, old.get((p.event, p.reason, p.what), p.level))
    return [p for p in after.problems if p.level < old.get((p.event, p.reason, p.what), Fraction(1))]


def judge(s: Accepted, event: Event, root: EventKey | None, before: Walk, after: Walk) -> None:
    """Refuse what the event makes wrong, unless it is to be accepted and only reported."""
    refuse = s.entities[event["entity"]].negative == "refuse" and event["type"] != "stock.count"
    of = after.rows[root].link if root else None
    for p in worse(before, after):
        if p.reason == "overflow" or (p.reason == "negative_stock" and refuse):
            at = "" if p.event == root else f", at {p.event[1]}"
            raise Refused(p.reason, p.detail + at)
        if p.reason == "over_return" and of is not None and after.rows[p.event].link == of:
            raise Refused(p.reason, p.detail)  # the excess may fall on another return, later in event time
        if p.reason == "not_allowed" and p.event == root:
            raise Refused(p.reason, p.detail)


def note(s: Accepted, event: Event, root: EventKey | None, before: Walk, after: Walk) -> None:
    """Count it late if a cell it touches had something newer; report a later balance that it breaks."""
    key = event_key(event)
    if key == root and key in after.rows:
        at = after.rows[key].at(after.rows)
        if any(at < s.newest.get(cell, at) for cell in after.touched.get(key, ())):
            s.late += 1
    for cell, at in after.newest.items():
        s.newest[cell] = max(s.newest.get(cell, at), at)
    broken = [p for p in worse(before, after) if p.reason == "negative_stock" and p.event != root]
    if broken:
        s.broken.append(Broken(key, broken[0].event, broken[0].level))
