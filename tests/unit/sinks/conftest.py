"""One embedded store for each file of tests.

An engine serves one path in a process at a time, and other files, run in the same process, open other paths.
"""

import pytest

from schemas.tables import TABLES
from sinks.clickhouse import Store


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    store = Store.open("chdb", tmp_path_factory.mktemp("data"))
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def store(engine):
    """The store with empty tables, and the faces of this release."""
    for name in TABLES:
        if name != "meta.migration":
            engine.command(f"TRUNCATE TABLE {name}")
    return engine
