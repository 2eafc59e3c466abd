"""Ask a data directory: through its owner's socket, or by opening it when nobody owns it."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pyarrow as pa

from sinks.clickhouse import Store, StoreError
from sinks.lock import DirectoryLock, StoreLocked
from sinks.serving import frames
from sinks.serving.owner import NAME
from sinks.serving.statement import check

# An owner that has just started holds the lock a moment before it answers; guests come one after another.
_PATIENCE_S, _GUESTS_S = 3.0, 30.0


def query(data_dir: Path | str, sql: str) -> pa.Table:
    """The rows of `sql`, Decimals exact; unqualified names are faces of `mart`.

    Raises StatementRefused for anything but one reading statement, StoreError with the engine's words,
    StoreLocked when an owner lives but does not answer.
    """
    folder = Path(data_dir)
    checked = check(sql)
    began = time.monotonic()
    while True:
        link = _connect(folder / NAME)
        if link is not None:
            with link:
                return ask(link, checked)
        if not (folder / "store").is_dir():
            raise StoreError(f"{folder}: holds no store; run a job with --data {folder} first")
        try:
            with DirectoryLock(folder, guest=True):
                return _alone(folder, checked)
        except StoreLocked as locked:
            if time.monotonic() - began > (_GUESTS_S if locked.is_guest else _PATIENCE_S):
                raise
            time.sleep(0.05)


def owned(data_dir: Path | str) -> bool:
    """Whether an owner answers at the directory's socket."""
    link = _connect(Path(data_dir) / NAME)
    if link is not None:
        link.close()
    return link is not None


def ask(link: socket.socket, sql: str) -> pa.Table:
    """One statement over an open connection."""
    try:
        frames.send(link, frames.ASK, sql.encode())
        frame = frames.receive(link)
    except OSError as error:
        raise StoreError(f"{NAME}: the owner went away: {error}") from error
    if frame is None:
        raise StoreError(f"{NAME}: the owner closed the connection; ask again")
    kind, body = frame
    if kind == frames.ERROR:
        raise StoreError(body.decode(errors="replace"))
    return pa.ipc.open_stream(body).read_all()


def _connect(path: Path) -> socket.socket | None:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with frames.short(path) as address:
            link.connect(address)
    except (FileNotFoundError, ConnectionRefusedError):
        # No socket, or a dead owner's: the lock decides who may open.
        link.close()
        return None
    except OSError as error:
        link.close()
        raise StoreError(f"{path}: cannot be reached: {error.strerror}") from error
    return link


def _alone(folder: Path, sql: str) -> pa.Table:
    store = Store.open("chdb", folder)
    try:
        reader = store.reader()
        try:
            return reader.query(sql)
        finally:
            reader.close()
    finally:
        store.close()
