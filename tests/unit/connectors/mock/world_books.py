"""A few lines of book-keeping for the world's tests: what records deserve, and what the books then hold.

Quantities only, in event-time order, without a line of the ledger: an opinion of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

import msgspec

from pipelines.intake.parsing import Refused
from pipelines.intake.strict import decode_row
from schemas.registry import EVENT_TYPES
from schemas.units import item_factor

Account = tuple[str, str, str]  # site, item, lot
FAR_MS = 4_102_444_800_000
TILLS = (b'{"id":"till-', b'{"id":"online-', b'{"id":"platform-')


@dataclass
class Books:
    """`verdicts`: (source, id) -> verdicts in order of arrival; `accepted`: the events that count."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    accepted: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    verdicts: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    seen: int = 0

    def take(self, line: bytes) -> str:
        """The verdict on one record; of the tills' plain lines only every fortieth is read the slow way."""
        self.seen += 1
        try:
            if not line.startswith(TILLS) or not line.endswith(b"}\n") or self.seen % 40 == 0:
                decode_row(line, FAR_MS)
            event = msgspec.json.decode(line)
        except Refused as r:
            key = self._key(line)
            self.verdicts[key].append(str(r.reason))
            return str(r.reason)
        key = (event["source"], event["id"])
        verdict = self._judge(event, key)
        self.verdicts[key].append(verdict)
        if verdict == "ok":
            self.accepted[key] = event
            if event["type"] == "master.item":
                self.items[event["item"]] = event
        return verdict

    def _key(self, line: bytes) -> tuple[str, str]:
        head = line.split(b",", 2)
        return head[1].split(b'"')[3].decode(), head[0].split(b'"')[3].decode()

    def _judge(self, event: dict[str, Any], key: tuple[str, str]) -> str:
        known = self.accepted.get(key)
        if known is not None:
            return "duplicate" if known == event else "id_conflict"
        if "item" in event and "qty" in event:
            base = self.base(event)
            if base is None:
                return "unknown_uom"
            if self.items[event["item"]]["whole"] and base.denominator != 1:
                return "fraction"
        return "ok"

    def base(self, event: dict[str, Any], item: str = "") -> Fraction | None:
        """The quantity in base units."""
        thing = self.items[item or event["item"]]
        factor = item_factor(event.get("uom", ""), thing["uom"], thing["uoms"])
        return None if factor is None else Fraction(event["qty"]) * factor

    def in_order(self) -> list[dict[str, Any]]:
        """Accepted events by (time, rank, source, seq, id)."""
        return sorted(
            self.accepted.values(),
            key=lambda e: (instant(e["time"]), EVENT_TYPES[e["type"]].rank, e["source"], e["seq"], e["id"]),
        )

    def stock(self) -> tuple[dict[Account, Fraction], dict[Account, Fraction]]:
        """(what the books hold, what they would hold had nobody counted after the opening)."""
        held: dict[Account, Fraction] = defaultdict(Fraction)
        moved: dict[Account, Fraction] = defaultdict(Fraction)
        for e in self.in_order():
            if e["type"] == "stock.count":
                account = (e["site"], e["item"], e.get("lot", ""))
                held[account] = self.base(e) or Fraction(0)
                if "unit_cost" in e:
                    moved[account] = held[account]
                continue
            for account, change in self._moves(e):
                held[account] += change
                moved[account] += change
        return held, moved

    def _moves(self, e: dict[str, Any]) -> list[tuple[Account, Fraction]]:
        kind = e["type"]
        if kind.startswith("master.") or kind == "sale.charge":
            return []
        if "returns" in e:
            source, _, ident = e["returns"].rpartition("#")
            first = self.accepted[source or e["source"], ident]
            qty = self.base(e, first["item"]) or Fraction(0)
            account = (e.get("site", first["site"]), first["item"], first.get("lot", ""))
            return [(account, qty if kind == "sale.return" else -qty)]
        qty, lot = self.base(e) or Fraction(0), e.get("lot", "")
        if kind == "stock.transfer":
            return [((e["from_site"], e["item"], lot), -qty), ((e["to_site"], e["item"], lot), qty)]
        return [((e["site"], e["item"], lot), qty if kind == "stock.receipt" else -qty)]


def instant(text: str) -> float:
    """Seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def read(lines: list[bytes]) -> tuple[Books, Counter[str]]:
    """The books after all records, and how often each verdict fell."""
    books = Books()
    return books, Counter(books.take(line) for line in lines)
