"""A command that cannot mean what was typed, or whose configuration is bad, says so at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.runtime.cli.stand_ins import JOBS, Calls, Run


def test_usage_errors_in_chinese(stocktwin: Run, calls: Calls) -> None:
    assert stocktwin("rnu", "--lang", "zh")[2] == 'stocktwin rnu: 没有这个命令; 您是否想写 "run"？\n'
    assert stocktwin("--lang", "zh", "run", "--engine", "x")[2].startswith('--engine: 不能是 "x"; 可用：')


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rnu"], 'stocktwin rnu: no such command; did you mean "run"?'),
        (["run", "--enigne", "local"], 'stocktwin run --enigne: no such option; did you mean "--engine"?'),
        (["run", "-x"], "stocktwin run -x: no such option; see `stocktwin run --help`"),
        (["run", "--engine", "steam"], '--engine: cannot be "steam"; there are: bytewax, local'),
        (["run", "--data"], "stocktwin run --data: needs a value; write --data DIR"),
        (["run", "--strict=2"], "stocktwin run --strict: takes no value; see `stocktwin run --help`"),
        (["demo", "--port", "70000"], '--port: cannot be "70000"; give a number from 1 to 65535'),
        (["demo", "--speed", "fast"], '--speed: cannot be "fast"; give a number from 1 to 1000000'),
        (["demo", "--duration", "-1"], '--duration: cannot be "-1"; give a number from 0 to …'),
        (["sql"], "stocktwin sql SQL: is missing; see `stocktwin sql --help`"),
        (["sql", "SELECT", "1"], "stocktwin sql 1: one word too many; put what has spaces into quotes"),
        (["run", "--input", "gone.ndjson"], "gone.ndjson: no such file; check the path"),
        (["run", "--input", "-"], "--input -: standard input cannot be resumed; write it to a file first"),
        (
            ["run", "--input", "s3://b/k"],
            "--input s3://b/k: s3:// is no address that is read here; name a file",
        ),
        (["run", "--input", "file:///gone"], "/gone: no such file; check the path"),
        (["sql", "SELECT 1", "--data", "in.ndjson"], "in.ndjson: is not a directory; choose another --data"),
        (["run", "stock-liv"], 'jobs.yaml: no job "stock-liv"; did you mean "stock-live"?'),
        (["replay", "--data", "D"], "replay: needs one of --verify and --into"),
        (["replay", "--data", "D", "--verify", "--into", "E"], "replay: needs one of --verify and --into"),
        (["replay", "--data", "D", "--into", "D"], "D: the target directory is not empty; choose a new one"),
        (["sql", " ", "--data", "D"], "SQL: there is no statement"),
        (["schema", "stock.recipt"], 'no JSON Schema of "stock.recipt"'),
        (["--lang", "fr", "check"], "--lang: --lang is zh or en"),
    ],
)
def test_usage_errors_exit_2(stocktwin: Run, calls: Calls, words: list[str], said: str) -> None:
    code, out, err = stocktwin(*words)
    assert code == 2
    assert said in err
    assert "Traceback" not in err
    assert out == ""
    assert calls == []


def test_bad_configuration_exits_78(stocktwin: Run, calls: Calls) -> None:
    Path("jobs.yaml").write_text(JOBS + "jbos: 1\n", encoding="utf-8")
    for words in (["run"], ["check"], ["sql", "SELECT 1"], ["demo", "--port", "18642"]):
        code, _, err = stocktwin(*words)
        assert (code, err) == (78, 'jobs.yaml:6:1 jbos: unknown key; did you mean "jobs"?\n')
    assert stocktwin("check", "--jobs", "gone.yaml")[0] == 78
    assert stocktwin("check", "--jobs", "D")[0] == 78
    assert calls == []
