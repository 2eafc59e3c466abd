"""The command's words, its output and its exit codes; the runtime behind it is a small stand-in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.runtime import i18n
from pipelines.runtime.errors import DiskFull, StoreLocked
from tests.repo import ROOT
from tests.unit.runtime.cli.stand_ins import Calls, Report, Run


def test_help_in_both_languages(stocktwin: Run) -> None:
    for verb in ("demo", "run", "check", "sql", "replay", "doctor", "schema", "docs"):
        english, chinese = stocktwin(verb, "--help"), stocktwin("--lang", "zh", verb, "--help")
        assert english[0] == chinese[0] == 0
        assert i18n.CATALOGUE[f"cmd.{verb}"][1].split()[0] in english[1]
        assert i18n.CATALOGUE[f"cmd.{verb}"][0][:4] in chinese[1]
        assert "opt." not in english[1] + chinese[1]
        assert "arg." not in english[1] + chinese[1]
    assert "演示三家虚拟超市" in stocktwin("--help", "--lang=zh")[1]


def test_without_a_verb_it_shows_the_verbs(stocktwin: Run) -> None:
    code, out, err = stocktwin()
    assert (code, err) == (2, "")
    assert "doctor" in out


def test_version(stocktwin: Run) -> None:
    code, out, _ = stocktwin("--version")
    assert (code, out.split()[0]) == (0, "stocktwin")


def test_run_prints_the_counts_last(stocktwin: Run, calls: Calls) -> None:
    code, out, err = stocktwin("run", "--input", "in.ndjson", "--data", "D", "--map", "m")
    assert (code, err) == (0, "")
    assert out == "run r1: 0.5 s\nin=5 committed=2 refused=1 duplicate=1 waiting=1 late=0\n"
    [(name, cfg, job, given, map_, data, strict, engine, progress, follow, _)] = calls
    assert follow is False
    assert (name, job, given, map_, data, strict, engine) == (
        "run", "stock-live", "in.ndjson", "m", Path("D"), False, "bytewax",
    )  # fmt: skip
    assert cfg.jobs
    progress(1, None)


def test_a_file_address_is_a_path(stocktwin: Run, calls: Calls, tmp_path: Path) -> None:
    (tmp_path / "a b.ndjson").touch()
    assert stocktwin("run", "--input", f"file://{tmp_path}/a%20b.ndjson", "--data", "D")[0] == 0
    assert calls[0][3] == f"{tmp_path}/a b.ndjson"


def test_run_json_is_one_object(stocktwin: Run, calls: Calls) -> None:
    code, out, _ = stocktwin("run", "other", "-o", "json")
    assert code == 0
    assert json.loads(out) == {
        "run_id": "r1", "records_in": "5", "committed": "2", "refused": "1", "duplicate": "1", "waiting": "1",
        "late": "0", "seconds": "0.500",
    }  # fmt: skip
    assert calls[0][5:8] == (Path("data"), False, "local")


def test_strict_exits_1_after_the_counts(stocktwin: Run, calls: Calls) -> None:
    code, out, err = stocktwin("run", "--input", "in.ndjson", "--data", "D", "--strict")
    assert code == 1
    assert out.splitlines()[-1].startswith("in=5 ")
    assert err.startswith("in.ndjson: strict: 1 records were refused; look at ")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StoreLocked("D", 4, "now"), "D: in use by process 4 since now; "),
        (DiskFull("D"), "D: no space left on the disk; "),
        (
            PermissionError(13, "Permission denied", "D"),
            "D: permission denied; check its owner and permissions",
        ),
        (ZeroDivisionError("odd"), "stocktwin: internal error ZeroDivisionError: odd; run it again with "),
    ],
)
def test_failures_exit_1_without_traceback(
    stocktwin: Run, calls: Calls, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    calls.raises = error
    code, _, err = stocktwin("run")
    assert code == 1
    assert err.startswith(said)
    assert err.count("\n") == 1
    monkeypatch.setenv("STOCKTWIN_DEBUG", "1")
    assert "Traceback" in stocktwin("run")[2]


def test_sql(stocktwin: Run, calls: Calls) -> None:
    assert stocktwin("sql", "SELECT 1", "--data", "D", "-o", "csv") == (0, "rows as csv\n", "")
    assert calls[0][:3] == ("query", Path("D"), "SELECT 1")
    code, _, err = stocktwin("sql", "SELECT 1", "--data", "E")
    assert code == 1
    assert err.startswith("E: there is no data here yet; check --data")


def test_run_that_was_asked_to_stop(stocktwin: Run, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = Report(finished=False)
    monkeypatch.setattr(sys.modules["pipelines.runtime.verbs.run"], "run_job", lambda *_: stopped)
    code, out, err = stocktwin("run", "--input", "in.ndjson")
    assert code == 0
    assert out.endswith("in=5 committed=2 refused=1 duplicate=1 waiting=1 late=0\n")
    assert err == "stopped as asked: what was read is posted and saved; the same command goes on from there\n"
    assert stocktwin("run", "--input", "in.ndjson", "--follow")[::2] == (0, "")


def test_replay(stocktwin: Run, calls: Calls) -> None:
    assert stocktwin("replay", "--data", "D", "--verify") == (
        0,
        "MAIN: 7 versions, sha256 cd\nidentical: 7 versions, sha256 ab\n",
        "",
    )
    calls.verified.identical = False  # type: ignore[attr-defined]
    calls.verified.difference = "MAIN version 3"  # type: ignore[attr-defined]
    code, out, err = stocktwin("replay", "--data", "D", "--verify")
    assert (code, out) == (1, "")
    assert err.startswith("D: the replay differs: MAIN version 3; ")
    assert stocktwin("replay", "--data", "D", "--into", "new")[:2] == (0, "rebuilt in new\n")
    assert calls[-1][:3] == ("into", Path("D"), Path("new"))


def test_demo(stocktwin: Run, calls: Calls, free_port: int) -> None:
    code, _, err = stocktwin(
        "demo", "--port", str(free_port), "--no-browser", "--lang", "zh", "--duration", "2"
    )
    assert (code, err) == (0, "")
    named = calls[0][-1]
    assert {k: v for k, v in named.items() if k != "cfg"} == {
        "speed": 60, "seed": 7, "port": free_port, "host": "127.0.0.1", "data": None, "lang": "zh",
        "browser": False, "duration": 2.0,
    }  # fmt: skip


def test_check(stocktwin: Run) -> None:
    assert stocktwin("check") == (0, "jobs.yaml: ok (1 sources, 0 topics, 2 jobs)\n", "")
    assert stocktwin("check", "--lang", "zh")[1] == "jobs.yaml：正确（数据源 1，主题 0，作业 2）\n"


def test_schema(stocktwin: Run) -> None:
    assert "$defs" in json.loads(stocktwin("schema", "jobs")[1])
    assert json.loads(stocktwin("schema")[1])
    assert "stock.receipt" in stocktwin("schema", "stock.receipt")[1]
    assert "stock.receipt" in stocktwin("docs")[1]
    assert "事件" in stocktwin("docs", "--lang", "zh")[1]


def test_start_imports_nothing_heavy() -> None:
    code = (
        "import sys; from pipelines import cli; cli.command();"
        "print(sorted({m.split('.')[0] for m in sys.modules} & set(sys.argv[1].split())))"
    )
    heavy = (
        "typer pydantic ruamel pyarrow numpy numba polars bytewax clickhouse_connect chdb river rich "
        "starlette"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, heavy], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_as_a_process() -> None:
    code = "from pipelines.cli import main; main()"
    words = [sys.executable, "-c", code, "run", "--jobs", "gone.yaml"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (78, "")
    assert "Traceback" not in done.stderr
