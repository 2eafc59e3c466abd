"""What doctor says of an environment and of data directories in all their states."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from connectors.archive import Archive
from connectors.contract import RawBatch
from pipelines.runtime import i18n
from pipelines.runtime.probes import data as of_data
from pipelines.runtime.probes import environment
from pipelines.runtime.probes.finding import Finding, State
from pipelines.runtime.verbs.doctor import as_lines, examine

GONE = 2**22 + 1  # above the highest process id of Linux


def _data(folder: Path, meta: str = '{"format": 1}') -> Path:
    (folder / "meta.json").write_text(meta, encoding="utf-8")
    return folder


def test_environment_alone(free_port: int) -> None:
    rows = examine(None, free_port)
    assert [row.check for row in rows] == ["python", "names", "disk", "kernels", "port"]
    assert all(row.state != "fail" for row in rows)
    assert all((row.cure == "") == (row.state == "ok") for row in rows)


def test_a_stranger_owns_our_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "packages_distributions", lambda: {"schemas": ["stocktwin", "other-lib"]})
    found = environment.names()
    assert (found.state, found.found) == ("fail", "schemas (other-lib)")


def test_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = namedtuple("usage", "free")
    for free, state in ((1 << 20, "fail"), (1 << 30, "warn"), (1 << 40, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage(free))
        assert environment.disk(tmp_path / "not" / "there").state == state


def test_a_taken_port(free_port: int) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", free_port))
        busy.listen()
        assert environment.port(free_port).state == "warn"
    assert environment.port(free_port).state == "ok"


@pytest.mark.parametrize(
    ("meta", "state", "said"),
    [
        ('{"format": 1, "runs": []}', "ok", "format 1"),
        ('{"format": 99, "runs": []}', "fail", "newer"),
        ("{", "fail", "cannot be read"),
        ("[]", "fail", "cannot be read"),
        ('{"format": "x", "runs": []}', "fail", "cannot be read"),
        ('{"format": 1}', "fail", "cannot be read"),
        ('{"format": 0, "runs": []}', "fail", "has format 0"),
    ],
)
def test_meta(tmp_path: Path, meta: str, state: State, said: str) -> None:
    i18n.use("en")
    found = of_data.meta(_data(tmp_path, meta))
    assert found.state == state
    assert said in found.found


def test_no_data_yet(tmp_path: Path, free_port: int) -> None:
    rows = examine(tmp_path, free_port)
    assert [row.state for row in rows if row.check == "data"] == ["warn"]
    assert rows[-1].check == "data"


def test_owner(tmp_path: Path) -> None:
    assert of_data.owner(tmp_path).state == "ok"
    (tmp_path / "lock").write_text(
        json.dumps({"pid": GONE, "since": "2026-01-01T00:00:00Z"}), encoding="utf-8"
    )
    assert of_data.lock_pid(tmp_path) == GONE
    assert of_data.owner(tmp_path).state == "ok"
    (tmp_path / "lock").write_text(json.dumps({"pid": os.getpid()}), encoding="utf-8")
    assert of_data.owner(tmp_path).state == "warn"
    with socket.socket(socket.AF_UNIX) as served:
        served.bind(os.path.relpath(tmp_path / "owner.sock"))
        served.listen()
        assert of_data.owner(tmp_path).state == "ok"


class Store:
    """Answers by a word of the statement."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def __call__(self, sql: str) -> list[dict[str, Any]]:
        for word, answer in self.answers.items():
            if word in sql:
                if isinstance(answer, Exception):
                    raise answer
                return answer  # type: ignore[no-any-return]
        return []


def _states(store: Store) -> dict[str, Finding]:
    return {found.check: found for found in of_data.store(store, None)}


def test_store_is_well() -> None:
    rows = _states(Store())
    assert list(rows) == ["store", "masters", "waiting", "clock"]
    assert {row.state for row in rows.values()} == {"ok"}


def test_wrong_settings_are_a_failure() -> None:
    def wrong() -> None:
        raise RuntimeError("insert_deduplicate is 0, must be 1")

    [found] = of_data.store(Store(), wrong)
    assert (found.state, found.found) == ("fail", "insert_deduplicate is 0, must be 1")


def test_store_with_findings() -> None:
    ahead = int((datetime.now(UTC) + timedelta(hours=2)).timestamp() * 1000)
    rows = _states(
        Store(
            auto=[{"name": f"item {i}", "n": 9} for i in range(6)],
            waiting=[{"name": "till#1", "n": 1}],
            recorded_at=[{"last": ahead}],
        )
    )
    assert [row.state for row in rows.values()] == ["ok", "warn", "warn", "fail"]
    assert rows["masters"].found.endswith("item 4 …")
    assert "9" in rows["masters"].found
    assert "till#1" in rows["waiting"].found


def test_store_that_does_not_open() -> None:
    rows = _states(Store(one=OSError(5, "Input/output error")))
    assert list(rows) == ["store"]
    assert (rows["store"].state, rows["store"].found) == ("fail", "Input/output error")
    rows = _states(Store(auto=RuntimeError("no such table\nmore")))
    assert (rows["masters"].state, rows["clock"].state) == ("warn", "ok")
    assert "no such table" in rows["masters"].found
    assert "more" not in rows["masters"].found


def test_lines_are_aligned_in_chinese() -> None:
    i18n.use("zh")
    lines = as_lines([Finding("python", "ok", "3.11"), Finding("port", "warn", "x", "换一个")])
    i18n.use("en")
    assert lines == ["正常  Python 版本  3.11", "注意  看板端口     x", "                   → 换一个"]
    assert as_lines([Finding("python", "fail", "3.9", "c")], color=True)[0].startswith("\x1b[31mfail\x1b[0m")


def test_what_the_archive_holds(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    archive = Archive(folder)
    assert [f.found for f in of_data.archive(tmp_path)] == ["unbroken, no records yet"]
    records = pa.array([b"{}\n"] * 5, pa.large_binary())
    for hour in range(3):  # one closed file of two blocks, one block still open
        batch = RawBatch("till", "p", "ndjson", records, np.arange(5 * hour, 5 * hour + 5))
        archive.append(batch, "r1", "", 1_767_571_200_000 + 3_600_000 * hour, 2)
        if hour == 1:
            archive.close_file(wait=True)
    (found,) = of_data.archive(tmp_path)
    times = "2026-01-05T00:00:00.000Z to 2026-01-05T02:00:00.000Z"
    assert found.found == f"unbroken: 1 files, 0.0 MiB, 15 records, arrived {times}"
    archive.close()
    (found,) = of_data.archive(tmp_path)
    assert found.found == f"unbroken: 2 files, 0.0 MiB, 15 records, arrived {times}"


def test_state_and_outbox(tmp_path: Path) -> None:
    assert of_data.state(tmp_path).state == "ok"
    home = tmp_path / "state/ledger.post@1"
    home.mkdir(parents=True)
    manifest = {"mark": {"next_ordinal": 7}, "saves": [["base-1.npz", 3]]}
    (home / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    lost = of_data.state(tmp_path)
    assert (lost.state, lost.found) == ("fail", "base-1.npz is missing")
    (home / "base-1.npz").write_bytes(b"abc")
    assert of_data.state(tmp_path).found == "holds 7 records, 0.0 MiB"
    (home / "manifest.json").write_text("rubbish", encoding="utf-8")
    assert of_data.state(tmp_path).state == "fail"
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox/1-0.block").write_bytes(bytes(3 << 20))
    assert of_data.outbox(tmp_path).found == "1 blocks, 3.0 MiB"
