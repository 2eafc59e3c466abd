"""Master events: upserts of entities, items, sites and rates. Rare, so one at a time and in plain Python."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from pipelines.ledger.columns import (
    DESCRIBED,
    FIFO,
    I_ATTRS,
    I_BORN,
    I_LOTS,
    I_MASTER,
    I_STD,
    I_UNIT,
    I_WHOLE,
    MOVING_AVERAGE,
    N_AUTO,
    N_CLOSED,
    N_CURRENCY,
    N_DIGITS,
    N_METHOD,
    N_MOVED,
    N_REC,
    N_REFUSE,
    N_SCOPE,
    N_TZ,
    N_VERSION,
    N_WORD,
    S_ATTRS,
    S_KNOWN,
    U_CANON,
    Z_AT,
    Z_KEY,
    Z_OLDER,
)  # fmt: skip
from pipelines.ledger.read import site_rows, unit_row
from pipelines.ledger.state import LedgerState
from schemas.reasons import Reason

_SCOPES = ("entity", "site", "lot")
_ATTRS = ("weight", "volume", "shelf_life")
_NO_DECIMALS = {"JPY", "KRW", "VND", "CLP"}
_THREE_DECIMALS = {"BHD", "JOD", "KWD", "OMR", "TND"}


def digits_of(currency: str) -> int:
    """Decimals of a currency's minor unit."""
    return 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2


def month_text(number: int) -> str:
    """1 -> '1970-01'."""
    return f"{1970 + (number - 1) // 12}-{(number - 1) % 12 + 1:02d}"


def _closed(n: Any) -> str:
    """Through which period an entity is closed, '' for none."""
    return month_text(int(n[N_CLOSED])) if n[N_CLOSED] else ""


