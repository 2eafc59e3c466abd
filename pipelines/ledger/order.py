"""The order of the walk: records as they came, before them what waited too long, and who waits for whom."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.kernels.exact import NONE
from pipelines.ledger.columns import (
    E_DOC,
    E_GROUP,
    E_H1,
    E_H2,
    E_REC,
    E_RH1,
    E_RH2,
    EXPIRE,
    TRY,
)

I64 = NDArray[np.int64]


class Plan(NamedTuple):
    """`records`: int64[r, 2] = first event, one past the last. `steps`: int64[s, WW]. Records that name an
    event of record x are `kids[kids_of[x]:kids_of[x + 1]]`, in the order of their arrival.
    """

    records: I64
    steps: I64
    kids_of: I64
    kids: I64


def plan(ev: I64, fresh: int, wait_ms: int) -> Plan:
    """The walk over a batch; rows from `fresh` on waited before it. An id in `E_DOC` is known already."""
    starts = np.flatnonzero(np.r_[True, np.diff(ev[:, E_GROUP]) != 0]) if len(ev) else np.empty(0, np.int64)
    if 0 < fresh < len(ev) and fresh not in starts:  # a record that waits never goes on as a new one
        starts = np.sort(np.r_[starts, fresh])
    records = np.stack([starts, np.r_[starts[1:], len(ev)][: len(starts)]], axis=1)
    new = np.flatnonzero(starts < fresh)
    steps = np.stack([new, np.full_like(new, TRY)], axis=1)
    refs = np.flatnonzero((ev[:, E_RH1] != NONE) & (ev[:, E_DOC] < 0))
    if not len(refs):
        return Plan(records, steps, np.zeros(len(records) + 1, np.int64), np.empty(0, np.int64))
    of = np.searchsorted(starts, np.arange(len(ev)), "right") - 1
    waits = np.unique(of[refs])
    steps = _with_expiries(ev, records, steps, waits, wait_ms)
    return Plan(records, steps, *_kids(ev, refs, of, fresh, len(records)))


def _kids(ev: I64, refs: I64, of: I64, fresh: int, count: int) -> tuple[I64, I64]:
    """Who names an event of whom: (kids_of, kids)."""
    names: dict[tuple[int, int], list[int]] = {}
    for i in refs.tolist():
        names.setdefault((int(ev[i, E_RH1]), int(ev[i, E_RH2])), []).append(i)
    pairs: set[tuple[int, int, int]] = set()
    for j in np.flatnonzero(np.isin(ev[:, E_H1], ev[refs, E_RH1])).tolist():
        for i in names.get((int(ev[j, E_H1]), int(ev[j, E_H2])), ()):
            if of[i] != of[j]:  # what waited before this batch is older
                pairs.add((int(of[j]), int(of[i]) - (count if i >= fresh else 0), int(of[i])))
    kids_of = np.zeros(count + 1, np.int64)
    np.add.at(kids_of, [p[0] + 1 for p in pairs], 1)
    return np.cumsum(kids_of), np.array([p[2] for p in sorted(pairs)], np.int64)


def _with_expiries(ev: I64, records: I64, steps: I64, waits: I64, wait_ms: int) -> I64:
    """Records that have waited too long are refused before the first record at whose arrival they have."""
    if not len(steps):
        return steps
    clock = np.maximum.accumulate(ev[records[steps[:, 0], 0], E_REC])
    at = np.searchsorted(clock, ev[records[waits, 0], E_REC] + wait_ms)
    old = at < len(steps)
    return np.insert(steps, at[old], np.stack([waits[old], np.full(int(old.sum()), EXPIRE)], axis=1), axis=0)
