"""The tables of a batch, in the order of the store's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.ledger.columns import (
    A_AT,
    A_CELL,
    A_QTY,
    A_REC,
    A_TRUST,
    A_VER,
    C_Q,
    C_V,
    COMMITTED,
    M_TACCS,
    O_AT,
    O_ENT,
    O_EVENT,
    O_FROM,
    O_FROM_ACC,
    O_LINE,
    O_QTY,
    O_REC,
    O_TO,
    O_TO_ACC,
    O_TZ,
    O_VALUE,
    O_VERSION,
    T_ACC,
    T_ACC2,
    T_AT,
    T_ENT,
    T_QTY,
    T_REC,
    T_VALUE,
    T_VERSION,
    V_ACC,
    V_BOOK,
    V_COGS,
    V_CONTRA,
    V_DIFFV,
    V_DISC,
    V_ITEM,
    V_LANDED,
    V_OPENQ,
    V_OPENV,
    V_PLACE,
    V_QTY,
    V_REC,
    V_REVENUE,
    V_STATUS,
    V_TAX,
    V_TZ,
    V_UNCOSTED,
    V_VERSION,
)  # fmt: skip
from pipelines.ledger.hashing import blank
from pipelines.ledger.kernel.admit import CHARGE, COUNT, DELIVERY, RETURN
from pipelines.ledger.output.columns import LOW, table, taker, types_of
from pipelines.ledger.output.restated import Restated
from pipelines.ledger.read import integers, sites_of
from schemas.registry import TRUST, TYPE_NAMES

I64 = NDArray[np.int64]
_KINDS = pa.array(["delivery", "return", "charge"])
_KIND_INDEX = np.full(max(TYPE_NAMES) + 1, -1, np.int32)
_KIND_INDEX[[DELIVERY, RETURN, CHARGE]] = [0, 1, 2]


class Emitter(Restated):
    """Turns one batch's results into tables."""

    def movement(
        self, o: I64, batch: pa.RecordBatch, words: dict[str, I64], types: I64, contra: I64
    ) -> pa.Table:
        """core.movement: the events' own lines `o`."""
        r, ent = o[:, O_EVENT], o[:, O_ENT]
        acc = np.where(o[:, O_FROM_ACC] >= 0, o[:, O_FROM_ACC], o[:, O_TO_ACC])
        take = taker(r, batch.num_rows)
        kinds = take(types)
        columns: dict[str, Any] = {
            "entity": self.entity(ent), "version": o[:, O_VERSION], "line": o[:, O_LINE],
            "status": _one("posted", len(o)),
            "event_id": take(batch.column("id")), "source": self.low(take(words["source"])),
            "type": types_of(kinds),
            "event_at": o[:, O_AT], "recorded_at": o[:, O_REC], **self.periods(o[:, O_AT], o[:, O_TZ]),
            **self.goods(acc),
            "from_place": self.low(self.place(o[:, O_FROM_ACC], o[:, O_FROM])),
            "to_place": self.low(self.place(o[:, O_TO_ACC], o[:, O_TO])),
            "qty": o[:, O_QTY], "value_amt": self.money(o[:, O_VALUE], ent),
            "trust": _letters(take(integers(batch, "trust"))),
        }  # fmt: skip
        for side, col in (("from_pool", O_FROM_ACC), ("to_pool", O_TO_ACC)):
            pool = self.pool(o[:, col])
            if pool.any():
                columns[side] = self.low(pool)
        for name in ("reason", "cost_centre"):
            if words[name].any():
                columns[name] = self.low(take(words[name]))
        columns["channel"] = self.channel(kinds, take(contra), take(words["channel"]))
        return table(columns | _stated(batch, take, document="document"))

    def entries(self, o: I64, t: I64) -> pa.Table:
        """core.entry: one signed row per physical side of every line `o` and true-up `t`."""
        t = t[(t[:, T_QTY] != 0) | (t[:, T_VALUE] != 0)]
        out, into = np.flatnonzero(o[:, O_FROM_ACC] >= 0), np.flatnonzero(o[:, O_TO_ACC] >= 0)
        over = t[t[:, T_ACC2] >= 0]

        def both(line: int, up: int, sign: int = 1) -> I64:
            return np.concatenate([sign * o[out, line], o[into, line], t[:, up], sign * over[:, up]])

        acc = np.concatenate([o[out, O_FROM_ACC], o[into, O_TO_ACC], t[:, T_ACC], over[:, T_ACC2]])
        ent = both(O_ENT, T_ENT)
        return table({
            "account": acc, "cell": self.s.t["A"].data[acc, A_CELL], "event_at": both(O_AT, T_AT),
            "recorded_at": both(O_REC, T_REC), "version": both(O_VERSION, T_VERSION),
            "entity": self.entity(ent), "qty": both(O_QTY, T_QTY, -1),
            "value_amt": self.money(both(O_VALUE, T_VALUE, -1), ent),
        })  # fmt: skip

    def stock(self) -> pa.Table:
        """core.stock: touched accounts as they are now, with their cell."""
        acc = self.s.taccs[: self.s.M[M_TACCS]].copy()
        a, keys = self.s.t["A"].data[acc], self.s.maps["accounts"].keys[acc]
        c = self.s.t["C"].data[a[:, A_CELL]]
        ent = self.s.maps["items"].keys[keys[:, 0] >> 32, 0]
        return table({
            "entity": self.entity(ent), "account": acc, "cell": a[:, A_CELL], "qty": a[:, A_QTY],
            "cell_qty": c[:, C_Q],
            "cell_value_amt": self.money(c[:, C_V], ent), "trust": _letters(a[:, A_TRUST]),
            "version": a[:, A_VER],
            "event_at": a[:, A_AT], "recorded_at": a[:, A_REC],
        })  # fmt: skip

    def accounts(self, first: int, last: int) -> pa.Table:
        """core.account: the accounts made by this batch."""
        acc = np.arange(first, last)
        keys = self.s.maps["accounts"].keys[acc]
        places = keys[:, 0] & LOW
        site = sites_of(self.s, places)
        ent = self.s.maps["items"].keys[keys[:, 0] >> 32, 0]
        return table({
            "account": acc, "cell": self.s.t["A"].data[acc, A_CELL], "entity": self.entity(ent),
            "place": self.low(places),
            "site": self.low(site), **self.goods(acc),
            "pool": self.low(self.s.maps["combos"].keys[keys[:, 1] & LOW, 1]),
        })  # fmt: skip

    def sales(
        self, batch: pa.RecordBatch, v: I64, ev_ent: I64, types: I64, times: I64, words: dict[str, I64]
    ) -> pa.Table:
        """core.sale: deliveries, returns and charges as first posted."""
        mine = np.flatnonzero((v[:, V_STATUS] == COMMITTED) & (_KIND_INDEX[types] >= 0))
        take = taker(mine, batch.num_rows)

        def of(column: int) -> I64:
            found: I64 = take(v[:, column])
            return found

        ent, kinds, at = take(ev_ent), take(types), take(times)
        sign = np.where(kinds == RETURN, -1, 1)
        items = self.s.maps["items"].keys[np.maximum(of(V_ITEM), 0), 1]
        site = sites_of(self.s, of(V_PLACE))
        return table({
            "entity": self.entity(ent), "version": of(V_VERSION), "event_id": take(batch.column("id")),
            "event_at": at,
            "recorded_at": of(V_REC), **self.periods(at, of(V_TZ)),
            "item": self.s.words.column(np.where(of(V_ITEM) >= 0, items, 0)), "site": self.low(site),
            "channel": self.channel(kinds, of(V_CONTRA), take(words["channel"])),
            **_stated(batch, take, returns_id="returns", document="document", customer="customer"),
            "kind": pa.DictionaryArray.from_arrays(pa.array(_KIND_INDEX[kinds]), _KINDS),
            "qty": np.where(kinds == CHARGE, 0, of(V_QTY)) * sign,
            "revenue_amt": self.money(of(V_REVENUE), ent),
            "discount_amt": self.money(of(V_DISC) * sign, ent),
            "tax_amt": self.money(of(V_TAX) * sign, ent),
            "cogs_amt": self.money(of(V_COGS), ent), "open_qty": of(V_OPENQ),
            "open_amt": self.money(of(V_OPENV), ent),
            "uncosted": of(V_UNCOSTED), "landed": of(V_LANDED),
        })  # fmt: skip

    def counts(self, batch: pa.RecordBatch, v: I64, ev_ent: I64, types: I64, times: I64) -> pa.Table | None:
        """core.count: what was counted, and what the books said."""
        mine = np.flatnonzero((v[:, V_STATUS] == COMMITTED) & (types == COUNT))
        if not len(mine):
            return None
        v, ent = v[mine], ev_ent[mine]
        keys = self.s.maps["accounts"].keys[v[:, V_ACC]]
        site = sites_of(self.s, keys[:, 0] & LOW)
        return table({
            "entity": self.entity(ent), "version": v[:, V_VERSION], "known_version": v[:, V_VERSION],
            "is_live": np.ones(len(v), np.int64), "event_id": batch.column("id").take(pa.array(mine)),
            "event_at": times[mine], "recorded_at": v[:, V_REC],
            "item": self.s.words.column(self.s.maps["items"].keys[keys[:, 0] >> 32, 1]),
            "site": self.low(site),
            "lot": self.s.words.column(keys[:, 1] >> 32), "counted_qty": v[:, V_QTY],
            "book_qty": v[:, V_BOOK],
            "diff_qty": v[:, V_QTY] - v[:, V_BOOK], "diff_value_amt": self.money(v[:, V_DIFFV], ent),
        })  # fmt: skip


def _stated(
    batch: pa.RecordBatch, take: Callable[[pa.Array], pa.Array], **columns: str
) -> dict[str, pa.Array]:
    """Text columns of the events, by the name they get; those in which nothing stands are left out."""
    return {name: take(batch.column(own)) for name, own in columns.items() if not blank(batch.column(own))}


def _one(word: str, n: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), pa.array([word]))


def _letters(trust: I64) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(trust.astype(np.int32)), pa.array(TRUST))
