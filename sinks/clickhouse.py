"""The store: one client code for embedded chDB and for a ClickHouse server.

**Idempotent by** the token of an insert: a table remembers its last 10,000 tokens, views behind it too.
**Atomic over** one insert of one table. **On restart** nothing acknowledged is lost when the process dies;
power loss is covered by the outbox, which is synced before anything is inserted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.tables import TABLES
from schemas.tables.definition import DEDUPLICATION_WINDOW
from sinks import migrate
from sinks.slim import without_defaults
from sinks.target import Target

# Defaults differ between versions (async_insert is on in the newest): every session states them.
SESSION: dict[str, str] = {
    "async_insert": "0",
    "insert_deduplicate": "1",
    "deduplicate_blocks_in_dependent_materialized_views": "1",
    "session_timezone": "UTC",
    "join_use_nulls": "0",
    "output_format_arrow_string_as_string": "1",
    "output_format_arrow_compression_method": "none",
}
# One thread per insert: the pipeline needs the other core, and the second thread gained nothing.
INSERT: dict[str, Any] = {"max_threads": 1, "max_insert_threads": 1, "input_format_parallel_parsing": 0}
READ_LIMITS: dict[str, str] = {
    "max_execution_time": "30",
    "max_result_rows": "1000000",
    "max_memory_usage": "2000000000",
}

# The client warns about each server setting that chDB does not list; ours are read back instead.
logging.getLogger("clickhouse_connect").setLevel(logging.ERROR)


class StoreError(RuntimeError):
    """The store refused: place, what was tried, the engine's own words."""


