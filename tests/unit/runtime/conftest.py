"""Fixtures of the runtime's tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from pipelines.runtime import i18n


@pytest.fixture
def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Each test begins in English, whatever the one before spoke."""
    i18n.use("en")
    yield
    i18n.use("en")
