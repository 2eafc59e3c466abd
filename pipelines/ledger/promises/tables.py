"""The rows that promises give to the store: `core.promise`, `core.reserved`, `core.lot`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipelines.ledger.promises.facade import HoldRow, Outcome

Rows = dict[str, list[dict[str, Any]]]


def rows_of(outcomes: Iterable[Outcome]) -> Rows:
    """Rows by table, in the order of the commits; quantities in millionths, times in ms, absent is 0."""
    found: Rows = {"core.promise": [], "core.reserved": [], "core.lot": []}
    for outcome in outcomes:
        found["core.promise"] += [promise(row) for row in outcome.holds]
        for (entity, site, item, lot, owner), qty, version in outcome.reserved:
            found["core.reserved"].append({
                "entity": entity, "site": site, "item": item, "lot": lot, "owner": owner,
                "version": version, "reserved_qty": qty,
            })  # fmt: skip
        for lot_row in outcome.lots:
            found["core.lot"].append(lot_row._asdict() | {"expires_at": lot_row.expires_at or 0})
    return {name: rows for name, rows in found.items() if rows}


def promise(row: HoldRow) -> dict[str, Any]:
    """A hold as it is now."""
    h = row.hold
    return {
        "entity": h.shelf.entity, "source": h.key[0], "event_id": h.key[1], "version": row.version,
        "recorded_at": row.recorded_at, "kind": h.kind, "state": h.state, "site": h.shelf.site,
        "place": h.place, "item": h.shelf.item, "owner": h.shelf.owner, "pool": h.shelf.pool, "qty": h.qty,
        "open_qty": h.open, "held_lots": [lot for lot, _ in h.lots], "held_units": [qty for _, qty in h.lots],
        "expires_at": h.expires or 0, "priority": h.priority, "document": h.document,
        "buffer_qty": h.buffer, "owed_qty": row.owed,
    }  # fmt: skip
