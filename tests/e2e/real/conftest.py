"""A data directory of each public data set, filled once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.process import Command
from tests.e2e.real.files import IOWA, IOWA_ROWS, RETAIL, RETAIL_ROWS


@pytest.fixture(scope="session")
def retail(command: str, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the wholesaler's three months."""
    data = tmp_path_factory.mktemp("retail")
    counts = Command(command).run(shared_data / RETAIL, data, "--map", "online_retail")
    assert (counts["in"], counts["committed"]) == (RETAIL_ROWS, RETAIL_ROWS)
    return data


@pytest.fixture(scope="session")
def iowa(command: str, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the state's day."""
    data = tmp_path_factory.mktemp("iowa")
    counts = Command(command).run(shared_data / IOWA, data, "--map", "iowa_liquor")
    assert (counts["in"], counts["committed"]) == (IOWA_ROWS, IOWA_ROWS)
    return data
