"""The real demo as a process, and what a test asks of it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType

START_SECONDS = 240  # kernels may have to be compiled first
END_SECONDS = 60


class Served:
    """`stocktwin demo` or `stocktwin board` from its start to its end; `url` is what it printed."""

    def __init__(self, program: str, *words: str | Path, errors: Path) -> None:
        self.errors = errors
        self.started = time.monotonic()
        with errors.open("wb") as err:
            self.process = subprocess.Popen(
                [program, "--lang", "en", *map(str, words), "--no-browser"],
                stdout=subprocess.PIPE, stderr=err, env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        self.url = self._line().split("?", maxsplit=1)[0]

    def _line(self) -> str:
        out = self.process.stdout
        assert out is not None
        ready, _, _ = select.select([out], [], [], START_SECONDS)
        line = out.readline().decode() if ready else ""
        if not line:
            self.end(signal.SIGKILL)
        assert line, f"no address after {START_SECONDS} s, or it ended: {self.said()}"
        return line

    def said(self) -> str:
        """What it wrote to standard error so far."""
        return self.errors.read_text("utf-8")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """End it by a signal; its exit code."""
        if self.process.poll() is None:
            self.send(number)
        code = self.process.wait(END_SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def __enter__(self) -> Served:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
        self.end(signal.SIGKILL if error else signal.SIGINT)
