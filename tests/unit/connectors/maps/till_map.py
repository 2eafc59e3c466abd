"""A map with some of everything, rows for it, and the check that both ways of reading them agree."""

import numpy as np
import pyarrow as pa

from connectors.maps.errors import Refused
from connectors.pos import Mapper

BASE = {
    "entity": "shop", "source": "till", "tz": "Asia/Shanghai", "site": "S1",
    "columns": {
        "time": {"column": "when", "format": ["%Y-%m-%d %H:%M:%S", "%d/%m/%Y"]},
        "item": {"column": "sku", "strip": "^0+"}, "qty": "n", "unit_price": "price",
        "channel": {"lookup": "c.csv", "key": "ch", "value": "name", "default": "other",
                    "table": {"1": "shop", "2": "app"}},
        "document": {"template": "{shop}-{who}"},
        "lot": {"lookup": "l.csv", "key": "lot", "value": "v", "table": {"a": "A", "b": "B"}},
    },
    "rules": [
        {"when": {"sku": ["POST", "FEE"]}, "emit": "sale.charge",
         "set": {"code": "{sku}", "amount": "n * price - 0.5"}},
        {"when": {"n": {"lt": 0}, "kind": "R.*"}, "emit": "sale.return",
         "set": {"qty": "abs(n)", "unit_price": None, "amount": "-n * price"}},
        {"when": {"n": {"lt": 0}}, "emit": "stock.issue", "set": {"qty": "-n", "reason": "lost"}},
        {"when": {"cost": ".+", "n": {"gt": 0}}, "emit": ["stock.receipt", "sale.delivery"],
         "set": {"stock.receipt": {"unit_cost": "cost", "supplier": "{who}"},
                 "sale.delivery": {"tax": "{cost} * 2"}}},
        {"when": {"n": {"ge": 0, "le": 1000000}}, "emit": "sale.delivery"},
    ],
}  # fmt: skip
HEADER = ["when", "sku", "n", "price", "ch", "shop", "who", "lot", "kind", "cost", "note"]
GOOD = ["2025-01-02 03:04:05", "007", "2", "1.50", "1", "X", "李", "a", "", "", ""]


def mapper(**changes):
    return Mapper.from_dict({**BASE, "header": HEADER, **changes})


def batch(records):
    return pa.array(records, type=pa.large_binary()), np.arange(len(records), dtype=np.int64)


def decode(one, records, source_id="f" * 16):
    """The block way, as per record: a list of events without nulls, or `Refused`."""
    found = one.decode(*batch(records), source_id)
    per = [[] for _ in records]
    for n, event in zip(found.rec.tolist(), found.events.to_pylist(), strict=True):
        per[n].append({k: v for k, v in event.items() if v is not None})
    for n, reason, detail in found.refused:
        assert not per[n]
        per[n] = Refused(reason, detail)
    return per


def both(one, records):
    blocks = decode(one, records)
    assert blocks == [one.decode_row(r, n, "f" * 16) for n, r in enumerate(records)]
    return blocks


def line(**cells):
    return (",".join(cells.get(h, g) for h, g in zip(HEADER, GOOD, strict=True)) + "\n").encode()
