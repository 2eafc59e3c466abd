"""The runners: several files at once are processed in the order in which they were archived."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.archive import read_archive
from connectors.ndjson import NdjsonSource
from pipelines.runtime import reader
from pipelines.runtime.chain import Decoders, JobChain
from pipelines.runtime.local import run_local
from pipelines.runtime.on_bytewax import run_bytewax
from pipelines.runtime.progress import silent
from pipelines.runtime.replay import verify
from pipelines.runtime.session import AHEAD, Session
from sinks.target import Target
from tests.conftest import SEED
from tests.torture.feeding import day

BLOCK = AHEAD + 100


@pytest.mark.parametrize("runner", [run_local, run_bytewax])
def test_two_large_files_are_read_in_turn_and_replay_the_same(
    runner: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_RECORDS", BLOCK)
    lines = list(day(5 * BLOCK, SEED))
    for name, mine in (("a", lines[: 3 * BLOCK]), ("b", lines[3 * BLOCK :])):
        (tmp_path / f"{name}.ndjson").write_bytes(b"".join(mine))
    source = NdjsonSource("events", [str(tmp_path / "*.ndjson")])
    with Session(tmp_path / "D", Target(), serve=False) as session:
        assert runner(session, source, session.begin("events", "both"), 2, silent, lambda: False)  # type: ignore[operator]
    blocks = list(read_archive(tmp_path / "D" / "archive"))
    assert len({block.part for block in blocks}) == 2
    assert [len(block) for block in blocks] == [BLOCK] * 5
    assert verify(tmp_path / "D").identical


def test_a_block_out_of_order_is_refused(tmp_path: Path) -> None:
    source = NdjsonSource("events", [str(tmp_path / "a.ndjson")])
    (tmp_path / "a.ndjson").write_bytes(b"".join(day(10, SEED)))
    with Session(tmp_path / "D", Target(), serve=False) as session:
        run_local(session, source, session.begin("events", "a"), 2, silent, lambda: False)
    (block,) = read_archive(tmp_path / "D" / "archive")
    _, rest = block.cut(4)
    assert rest is not None
    with pytest.raises(ValueError, match="records from 5 on do not follow record -1"):
        JobChain(Decoders(tmp_path)).process(rest)
