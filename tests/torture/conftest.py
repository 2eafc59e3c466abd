"""The command that is killed."""

from __future__ import annotations

import pytest

from tests.e2e.process import Command


@pytest.fixture(scope="module")
def stocktwin(command: str) -> Command:
    """The installed command."""
    return Command(command)
