"""Transfers, and what changes on the way: lot, owner, pool, or the item itself (a repack, by `@repack`)."""

from __future__ import annotations

from fractions import Fraction

from tests.reference.cells import Taken
from tests.reference.masters import plain
from tests.reference.truth.lines import ZERO, AccountKey
from tests.reference.truth.rows import Row
from tests.reference.truth.walk import Delivered, Walk


def account_of(row: Row, place: str) -> AccountKey:
    """The event's own account at a place."""
    e = row.event
    return (e["entity"], place, row.item, plain(e.get("lot")), plain(e.get("owner")), plain(e.get("pool")))


def target_of(row: Row) -> AccountKey:
    """Where a transfer brings the goods; what it does not state stays as it is."""
    e = row.event
    entity, place, item, lot, owner, pool = account_of(row, e["to_site"])
    to_owner = plain(e.get("to_owner")) or owner
    return (
        entity, place, row.to_item or item, plain(e.get("to_lot")) or lot,
        "" if to_owner == entity else to_owner, plain(e.get("to_pool")) or pool,
    )  # fmt: skip


def transfer(w: Walk, row: Row) -> None:
    """from_site -> to_site at cost; within one cell without value; FIFO carries layer by layer (D30)."""
    source, target = account_of(row, row.event["from_site"]), target_of(row)
    cell, into = w.cell(row, source), w.cell(row, target)
    catch = w.catch_out(source, row.qty, row.catch)
    qty = row.to_qty or row.qty
    w.state.delivered[row.key] = Delivered(source, target[1], row.qty)
    if cell is into:
        w.watch(row, source, row.qty)
        move(w, row, source, target, Taken(), qty, catch)
        return
    taken = w.take(row, source, row.qty, "@price_variance", "variance")
    move(w, row, source, target, taken, qty, catch)
    if w.foreign(source) and not w.foreign(target):  # out of consignment: bought from its owner now
        amount = row.money or 0
        w.line(row, "bought", target, f"@supplier/{source[4]}", ZERO, -amount)
        w.bring(row, target, qty, amount, known=True)
    else:
        carry(w, row, target, taken, qty)


def pool_move(w: Walk, row: Row) -> None:
    """From one pool to another at the same place: quantity only."""
    source = account_of(row, row.event["site"])
    target: AccountKey = (*source[:5], row.event["to_pool"])
    w.cell(row, source)
    w.cell(row, target)
    w.line(row, "pool", source, source[1], row.qty, 0, to_pool=target[5])


def move(
    w: Walk, row: Row, source: AccountKey, target: AccountKey, taken: Taken, qty: Fraction, catch: Fraction
) -> None:
    """One line from place to place, or two through `@repack` where item, lot or owner change."""
    if source[2:5] == target[2:5]:
        w.line(row, "goods", source, target[1], row.qty, taken.cost, to_pool=target[5], catch=catch)
        return
    w.line(row, "out", source, "@repack", row.qty, taken.cost, catch=catch)
    w.line(row, "in", target, "@repack", -qty, -taken.cost, catch=-catch)


def carry(w: Walk, row: Row, target: AccountKey, taken: Taken, qty: Fraction) -> None:
    """What one cell gave comes into another: FIFO layer by layer, the uncovered part last.

    What became another item is one inflow, at one cost.
    """
    landed = taken.landed
    if w.entity.valuation == "fifo" and not row.to_item:
        for m, cost in taken.parts:
            w.bring(row, target, m, cost, known=not taken.covered_unknown, landed=landed)
        if taken.uncovered > 0:
            w.bring(row, target, taken.uncovered, taken.provisional, known=not taken.from_nothing)
        return
    unknown = (taken.covered_unknown or taken.covered == 0) and (taken.from_nothing or taken.uncovered == 0)
    w.bring(row, target, qty, taken.cost, known=not unknown, landed=landed)
