"""What every test of a replay starts from: a full day, its directory, and the report on it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.runtime.replay import Report, verify
from tests.unit.replay import full_day


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return full_day.fill(tmp_path_factory.mktemp("day") / "D", full_day.records())


@pytest.fixture(scope="module")
def report(day: Path) -> Report:
    return verify(day)


@pytest.fixture
def copy(day: Path, tmp_path: Path) -> Path:
    shutil.copytree(day, tmp_path / "D", symlinks=True)
    return tmp_path / "D"
