"""Everything that can stop a command, as one tree; whoever raises gives facts, the text is composed here.

    Exception
    └── StocktwinError      1   place, what, cure: the root; raise a leaf where one fits
        ├── UsageError      2   the command was called wrongly (a job, option or file that does not exist)
        ├── ConfigError    78   jobs.yaml: all problems at once, each with line and column
        │   └── MapError   78   a map of connectors/maps, or one given by --map
        ├── StoreLocked     1   another process owns the data directory
        ├── StoreBroken     1   the data directory cannot be opened, or is of a newer format
        ├── DiskFull        1   no space left, or a quota
        ├── PortTaken       1   the address of the board is in use
        ├── Refused         1   --strict and at least one record was refused
        └── Different       1   a replay does not give what the store holds

The text is `place: what; cure`. `what` and `cure` come from the catalogue in the language of the session.
Packages below this one (sinks, connectors) cannot import it: `as_error` turns their exceptions, which carry
the same attributes, and the errors of the operating system into leaves of the tree.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.runtime.i18n import t


class StocktwinError(Exception):
    """A failure told in three parts.

    `place`: where (a file with line and column, a directory, an address). `what`: what is wrong there.
    `cure`: what the reader can do; may be empty. `exit_code`: what the process ends with.
    """

    exit_code = 1

    def __init__(self, place: str, what: str, cure: str = "") -> None:
        self.place = place
        self.what = what
        self.cure = cure
        super().__init__(place, what, cure)

    def __str__(self) -> str:
        said = f"{self.place}: {self.what}" if self.place else self.what
        return f"{said}; {self.cure}" if self.cure else said


class UsageError(StocktwinError):
    """The command cannot mean what was typed."""

    exit_code = 2


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding in a YAML file. `line` and `column` count from 1, 0 = the file as a whole."""

    line: int
    column: int
    path: str
    what: str
    cure: str = ""

    def place(self, file: str) -> str:
        """`jobs.yaml:31:7 jobs.stock-live.enigne`."""
        mark = f"{file}:{self.line}:{self.column}" if self.line else file
        return f"{mark} {self.path}" if self.path else mark

    def text(self, file: str) -> str:
        """The whole line as printed."""
        return str(StocktwinError(self.place(file), self.what, self.cure))


class ConfigError(StocktwinError):
    """A configuration file with everything that is wrong in it, in the order of the file."""

    exit_code = 78

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        if not problems:
            raise ValueError("a ConfigError needs at least one problem")
        self.file = file
        self.problems = tuple(sorted(problems))
        first = self.problems[0]
        super().__init__(first.place(file), first.what, first.cure)

    def __str__(self) -> str:
        return "\n".join(problem.text(self.file) for problem in self.problems)


class MapError(ConfigError):
    """A map that cannot be used."""


class StoreLocked(StocktwinError):
    """Another process owns the data directory. `pid` and `since` (RFC 3339) as its lock file says."""

    def __init__(self, data: Path | str, pid: int, since: str = "") -> None:
        self.data, self.pid, self.since = str(data), pid, since
        super().__init__(
            self.data, t("error.locked", pid=pid, since=since or "?"), t("error.locked.cure", pid=pid)
        )


class StoreBroken(StocktwinError):
    """The data directory or its store cannot be used as it is."""

    def __init__(self, data: Path | str, why: str, cure: str = "") -> None:
        self.data, self.why = str(data), why
        super().__init__(self.data, why, cure or t("error.broken.cure", data=self.data))


class DiskFull(StocktwinError):
    """No space where something had to be written."""

    def __init__(self, where: Path | str) -> None:
        self.where = str(where)
        super().__init__(self.where or "?", t("error.disk_full"), t("error.disk_full.cure"))


class PortTaken(StocktwinError):
    """An address that another process listens on."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        super().__init__(f"{host}:{port}", t("error.port"), t("error.port.cure", port=port + 1))


class Refused(StocktwinError):
    """A strict run with refusals. `refused`: how many records."""

    def __init__(self, place: str, refused: int, data: Path | str) -> None:
        self.refused, self.data = refused, str(data)
        super().__init__(place, t("error.refused", n=refused), t("error.refused.cure", data=self.data))


class Different(StocktwinError):
    """A replay that differs. `difference`: the first version that differs, both sides shown."""

    def __init__(self, data: Path | str, difference: str) -> None:
        self.data, self.difference = str(data), difference
        super().__init__(self.data, t("error.different", difference=difference), t("error.different.cure"))


def as_error(error: BaseException, place: str = "") -> StocktwinError | None:
    """The leaf that tells of `error`, or None when it is a defect of ours and deserves its traceback.

    Understood: the tree itself, exceptions of other packages that carry `what` (and `place`, `cure`,
    `exit_code`), and the operating system's refusals. `place` is used where the error names none.
    """
    if isinstance(error, StocktwinError):
        return error
    if isinstance(getattr(error, "what", None), str):
        return _adopted(error, place)
    if isinstance(error, OSError):
        return _of_system(error, place)
    return None


def _adopted(error: BaseException, place: str) -> StocktwinError:
    told = StocktwinError(
        str(getattr(error, "place", "") or place),
        str(error.what),
        str(getattr(error, "cure", "") or ""),  # type: ignore[attr-defined]
    )
    code = getattr(error, "exit_code", None)
    told.exit_code = code if isinstance(code, int) and 0 < code < 256 else 1
    return told


def _of_system(error: OSError, place: str) -> StocktwinError:
    where = str(error.filename) if error.filename is not None else place
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(where)
    if error.errno == errno.EADDRINUSE:
        host, _, port = where.rpartition(":")
        if port.isdigit():
            return PortTaken(host, int(port))
        return StocktwinError(where or "?", t("error.port"), t("error.port.cure", port="PORT"))
    cures = {
        errno.EACCES: t("error.access.cure"),
        errno.EPERM: t("error.access.cure"),
        errno.EROFS: t("error.access.cure"),
        errno.EMFILE: t("error.files.cure"),
    }
    what = error.strerror or type(error).__name__
    return StocktwinError(where or "?", what, cures.get(error.errno or 0, ""))
