"""The wheel, installed in an empty environment, runs a job outside of the checkout (`make wheel`)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.repo import PACKAGES, ROOT, files

pytestmark = pytest.mark.slow

EVENTS = [
    {
        "id": "1",
        "type": "stock.receipt",
        "item": "TEA",
        "site": "S1",
        "qty": "10",
        "unit_cost": "10",
        "supplier": "V",
    },
    {"id": "2", "type": "sale.delivery", "item": "TEA", "site": "S1", "qty": "4", "unit_price": "18"},
    {"id": "3", "type": "sale.delivery", "item": "TEA", "site": "S1", "qty": "no number", "unit_price": "18"},
]


def _run(*words: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command in an environment without this checkout; fails with what it said."""
    env = {
        k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")
    } | variables
    done = subprocess.run(
        list(map(str, words)), cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (
        f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    )
    return done


def _uv() -> str:
    found = shutil.which("uv", path=f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        pytest.fail("uv is missing in .venv; run: make install")
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built once."""
    out = tmp_path_factory.mktemp("dist")
    _run(
        _uv(),
        "build",
        "--wheel",
        "--quiet",
        "--build-constraint",
        ROOT / "requirements" / "build.lock",
        "--out-dir",
        out,
        ROOT,
        cwd=out,
    )
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds base.lock and the wheel, nothing else; its folder of commands."""
    where = tmp_path_factory.mktemp("empty") / "venv"
    _run(sys._base_executable, "-m", "venv", "--without-pip", where, cwd=where.parent)
    bin_ = where / "bin"
    install = [_uv(), "pip", "install", "--quiet", "--python", bin_ / "python"]
    _run(
        *install,
        "--require-hashes",
        "-r",
        ROOT / "requirements" / "base.lock",
        cwd=where.parent,
        UV_LINK_MODE="copy",
    )
    _run(*install, "--no-deps", wheel, cwd=where.parent)
    return bin_


def test_the_wheel_holds_what_the_checkout_holds(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    wanted = {str(p) for p in files() if p.parts[0] in PACKAGES} | {"pipelines/jobs.yaml"}
    assert not wanted - packed, f"not in the wheel: {sorted(wanted - packed)}"
    strangers = {name for name in packed - wanted if ".dist-info/" not in name}
    assert not strangers, f"in the wheel, but not in the checkout: {sorted(strangers)}"


def test_a_job_runs_from_the_wheel(environment: Path, tmp_path: Path) -> None:
    common = {"source": "till", "entity": "E1"}
    lines = [json.dumps({**e, **common, "time": f"2026-01-05T09:00:0{e['id']}+08:00"}) for e in EVENTS]
    (tmp_path / "events.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    stocktwin = environment / "stocktwin"

    told = _run(stocktwin, "run", "--input", "events.ndjson", "--data", "D", cwd=tmp_path)
    last = dict(word.split("=") for word in told.stdout.strip().splitlines()[-1].split())
    assert {k: last[k] for k in ("in", "committed", "refused", "duplicate", "waiting")} == {
        "in": "3",
        "committed": "2",
        "refused": "1",
        "duplicate": "0",
        "waiting": "0",
    }

    query = "SELECT on_hand_qty, value_amt FROM mart.v_stock_now"
    rows = json.loads(_run(stocktwin, "sql", "--data", "D", "-o", "json", query, cwd=tmp_path).stdout)
    assert [[float(v) for v in row.values()] for row in rows] == [[6.0, 60.0]]
    _run(stocktwin, "replay", "--verify", "--data", "D", cwd=tmp_path)


def test_the_wheel_is_what_runs(environment: Path, tmp_path: Path) -> None:
    code = "import schemas, connectors, pipelines, sinks; print(schemas.__file__)"
    where = Path(_run(environment / "python", "-c", code, cwd=tmp_path).stdout.strip())
    assert environment.parent in where.parents
