"""Columns of the store's tables: gathered by number, strings only at the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.kernels.compiled import kernel
from pipelines.ledger.columns import (
    N_DIGITS,
    N_WORD,
)  # fmt: skip
from pipelines.ledger.kernel.admit import RETURN
from pipelines.ledger.state import LedgerState

I64 = NDArray[np.int64]
LOW = 0xFFFFFFFF  # the lower half of a key
_SCALE = np.array([10 ** (4 - d) for d in range(4)], np.int64)  # minor units -> 1e-4 of the currency


def taker(rows: I64, n: int) -> Callable[[Any], Any]:
    """What takes `rows` of a column of `n` values; the column as it is where that is every row in order."""
    if len(rows) == n and bool((rows == np.arange(n)).all()):
        return lambda column: column
    at = pa.array(rows)
    return lambda column: column[rows] if isinstance(column, np.ndarray) else column.take(at)


@kernel
def _months(at, zones, zone, starts, out):  # type: ignore[no-untyped-def]
    """Of each row of this zone: the last of `starts` that is not after its time."""
    k = np.int64(0)
    for i in range(at.shape[0]):
        if zones[i] != zone:
            continue
        if at[i] < starts[k] or (k + 1 < starts.shape[0] and at[i] >= starts[k + 1]):
            k = np.searchsorted(starts, at[i], "right") - 1
        out[i] = k


@kernel
def _compact(ids, scratch, used, codes):  # type: ignore[no-untyped-def]
    n = 0
    for i in range(ids.shape[0]):
        k = ids[i]
        if scratch[k] < 0:
            scratch[k] = n
            used[n] = k
            n += 1
        codes[i] = scratch[k]
    for i in range(n):
        scratch[used[i]] = -1
    return n


class Columns:
    """Columns of one batch's results; keeps only scratch memory."""

    def __init__(self, state: LedgerState) -> None:
        self.s = state
        self.scratch = np.full(1024, -1, np.int32)

    def low(self, ids: I64) -> pa.DictionaryArray:
        """A dictionary column of words with few distinct values."""
        codes, used = self._codes(ids)
        return pa.DictionaryArray.from_arrays(pa.array(codes), self.s.words.column(used))

    def _codes(self, ids: I64) -> tuple[NDArray[np.int32], I64]:
        """int32[n]: the place of each word among the words used; int64[k]: those."""
        if len(self.scratch) < self.s.words.count:
            self.scratch = np.full(2 * self.s.words.count, -1, np.int32)
        codes, used = np.empty(len(ids), np.int32), np.empty(len(ids), np.int64)
        return codes, used[: _compact(ids, self.scratch, used, codes)]

    def entity(self, ent: I64) -> pa.DictionaryArray:
        """The entities' names."""
        return self.low(self.s.t["N"].data[ent, N_WORD])

    def money(self, minor: I64, ent: I64) -> I64:
        """Minor units as 1e-4 of the currency."""
        scaled: I64 = minor * _SCALE[self.s.t["N"].data[ent, N_DIGITS]]
        return scaled

    def goods(self, acc: I64) -> dict[str, Any]:
        """Item, lot and owner of accounts; a column in which nothing stands is left out."""
        keys = self.s.maps["accounts"].keys[acc]
        found: dict[str, Any] = {"item": self.s.words.column(self.s.maps["items"].keys[keys[:, 0] >> 32, 1])}
        if not keys[:, 1].any():  # no lot, and owner and pool of row 0, which are none
            return found
        lots, owners = keys[:, 1] >> 32, self.s.maps["combos"].keys[keys[:, 1] & LOW, 0]
        if lots.any():
            found["lot"] = self.s.words.column(lots)
        if owners.any():
            found["owner"] = self.low(owners)
        return found

    def place(self, acc: I64, virtual: I64) -> I64:
        """The word of each side's place: the account's, or the virtual one."""
        keys = self.s.maps["accounts"].keys[np.maximum(acc, 0), 0]
        return np.where(acc >= 0, keys & LOW, np.maximum(virtual, 0))

    def pool(self, acc: I64) -> I64:
        """The word of each side's pool; none on a virtual side."""
        if self.s.maps["combos"].count < 2:  # row 0: no owner, no pool
            return np.zeros(len(acc), np.int64)
        keys = self.s.maps["accounts"].keys[np.maximum(acc, 0), 1]
        return np.where(acc >= 0, self.s.maps["combos"].keys[keys & LOW, 1], 0)

    def period(self, at: I64, zones: I64) -> pa.DictionaryArray:
        """YYYY-MM in the zones: those of the entities when it was posted."""
        months = np.zeros(len(at), np.int64)
        for zone in self._codes(zones)[1].tolist():
            _months(at, zones, zone, _month_starts(self.s.words.text(zone)), months)
        low, high = (int(months.min()), int(months.max())) if len(months) else (0, 0)
        names = pa.array([f"{1970 + (m - 1) // 12}-{(m - 1) % 12 + 1:02d}" for m in range(low, high + 1)])
        return pa.DictionaryArray.from_arrays(pa.array((months - low).astype(np.int32)), names)

    def channel(self, types: I64, contra: I64, own: I64) -> pa.DictionaryArray:
        """The channel of a sale; a linked return has its delivery's."""
        want = (types == RETURN) & (own == 0) & (contra > 0)
        if want.any():
            own = own.copy()
            for word in np.unique(contra[want]):
                own[want & (contra == word)] = self.s.words.id(self.s.words.text(int(word)).partition("/")[2])
        return self.low(own)


@lru_cache(maxsize=64)
def _month_starts(tz: str) -> I64:
    """UTC ms at which each month begins in a zone, from 1970-01 on (one month earlier stands in front)."""
    zone = ZoneInfo(tz)
    starts = [-(1 << 62)]
    for m in range(230 * 12 + 1):
        starts.append(
            int(datetime(1970 + m // 12, m % 12 + 1, 1, tzinfo=zone).astimezone(UTC).timestamp()) * 1000
        )
    return np.array(starts, np.int64)
