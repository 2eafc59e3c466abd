"""What is on hand, reserved, blocked and available, per row of `v_stock_now`."""

from __future__ import annotations

from fractions import Fraction

from tests.reference.admission.accepted import Accepted
from tests.reference.exact import site_of
from tests.reference.promises.lots import status
from tests.reference.truth.lines import ZERO, physical

StockKey = tuple[str, str, str, str, str]  # entity, site, item, lot, owner


def available(s: Accepted) -> dict[StockKey, tuple[Fraction, Fraction, Fraction, Fraction]]:
    """(on hand, reserved, blocked, available) per row: bins and pools summed.

    Reserved is what reservations and pending movements hold of the common stock, and whatever lies in pools.
    """
    on_hand: dict[StockKey, Fraction] = {}
    reserved: dict[StockKey, Fraction] = {}
    for entity, walk in s.walks.items():
        for account, qty in walk.state.accounts.items():
            if physical(account):
                key = (entity, site_of(account[1]), account[2], account[3], account[4])
                on_hand[key] = on_hand.get(key, ZERO) + qty
                if account[5] and qty > 0:
                    reserved[key] = reserved.get(key, ZERO) + qty
    for hold in s.holds.values():
        entity, site, item, owner, pool = hold.shelf
        if hold.kind != "pool" and not pool:
            for lot, qty in hold.lots:
                key = (entity, site, item, lot, owner)
                reserved[key] = reserved.get(key, ZERO) + qty
    found = {}
    for key in {*on_hand, *reserved}:
        there, promised = on_hand.get(key, ZERO), reserved.get(key, ZERO)
        blocked = max(ZERO, there) if status(s, key[0], key[2], key[3]) != "ok" else ZERO
        found[key] = (there, promised, blocked, max(ZERO, there - promised - blocked))
    return found
