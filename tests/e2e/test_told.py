"""The five things that stop people most, in both languages: place, what, cure and exit code, word for word.

A bad jobs.yaml, a bad map, a taken port, a locked store, a full disk. The disk is a real one, of a few
megabytes, in a name space of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.conftest import SEED
from tests.e2e.process import Command, Said
from tests.repo import ROOT
from tests.torture.feeding import day

pytestmark = pytest.mark.e2e

RECORDS = 60_000  # of the day that fills the disk
BAD_JOBS = """version: 1
sources:
  events: {connector: ndjsom}
  till: {connector: pos, map: "${TILL_MAP:?the map of the till}"}
jobs:
  stock-live:
    enigne: local
    in: [events, tills]
    steps: [intake.decode, ledger.pst]
"""
BAD_MAP = """format: csv
encoding: utf-8
entity: E1
source: till
tz: Asia/Shanghai
site: S1
columns: {item: Code, qty: Qty, time: {column: When, format: "%Y-%m-%d"}, id: No, unit_prise: Price}
rules:
  - {when: {Qty: "["}, emit: sale.delivery}
"""
JOBS_SAID = {
    "en": """\
:3:23 sources.events.connector: no connector "ndjsom"; did you mean "ndjson"?
:4:31 sources.till.map: environment variable TILL_MAP is not set: the map of the till; export TILL_MAP=…
:7:5 jobs.stock-live.enigne: unknown key; did you mean "engine"?
:8:18 jobs.stock-live.in[1]: no source or topic "tills"; did you mean "till"?
:9:28 jobs.stock-live.steps[1]: no step "ledger.pst"; did you mean "ledger.post"?
""",
    "zh": """\
:3:23 sources.events.connector: 没有接入方式 ndjsom; 您是否想写 "ndjson"？
:4:31 sources.till.map: 环境变量 TILL_MAP 未设置：the map of the till; 请 export TILL_MAP=…
:7:5 jobs.stock-live.enigne: 未知的键; 您是否想写 "engine"？
:8:18 jobs.stock-live.in[1]: 没有数据源或主题 tills; 您是否想写 "till"？
:9:28 jobs.stock-live.steps[1]: 没有步骤 ledger.pst; 您是否想写 "ledger.post"？
""",
}
MAP_SAID = {
    "en": """\
:7:83 columns.unit_prise: unknown field; did you mean "unit_price"?
:9:13 rules[0].when.Qty: not a regular expression: unterminated character set at position 0
""",
    "zh": """\
