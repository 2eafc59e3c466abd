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
from pipelines.ledger.masters import month_text
from pipelines.ledger.state import LedgerState
from schemas.registry import TYPE_NAMES

I64 = NDArray[np.int64]
LOW = 0xFFFFFFFF  # the lower half of a key
_TYPES = pa.array(["", *TYPE_NAMES.values()])
_TYPE_INDEX = np.zeros(max(TYPE_NAMES) + 1, np.int32)
_TYPE_INDEX[list(TYPE_NAMES)] = np.arange(1, len(TYPE_NAMES) + 1)
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

    def goods(self, acc: I64, only_item: bool = False) -> dict[str, Any]:
        """Item, lot and owner of accounts (-1: none); a column in which nothing stands is left out."""
        keys, items = self.s.maps["accounts"].keys[acc], self.s.maps["items"].keys
        words = items[np.where(acc >= 0, keys[:, 0] >> 32, 0), 1]
        found: dict[str, Any] = {"item": self.s.words.column(np.where(acc >= 0, words, 0))}
        if only_item or not keys[:, 1].any():  # no lot, and owner and pool of row 0, which are none
            return found
        lots = np.where(acc >= 0, keys[:, 1] >> 32, 0)
        owners = np.where(acc >= 0, self.s.maps["combos"].keys[keys[:, 1] & LOW, 0], 0)
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

    def periods(self, at: I64, zones: I64) -> dict[str, pa.DictionaryArray]:
        """The period, YYYY-MM in the zones (those of the entities when it was posted), in which it is booked;
        `own_period`: that in which it lies, left out where it is the same everywhere.

        `zones`: the zone's word, and above it the months that were closed.
        """
        months, words, closed = np.zeros(len(at), np.int64), zones & LOW, zones >> 32
        for zone in self._codes(words)[1].tolist():
            _months(at, words, zone, _month_starts(self.s.words.text(zone)), months)
        booked = np.where((closed > 0) & (months <= closed), closed + 1, months)
        if (booked == months).all():
            return {"period": _named(months)}
        own = _named(np.where(booked == months, -1, months))
        return {"period": _named(booked), "own_period": own}

    def channel(self, types: I64, contra: I64, own: I64) -> pa.DictionaryArray:
        """The channel of a sale; a linked return has its delivery's."""
        want = (types == RETURN) & (own == 0) & (contra > 0)
        if want.any():
            own = own.copy()
            for word in np.unique(contra[want]):
                own[want & (contra == word)] = self.s.words.id(self.s.words.text(int(word)).partition("/")[2])
        return self.low(own)


def _named(months: I64) -> pa.DictionaryArray:
    """YYYY-MM of months counted from 1970-01 = 1; '' for -1."""
    low, high = (int(months.min()), int(months.max())) if len(months) else (0, 0)
    names = [month_text(m) if m >= 0 else "" for m in range(low, high + 1)]
    return pa.DictionaryArray.from_arrays(pa.array((months - low).astype(np.int32)), pa.array(names))


def table(columns: dict[str, Any]) -> pa.Table:
    """Columns as a table; those that are strided are made whole."""
    return pa.table(
        {k: np.ascontiguousarray(v) if isinstance(v, np.ndarray) else v for k, v in columns.items()}
    )


def types_of(codes: I64) -> pa.DictionaryArray:
    """Names of event types; '' for 0."""
    return pa.DictionaryArray.from_arrays(pa.array(_TYPE_INDEX[codes]), _TYPES)


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
