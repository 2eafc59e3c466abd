"""Hand-made sequences of the ledger's rules, one entity each, and what the faces must show, done on paper.

Written `TYPE key=value …`; time grows by an hour a line, ids are `ENTITY-1`, `ENTITY-2` …, the item is X and
the site A unless said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

BEGIN = datetime(2025, 1, 5, tzinfo=UTC)
_KINDS = {
    "entity": "master.entity", "item": "master.item", "receipt": "stock.receipt", "issue": "stock.issue",
    "sale": "sale.delivery", "charge": "sale.charge", "return": "sale.return", "back": "purchase.return",
    "transfer": "stock.transfer", "count": "stock.count", "revalue": "stock.revalue",
}  # fmt: skip


class Sequence(NamedTuple):
    """What is sent and what is shown, events by their number.

    `stock`: "SITE ITEM LOT" -> (quantity, value). `cogs`: event -> (cogs, state). `ups`: true-ups as
    (event, cause, value).
    """

    rule: str
    lines: str
    stock: dict[str, tuple[str, str]]
    cogs: Mapping[int, tuple[str, str]] = MappingProxyType({})
    ups: Iterable[tuple[int, int, str]] = ()
    refused: Mapping[int, str] = MappingProxyType({})
    waiting: int = 0


SEQUENCES: dict[str, Sequence] = {
    "NEG": Sequence(
        "through negative: the receipt that covers re-prices what left before it",
        """receipt qty=10 unit_cost=10
           sale qty=15
           receipt qty=15 unit_cost=15""",
        {"A X": ("10", "150")}, {2: ("175", "billed")}, [(2, 3, "25")],
    ),
    "NEGFIFO": Sequence(
        "FIFO beyond its layers: the last layer's cost, then the covering one's",
        """entity valuation=fifo
           receipt qty=5 unit_cost=10
           sale qty=8
           receipt qty=10 unit_cost=12""",
        {"A X": ("7", "84")}, {3: ("86", "billed")}, [(3, 4, "6")],
    ),
    "THIRDS": Sequence(
        "an average of thirds sweeps itself: 3.33, 3.34, 3.33",
        """receipt qty=3 amount=10
           sale qty=1
           sale qty=1
           sale qty=1""",
        {}, {2: ("3.33", "billed"), 3: ("3.34", "billed"), 4: ("3.33", "billed")},
    ),
    "CENT": Sequence(
        "1000 pieces worth 6.00: no value is left over, none is missing",
        """receipt qty=1000 amount=6
           sale qty=400
           sale qty=600""",
        {}, {2: ("2.4", "billed"), 3: ("3.6", "billed")},
    ),
    "FIFO": Sequence(
        "FIFO takes the oldest layer; a return comes back at its own cost",
        """entity valuation=fifo
           receipt qty=5 unit_cost=10
           receipt qty=5 unit_cost=20
           sale qty=7 unit_price=30
           return returns=4 qty=2""",
        {"A X": ("5", "85.71")}, {4: ("90", "billed"), 5: ("-25.71", "billed")},
    ),
    "OWN": Sequence(
        "a return comes back at what its delivery cost, not at today's average",
        """receipt qty=10 unit_cost=10
           sale qty=4
           receipt qty=10 unit_cost=20
           return returns=2 qty=1""",
        {"A X": ("17", "270")}, {2: ("40", "billed"), 4: ("-10", "billed")},
    ),
    "D14": Sequence(
        "a return first takes back its own uncovered units: 50 - 20 + 15 for 3",
        """receipt qty=1 unit_cost=10
           sale qty=1
           sale qty=5
           return returns=3 qty=2
           receipt qty=3 unit_cost=15""",
        {}, {3: ("65", "billed"), 4: ("-20", "billed")}, [(3, 5, "15")],
    ),
    "OVER": Sequence(
        "more cannot come back than went",
        """receipt qty=5 unit_cost=10
           sale qty=3
           return returns=2 qty=2
           return returns=2 qty=2
           return returns=2 qty=1""",
        {"A X": ("5", "50")}, {2: ("30", "billed")}, refused={4: "over_return"},
    ),
    "COUNT": Sequence(
        "a count sets the quantity: one lost, later two found, each at the average",
        """receipt qty=10 unit_cost=10
           sale qty=3
           count qty=6
           count qty=8""",
        {"A X": ("8", "80")}, {2: ("30", "billed")},
    ),
    "REFUSE": Sequence(
        "negative refused: nothing half-posted",
        """entity negative=refuse
           receipt qty=5 unit_cost=10
           sale qty=6
           transfer to_site=B qty=6
           sale qty=5""",
        {}, {5: ("50", "billed")}, refused={3: "negative_stock", 4: "negative_stock"},
    ),
    "MOVE": Sequence(
        "a transfer moves exactly the value that left",
        """receipt qty=3 amount=10
           transfer to_site=B qty=1
           transfer to_site=B qty=2
           sale site=B qty=3""",
        {}, {4: ("10", "billed")},
    ),
    "SCOPE": Sequence(
        "scope entity: one cost for all sites, quantity by place",
        """entity scope=entity
           receipt qty=10 unit_cost=10
           receipt site=B qty=10 unit_cost=20
           sale qty=10""",
        {"B X": ("10", "150")}, {4: ("150", "billed")},
    ),
    "SITES": Sequence(
        "scope site: never another site's cost",
        """receipt qty=5 unit_cost=10
           sale site=B qty=1""",
        {"A X": ("5", "50"), "B X": ("-1", "0")}, {2: ("0", "uncosted")},
    ),
    "LOTS": Sequence(
        "scope lot: each lot its own cost",
        """entity scope=lot
           receipt lot=L1 qty=5 unit_cost=10
           receipt lot=L2 qty=5 unit_cost=20
           sale lot=L2 qty=2""",
        {"A X L1": ("5", "50"), "A X L2": ("3", "60")}, {4: ("40", "billed")},
    ),
    "UNCOSTED": Sequence(
        "without any cost nothing is invented, until a cost comes",
        """sale qty=2
           sale item=Y qty=1
           receipt qty=5 unit_cost=4""",
        {"A X": ("3", "12"), "A Y": ("-1", "0")}, {1: ("8", "billed"), 2: ("0", "uncosted")}, [(1, 3, "8")],
    ),
    "STANDARD": Sequence(
        "an item's standard cost stands in until a receipt comes",
        """item standard_cost=2.5
           sale qty=2""",
        {"A X": ("-2", "-5")}, {2: ("5", "estimated")},
    ),
    "BACK": Sequence(
        "to the supplier at the average; the difference to the price is variance",
        """receipt qty=5 unit_cost=10
           receipt qty=5 unit_cost=20
           back returns=1 qty=2""",
        {"A X": ("8", "120")},
    ),
    "REVALUE": Sequence(
        "a revaluation is an event: value changes, quantity does not",
        """receipt qty=10 unit_cost=10
           revalue unit_cost=12
           sale qty=1""",
        {"A X": ("9", "108")}, {3: ("12", "billed")},
    ),
    "BOXES": Sequence(
        "箱 of 24 瓶: received and sold in boxes, no half bottles",
        """item uom=瓶 uoms=箱:24 whole=true
           receipt qty=2 uom=箱 unit_cost=48
           sale qty=1.5 uom=箱
           sale qty=0.5 uom=瓶
           sale qty=1 uom=打
           sale qty=0.01 uom=箱""",
        {"A X": ("12", "24")}, {3: ("72", "billed")},
        refused={4: "fraction", 5: "unknown_uom", 6: "fraction"},
    ),
    "YEN": Sequence(
        "the yen has no smaller unit",
        """entity currency=JPY
           receipt qty=3 amount=100
           sale qty=1
           receipt qty=1 amount=0.5""",
        {"A X": ("2", "67")}, {3: ("33", "billed")}, refused={4: "scale"},
    ),
    "WAIT": Sequence(
        "a return that comes first waits for its delivery; one that never comes still waits",
        """receipt qty=10 unit_cost=10
           return returns=3 qty=1
           sale qty=4
           return returns=99 qty=1""",
        {"A X": ("7", "70")}, {2: ("-10", "billed"), 3: ("40", "billed")}, waiting=1,
    ),
}  # fmt: skip


def events(entity: str, sequence: Sequence) -> list[dict[str, Any]]:
    """The events of a sequence, as on the wire."""
    found = []
    for n, line in enumerate(sequence.lines.splitlines(), 1):
        kind, *words = line.split()
        event: dict[str, Any] = {
            "id": f"{entity}-{n}", "source": "paper", "type": _KINDS[kind], "entity": entity,
            "time": (BEGIN + timedelta(hours=n)).isoformat(),
        }  # fmt: skip
        if kind not in ("entity", "return", "back", "charge"):
            event["item"] = "X"
        if kind in ("receipt", "issue", "sale", "count"):
            event["site"] = "A"
        if kind == "transfer":
            event["from_site"] = "A"
        for word in words:
            name, _, value = word.partition("=")
            event[name] = value
        if "returns" in event:
            event["returns"] = f"{entity}-{event['returns']}"
        if "whole" in event:
            event["whole"] = event["whole"] == "true"
        if "uoms" in event:
            unit, _, factor = event["uoms"].partition(":")
            event["uoms"] = {unit: factor}
        found.append(event)
    return found
