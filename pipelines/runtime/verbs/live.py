"""The board over a data directory: beside the process that owns it, or over one at rest.

It looks through `owner.sock` and never writes. While nobody owns the directory nothing in it can change: each
answer is kept, and the directory is opened only for the moment of a new question, so that a job can start.
"""

from __future__ import annotations

import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from pipelines.runtime.records import record_of
from pipelines.runtime.session import wall_ms
from pipelines.runtime.verbs.doctor import require_port
from pipelines.runtime.verbs.run import StopOnSignal
from sinks.serving import client
from sinks.serving.board import Board, running
from sinks.serving.board_bind import bind

ZONE = "SELECT tz FROM mart.v_entity WHERE tz != '' ORDER BY entity LIMIT 1"
DEFAULT_ZONE = "Asia/Shanghai"
Ask = Callable[[str], pa.Table]


class Eyes:
    """SELECTs on the faces of a directory, whoever owns it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._kept: dict[tuple[object, ...], pa.Table] = {}
        self._left_at = 0  # when the lock was last let go, as its file says
        self._one = threading.Lock()

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """The rows of one statement; StoreError with the store's words, StoreLocked by an owner without a
        socket.
        """
        asked = dict(parameters or {})
        bound = bind(sql, asked)
        if client.owned(self.data):
            self._left_at = -1  # what is kept is old by now
            return client.query(self.data, bound)
        asked.pop("now_ms", None)
        key = (sql, *sorted(asked.items()))
        with self._one:
            if self._touched() != self._left_at:
                self._kept.clear()
            if key not in self._kept:
                self._kept[key] = client.query(self.data, bound)
                self._left_at = self._touched()
            return self._kept[key]

    def _touched(self) -> int:
        try:
            return (self.data / "lock").stat().st_mtime_ns
        except FileNotFoundError:
            return 0


def zone(ask: Ask) -> str:
    """The time zone in which the board tells times: that of the first entity, if there is one yet."""
    found = ask(ZONE).column(0).to_pylist()
    return str(found[0]) if found else DEFAULT_ZONE


@contextmanager
def served(board: Board, host: str, port: int, lang: str, browser: bool) -> Iterator[None]:
    """The board is up while the block runs; its address is printed, and opened unless `browser` is False."""
    with running(board, host, port) as url:
        address = f"{url}?lang={lang}"
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        if browser:
            webbrowser.open(address)
        yield


def run_board(*, data: Path, host: str, port: int, lang: str, browser: bool) -> None:
    """Show `data` until someone stops it. PortTaken, StoreError."""
    require_port(host, port)
    eyes = Eyes(data)
    board = Board(
        eyes.query, None, wall_ms, lambda event: record_of(data, eyes.query, event), zone(eyes.query)
    )
    with StopOnSignal() as stop, served(board, host, port, lang, browser):
        while not stop():
            time.sleep(0.1)
