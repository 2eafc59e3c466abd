"""What a commit says of earlier events: true-ups, and counts that found something else than they had."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.ledger.columns import (
    GOODS_LEG,
    H_ACC,
    H_AT,
    H_ENT,
    H_LIVE,
    H_OTHER,
    H_OWN,
    H_QTY,
    H_ROW,
    H_SOURCE,
    H_STATE,
    H_TYPE,
    H_VER,
    M_TRUEUPS,
    N_TZ,
    O_ENT,
    O_LINE,
    O_VERSION,
    Q_LEVEL,
    Q_PQ,
    Q_PV,
    Q_PV2,
    T_ACC,
    T_ACC2,
    T_AT,
    T_CAUSE,
    T_CONTRA,
    T_DISC,
    T_ENT,
    T_EVENT,
    T_FOUND,
    T_LANDED,
    T_LEG,
    T_OF,
    T_OPENQ,
    T_OPENV,
    T_QTY,
    T_REC,
    T_REV,
    T_TAX,
    T_TZ,
    T_UNCOSTED,
    T_UNPRICED,
    T_VALUE,
    T_VERSION,
)
from pipelines.ledger.kernel.admit import CHARGE, COUNT, DELIVERY, RETURN
from pipelines.ledger.output.columns import LOW, table, types_of
from pipelines.ledger.output.verdicts import Verdicts
from pipelines.ledger.read import sites_of

I64 = NDArray[np.int64]
_LEGS = pa.array(["goods", "price", "cost", "value", "landed", "revenue", "cogs", "variance"])
_KEY = [T_ENT, T_VERSION, T_EVENT, T_CAUSE, T_LEG, T_ACC, T_ACC2, T_CONTRA, T_AT]
_SUMS = [
    T_QTY, T_VALUE, T_OPENQ, T_OPENV, T_UNCOSTED, T_UNPRICED, T_LANDED, T_REV, T_DISC, T_TAX,
]  # fmt: skip


class Restated(Verdicts):
    """Tables of what changed of earlier events; call `net` first, once per batch."""

    def net(self) -> I64:
        """int64[m, TU]: the batch's true-ups, one per commit and key, without those of nothing. One whose
        quantity and value go opposite ways becomes two.
        """
        t = self.s.ups[: self.s.M[M_TRUEUPS]]
        if not len(t):
            return t
        keys = t[:, _KEY]
        order = np.lexsort(keys.T[::-1])
        starts = np.flatnonzero(np.r_[True, (np.diff(keys[order], axis=0) != 0).any(axis=1)])
        firsts = np.minimum.reduceat(order, starts)
        out = t[firsts].copy()
        for col in _SUMS:
            out[:, col] = np.add.reduceat(t[order, col], starts)
        out = out[np.argsort(firsts)]
        out = np.asarray(out[(out[:, _SUMS] != 0).any(axis=1)])
        both = np.flatnonzero(
            (out[:, T_QTY] < 0) & (out[:, T_VALUE] > 0) | (out[:, T_QTY] > 0) & (out[:, T_VALUE] < 0)
        )
        if not len(both):
            return out
        worth = out[both].copy()
        worth[:, [c for c in _SUMS if c != T_VALUE]] = 0
        out[both, T_VALUE] = 0
        return np.asarray(np.insert(out, both + 1, worth, axis=0))

    def true_ups(self, t: I64, o: I64) -> pa.Table:
        """core.true_up: the rows of `net`; `o`: the own lines of the batch."""
        h, ids = self.s.recent.H.data, self.s.recent.ids
        ent, acc, acc2, found = t[:, T_ENT], t[:, T_ACC], t[:, T_ACC2], ids(t[:, T_FOUND])
        more = (t[:, T_QTY] > 0) | (t[:, T_VALUE] > 0)  # into the account
        here, there = self.place(acc, acc), self.place(acc2, t[:, T_CONTRA])
        caused, known = t[:, T_CAUSE] >= 0, t[:, T_OF] >= 0
        cause = np.where(caused, t[:, T_CAUSE], t[:, T_FOUND])
        of = np.where(known, t[:, T_OF], t[:, T_FOUND])
        kinds = np.where(known, h[of, H_TYPE], 0)
        sold = (t[:, T_LEG] == GOODS_LEG) & np.isin(kinds, [DELIVERY, RETURN])
        columns: dict[str, Any] = {
            "entity": self.entity(ent), "version": t[:, T_VERSION], "line": _line_numbers(t, o),
            "corrects_version": t[:, T_EVENT], "cause_version": h[cause, H_VER], "cause_event": ids(cause),
            "found_event": found,
            "leg": pa.DictionaryArray.from_arrays(pa.array(t[:, T_LEG].astype(np.int32)), _LEGS),
            "event_at": t[:, T_AT], "recorded_at": t[:, T_REC], **self.periods(t[:, T_AT], t[:, T_TZ]),
            **self.goods(acc),
            "from_place": self.low(np.where(more, there, here)),
            "to_place": self.low(np.where(more, here, there)),
            "qty": np.abs(t[:, T_QTY]), "value_amt": self.money(np.abs(t[:, T_VALUE]), ent),
            "sale_qty": np.where(sold, -t[:, T_QTY], 0),
            "open_qty": t[:, T_OPENQ], "open_amt": self.money(t[:, T_OPENV], ent),
            "uncosted": t[:, T_UNCOSTED], "unpriced": t[:, T_UNPRICED], "landed": t[:, T_LANDED],
        }  # fmt: skip
        for name, col in (("revenue_amt", T_REV), ("discount_amt", T_DISC), ("tax_amt", T_TAX)):
            if t[:, col].any():
                sign = np.where((kinds == RETURN) & (col != T_REV), -1, 1)
                columns[name] = self.money(t[:, col] * sign, ent)
        if known.any():
            columns["corrects_event"] = pa.array(np.where(known, ids(of).to_numpy(zero_copy_only=False), ""))
            columns["corrects_source"] = self.low(np.where(known, h[of, H_SOURCE], 0))
            columns["corrects_type"] = types_of(kinds)
        for name, pool in (("from_pool", np.where(more, acc2, acc)), ("to_pool", np.where(more, acc, acc2))):
            if (words := self.pool(pool)).any():
                columns[name] = self.low(words)
        return table(columns)

    def recounts(self, t: I64, told: dict[int, dict[str, Any]]) -> pa.Table | None:
        """core.count: counts that were restated (`t`) or corrected (`told`: row of H -> version, rec), as
        they are now.
        """
        h = self.s.recent.H.data
        last = {int(r[T_OF]): (int(r[T_VERSION]), int(r[T_REC])) for r in t[t[:, T_OF] >= 0]}
        last |= {k: max(last.get(k, (0, 0)), (x["version"], x["rec"])) for k, x in told.items()}
        of = np.array(sorted(k for k in last if h[k, H_TYPE] == COUNT), np.int64)
        if not len(of):
            return None
        version, rec = np.array([last[k] for k in of.tolist()]).T
        rows, q = h[of], self.s.recent.Q[h[of, H_ROW]]
        keys, live = self.s.maps["accounts"].keys[rows[:, H_ACC]], rows[:, H_STATE] & 255 == H_LIVE
        return table({
            "entity": self.entity(rows[:, H_ENT]), "version": rows[:, H_VER],
            "known_version": version,
            "is_live": live.astype(np.int64), "event_id": self.s.recent.ids(of),
            "event_at": rows[:, H_OWN], "recorded_at": rec,
            "item": self.s.words.column(self.s.maps["items"].keys[keys[:, 0] >> 32, 1]),
            "site": self.low(sites_of(self.s, keys[:, 0] & LOW)),
            "lot": self.s.words.column(keys[:, 1] >> 32),
            "counted_qty": rows[:, H_QTY], "book_qty": q[:, Q_LEVEL], "diff_qty": q[:, Q_PQ],
            "diff_value_amt": self.money(q[:, Q_PV] + q[:, Q_PV2], rows[:, H_ENT]),
        })  # fmt: skip

    def sale_changes(self, told: dict[int, dict[str, Any]]) -> pa.Table | None:
        """core.sale_change: corrected sales as they are; `told`: row of H -> version, customer, document."""
        h = self.s.recent.H.data
        keys = [row for row in told if h[row, H_TYPE] in (DELIVERY, RETURN, CHARGE)]
        if not keys:
            return None
        of = np.array(keys, np.int64)
        rows, ent, acc = h[of], h[of, H_ENT], h[of, H_ACC]
        n = self.s.t["N"].data[ent]
        words = self.s.words.ids
        site = np.where(acc >= 0, sites_of(self.s, self.place(acc, np.zeros_like(acc))), 0)
        channel = [self.s.words.text(int(k)).partition("/")[2] for k in rows[:, H_OTHER]]
        kinds = rows[:, H_TYPE]
        own = self.channel(kinds, rows[:, H_OTHER], words(pa.array(channel, pa.string())))
        return table({
            "entity": self.entity(ent), "version": rows[:, H_VER],
            "known_version": np.array([told[k]["version"] for k in keys], np.int64),
            "is_live": (rows[:, H_STATE] & 255 == H_LIVE).astype(np.int64), "event_at": rows[:, H_AT],
            "own_period": self.periods(rows[:, H_AT], n[:, N_TZ])["period"],
            **self.goods(acc, only_item=True), "site": self.low(site), "channel": own,
            "customer": pa.array([str(told[k].get("customer", "")) for k in keys], pa.string()),
            "document": pa.array([str(told[k].get("document", "")) for k in keys], pa.string()),
        })  # fmt: skip


def _line_numbers(t: I64, o: I64) -> I64:
    """True-ups are numbered behind the own lines of the commit that found them."""
    own: dict[tuple[int, int], int] = {}
    wanted = {(int(a), int(b)) for a, b in t[:, [T_ENT, T_VERSION]]}
    mask = np.isin(o[:, O_VERSION], t[:, T_VERSION])
    for a, b, n in o[mask][:, [O_ENT, O_VERSION, O_LINE]].tolist():
        if (a, b) in wanted:
            own[a, b] = max(own.get((a, b), 0), n)
    out = np.empty(len(t), np.int64)
    for i, (a, b) in enumerate(t[:, [T_ENT, T_VERSION]].tolist()):
        own[a, b] = own.get((a, b), 0) + 1
        out[i] = own[a, b]
    return out
