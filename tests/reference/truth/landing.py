"""Landed costs: which share of a cost falls on which receipt (D22, D25)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from tests.reference.exact import EventKey, Refused, r
from tests.reference.masters import plain
from tests.reference.posting import under
from tests.reference.truth.rows import ZERO, Row
from tests.reference.truth.walk import Landed


def weight(cost: Row, receipt: Row) -> Fraction:
    """What a receipt counts for in the split of a cost."""
    split = cost.event["split"]
    if split in ("weight", "volume"):
        return receipt.qty * cost.unit.get(receipt.item, ZERO)
    return {"qty": receipt.qty, "value": Fraction(receipt.money or 0), "equal": Fraction(1)}[split]


def shares(amount: int, weights: list[Fraction]) -> list[int]:
    """The amount in proportion, one after another; the last one with a weight takes the cents.

    Without any weight the parts are equal.
    """
    if not any(weights):
        weights = [Fraction(1)] * len(weights)
    found, rest, open_ = [], amount, sum(weights, ZERO)
    for w in weights:
        share = r(rest * w / open_) if open_ else 0
        rest, open_ = rest - share, open_ - w
        found.append(share)
    return found


def spread(rows: Mapping[EventKey, Row]) -> dict[EventKey, list[Landed]]:
    """Per receipt the shares of all live costs. A cancelled receipt takes none; refuses what goes below 0."""
    found: dict[EventKey, list[Landed]] = {}
    for cost in sorted((x for x in rows.values() if x.live and x.receipts), key=lambda x: x.key):
        receipts = [rows[key] for key in sorted(cost.receipts) if rows[key].live]
        weights = [weight(cost, receipt) for receipt in receipts]
        contra = under("@supplier", plain(cost.event.get("supplier")))
        for receipt, share in zip(receipts, shares(cost.money or 0, weights), strict=True):
            found.setdefault(receipt.key, []).append(Landed(cost.key, share, contra))
    for key, parts in found.items():
        whole = (rows[key].money or 0) + sum(part.share for part in parts)
        if whole < 0:
            raise Refused("range", f"receipt {key[1]} would cost {whole} minor units")
    return found