class Refusal(Exception):
    """A master event that may not be taken: `reason`, `detail`."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class Masters:
    """Applies master events to the state and collects the rows of the master tables."""

    def __init__(self, state: LedgerState) -> None:
        self.s = state
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def check(self, e: dict[str, Any], ent: int, item: int) -> None:
        """`Refusal` if the event may not be taken."""
        attrs = json.loads(e["attrs"]) if e["attrs"] else {}
        n = self.s.t["N"].data[ent]
        name = e["type_name"]
        if name == "master.entity":
            if attrs.get("valuation") == "standard":
                raise Refusal(Reason.NOT_YET, "valuation: standard")
            for field, now in self.settings(ent).items():
                if (
                    field in ("currency", "valuation", "scope")
                    and attrs.get(field, now) != now
                    and n[N_MOVED]
                ):
                    raise Refusal(Reason.NOT_ALLOWED, f"{field}: {now} ≠ {attrs[field]}")
        elif name == "master.item" and e["uom"]:
            i = self.s.t["I"].data[item]
            unit = unit_row(self.s, e["uom"])
            units = self.s.t["U"].data
            if i[I_BORN] and units[i[I_UNIT], U_CANON] != units[unit, U_CANON]:
                raise Refusal(Reason.NOT_ALLOWED, f"uom: {self._unit_name(int(i[I_UNIT]))} ≠ {e['uom']}")

    def settings(self, ent: int) -> dict[str, str]:
        """An entity's settings as words."""
        n = self.s.t["N"].data[ent]
        return {
            "currency": self.s.words.text(int(n[N_CURRENCY])),
            "valuation": "fifo" if n[N_METHOD] == FIFO else "moving_average",
            "scope": _SCOPES[int(n[N_SCOPE])], "negative": "refuse" if n[N_REFUSE] else "accept",
            "tz": self.s.words.text(int(n[N_TZ])),
        }  # fmt: skip

    def apply(self, e: dict[str, Any], ent: int, item: int) -> int:
        """Take the event; returns its version."""
        n = self.s.t["N"]
        n.data[ent, N_VERSION] += 1
        n.data[ent, N_REC] = max(int(n.data[ent, N_REC]), e["recorded_at"])
        n.marks[ent] = 1
        attrs = json.loads(e["attrs"]) if e["attrs"] else {}
        head = {
            "entity": e["entity"], "version": int(n.data[ent, N_VERSION]),
            "recorded_at": int(n.data[ent, N_REC]),
        }  # fmt: skip
        {
            "master.entity": self._entity,
            "master.item": self._item,
            "master.site": self._site,
            "master.rate": self._rate,
        }[e["type_name"]](e, attrs, ent, item, head)
        return int(n.data[ent, N_VERSION])

    def _said(self, word: int) -> dict[str, Any]:
        """What masters have said so far of an item or a site, beside what the tables hold."""
        return json.loads(self.s.words.text(word)) if word > 0 else {}

    def _word(self, said: dict[str, Any]) -> int:
        return self.s.words.id(json.dumps(said, ensure_ascii=False, sort_keys=True))

    def _add(self, table: str, row: dict[str, Any]) -> None:
        self.rows.setdefault(table, []).append(row)

    def _entity(
        self, e: dict[str, Any], attrs: dict[str, Any], ent: int, item: int, head: dict[str, Any]
    ) -> None:
        n = self.s.t["N"].data[ent]
        if "currency" in attrs:
            n[N_CURRENCY], n[N_DIGITS] = self.s.words.id(attrs["currency"]), digits_of(attrs["currency"])
        if "valuation" in attrs:
            n[N_METHOD] = FIFO if attrs["valuation"] == "fifo" else MOVING_AVERAGE
        if "scope" in attrs:
            n[N_SCOPE] = _SCOPES.index(attrs["scope"])
        if "negative" in attrs:
            n[N_REFUSE] = int(attrs["negative"] == "refuse")
        if "tz" in attrs:
            n[N_TZ] = self.s.words.id(attrs["tz"])
        n[N_AUTO] = 1
        self._add("core.entity", head | self.settings(ent) | {
            "minor_digits": int(n[N_DIGITS]), "auto": 0, "closed_period": _closed(n),
        })  # fmt: skip

    def closed(self, e: dict[str, Any], ent: int, period: str) -> None:
        """The rows of a close that was taken."""
        n = self.s.t["N"].data[ent]
        head = {"entity": e["entity"], "version": int(n[N_VERSION]), "recorded_at": int(n[N_REC])}
        self._add("core.period_close", head | {"period": period, "event_id": e["id"], "event_at": e["time"]})
        self._add("core.entity", head | self.settings(ent) | {
            "minor_digits": int(n[N_DIGITS]), "auto": int(n[N_AUTO] == 2), "closed_period": period,
        })  # fmt: skip

    def auto_entity(self, ent: int, version: int, at: int) -> None:
        """The row of an entity that nobody described."""
        n = self.s.t["N"].data[ent]
        n[N_AUTO] = 2
        self.s.t["N"].marks[ent] = 1
        self._add("core.entity", {
            "entity": self.s.words.text(int(n[N_WORD])), "version": version, "recorded_at": at,
            "minor_digits": int(n[N_DIGITS]), "auto": 1, "closed_period": _closed(n),
        } | self.settings(ent))  # fmt: skip

    def _item(
        self, e: dict[str, Any], attrs: dict[str, Any], ent: int, item: int, head: dict[str, Any]
    ) -> None:
        table = self.s.t["I"]
        i = table.data[item]
        table.marks[item] = 1
        mine = self._said(int(i[I_ATTRS]))
        mine.update({k: v for k, v in attrs.items() if k != "uoms"})
        for name in ("category",):
            if e.get(name):
                mine[name] = e[name]
        if e["uom"] or i[I_UNIT] <= 0:
            i[I_UNIT] = unit_row(self.s, e["uom"]) if e["uom"] else max(1, unit_row(self.s, "C62"))
        if "uoms" in attrs:
            self._factors(attrs["uoms"], item, e, head)
        if "tracking" in attrs:
            i[I_LOTS] = int(attrs["tracking"] == "lot")
        if "whole" in attrs:
            i[I_WHOLE] = int(attrs["whole"])
        if "standard_cost" in attrs:
            self._standard(e, attrs["standard_cost"], item)
        i[I_MASTER], i[I_ATTRS] = DESCRIBED, self._word(mine)
        self._add("core.item", head | {
            "item": e["item"], "name_zh": mine.get("name", {}).get("zh", ""),
            "name_en": mine.get("name", {}).get("en", ""),
            "uom": self._unit_name(int(i[I_UNIT])), "tracking": mine.get("tracking", "none"),
            "whole": self._whole(i), "gtin": mine.get("gtin", ""),
            "category": mine.get("category", ""), "standard_cost": mine.get("standard_cost", 0), "auto": 0,
            "attrs": json.dumps({k: v for k, v in mine.items() if k in _ATTRS}, sort_keys=True),
        })  # fmt: skip

    def _standard(self, e: dict[str, Any], cost: int, item: int) -> None:
        """A standard cost holds from its own time on: costs of an item are linked, the newest first."""
        z, i = self.s.t["Z"], self.s.t["I"].data[item]
        key = self.s.words.id(f"{e['source']}\x1f{max(e['seq'] or -1, -1) + 1:020d}\x1f{e['id']}")
        row = z.append([e["time"], cost, -1, item, key])
        newer, at = -1, int(i[I_STD]) - 1
        while at >= 0 and self._before(row, at):
            newer, at = at, int(z.data[at, Z_OLDER])
        z.data[row, Z_OLDER] = at
        if newer < 0:
            i[I_STD] = row + 1
        else:
            z.data[newer, Z_OLDER], z.marks[newer] = row, 1

    def _before(self, row: int, other: int) -> bool:
        a, b = (self.s.t["Z"].data[k] for k in (row, other))
        keys = [self.s.words.text(int(z[Z_KEY])).encode() for z in (a, b)]
        return (int(a[Z_AT]), keys[0]) < (int(b[Z_AT]), keys[1])

    def _whole(self, i: Any) -> int:
        return int(i[I_WHOLE]) if i[I_WHOLE] >= 0 else int(self.s.t["U"].data[max(int(i[I_UNIT]), 0), 4])

    def _unit_name(self, unit: int) -> str:
        return self.s.words.text(int(self.s.t["U"].data[unit, U_CANON]))

    def auto_item(self, item: int, version: int, at: int) -> None:
        """The row of an item that its first movement made."""
        i = self.s.t["I"].data[item]
        ent, word = self.s.maps["items"].keys[item]
        self._add("core.item", {
            "entity": self.s.words.text(int(self.s.t["N"].data[ent, N_WORD])),
            "item": self.s.words.text(int(word)),
            "version": version, "recorded_at": at, "uom": self._unit_name(int(i[I_UNIT])), "tracking": "none",
            "whole": self._whole(i), "auto": 1, "attrs": "{}", "name_zh": "", "name_en": "", "gtin": "",
            "category": "",
            "standard_cost": 0,
        })  # fmt: skip

    def _factors(self, uoms: dict[str, int], item: int, e: dict[str, Any], head: dict[str, Any]) -> None:
        table, m = self.s.t["K"], self.s.maps["factors"]
        old = np.flatnonzero(m.keys[: m.count, 0] == item) if m.count else np.empty(0, np.int64)
        table.data[old, 2] = 0
        table.marks[old] = 1
        for name, factor in uoms.items():
            unit = unit_row(self.s, name)
            row = int(m.rows(np.array([item], np.int64), self.s.t["U"].data[[unit], U_CANON])[0])
            if row >= table.count:
                table.append([0, 0, 0])
            table.data[row] = (item, m.keys[row, 1], factor)
            table.marks[row] = 1
            self._add("core.unit_factor", head | {
                "item": e["item"], "uom": self._unit_name(unit), "factor_num": factor,
                "factor_den": 1_000_000,
            })  # fmt: skip

    def _site(
        self, e: dict[str, Any], attrs: dict[str, Any], ent: int, item: int, head: dict[str, Any]
    ) -> None:
        table = self.s.t["S"]
        row = int(site_rows(self.s, np.array([ent]), np.array([self.s.words.id(e["site"])]))[0])
        mine = self._said(int(table.data[row, S_ATTRS])) | attrs
        table.data[row, S_KNOWN], table.data[row, S_ATTRS] = DESCRIBED, self._word(mine)
        table.marks[row] = 1
        self._add("core.site", head | {
            "site": e["site"], "tz": mine.get("tz", self.settings(ent)["tz"]), "kind": mine.get("kind", ""),
            "day_cut_off": mine.get("day_cut_off", ""), "auto": 0,
        })  # fmt: skip

    def auto_site(self, row: int, version: int, at: int) -> None:
        """The row of a site that its first movement made."""
        ent, word = self.s.maps["places"].keys[row].tolist()
        n = self.s.t["N"].data[ent]
        self._add("core.site", {
            "entity": self.s.words.text(int(n[N_WORD])), "site": self.s.words.text(word), "version": version,
            "recorded_at": at,
            "tz": self.settings(ent)["tz"], "kind": "", "day_cut_off": "", "auto": 1,
        })  # fmt: skip

    def _rate(
        self, e: dict[str, Any], attrs: dict[str, Any], ent: int, item: int, head: dict[str, Any]
    ) -> None:
        self._add("core.rate", head | {
            "kind": attrs.get("kind", ""), "key": attrs.get("key", ""), "valid_at": e["time"],
            "rate": attrs.get("rate", 0),
        })  # fmt: skip
