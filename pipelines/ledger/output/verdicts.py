"""The verdict on each event of a batch."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.kernels.exact import decimal_text
from pipelines.ledger.columns import (
    COMMITTED,
    E_ENT,
    E_GROUP,
    E_REC,
    E_TYPE,
    REFUSED,
    V_BOOK,
    V_LATE,
    V_QTY,
    V_REASON,
    V_STATUS,
    V_VERSION,
    WAITING,
)  # fmt: skip
from pipelines.ledger.output.columns import Columns, taker
from schemas.reasons import BY_CODE, Reason

I64 = NDArray[np.int64]


class Verdicts(Columns):
    """What became of events."""

    def verdicts(self, batch: pa.RecordBatch, ev: I64, v: I64, fresh: int, why: dict[int, str]) -> pa.Table:
        """One row per event: what became of it. `again`: it had been waiting before this batch. `why`: what
        is to be said of those that were refused in Python.
        """
        status = np.where((np.arange(len(v)) >= fresh) & (v[:, V_STATUS] == WAITING), 0, v[:, V_STATUS])
        keep = np.flatnonzero(status != 0)
        take = taker(keep, len(v))
        status = take(status)
        detail = pa.repeat("", len(keep))
        if len(refused := np.flatnonzero(status == REFUSED)):
            said = [""] * len(keep)
            for j in refused.tolist():
                said[j] = why.get(int(keep[j])) or _detail(v[keep[j]])
            detail = pa.array(said)
        return pa.table({
            "rec": take(ev[:, E_GROUP].copy()), "status": status, "reason": take(v[:, V_REASON]),
            "detail": detail,
            "late": np.where(status == COMMITTED, take(v[:, V_LATE]), 0), "again": keep >= fresh,
            "event_id": take(batch.column("id")), "type": take(ev[:, E_TYPE].copy()),
            "version": take(v[:, V_VERSION]), "entity": self.entity(take(ev[:, E_ENT].copy())),
            "returns": take(batch.column("returns")), "recorded_at": take(ev[:, E_REC].copy()),
        })  # fmt: skip


def _detail(v: I64) -> str:
    """What was found, in no language; the reason says the rest."""
    asked = decimal_text(int(v[V_QTY]), 6)
    return {
        Reason.NEGATIVE_STOCK: f"{decimal_text(int(v[V_BOOK]), 6)} < {asked}", Reason.OVER_RETURN: asked
    }.get(BY_CODE[int(v[V_REASON])], "")  # fmt: skip
