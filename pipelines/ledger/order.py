"""The order of the walk: records as they came, and a second try for those that waited, right behind what they
waited for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.kernels.exact import NONE
from pipelines.ledger.columns import E_GROUP, E_H1, E_H2, E_REC, E_RH1, E_RH2

I64 = NDArray[np.int64]
FIRST_TRY, RETRY, EXPIRED = 0, 1, 2


def plan(ev: I64, fresh: int, wait_ms: int) -> I64:
    """int64[s, 3]: (first event, one past the last, kind of try). Rows from `fresh` on waited before this
    batch.
    """
    starts = np.flatnonzero(np.r_[True, np.diff(ev[:, E_GROUP]) != 0]) if len(ev) else np.empty(0, np.int64)
    ends = np.r_[starts[1:], len(ev)] if len(starts) else starts
    groups = np.stack([starts, ends, np.zeros_like(starts)], axis=1)
    now, old = groups[starts < fresh], groups[starts >= fresh]
    refs = np.flatnonzero(ev[:, E_RH1] != NONE)
    if not len(refs):
        return now
    extra = _retries(ev, refs, groups, fresh) + _expiries(ev, now, old, wait_ms)
    if not extra:
        return now
    behind = [(i, 0, 0, g) for i, g in enumerate(now.tolist())]
    merged = sorted(behind + extra, key=lambda x: x[:3])
    return np.array([x[3] for x in merged], np.int64)


def _retries(ev: I64, refs: I64, groups: I64, fresh: int) -> list[tuple[int, int, int, list[int]]]:
    """Tries to insert: (behind which group, 1, order of arrival, entry)."""
    wanted: dict[tuple[int, int], list[int]] = {}
    for i in refs.tolist():
        wanted.setdefault((int(ev[i, E_RH1]), int(ev[i, E_RH2])), []).append(i)
    candidates = np.flatnonzero(np.isin(ev[:fresh, E_H1], ev[refs, E_RH1]))
    group_of = np.searchsorted(groups[:, 0], np.arange(len(ev)), "right") - 1
    out: list[tuple[int, int, int, list[int]]] = []
    for j in candidates.tolist():
        for i in wanted.get((int(ev[j, E_H1]), int(ev[j, E_H2])), ()):
            if i >= fresh or i < j:
                age = i - len(ev) if i >= fresh else i
                out.append((int(group_of[j]), 1, age, [*groups[group_of[i], :2].tolist(), RETRY]))
    return out


def _expiries(ev: I64, now: I64, old: I64, wait_ms: int) -> list[tuple[int, int, int, list[int]]]:
    """Waiting records that have become too old, refused before the first record that is."""
    fresh = now[ev[now[:, 0], E_RH1] != NONE]
    if not len(now) or not (len(old) or len(fresh)):
        return []
    clock = np.maximum.accumulate(ev[now[:, 0], E_REC])
    out: list[tuple[int, int, int, list[int]]] = []
    for first, last, _ in [*old.tolist(), *fresh.tolist()]:
        at = int(np.searchsorted(clock, ev[first, E_REC] + wait_ms))
        if at < len(now):
            out.append((at, -1, first, [first, last, EXPIRED]))
    return out
