"""A disk that is full, wherever a write meets it: nothing lost, nothing half-posted, told as what it is.

The system's refusal stands in place of one write, half of which gets through. After space has returned the
same input goes on, and the books are those of a quiet day.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.archive import check_chain, writing
from pipelines.ledger import state
from pipelines.ledger.past import runs
from pipelines.runtime.errors import DiskFull, as_error
from pipelines.runtime.replay import Report, verify
from sinks.clickhouse import StoreError
from sinks.outbox import Outbox
from tests.unit.replay import full_day

LINES = full_day.records()


def refuse() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def half_a_frame(real: Callable[..., Any], fd: int, data: Any) -> Any:
    """`os.write`, of which the archive's gets half way."""
    if Path(f"/proc/self/fd/{fd}").readlink().name != "open.wal":
        return real(fd, data)
    real(fd, bytes(data)[: len(data) // 2])
    return refuse()


def half_a_file(real: Callable[..., Any], path: Path, *_: Any) -> None:
    path.write_bytes(b"PAR1")
    refuse()


def half_a_block(real: Callable[..., Any], outbox: Outbox, path: Path, parts: list[Any]) -> None:
    def some() -> Iterator[Any]:
        yield parts[0]
        refuse()

    real(outbox, path, some())


def nothing(real: Callable[..., Any], *_: Any, **__: Any) -> None:
    refuse()


# what is written -> holder and name of the function that writes, which of its calls is the first to fail, how
WRITES: dict[str, tuple[Any, str, int, Callable[..., Any]]] = {
    "archive": (os, "write", 15, half_a_frame),
    "archive: a file that is closed": (writing, "write_parquet", 1, half_a_file),
    "archive: its chain": (writing, "append", 1, nothing),
    "outbox": (Outbox, "_write", 4, half_a_block),
    "state: a run of history": (runs, "write_arrays", 2, half_a_file),
    "state": (state, "write_arrays", 1, half_a_file),
    "meta.json": (Path, "write_text", 1, nothing),
}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """What a day without incidents comes to."""
    return verify(full_day.fill(tmp_path_factory.mktemp("quiet") / "D", LINES))


@pytest.mark.parametrize("place", WRITES)
def test_a_full_disk_loses_nothing(
    place: str, quiet: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder, name, first, how = WRITES[place]
    real, passed = getattr(holder, name), [0]

    def writes(*args: Any, **named: Any) -> Any:
        passed[0] += 1
        return how(real, *args, **named) if passed[0] >= first else real(*args, **named)

    data = tmp_path / "D"
    with monkeypatch.context() as patched:
        patched.setattr(holder, name, writes)
        with pytest.raises(OSError, match="No space left") as error:
            full_day.fill(data, LINES)

    told = as_error(error.value)
    assert isinstance(told, DiskFull), told
    assert told.exit_code == 1
    assert str(told).startswith(str(data / place.partition(":")[0]))
    assert "free some space and run the same command again" in str(told)

    full_day.fill(data, LINES)
    assert verify(data) == quiet
    assert list(check_chain(data / "archive")) == []
    assert [path for path in data.rglob("*.tmp") if "store" not in path.parts] == []


def test_a_full_disk_under_the_store_is_told_as_one() -> None:
    error = StoreError(
        "chdb: insert of 3 rows into core.sale: Cannot write: errno: 28, No space left on device"
    )
    told = as_error(error, "D")
    assert isinstance(told, DiskFull)
    assert str(told).startswith("D: no space left on the disk; free some space")