class Store:
    """A store that is open. Safe to use from several threads: each gets its own client."""

    def __init__(self, target: Target, data_dir: Path) -> None:
        self.target = target
        self.data_dir = data_dir
        self._connection = target.connection(data_dir)
        self._lock = threading.Lock()
        self._local = threading.local()
        self._clients: list[Any] = []
        self._closed = False
        self.inserts = 0  # how many have returned: what was read before one may differ after it

    @classmethod
    def open(cls, target: str | Target, data_dir: Path | str) -> Store:
        """Connect to `target` ("chdb" = `data_dir`/store) and check that it answers.

        Raises StoreError when it does not, e.g. because another process has the directory open.
        """
        store = cls(Target(target) if isinstance(target, str) else target, Path(data_dir))
        if store.target.embedded:
            store.target.path(Path(data_dir)).mkdir(parents=True, exist_ok=True)
        store.query("SELECT 1")
        return store

    def migrate(self) -> list[str]:
        """Bring tables and faces to this release; returns the names of what was applied, [] if nothing."""
        return migrate.apply(self)

    def assert_settings(self) -> None:
        """Read back what exactly-once depends on, of session and tables; StoreError where it differs."""
        names = ", ".join(f"'{n}'" for n in SESSION)
        sql = f"SELECT name, value FROM system.settings WHERE name IN ({names})"  # noqa: S608 -- our own names
        found = self.query(sql).to_pylist()
        values = {row["name"]: row["value"] for row in found}
        for name, wanted in SESSION.items():
            if values.get(name) != wanted:
                raise StoreError(
                    f"{self.target}: setting {name} is {values.get(name)!r}, must be {wanted!r}; "
                    "allow it in the user's profile"
                )
        rows = self.query(
            "SELECT concat(database, '.', name) AS name, "
            "extract(engine_full, 'non_replicated_deduplication_window = (\\\\d+)') AS size "
            "FROM system.tables WHERE database IN ('raw', 'core', 'ops', 'meta') AND engine LIKE '%MergeTree'"
        ).to_pylist()
        sizes = {row["name"]: int(row["size"] or 0) for row in rows}
        for name in TABLES:
            if name not in sizes:
                raise StoreError(f"{self.target}: table {name} is missing; open it with migrate()")
            if sizes[name] < DEDUPLICATION_WINDOW:
                raise StoreError(
                    f"{self.target}: {name} remembers {sizes[name]} inserts, must be {DEDUPLICATION_WINDOW}: "
                    f"ALTER TABLE {name} "
                    f"MODIFY SETTING non_replicated_deduplication_window = {DEDUPLICATION_WINDOW}"
                )

    def insert(self, table: str, rows: pa.Table, token: str) -> None:
        """Insert `rows` into `table`; the same `token` again changes nothing, in the table and in its views.

        Columns that are missing or empty take their default. int64 fits Decimal (scaled) and time (ms).
        """
        if rows.num_rows == 0:
            return
        fitting = without_defaults(TABLES[table], TABLES[table].conform(rows))
        self._do(
            f"insert of {rows.num_rows} rows into {table}",
            lambda c: c.insert_arrow(
                table, fitting, settings={**INSERT, "insert_deduplication_token": token}
            ),
        )
        self.inserts += 1

    def query(self, sql: str, settings: Mapping[str, Any] | None = None) -> pa.Table:
        """The rows of one SELECT; Decimals exact, times as UTC timestamps."""
        return read_stream(
            self._do("query", lambda c: c.raw_query(sql, settings=dict(settings or {}), fmt="ArrowStream"))
        )

    def command(self, sql: str) -> None:
        """One statement without rows: DDL and the like."""
        self._do("command", lambda c: c.command(sql))
        self.inserts += 1

    def reader(self, limits: Mapping[str, str] | None = None) -> Reader:
        """A client of its own that can only read, within `limits` (default: READ_LIMITS)."""
        return Reader(self, {**READ_LIMITS, **(limits or {})})

    def close(self) -> None:
        """Close the clients of all threads; closing twice is allowed."""
        with self._lock:
            self._closed = True
            clients, self._clients = self._clients, []
        for client in clients:
            client.close()

    def connect(self, database: str | None = None) -> Any:
        """A new client with our session settings, in `database`; the caller closes it."""
        try:
            client = clickhouse_connect.get_client(
                **self._connection, database=database, settings=dict(SESSION), autogenerate_session_id=False
            )
        except (ClickHouseError, OSError) as error:
            raise StoreError(f"{self.target}: cannot be opened: {_words(error)}") from None
        return client

    def _client(self) -> Any:
        client = getattr(self._local, "client", None)
        if client is None:
            client = self.connect()
            with self._lock:
                if self._closed:
                    client.close()
                    raise StoreError(f"{self.target}: the store is closed")
                self._clients.append(client)
            self._local.client = client
        return client

    def _do(self, what: str, work: Any) -> Any:
        if self._closed:
            raise StoreError(f"{self.target}: {what}: the store is closed")
        client = self._client()
        try:
            return work(client)
        except (ClickHouseError, OSError) as error:
            # A query that failed half way leaves its first bytes in the handle: the next answer would begin
            # with them. The handle is thrown away.
            self._forget(client)
            raise StoreError(f"{self.target}: {what}: {_words(error)}") from error

    def _forget(self, client: Any) -> None:
        self._local.client = None
        with self._lock:
            if client in self._clients:
                self._clients.remove(client)
        client.close()


class Reader:
    """Read-only client with limits that a statement cannot lift. For one thread."""

    def __init__(self, store: Store, limits: Mapping[str, str]) -> None:
        self._store = store
        self._limits = limits
        self._client: Any = None

    def query(self, sql: str) -> pa.Table:
        """Rows of `sql`; unqualified names are faces of `mart`. StoreError says what the engine refused."""
        try:
            if self._client is None:
                self._client = self._open()
            return read_stream(self._client.raw_query(sql, fmt="ArrowStream"))
        except (ClickHouseError, OSError, pa.ArrowInvalid) as error:
            self.close()
            raise StoreError(_words(error)) from error

    def close(self) -> None:
        """Close the client; the next query opens another."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _open(self) -> Any:
        client = self._store.connect("mart")
        for name, value in self._limits.items():
            client.set_client_setting(name, value)
        # Last, since from here on no setting can be changed, this one included.
        client.set_client_setting("readonly", "1")
        return client


def read_stream(data: bytes) -> pa.Table:
    """The table in an Arrow IPC stream; no bytes at all (a statement without rows) = an empty table."""
    return pa.ipc.open_stream(data).read_all() if data else pa.table({})


def _words(error: BaseException) -> str:
    """The engine's message in one line, without its stack."""
    text = str(error).strip().split("Stack trace", 1)[0]
    return " ".join(text.split())[:2000]
