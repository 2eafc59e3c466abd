"""One valid event of every type, for the JSON Schemas, the reference page and tests.

A small story: a shop in Shanghai buys tea in cases of 24 bottles, sells it, takes one back.
"""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]

_TEA = {"item": "TEA-500", "site": "S1"}

_PAYLOADS: dict[str, Event] = {
    "master.entity": {
        "currency": "CNY",
        "valuation": "moving_average",
        "scope": "site",
        "tz": "Asia/Shanghai",
    },
    "master.item": {
        "item": "TEA-500",
        "name": {"zh": "乌龙茶 500 毫升", "en": "Oolong tea 500 ml"},
        "uom": "瓶",
        "uoms": {"箱": "24"},
        "tracking": "none",
        "whole": True,
        "gtin": "06291041500213",
        "standard_cost": "2.5",
    },
    "master.site": {"site": "S1", "tz": "Asia/Shanghai", "kind": "store", "day_cut_off": "04:00"},
    "master.rate": {"kind": "labour", "key": "packer", "rate": "32.5"},
    "stock.receipt": {
        **_TEA,
        "qty": "10",
        "uom": "箱",
        "unit_cost": "57.6",
        "supplier": "V7",
        "document": "GR-1",
    },
    "stock.issue": {**_TEA, "qty": "2", "reason": "damaged"},
    "stock.transfer": {"item": "TEA-500", "from_site": "S1", "to_site": "S2", "qty": "24"},
    "stock.count": {**_TEA, "qty": "212"},
    "stock.revalue": {**_TEA, "unit_cost": "2.35"},
    "stock.reserve": {**_TEA, "qty": "6", "expires": "2025-01-04T00:00:00+08:00", "priority": 5},
    "stock.release": {**_TEA, "qty": "6", "releases": "stock.reserve-1"},
    "stock.pending": {"movement": {"type": "stock.issue", **_TEA, "qty": "50", "reason": "write_off"}},
    "stock.post": {"pending": "stock.pending-1"},
    "stock.void": {"pending": "stock.pending-1", "reason": "not approved"},
    "sale.delivery": {
        **_TEA,
        "qty": "3",
        "unit_price": "4.5",
        "amount": "13.5",
        "tax": "1.76",
        "channel": "till",
    },
    "sale.charge": {"code": "DELIVERY", "amount": "6", "channel": "web"},
    "sale.return": {"returns": "till-1#8841", "qty": "1", "amount": "4.5"},
    "purchase.return": {"returns": "stock.receipt-1", "qty": "24"},
    "cost.landed": {"receipts": ["stock.receipt-1"], "amount": "36", "split": "qty"},
    "lot.status": {"item": "MILK-1L", "lot": "L0102", "status": "quarantine", "reason": "cold chain broken"},
    "event.correct": {"corrects": "stock.receipt-1", "set": {"unit_cost": "58.2"}},
    "event.cancel": {"cancels": "stock.receipt-1"},
    "pool.open": {**_TEA, "qty": "48", "pool": "spring-promo", "expires": "2025-02-01T00:00:00+08:00"},
    "pool.close": {**_TEA, "qty": "12", "pool": "spring-promo"},
    "period.close": {"period": "2025-01"},
}


def example(type_name: str) -> Event:
    """A fresh valid event of the type, as on the wire; `KeyError` for an unknown type."""
    return {
        "id": f"{type_name}-1",
        "source": "shop",
        "time": "2025-01-02T09:30:00+08:00",
        "type": type_name,
        "entity": "CN01",
        **_PAYLOADS[type_name],
    }
