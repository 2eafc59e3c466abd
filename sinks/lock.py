"""One process owns a data directory: an advisory lock that names its owner and dies with it."""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType


class StoreLocked(RuntimeError):
    """Another process owns the data directory: `path` of the lock, `pid`, `since` ("" if unknown)."""

    def __init__(self, path: Path, pid: str, since: str) -> None:
        self.path, self.pid, self.since = path, pid, since
        super().__init__(
            f"{path}: store is owned by pid {pid or '?'} since {since or '?'}; "
            "ask it through owner.sock (stocktwin sql), stop it, or use another --data"
        )


class DirectoryLock:
    """The lock of `data_dir`, held from creation to `close`. StoreLocked when another process has it."""

    def __init__(self, data_dir: Path | str) -> None:
        self.path = Path(data_dir) / "lock"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid, since = _owner(self._fd)
            os.close(self._fd)
            raise StoreLocked(self.path, pid, since) from None
        since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"pid {os.getpid()}\nsince {since}\n".encode(), 0)

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


def _owner(fd: int) -> tuple[str, str]:
    lines = dict(
        line.split(" ", 1)
        for line in os.pread(fd, 200, 0).decode(errors="replace").splitlines()
        if " " in line
    )
    return lines.get("pid", ""), lines.get("since", "")
