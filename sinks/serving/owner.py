"""The owner of a data directory answers questions of other processes on `owner.sock`.

One engine serves a directory, so whoever runs it lends its eyes: read-only statements, one answer each, as an
Arrow stream or an error in words. Limits of time, rows and memory hold for each statement. Who polls does not
slow the store down: the same statement within a moment, with nothing written since, gets the same answer.
"""

from __future__ import annotations

import os
import queue
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from sinks.clickhouse import StoreError
from sinks.serving import frames
from sinks.serving.statement import StatementRefused, check

if TYPE_CHECKING:
    from sinks.clickhouse import Reader, Store

NAME = "owner.sock"
_READERS = 4
_CONNECTIONS = 32
_SAME_S, _KEPT, _KEPT_BYTES = 0.1, 64, 1 << 20  # how long, how many, how large an answer is given again


class OwnerServer:
    """Serves `store` at the socket `path` from `start` to `close`. `limits` as of Store.reader.

    The caller holds the directory's lock: a socket that is there already is a dead owner's.
    """

    def __init__(self, store: Store, path: Path | str, limits: Mapping[str, str] | None = None) -> None:
        self.path, self._store = Path(path), store
        self._given: dict[str, tuple[int, float, bytes]] = {}  # statement -> inserts then, when, answer
        self._readers: queue.LifoQueue[Reader] = queue.LifoQueue()
        for _ in range(_READERS):
            self._readers.put(store.reader(limits))
        self._slots = threading.BoundedSemaphore(_CONNECTIONS)
        self._links: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._closing = False
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread = threading.Thread(target=self._accept, name="owner", daemon=True)

    def start(self) -> OwnerServer:
        """Bind (mode 0600) and serve in a thread of its own. OSError when the path cannot be bound."""
        with suppress(FileNotFoundError):
            self.path.unlink()
        # Before bind, so that there is no moment at which others may connect.
        os.fchmod(self._door.fileno(), 0o600)
        with frames.short(self.path) as address:
            self._door.bind(address)
        self.path.chmod(0o600)
        self._door.listen(_CONNECTIONS)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop serving, cut connections, remove the socket; closing twice is allowed."""
        if self._closing:
            return
        self._closing = True
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        with self._guard:
            links = list(self._links)
        for link in links:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        # A reader that still answers is waited for: the store must not close under it.
        for _ in range(_READERS):
            with suppress(queue.Empty):
                self._readers.get(timeout=35).close()
        with suppress(FileNotFoundError):
            self.path.unlink()

    def __enter__(self) -> OwnerServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closing:
            self._slots.acquire()
            try:
                link, _ = self._door.accept()
            except OSError:
                self._slots.release()
                return
            with self._guard:
                self._links.add(link)
            threading.Thread(target=self._serve, args=(link,), name="owner-link", daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        try:
            while (frame := frames.receive(link, frames.MAX_STATEMENT)) is not None:
                kind, body = self._answer(frame[1])
                frames.send(link, kind, body)
        except OSError:
            pass  # the client has gone: its answer has no reader
        finally:
            with self._guard:
                self._links.discard(link)
            link.close()
            self._slots.release()

    def _answer(self, body: bytes) -> tuple[bytes, bytes]:
        try:
            sql = check(body.decode())
        except (StatementRefused, UnicodeDecodeError) as error:
            return frames.ERROR, str(error).encode()
        inserts, now = self._store.inserts, time.monotonic()
        before = self._given.get(sql)
        if before is not None and before[0] == inserts and now - before[1] < _SAME_S:
            return frames.ROWS, before[2]
        reader = self._readers.get()
        try:
            answer = encode(reader.query(sql))
        except (StoreError, pa.ArrowException) as error:
            return frames.ERROR, str(error).encode()
        finally:
            self._readers.put(reader)
        self._keep(sql, inserts, now, answer)
        return frames.ROWS, answer

    def _keep(self, sql: str, inserts: int, at: float, answer: bytes) -> None:
        if len(answer) <= _KEPT_BYTES:
            with self._guard:
                if len(self._given) >= _KEPT:
                    self._given.clear()
                self._given[sql] = (inserts, at, answer)


def encode(rows: pa.Table) -> bytes:
    """`rows` as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())
