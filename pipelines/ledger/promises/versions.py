"""`expect_version`: a command decided on an older state is refused, with the state that it missed."""

from __future__ import annotations

from pipelines.kernels.exact import decimal_text
from pipelines.ledger.promises.lots import Desk, status
from pipelines.ledger.promises.shapes import Event, Refusal, StockKey, text
from schemas.accounts import site_of


def check(d: Desk, event: Event) -> None:
    """Compare with the newest version of the rows that the command names: item, site, and lot if stated.

    `stale_version` tells the version and the state of the first row that is newer.
    """
    expected = event.get("expect_version")
    if expected is None:
        return
    entity, item, owner, lot = event["entity"], text(event, "item"), text(event, "owner"), text(event, "lot")
    sites = {site_of(text(event, name)) for name in ("site", "from_site", "to_site") if text(event, name)}
    newest: dict[StockKey, int] = {}
    for site in sites:
        for row in d.stock.rows(entity, site, item, owner):
            key = (entity, site, item, row.lot, owner)
            newest[key] = max(row.version, newest.get(key, 0))
    for key, version in d.book.rows_of((entity, item)).items():
        if key[1] in sites and key[4] == owner:
            newest[key] = max(version, newest.get(key, 0))
    for key, version in sorted(newest.items()):
        if lot in ("", key[3]) and version > expected:
            raise Refusal(
                "stale_version", f"{key[1]} {item} {key[3]}: {version} > {expected}; {state(d, key)}"
            )
    if expected > d.stock.version(entity):
        raise Refusal("stale_version", f"{d.stock.version(entity)} < {expected}")


def state(d: Desk, key: StockKey) -> str:
    """What `v_stock_now` shows of a row: on hand, reserved, blocked."""
    entity, site, item, lot, owner = key
    rows = [row for row in d.stock.rows(entity, site, item, owner) if row.lot == lot]
    there = sum(row.qty for row in rows)
    promised = reserved(d, key) + sum(max(0, row.qty) for row in rows if row.pool)
    blocked = max(0, there) if status(d, (entity, item, lot)) != "ok" else 0
    shown = {"on_hand": there, "reserved": promised, "blocked": blocked}
    return " ".join(f"{name} {decimal_text(qty, 6)}" for name, qty in shown.items())


def reserved(d: Desk, key: StockKey) -> int:
    """What reservations and pending movements hold of a row's common stock."""
    entity, site, item, lot, owner = key
    shelf = (entity, site, item, owner, "")
    holds = [h for h in d.book.holds_of((entity, item)) if h.kind != "pool" and h.shelf == shelf]
    return sum(qty for hold in holds for name, qty in hold.lots if name == lot)


def touch(d: Desk, mark: int, version: int) -> list[StockKey]:
    """The rows of stock that the promises have changed since the mark; lines are the ledger's to know."""
    changed: dict[StockKey, None] = {}
    for table, key, before in list(d.book.since(mark)):
        if table == "holds":
            states = [hold for hold in (before, d.book.holds.get(key)) if hold is not None]
            lots = {lot for hold in states for lot, _ in hold.lots} or {""}
            changed |= {(*hold.shelf[:3], lot, hold.shelf.owner): None for hold in states for lot in lots}
    for row in changed:
        d.book.put("rows", row, version)
    return sorted(changed)
