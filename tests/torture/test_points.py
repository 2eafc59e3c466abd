"""Killed at every named point, one after another in one directory, nothing is lost or doubled."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SEED
from tests.e2e.process import Command
from tests.repo import ROOT
from tests.torture.dying import ONCE, POINTS
from tests.torture.feeding import day

pytestmark = [pytest.mark.e2e]

NAMED = 20_000  # records of the day that dies at each point


@pytest.fixture(scope="module", params=["local", "bytewax"])
def died(
    request: pytest.FixtureRequest, stocktwin: Command, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str, dict[str, int]]:
    """One directory whose owner died at every point, one after another; its engine; how each died."""
    folder, engine = tmp_path_factory.mktemp("points"), str(request.param)
    (folder / "day.ndjson").write_bytes(b"".join(day(NAMED, SEED + 1)))
    words = ["run", "--input", str(folder / "day.ndjson"), "--data", str(folder / "D"), "--engine", engine]
    rng, codes = random.Random(f"{SEED} {engine}"), {}
    for point in POINTS:
        nth = 1 if point in ONCE else rng.randint(1, 3)
        code = [sys.executable, "-m", "tests.torture.dying", point, str(nth), *words]
        done = subprocess.run(code, cwd=ROOT, env=stocktwin.environ, capture_output=True, check=False)
        assert done.returncode == -signal.SIGKILL, f"{point}: {done}"
        codes[point] = done.returncode
    return folder, engine, codes


def test_killed_at_every_named_point_nothing_is_lost_or_doubled(
    died: tuple[Path, str, dict[str, int]], stocktwin: Command
) -> None:
    folder, engine, codes = died
    assert codes.keys() == POINTS.keys()
    killed = stocktwin.run(folder / "day.ndjson", folder / "D", "--engine", engine)
    assert killed["in"] == NAMED
    quiet = stocktwin.run(folder / "day.ndjson", folder / "quiet", "--engine", engine)
    assert killed == quiet
    proofs = [stocktwin.ok("replay", "--verify", "--data", folder / name) for name in ("D", "quiet")]
    assert proofs[0] == proofs[1]
    assert "identical: " in proofs[0]