:7:83 columns.unit_prise: 未知的字段; 您是否想写 "unit_price"？
:9:13 rules[0].when.Qty: 不是正则表达式：unterminated character set at position 0
""",
}
PORT_SAID = {
    "en": "127.0.0.1:{port}: the port is taken; choose another one, such as --port {next}\n",
    "zh": "127.0.0.1:{port}: 端口已被占用; 请选择其他端口，例如 --port {next}\n",
}
LOCK_SAID = {
    "en": "{data}: in use by process {pid} since {since}; query it with `stocktwin sql`, which asks process "
    "{pid}, or stop that, or choose another --data\n",
    "zh": "{data}: 进程 {pid} 自 {since} 起占用该目录; 请用 `stocktwin sql` 查询（它经由该进程），"
    "或先停止进程 {pid}，或换一个 --data\n",
}
DISK_SAID = {
    "en": "no space left on the disk; free some space and run the same command again: it continues, "
    "nothing is lost or doubled\n",
    "zh": "磁盘已满; 请腾出空间后重新运行同一命令，它会接着做，不丢也不重\n",
}


@pytest.fixture(params=["en", "zh"])
def speaking(request: pytest.FixtureRequest, command: str) -> Command:
    """The command in one of its languages."""
    return Command(command, lang=str(request.param))


def test_a_bad_jobs_yaml(speaking: Command, tmp_path: Path) -> None:
    file, lines = tmp_path / "jobs.yaml", tmp_path / "in.ndjson"
    file.write_text(BAD_JOBS, encoding="utf-8")
    lines.touch()
    wanted = "".join(f"{file}{line}" for line in JOBS_SAID[speaking.lang].splitlines(keepends=True))
    for words in (("check",), ("run", "--input", lines, "--data", tmp_path / "D"), ("demo", "--no-browser")):
        assert speaking(*words, "--jobs", file) == Said(78, "", wanted)
    assert not (tmp_path / "D").exists()


def test_a_bad_map(speaking: Command, tmp_path: Path) -> None:
    file, lines = tmp_path / "till.yaml", tmp_path / "in.csv"
    file.write_text(BAD_MAP, encoding="utf-8")
    lines.write_text("Code,Qty\n", encoding="utf-8")
    wanted = "".join(f"{file}{line}" for line in MAP_SAID[speaking.lang].splitlines(keepends=True))
    for words in (("check",), ("run", "--input", lines, "--data", tmp_path / "D")):
        said = speaking(*words, "--map", file)
        assert (said.code, said.err) == (78, wanted)
    assert not (tmp_path / "D").exists()


def test_a_taken_port(speaking: Command, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = speaking("demo", "--no-browser", "--port", str(port), "--data", tmp_path / "D")
    assert said == Said(1, "", PORT_SAID[speaking.lang].format(port=port, next=port + 1))
    assert not (tmp_path / "D").exists()


def test_a_locked_store(speaking: Command, tmp_path: Path) -> None:
    data, lines = tmp_path / "D", tmp_path / "day.ndjson"
    lines.write_bytes(b"".join(day(10, SEED)))
    speaking.run(lines, data)
    holding = "import sys, time; from sinks.lock import DirectoryLock; held = DirectoryLock(sys.argv[1]);"
    code = holding + "print('held', flush=True); time.sleep(600)"
    python = str(Path(speaking.program).with_name("python"))
    owner = subprocess.Popen([python, "-c", code, str(data)], stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"held\n"
        for words in (("run", "--input", lines), ("sql", "SELECT 1"), ("replay", "--verify")):
            said = speaking(*words, "--data", data)
            since = re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", said.err)
            assert since is not None, said
            wanted = LOCK_SAID[speaking.lang].format(data=data, pid=owner.pid, since=since[0])
            assert said == Said(1, "", wanted)
    finally:
        os.kill(owner.pid, signal.SIGKILL)
        owner.communicate()
    # A lock left by the dead is none.
    assert speaking.run(lines, data)["in"] == 10


def test_a_full_disk_by_its_place(speaking: Command, tmp_path: Path) -> None:
    data, lines = tmp_path / "D", tmp_path / "day.ndjson"
    lines.write_bytes(b"".join(day(10, SEED)))
    data.mkdir()
    (data / "meta.json.tmp").symlink_to("/dev/full")
    said = speaking("run", "--input", lines, "--data", data)
    assert said == Said(1, "", f"{data}/meta.json.tmp: {DISK_SAID[speaking.lang]}")


SMALL_DISK = """
mount -t tmpfs -o size=$2 none "$1" || exit 99
"$3" --lang "$4" run --input "$5" --data "$1/D" >"$6/out" 2>"$6/err"; echo $? >"$6/code"
mount -o remount,size=512m "$1"
"$3" --lang "$4" run --input "$5" --data "$1/D" >"$6/again" 2>&1 || exit 98
"$3" --lang "$4" replay --verify --data "$1/D" >"$6/proof" 2>&1 || exit 97
"""


@pytest.mark.parametrize(("lang", "size"), [("en", "6m"), ("zh", "12m"), ("en", "20m")])
def test_a_disk_that_fills_up_loses_nothing(command: str, tmp_path: Path, lang: str, size: str) -> None:
    """A file system of its own becomes full somewhere, is given room, and the same command goes on."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("no name spaces for mounting here (unshare -rm)")
    stocktwin = Command(command, lang=lang)
    disk, told, lines = tmp_path / "disk", tmp_path / "told", tmp_path / "day.ndjson"
    disk.mkdir()
    told.mkdir()
    lines.write_bytes(b"".join(day(RECORDS, SEED)))
    words = [disk, size, stocktwin.program, lang, lines, told]
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", SMALL_DISK, "sh", *map(str, words)],
        env=stocktwin.environ, capture_output=True, check=False, timeout=600,
    )  # fmt: skip
    said = {path.name: path.read_text(encoding="utf-8") for path in told.iterdir()}
    assert done.returncode == 0, (done, said)
    assert said["code"] == "1\n", said
    assert said["err"].startswith(f"{disk}/D"), said
    assert said["err"].endswith(DISK_SAID[lang]), said
    assert said["err"].count("\n") == 1, said
    assert f"in={RECORDS} " in said["again"]
    quiet = tmp_path / "quiet"
    stocktwin.run(lines, quiet)
    assert stocktwin.ok("replay", "--verify", "--data", quiet) == said["proof"]
