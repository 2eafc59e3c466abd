"""A data directory of each public data set, filled once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.process import Command
from tests.e2e.real.files import IOWA, IOWA_ROWS, RETAIL, RETAIL_ROWS


@pytest.fixture(scope="session")
def retail(command: str, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the wholesaler's three months."""
    return filled(command, shared_data / RETAIL, "online_retail", RETAIL_ROWS, tmp_path_factory)


@pytest.fixture(scope="session")
def iowa(command: str, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the state's day."""
    return filled(command, shared_data / IOWA, "iowa_liquor", IOWA_ROWS, tmp_path_factory)


def filled(command: str, file: Path, map_: str, rows: int, folders: pytest.TempPathFactory) -> Path:
    """A new data directory with the rows of a file, all of which are committed."""
    data = folders.mktemp(map_)
    counts = Command(command).run(file, data, "--map", map_)
    assert (counts["in"], counts["committed"]) == (rows, rows)
    return data
