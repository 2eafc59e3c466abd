"""From the per-event job's tuples to the columns of an insert, as quickly as Python lists allow."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

ARRIVED_MS = 1_800_000_000_000
Rows = list[tuple[Any, ...]]
# A row: the event, version, from, to, quantity, value, revenue, account, account it goes to.
EVENT, VERSION, FROM, TO, QTY, VALUE, REVENUE, HERE, THERE = range(9)


def _low(values: Any) -> pa.Array:
    return pa.array(values, pa.string()).dictionary_encode()


def _same(word: str, n: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), n), pa.array([word]))


def _integers(values: Any) -> pa.Array:
    return pa.array(values, pa.int64())


def _all(value: int, n: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.int64()), n)


def _at(events: Any) -> pa.Array:
    """Milliseconds since 1970 of RFC 3339 times, parsed as a column."""
    naive = pc.utf8_slice_codeunits(pa.array([e.time for e in events]), 0, 23)
    shanghai = pc.strptime(pc.utf8_slice_codeunits(naive, 0, 19), format="%Y-%m-%dT%H:%M:%S", unit="s")
    ms = pc.cast(pc.utf8_slice_codeunits(naive, 20, 23), pa.int64())
    return pc.add(pc.add(pc.multiply(pc.cast(shanghai, pa.int64()), 1000), ms), -8 * 3_600_000)


def _periods(events: Any) -> pa.Array:
    """YYYY-MM; the load's times are in the entity's zone."""
    return _low([e.time[:7] for e in events])


def _money(minor: Any) -> pa.Array:
    return _integers([100 * v for v in minor])


def tables(rows: Rows, accounts: dict[str, int], cells: list[list[int]], known: int) -> dict[str, pa.Table]:
    """The tables of a batch of lines; `known`: how many accounts the store has already."""
    out = {}
    new = [(*key.split("|"), number) for key, number in islice(accounts.items(), known, None)]
    entity = rows[0][EVENT].entity
    if new:
        numbers = _integers([n for _, _, n in new])
        sites = _low([site for _, site, _ in new])
        items = pa.array([item for item, _, _ in new])
        names = ["account", "cell", "entity", "place", "site", "item"]
        columns = [numbers, numbers, _same(entity, len(new)), sites, sites, items]
        out["core.account"] = pa.table(columns, names=names)
    out["core.movement"] = _movement(rows, entity)
    out["core.entry"] = _entry(rows, entity)
    sold = [r for r in rows if r[EVENT].type == "sale.delivery"]
    if sold:
        out["core.sale"] = _sale(sold, entity)
    out["core.stock"] = _stock(rows, cells, entity)
    return out


def _movement(rows: Rows, entity: str) -> pa.Table:
    n = len(rows)
    events, version, source, target, qty, value, *_ = zip(*rows, strict=True)
    return pa.table(
        {
            "entity": _same(entity, n),
            "version": _integers(version),
            "line": _all(1, n),
            "status": _same("posted", n),
            "event_id": pa.array([e.id for e in events]),
            "source": _low([e.source for e in events]),
            "type": _low([e.type for e in events]),
            "event_at": _at(events),
            "recorded_at": _all(ARRIVED_MS, n),
            "period": _periods(events),
            "item": pa.array([e.item for e in events]),
            "from_place": _low(source),
            "to_place": _low(target),
            "qty": _integers(qty),
            "value_amt": _money(value),
            "reason": _low([e.reason for e in events]),
            "trust": _same("red", n),
        }
    )


def _entry(rows: Rows, entity: str) -> pa.Table:
    """Both physical sides of every line, signed."""
    sides = []
    for r in rows:
        sign = 1 if r[EVENT].type == "stock.receipt" else -1
        sides.append((r[HERE], r[EVENT], r[VERSION], sign * r[QTY], sign * r[VALUE]))
        if r[THERE] >= 0:
            sides.append((r[THERE], r[EVENT], r[VERSION], r[QTY], r[VALUE]))
    account, events, version, qty, value = zip(*sides, strict=True)
    return pa.table(
        {
            "account": _integers(account),
            "cell": _integers(account),
            "event_at": _at(events),
            "recorded_at": _all(ARRIVED_MS, len(sides)),
            "version": _integers(version),
            "entity": _same(entity, len(sides)),
            "qty": _integers(qty),
            "value_amt": _money(value),
        }
    )


def _sale(sold: Rows, entity: str) -> pa.Table:
    n = len(sold)
    events, version, source, _, qty, value, revenue, *_ = zip(*sold, strict=True)
    return pa.table(
        {
            "entity": _same(entity, n),
            "version": _integers(version),
            "event_id": pa.array([e.id for e in events]),
            "event_at": _at(events),
            "recorded_at": _all(ARRIVED_MS, n),
            "period": _periods(events),
            "item": pa.array([e.item for e in events]),
            "site": _low(source),
            "kind": _same("delivery", n),
            "qty": _integers(qty),
            "revenue_amt": _money(revenue),
            "cogs_amt": _money(value),
        }
    )


def _stock(rows: Rows, cells: list[list[int]], entity: str) -> pa.Table:
    """Touched accounts as they are now."""
    latest = {account: r for r in rows for account in (r[HERE], r[THERE]) if account >= 0}
    n, account = len(latest), _integers(list(latest))
    qty = _integers([cells[a][0] for a in latest])
    return pa.table(
        {
            "entity": _same(entity, n),
            "account": account,
            "cell": account,
            "qty": qty,
            "cell_qty": qty,
            "cell_value_amt": _money([cells[a][1] for a in latest]),
            "trust": _same("red", n),
            "version": _integers([r[VERSION] for r in latest.values()]),
            "event_at": _at([r[EVENT] for r in latest.values()]),
            "recorded_at": _all(ARRIVED_MS, n),
        }
    )
