"""As-of valuation on both clocks over many lines: the faces, warm, from a store of its own.

Lines are drawn over accounts by Zipf's law; a tenth are deltas: no quantity, dated up to 30 days before they
were learned.
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sinks.clickhouse import Store
from tests.bench.measure import say

I64 = NDArray[np.int64]
SITES, DAY_MS, START_MS = 50, 86_400_000, 1_735_689_600_000
YEAR_MS = 365 * DAY_MS
BLOCK = 1_000_000
MOMENTS = ((0.35, 0.60), (0.66, 0.71), (0.93, 0.99))  # (event clock, known clock), parts of the year


def _words(n: int, word: str) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), pa.array([word]))


def _fill(store: Store, lines: int, accounts: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    number = np.arange(1, accounts + 1)
    sites = pa.array((number % SITES).astype(np.int32))
    place = pa.DictionaryArray.from_arrays(sites, pa.array([f"S{n:02}" for n in range(SITES)]))
    items = pa.array([f"item-{n // SITES:05}" for n in number])
    rows = {
        "account": number, "cell": number, "entity": _words(accounts, "E"), "place": place, "site": place,
        "item": items,
    }  # fmt: skip
    store.insert("core.account", pa.table(rows), "accounts")
    share = np.cumsum(number**-1.1)
    names = rng.permutation(accounts)
    for first in range(0, lines, BLOCK):
        n = min(BLOCK, lines - first)
        account = names[np.searchsorted(share, rng.random(n) * share[-1])] + 1
        at = START_MS + (first + np.arange(n)) * YEAR_MS // lines
        qty = rng.integers(1, 6, n) * np.where(rng.random(n) < 0.5, 1_000_000, -1_000_000)
        value = qty // 100 * rng.integers(80, 120, n) // 100 * 100
        late = rng.random(n) < 1 / 11
        recorded = at + 1000
        at = at - np.where(late, rng.integers(0, 30 * DAY_MS, n), 0)
        qty, value = np.where(late, 0, qty), np.where(late, rng.integers(-999, 999, n) * 100, value)
        rows = {
            "account": account, "cell": account, "event_at": at, "recorded_at": recorded,
            "version": np.arange(first + 1, first + n + 1), "entity": _words(n, "E"), "qty": qty,
            "value_amt": value,
        }  # fmt: skip
        store.insert("core.entry", pa.table(rows), f"entries {first}")


def _time(part: float) -> str:
    at = datetime.fromtimestamp((START_MS + int(YEAR_MS * part)) / 1000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _measure(store: Store, sql: str, rounds: int) -> dict[str, float]:
    """Least wall and least CPU time (all threads) of a statement, in ms."""
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        store.query(sql)
        walls.append(1e3 * (time.perf_counter() - wall))
        cpus.append(1e3 * (time.process_time() - cpu))
    return {"wall_ms": min(walls), "cpu_ms": min(cpus)}


def faces(lines: int, accounts: int, rounds: int, seed: int = 7) -> dict[str, Any]:
    """Valuation by site, all rows, and one item, at three moments: the slowest moment counts."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open("chdb", Path(folder))
        store.migrate()
        _fill(store, lines, accounts, seed)
        store.command("OPTIMIZE TABLE core.entry FINAL")
        say(f"  {lines:,} lines stored")
        found: dict[str, Any] = {"lines": lines}
        for name, sql in {
            "by site": "SELECT site, sum(value_amt) AS v FROM mart.v_stock_as_of({}) GROUP BY site",
            "all rows": "SELECT * FROM mart.v_stock_as_of({})",
            "one item": "SELECT * FROM mart.v_stock_as_of_item({}, entity='E', item='item-00007')",
        }.items():
            runs = [
                _measure(store, sql.format(f"as_of='{_time(a)}', known_at='{_time(k)}'"), rounds)
                for a, k in MOMENTS
            ]
            found[name] = {key: max(run[key] for run in runs) for key in ("wall_ms", "cpu_ms")}
        store.close()
        return found
