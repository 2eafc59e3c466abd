"""One process owns a data directory: an advisory lock that names its owner and dies with it.

A guest holds it for the moment of one question; an owner that comes meanwhile waits for it to leave.
"""

from __future__ import annotations

import fcntl
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

PATIENCE_S = 10.0  # a guest opens the store, asks and leaves within a second or two


class StoreLocked(RuntimeError):
    """Another process owns the data directory: `path` of the lock, `pid`, `since` ("" if unknown).

    `is_guest`: it is there for one question only.
    """

    def __init__(self, path: Path, pid: str, since: str, *, is_guest: bool = False) -> None:
        self.path, self.pid, self.since, self.is_guest = path, pid, since, is_guest
        super().__init__(
            f"{path}: store is owned by pid {pid or '?'} since {since or '?'}; "
            "ask it through owner.sock (stocktwin sql), stop it, or use another --data"
        )


class DirectoryLock:
    """The lock of `data_dir`, held from creation to `close`. StoreLocked when another process has it."""

    def __init__(self, data_dir: Path | str, *, guest: bool = False) -> None:
        self.path = Path(data_dir) / "lock"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + (0 if guest else PATIENCE_S)
        while not _taken(self._fd):
            said = _said(self._fd)
            soon_free = said.get("as") == "guest" or not said  # no text: it is coming or leaving
            if not soon_free or time.monotonic() >= until:
                os.close(self._fd)
                raise StoreLocked(self.path, said.get("pid", ""), said.get("since", ""), is_guest=soon_free)
            time.sleep(0.02)
        since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        os.ftruncate(self._fd, 0)
        text = f"pid {os.getpid()}\nsince {since}\n" + ("as guest\n" if guest else "")
        os.pwrite(self._fd, text.encode(), 0)

    def close(self) -> None:
        """Give the directory back; closing twice is allowed."""
        if self._fd >= 0:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> DirectoryLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _taken(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _said(fd: int) -> dict[str, str]:
    """What the holder wrote of itself: pid, since, and `as guest`."""
    lines = os.pread(fd, 200, 0).decode(errors="replace").splitlines()
    return dict(line.split(" ", 1) for line in lines if " " in line)
