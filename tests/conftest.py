"""Fixtures and settings that every test may use.

`STOCKTWIN_SHARED`: where the sample data lie (default: `../shared/data` beside the checkout).
`STOCKTWIN_SEED`: the seed of the simulations. `STOCKTWIN_SHARE`: how much of them to run, 1 = all.
`HYPOTHESIS_PROFILE`: `ci` (same examples every time) or `dev` (other examples every time).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from pipelines.runtime.warm import drop_stale
from tests.repo import ROOT

DEFAULT_SEED = 20261123
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci")
SEED = int(os.environ.get("STOCKTWIN_SEED", DEFAULT_SEED))
SHARE = float(os.environ.get("STOCKTWIN_SHARE", "1"))

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]
# Two busy cores make any deadline a lie; what must be fast is measured by `make bench`.
settings.register_profile(
    "ci", deadline=None, derandomize=True, print_blob=True, suppress_health_check=_QUIET, database=None
)
settings.register_profile("dev", deadline=None, print_blob=True, suppress_health_check=_QUIET)
settings.load_profile(PROFILE)


def pytest_sessionstart() -> None:
    """Numba does not see that a kernel's callee in another file has changed: tests would run old code."""
    drop_stale()


def pytest_report_header() -> str:
    """Say what a failure needs to be repeated."""
    return f"stocktwin: STOCKTWIN_SEED={SEED} STOCKTWIN_SHARE={SHARE:g} HYPOTHESIS_PROFILE={PROFILE}"


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def seed() -> int:
    """The seed of everything random in a simulation."""
    return SEED


@pytest.fixture(scope="session")
def share() -> float:
    """How much of a long simulation to run: 1 is all of it, 0.1 a tenth (continuous integration)."""
    return SHARE


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of sample data; the test is skipped, with the reason, where there is none."""
    where = Path(os.environ.get("STOCKTWIN_SHARED", ROOT.parent / "shared" / "data"))
    if not where.is_dir():
        pytest.skip(f"no sample data at {where}; set STOCKTWIN_SHARED to the folder that holds them")
    return where


@pytest.fixture(scope="session")
def command() -> str:
    """The installed command `stocktwin`, to be started as a process of its own."""
    found = ROOT / ".venv" / "bin" / "stocktwin"
    path = str(found) if found.exists() else shutil.which("stocktwin")
    if path is None:
        pytest.fail("the command stocktwin is not installed here; run: make install")
    return path
