"""What goes wrong for a user, through the real command: place, what, cure, exit code, no traceback."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.process import Command, Said
from tests.repo import ROOT

pytestmark = pytest.mark.e2e

DAY = [
    {"id": "1", "type": "stock.receipt", "time": "2026-01-05T08:00:00+08:00", "qty": "10", "unit_cost": "10"},
    {"id": "2", "type": "sale.delivery", "time": "2026-01-05T09:00:00+08:00", "qty": "4", "unit_price": "18"},
]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A receipt and a sale."""
    path = tmp_path_factory.mktemp("in") / "day.ndjson"
    where = {"source": "till", "entity": "E1", "site": "S1", "item": "TEA"}
    path.write_text("".join(json.dumps(event | where) + "\n" for event in DAY), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def filled(stocktwin: Command, day: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with that day."""
    data = tmp_path_factory.mktemp("data") / "D"
    assert stocktwin.run(day, data)["committed"] == 2
    return data


@pytest.fixture
def broken(filled: Path, tmp_path: Path) -> Path:
    """A copy of it to break."""
    return Path(
        shutil.copytree(filled, tmp_path / "D", symlinks=True, ignore=shutil.ignore_patterns("owner.sock"))
    )


def told(said: Said, code: int, *texts: str) -> None:
    """It ended with `code`, said each text on standard error, and showed no inside."""
    assert said.code == code, said
    for text in texts:
        assert text in said.err, said.err
    for inside in ("Traceback", "internal error", "panicked", "stack backtrace"):
        assert inside not in said.err, said.err


def test_a_map_that_does_not_fit_the_file(stocktwin: Command, day: Path, tmp_path: Path) -> None:
    said = stocktwin("run", "--map", "online_retail", "--input", day, "--data", tmp_path / "D")
    told(said, 78, f"{day}:1")


def test_an_input_that_is_not_there(stocktwin: Command, tmp_path: Path) -> None:
    told(stocktwin("run", "--input", "gone.ndjson"), 2, "gone.ndjson: no such file; check the path")
    told(stocktwin("run"), 2, "--input: ")
    damaged = tmp_path / "d.ndjson.gz"
    damaged.write_bytes(b"\x1f\x8b\x08\x00rubbish")
    told(stocktwin("run", "--input", damaged, "--data", tmp_path / "D"), 1, f"{damaged}: ", "; ")


def test_an_unknown_job(stocktwin: Command, day: Path) -> None:
    said = stocktwin("run", "stock-lvie", "--input", day)
    told(said, 2, 'no job "stock-lvie"; did you mean "stock-live"?')


def test_a_data_directory_that_cannot_be_one(stocktwin: Command, day: Path) -> None:
    told(stocktwin("run", "--input", day, "--data", day), 2, f"{day}: is not a directory; ")
    # Neither root nor anyone else may make a directory there.
    said = stocktwin("run", "--input", day, "--data", "/proc/stocktwin")
    told(said, 1, "/proc/stocktwin: ", "; ")


def test_a_locked_store_says_who_and_since(stocktwin: Command, day: Path, broken: Path) -> None:
    holding = "import sys, time; from sinks.lock import DirectoryLock; held = DirectoryLock(sys.argv[1]);"
    python = str(Path(stocktwin.program).with_name("python"))
    code = holding + "print('held', flush=True); time.sleep(600)"
    owner = subprocess.Popen([python, "-c", code, str(broken)], stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"held\n"
        said = stocktwin("run", "--input", day, "--data", broken)
        told(said, 1, f"{broken}: in use by process {owner.pid} since 20")
        assert re.search(r"since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ; ", said.err)
        told(stocktwin("sql", "--data", broken, "SELECT 1"), 1, f"in use by process {owner.pid} since 20")
    finally:
        os.kill(owner.pid, signal.SIGKILL)
        owner.communicate()
    # A lock left by the dead is none.
    assert stocktwin.sql(broken, "SELECT count() AS n FROM mart.v_movement") == [{"n": "2"}]


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        (
            '{"format": 99, "runs": []}',
            "format 99 is newer than this program's (1); install a newer stocktwin",
        ),
        ("rubbish", "meta.json cannot be read ("),
    ],
)
def test_a_directory_of_another_kind(
    stocktwin: Command, day: Path, broken: Path, meta: str, said: str
) -> None:
    (broken / "meta.json").write_text(meta, encoding="utf-8")
    for words in (("run", "--input", day), ("sql", "SELECT 1"), ("replay", "--verify")):
        told(stocktwin(*words, "--data", broken), 1, f"{broken}/meta.json: ", said)
    examined = stocktwin("doctor", "--data", broken)
    assert (examined.code, said.split("; ", maxsplit=1)[0] in examined.out) == (1, True)


def test_a_state_that_cannot_be_read(stocktwin: Command, day: Path, broken: Path) -> None:
    (broken / "state/ledger.post@1/manifest.json").write_text("rubbish", encoding="utf-8")
    said = stocktwin("run", "--input", day, "--data", broken)
    told(said, 1, f"{broken}/state: the state cannot be read (", f"move {broken}/state away and run again")
    # The cure cures.
    (broken / "state").rename(broken.parent / "away")
    assert stocktwin.run(day, broken)["duplicate"] == 2


def test_a_store_that_is_gone(stocktwin: Command, day: Path, broken: Path) -> None:
    shutil.rmtree(broken / "store")
    said = stocktwin("run", "--input", day, "--data", broken)
    told(said, 1, f"{broken}/store: the store is gone; ", "replay --into DIR")
    assert not (broken / "store").exists()
    (broken / "store").mkdir()
    told(stocktwin("run", "--input", day, "--data", broken), 1, "the store has lost its tables; ")


def test_a_wrong_question(stocktwin: Command, filled: Path) -> None:
    ask = ("sql", "--data", filled)
    told(stocktwin(*ask, "SELECT * FROM v_sales"), 1, "SQL: Unknown", 'did you mean "mart.v_sale"?')
    told(stocktwin(*ask, "DROP TABLE core.item"), 2, "DROP: only reading is served here")
    told(stocktwin(*ask, "SELECT 1; SELECT 2"), 2, "more than one statement")
    told(stocktwin(*ask, "SELECT number FROM numbers(9000000)"), 1, "SQL: Limit for result exceeded", "LIMIT")


def test_usage_errors_come_at_once(stocktwin: Command) -> None:
    """No heavy import stands before them; the bound is scaled by what the bare interpreter takes now."""
    python = str(Path(stocktwin.program).with_name("python"))

    def fastest(*words: str) -> float:
        took = []
        for _ in range(5):
            started = time.process_time_ns(), os.times()
            subprocess.run(words, capture_output=True, check=False)
            ended = os.times()
            took.append(ended.children_user + ended.children_system
                        - started[1].children_user - started[1].children_system)  # fmt: skip
        return min(took)

    bound = max(0.2, 12 * fastest(python, "-c", "pass"))
    for words in (("--help",), ("rnu",), ("run", "--enigne"), ("sql",)):
        assert fastest(stocktwin.program, *words) < bound, words
