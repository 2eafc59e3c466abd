"""What an event says now: as sent, with the `set` of its live corrections (docs/truth.md).

Events that are corrected were posted long before, as integers; their wire form is made from those, and read
again by the intake's own rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.intake.decode import DecodeStep
from pipelines.kernels.exact import NONE, decimal_text
from pipelines.kernels.records import Facts, records_table
from pipelines.ledger.columns import (
    D_ACC,
    D_VER,
    H_ACC,
    H_COST,
    H_CROW,
    H_DISC,
    H_ENT,
    H_ITEM,
    H_LINK,
    H_LIVE,
    H_OTHER,
    H_OWN,
    H_PRICE,
    H_QTY,
    H_RAW,
    H_SENT,
    H_SEQ,
    H_SOURCE,
    H_SQTY,
    H_STATE,
    H_TAX,
    H_TYPE,
    H_UNIT,
    H_VER,
    N_DIGITS,
    N_WORD,
    U_CANON,
)
from pipelines.ledger.masters import Refusal
from pipelines.ledger.state import LedgerState
from schemas.reasons import BY_CODE, Reason
from schemas.registry import EVENT_TYPES, TYPE_CODES, TYPE_NAMES

I64 = NDArray[np.int64]
LOW = 0xFFFFFFFF
LANDED = TYPE_CODES["cost.landed"]
CORRECT, CANCEL = TYPE_CODES["event.correct"], TYPE_CODES["event.cancel"]
FIXED = {"entity", "id", "source", "seq", "type", "corrects", "cancels"}
OF_A_CORRECTION = {"time", "document", "set"}
PRICES = ("unit_cost", "unit_price")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PRICE_OF = {
    "sale.delivery": "unit_price", "sale.return": "unit_price", "purchase.return": "unit_price",
}  # fmt: skip
_WORD_OF = {
    "stock.receipt": "supplier", "sale.delivery": "channel", "sale.return": "channel",
    "stock.issue": "reason",
}  # fmt: skip
CORRECTABLE = {
    "stock.receipt", "stock.issue", "stock.transfer", "stock.count", "stock.revalue", "sale.delivery",
    "sale.charge", "sale.return", "purchase.return", "cost.landed",
}  # fmt: skip


def time_text(ms: int) -> str:
    """RFC 3339 of milliseconds."""
    at = _EPOCH + timedelta(milliseconds=ms)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Effective:
    """Reads events back from the state."""

    def __init__(self, state: LedgerState) -> None:
        self.s = state
        self.decode = DecodeStep()

    def h(self, row: int) -> Any:
        """A row of recent history."""
        return self.s.recent.H.data[row]

    def id_of(self, row: int) -> str:
        """The id of an event."""
        return str(self.s.recent.ids(np.array([row]))[0])

    def source_of(self, row: int) -> str:
        """The source of an event."""
        return self.s.words.text(int(self.h(row)[H_SOURCE]))

    def name_of(self, row: int) -> str:
        """`source#id` of an event."""
        return f"{self.source_of(row)}#{self.id_of(row)}"

    # as sent

    def sent(self, row: int) -> dict[str, Any]:
        """The event as it came, in wire form."""
        h = self.h(row)
        if h[H_SENT] > 0:
            found: dict[str, Any] = json.loads(self.s.words.text(int(h[H_SENT])))
            return found
        name = TYPE_NAMES[int(h[H_TYPE])]
        event: dict[str, Any] = {
            "id": self.id_of(row), "source": self.source_of(row), "type": name,
            "time": time_text(int(h[H_OWN])),
            "entity": self.s.words.text(int(self.s.t["N"].data[h[H_ENT], N_WORD])),
        }  # fmt: skip
        if h[H_SEQ] >= 0:
            event["seq"] = int(h[H_SEQ])
        event |= self._where(h, name) | self._how_much(h, name)
        return {k: v for k, v in event.items() if v != ""}

    def _account(self, acc: int) -> dict[str, str]:
        key, word = self.s.maps["accounts"].keys[acc], self.s.words.text
        owner, pool = self.s.maps["combos"].keys[key[1] & LOW]
        item = self.s.maps["items"].keys[key[0] >> 32, 1]
        return {
            "item": word(int(item)), "place": word(int(key[0] & LOW)), "lot": word(int(key[1] >> 32)),
            "owner": word(int(owner)), "pool": word(int(pool)),
        }  # fmt: skip

    def _where(self, h: Any, name: str) -> dict[str, Any]:
        word = self.s.words.text
        if name == "sale.charge":
            return {"code": "-"}
        if name == "stock.revalue":
            item = self.s.maps["items"].keys[h[H_ITEM], 1]
            return {
                "item": word(int(item)), "site": word(int(h[H_OTHER])), "lot": word(int(h[H_QTY])),
                "owner": word(int(h[H_COST])),
            }  # fmt: skip
        here = self._account(int(h[H_ACC]))
        place = here.pop("place")
        if name == "stock.transfer":
            return here | {"from_site": place, "to_site": self._account(int(h[H_OTHER]))["place"]}
        if h[H_LINK] < 0:
            return here | {"site": place}
        d = self.s.t["D"].data[h[H_LINK]]
        of, found = self._account(int(d[D_ACC])), {"returns": self._name_of(h, d)}
        if of["place"] != place:
            found["site"] = place
        if of["pool"] != here["pool"]:
            found["pool"] = here["pool"]
        return found

    def _name_of(self, h: Any, d: Any) -> str:
        data = self.s.recent.rows
        return self.name_of(
            int(np.flatnonzero((data[:, H_ENT] == h[H_ENT]) & (data[:, H_VER] == d[D_VER]))[0])
        )

    def _how_much(self, h: Any, name: str) -> dict[str, Any]:
        s, found = self.s, {}
        digits = int(s.t["N"].data[h[H_ENT], N_DIGITS])
        if name not in ("stock.revalue", "sale.charge"):
            found["qty"] = decimal_text(int(h[H_SQTY]), 6)
            if h[H_UNIT] > 0:
                found["uom"] = s.words.text(int(s.t["U"].data[h[H_UNIT], U_CANON]))
        if h[H_PRICE] != NONE:
            found[_PRICE_OF.get(name, "unit_cost")] = decimal_text(int(h[H_PRICE]), 8)
        if h[H_RAW] != NONE:
            found["amount"] = decimal_text(int(h[H_RAW]), 4)
        for field, col in (("discount", H_DISC), ("tax", H_TAX)):
            if h[col] not in (NONE, 0) and name.startswith("sale."):
                found[field] = decimal_text(int(h[col]), digits)
        if h[H_CROW] >= 0 and name in _WORD_OF:
            kind, word = s.maps["contras"].keys[h[H_CROW]]
            found[_WORD_OF[name]] = s.words.text(int(word))
            if name == "stock.issue":
                found["cost_centre"] = s.words.text(int(kind) >> 16)
        return found

    # as it is now

    def about(self, row: int, kind: int) -> list[int]:
        """The live corrections or cancels of an event."""
        data = self.s.recent.rows
        mine = (data[:, H_TYPE] == kind) & (data[:, H_LINK] == row) & (data[:, H_STATE] & 255 == H_LIVE)
        return [k for k in np.flatnonzero(mine).tolist() if self.is_live(k)]

    def is_live(self, row: int) -> bool:
        """Is there no live cancel of it?"""
        return not self.about(row, CANCEL)

    def now(self, row: int) -> dict[str, Any]:
        """The event with the `set` of its live corrections, the last one winning per field."""
        if self.h(row)[H_TYPE] in (CORRECT, LANDED):
            event: dict[str, Any] = json.loads(self.s.words.text(int(self.h(row)[H_SQTY])))
        else:
            event = self.sent(row)
        found = [(self.now(k), k) for k in self.about(row, CORRECT)]
        for correction, _ in sorted(found, key=lambda x: self._said(*x)):
            event = with_fields(event, correction["set"], self.h(row)[H_TYPE] == CORRECT)
        return event

    def _said(self, correction: Mapping[str, Any], row: int) -> tuple[int, bytes, int, bytes]:
        at = (datetime.fromisoformat(correction["time"]) - _EPOCH) // timedelta(milliseconds=1)
        return at, self.source_of(row).encode(), int(self.h(row)[H_SEQ]), self.id_of(row).encode()

    def read(self, event: dict[str, Any], arrived: int) -> pa.RecordBatch:
        """The event as the intake reads it: one row of the event batch. `Refusal` as the intake refuses."""
        line = json.dumps(event, ensure_ascii=False).encode()
        found = self.decode.process(
            records_table(Facts(arrived_at=arrived), np.arange(1), pa.array([line], pa.large_binary()))
        ).merged()  # fmt: skip
        if "event" in found and found["event"].num_rows:
            return found["event"]
        refused = found["intake.refused"].to_pylist()[0]
        reason = refused["reason"]
        raise Refusal(BY_CODE[reason] if isinstance(reason, int) else Reason(reason), refused["detail"])


def with_fields(event: dict[str, Any], fields: Mapping[str, Any], correction: bool) -> dict[str, Any]:
    """The event with these fields set; an empty value takes one away. Fields that a correction does not have
    itself are meant for its own `set`.
    """
    if correction:
        own = {k: v for k, v in fields.items() if k in OF_A_CORRECTION}
        rest = {k: v for k, v in fields.items() if k not in OF_A_CORRECTION}
        changed = event | own
        return changed | {"set": changed["set"] | rest}
    changed = dict(event)
    if any(fields.get(price) for price in PRICES):
        changed.pop("amount", None)
    if fields.get("amount"):
        for price in PRICES:
            changed.pop(price, None)
    changed |= fields
    return {k: v for k, v in changed.items() if v not in ("", None)}


def check_set(of: str, root: str, fields: Any) -> None:
    """`Refusal` of a `set` that names what cannot be set; `of`: the type that it is about."""
    if not isinstance(fields, dict) or not fields:
        raise Refusal(Reason.MISSING_FIELD, f"{of}: set")
    allowed = {f.name for f in EVENT_TYPES[root].fields if f.status == "posted"} | {"time"}
    if of == "event.correct":
        allowed |= OF_A_CORRECTION
    for name in fields:
        if name in FIXED:
            raise Refusal(Reason.NOT_ALLOWED, f"{of}: {name}")
        if name not in allowed or (name == "set" and of != "event.correct"):
            raise Refusal(Reason.UNKNOWN_FIELD, f"{root}: {name}")
    if of == "event.correct" and "set" in fields:
        check_set(root, root, fields["set"])
