"""What the slow reference knows, as the tables of the store: to prove the SQL faces on it."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pyarrow as pa

from schemas.tables import TABLES
from tests.casefiles.recorded import CHANGES, Change, Recorded, Sold
from tests.records import Row
from tests.reference.admission.accepted import Taking
from tests.reference.admission.faces import minor, shown
from tests.reference.exact import EventKey, period, site_of
from tests.reference.faces import amount_of, money, returns_id
from tests.reference.masters import plain
from tests.reference.truth.lines import Posted, open_period, physical, sides

Rows = dict[str, list[Row]]


def table_of(name: str, rows: list[Row]) -> pa.Table:
    """Rows as Arrow: an absent value is 0 or empty, times are milliseconds."""
    arrays = {}
    for column in {key: None for row in rows for key in row}:
        kind = TABLES[name].column(column).arrow
        values = [row.get(column) for row in rows]
        if pa.types.is_dictionary(kind) or pa.types.is_string(kind):
            arrays[column] = pa.array([v or "" for v in values], pa.string())
        elif pa.types.is_decimal(kind):
            scaled = [int(Decimal(v or 0).scaleb(kind.scale)) for v in values]
            arrays[column] = pa.array(scaled, pa.int64())
        else:
            arrays[column] = pa.array([v or 0 for v in values], pa.int64()).cast(kind)
    return pa.table(arrays)


def rows_of(ledger: Recorded) -> Rows:
    """Every row of the core tables that the faces of movements, sales and periods read."""
    s = ledger.accepted
    rows: Rows = defaultdict(list)
    accounts: dict[Any, int] = {}
    cells: dict[Any, int] = {}
    for line in s.lines:
        _line(ledger, line, rows)
        for account, change in sides(line.key, line.entry):
            if physical(account):
                cell = s.walks[line.entity].cell_key(account)
                rows["core.entry"].append({
                    "account": accounts.setdefault(account, len(accounts) + 1),
                    "cell": cells.setdefault(cell, len(cells) + 1), "event_at": line.key.at,
                    "recorded_at": line.recorded, "version": line.version, "entity": line.entity,
                    "qty": amount_of(change.qty), "value_amt": money(change.value, minor(s, line.entity)),
                })  # fmt: skip
    for (entity, place, item, lot, owner, pool), number in accounts.items():
        of = cells[s.walks[entity].cell_key((entity, place, item, lot, owner, pool))]
        rows["core.account"].append({
            "account": number, "cell": of, "entity": entity, "place": place, "site": site_of(place),
            "item": item, "lot": lot, "owner": owner, "pool": pool,
        })  # fmt: skip
    _sales(ledger, rows)
    rows["core.count"] = ledger.count_rows
    rows["core.period_close"] = ledger.closes
    for name, entity in s.entities.items():
        digits = len(str(entity.minor)) - 1
        rows["core.entity"].append({
            "entity": name, "version": entity.version, "minor_digits": digits, "currency": entity.currency,
            "scope": entity.scope, "tz": entity.tz, "closed_period": s.closed.get(name, ""),
        })  # fmt: skip
    _number(rows)
    return rows


def _line(ledger: Recorded, line: Posted, rows: Rows) -> None:
    """A posted line in core.movement or core.true_up."""
    s, zone = ledger.accepted, ledger.accepted.entities[line.entity].tz
    own = period(line.key.at, zone)
    for row in shown(s, line.key, line.entry):
        kept = {k: row[k] for k in (
            "entity", "item", "lot", "owner", "from_place", "to_place", "from_pool", "to_pool", "qty",
            "value_amt",
        )}  # fmt: skip
        kept |= {
            "version": line.version, "event_at": line.key.at, "recorded_at": line.recorded,
            "period": line.period, "own_period": own if own != line.period else "",
        }  # fmt: skip
        if line.own:
            event = s.log.events[line.key.event]
            words = {k: plain(event.get(k)) for k in ("reason", "channel", "document", "cost_centre")}
            told = {"event_id": row["event_id"], "source": row["source"], "type": row["type"]}
            rows["core.movement"].append(kept | told | words | {"status": "posted"})
        else:
            cause = line.key.cause or line.found_by
            rows["core.true_up"].append(kept | _names(ledger, line.key.event, cause, line.found_by) | {
                "leg": line.key.leg,
            })  # fmt: skip


def _names(ledger: Recorded, of: EventKey, cause: EventKey, found: EventKey) -> Row:
    """What a true-up says of the event restated, its cause and its finder."""
    version_of = ledger.accepted.version_of
    return {
        "corrects_version": version_of.get(of, 0), "corrects_event": of[1], "corrects_source": of[0],
        "corrects_type": ledger.accepted.log.events[of]["type"], "cause_version": version_of.get(cause, 0),
        "cause_event": cause[1], "found_event": found[1],
    }  # fmt: skip


def _sales(ledger: Recorded, rows: Rows) -> None:
    """core.sale as first posted, core.sale_change, and the changes of figures in core.true_up."""
    s, takings = ledger.accepted, defaultdict(list)
    for taking in s.takings:
        takings[taking.event].append(taking)
    costs: dict[EventKey, int] = defaultdict(int)
    for line in s.lines:
        if line.own and line.key.to_place.startswith("@customer"):
            costs[line.key.event] += line.entry.value
    booked = {(x["entity"], x["version"]): x["period"] for x in rows["core.movement"]}
    for key, first in ledger.first.items():
        entity, version = s.log.events[key]["entity"], s.version_of[key]
        own = period(first.words[0], s.entities[entity].tz)
        mine = [t for t in takings[key] if t.version == version]
        month = mine[0].period if mine else booked.get((entity, version), own)
        rows["core.sale"].append(_first(ledger, key, sum(t.revenue for t in mine), costs[key]) | {
            "period": month, "own_period": own if own != month else "",
        })  # fmt: skip
        rows["core.true_up"] += [_revenue(ledger, t) for t in takings[key] if t.version != version]
    for change in ledger.changed:
        rows["core.true_up"].append(_figures(ledger, change))
        if (change.old.words, change.old.is_live) != (change.new.words, change.new.is_live):
            rows["core.sale_change"].append(_changed(ledger, change))


def _words(sold: Sold) -> Row:
    names = ("event_at", "item", "site", "channel", "customer", "document")
    return dict(zip(names, sold.words, strict=True))


def _first(ledger: Recorded, key: EventKey, revenue: int, cost: int) -> Row:
    """A sale as first posted."""
    first, event = ledger.first[key], ledger.accepted.log.events[key]
    entity, version = event["entity"], ledger.accepted.version_of[key]
    unit = minor(ledger.accepted, entity)
    qty, discount, tax, open_qty, open_amt, unknown, unpriced, landed = first.figures
    return _words(first) | {
        "entity": entity, "version": version, "event_id": key[1], "returns_id": returns_id(event),
        "kind": {"sale.return": "return", "sale.charge": "charge"}.get(event["type"], "delivery"),
        "recorded_at": ledger.arrivals[entity, version], "qty": amount_of(qty),
        "revenue_amt": money(revenue, unit), "discount_amt": money(discount, unit),
        "tax_amt": money(tax, unit), "cogs_amt": money(cost, unit), "open_qty": amount_of(open_qty),
        "open_amt": money(open_amt, unit), "uncosted": unknown | unpriced << 1, "landed": landed,
    }  # fmt: skip


def _revenue(ledger: Recorded, t: Taking) -> Row:
    """A true-up that changes revenue, in its period."""
    s = ledger.accepted
    own = period(t.at, s.entities[t.entity].tz)
    return _names(ledger, t.event, t.found_by, t.found_by) | {
        "entity": t.entity, "version": t.version, "leg": "revenue", "event_at": t.at,
        "recorded_at": ledger.arrivals[t.entity, t.version], "period": t.period,
        "own_period": own if own != t.period else "", "revenue_amt": money(t.revenue, minor(s, t.entity)),
    }  # fmt: skip


def _figures(ledger: Recorded, change: Change) -> Row:
    """A true-up that changes quantity, discount, tax, or what is known of the cost."""
    s = ledger.accepted
    entity = ledger.entity_of(change.sale)
    unit, at = minor(s, entity), change.new.words[0]
    row = _names(ledger, change.sale, change.found, change.found) | {
        "entity": entity, "version": change.version, "leg": "revenue", "event_at": at,
        "recorded_at": ledger.arrivals[entity, change.version],
        "period": open_period(at, s.entities[entity].tz, s.closed.get(entity, "")),
    }  # fmt: skip
    for name, old, new in zip(CHANGES, change.old.figures, change.new.figures, strict=True):
        delta = new - old
        row[name] = amount_of(delta) if "qty" in name else money(delta, unit) if "amt" in name else delta
    return row


def _changed(ledger: Recorded, change: Change) -> Row:
    """The sale's attributes as they are since then."""
    entity = ledger.entity_of(change.sale)
    own = period(change.new.words[0], ledger.accepted.entities[entity].tz)
    return _words(change.new) | {
        "entity": entity, "version": ledger.accepted.version_of[change.sale],
        "known_version": change.version, "is_live": change.new.is_live, "own_period": own,
    }  # fmt: skip


def _number(rows: Rows) -> None:
    """Lines count from 1 within a version, own ones first."""
    last: dict[Any, int] = defaultdict(int)
    for row in (*rows["core.movement"], *rows["core.true_up"]):
        last[row["entity"], row["version"]] += 1
        row["line"] = last[row["entity"], row["version"]]
