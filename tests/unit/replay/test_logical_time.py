"""Logical time of a running job: arrivals move it, an idle source does not hold it, a restart keeps it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from connectors.archive import Archived
from pipelines.kernels.watermarks import IDLE_MS
from pipelines.runtime.chain import NDJSON, Decoders, JobChain

DAY = 1_767_571_200_000  # 2026-01-05T00:00:00Z


def charge(chain: JobChain, source: str, arrived_ms: int, time: str) -> int:
    """A block of `source` with one event of that time arrives; the logical time after it, from DAY on."""
    line = (
        f'{{"id":"{arrived_ms}","source":"x","type":"sale.charge","time":"2026-01-05T{time}Z",'
        '"entity":"E","code":"POST","amount":"1"}'
    )
    data = pa.array([line.encode()], pa.large_binary())
    first = chain.next_ordinal
    chain.process(
        Archived(first, source, "p", "r1", NDJSON, "", DAY + arrived_ms, 2, np.array([first]), data)
    )
    return chain.watermarks.logical_ms - DAY


def test_an_idle_source_lets_go_and_a_restart_keeps_where_time_was(tmp_path: Path) -> None:
    chain = JobChain(Decoders(tmp_path / "maps"))
    assert charge(chain, "lorry", 60_000, "00:00:10") == 10_000
    assert charge(chain, "till", 61_000, "00:01:01") == 10_000, "the lorry is awake and behind"
    chain.save(tmp_path / "state")
    again = JobChain(Decoders(tmp_path / "maps"))
    assert again.restore(tmp_path / "state")
    assert again.watermarks == chain.watermarks
    assert charge(again, "till", 60_000 + IDLE_MS - 1, "00:01:59") == 10_000
    assert charge(again, "till", 60_000 + IDLE_MS, "00:02:00") == 120_000, "the lorry sleeps"
    assert charge(again, "lorry", 121_000, "00:00:20") == 120_000, "it wakes up; time does not go back"
