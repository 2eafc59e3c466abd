"""Everything that can stop a command, as one tree; whoever raises gives facts, the text is composed here.

    Exception
    └── StocktwinError      1   place, what, cure: the root; raise a leaf where one fits
        ├── UsageError      2   the command was called wrongly (a job, option or file that does not exist)
        ├── ConfigError    78   jobs.yaml: all problems at once, each with line and column
        ├── MapError       78   a map of connectors/maps, or one given by --map
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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.runtime.i18n import t

_LISTED = 12  # names that a cure lists


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


class MapError(StocktwinError):
    """A map that cannot be used, with every mistake in it."""

    exit_code = 78

    def __init__(self, mistakes: Sequence[StocktwinError]) -> None:
        if not mistakes:
            raise ValueError("a MapError needs at least one mistake")
        self.mistakes = tuple(mistakes)
        super().__init__(mistakes[0].place, mistakes[0].what, mistakes[0].cure)

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self.mistakes)


class StoreLocked(StocktwinError):
    """Another process owns the data directory. `pid` and `since` (RFC 3339) as its lock file says."""

    def __init__(self, data: Path | str, pid: int | str, since: str = "") -> None:
        self.data, self.pid, self.since = str(data), str(pid) or "?", since
        super().__init__(
            self.data,
            t("error.locked", pid=self.pid, since=since or "?"),
            t("error.locked.cure", pid=self.pid),
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


def suggest(word: str, known: Iterable[str]) -> str:
    """`did you mean "engine"?`, or the list of what there is; empty when there is nothing."""
    import difflib

    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return t("error.mean", name=near[0])
    return (
        t("error.known", names=", ".join(names[:_LISTED]) + (" …" if len(names) > _LISTED else ""))
        if names
        else ""
    )


# errno -> (what, cure); of others the system's own words are shown
_SYSTEM = {
    errno.EACCES: ("error.access", "error.access.cure"),
    errno.EPERM: ("error.access", "error.access.cure"),
    errno.EROFS: ("error.read_only", "error.access.cure"),
    errno.ENOENT: ("error.no_file", "error.no_file.cure"),
    errno.ENOTDIR: ("error.not_dir", "error.no_file.cure"),
    errno.EISDIR: ("error.is_dir", "error.is_dir.cure"),
    errno.EMFILE: ("error.files", "error.files.cure"),
    errno.ENFILE: ("error.files", "error.files.cure"),
}

# What packages below raise, by full name, and the exit code it means.
_BELOW = {
    "sinks.target.TargetError": 78,
    "sinks.clickhouse.StoreError": 1,
    "sinks.faces.FaceError": 1,
    "sinks.migrate.MigrationError": 1,
    "sinks.outbox.OutboxError": 1,
    "sinks.serving.board.BoardError": 1,
    "sinks.serving.boards.CardError": 78,
    "sinks.serving.statement.StatementRefused": 2,
}


# How the embedded engine tells of a full disk: errno 28, and its own check before a large write.
_NO_SPACE = ("No space left on device", "NOT_ENOUGH_SPACE")


def as_error(error: BaseException, place: str = "") -> StocktwinError | None:
    """The leaf that tells of `error`, or None when it is a defect of ours and deserves its traceback.

    Understood: the tree itself, exceptions of other packages that carry `what` (and `place`, `cure`,
    `exit_code`) or are listed in `_BELOW`, and the operating system's refusals. `place` is used where the
    error names none.
    """
    if isinstance(error, StocktwinError):
        return error
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    if "connectors.archive.chain.ArchiveError" in names:
        kind, facts = getattr(error, "kind", ""), getattr(error, "facts", {})
        cure = t(f"archive.{kind}.cure" if getattr(error, "own_cure", False) else "archive.cure")
        return StocktwinError(getattr(error, "place", place), t(f"archive.{kind}", **facts), cure)
    if "connectors.maps.errors.MapError" in names:
        return MapError([_adopted(error, place)])
    if "sinks.lock.StoreLocked" in names:
        lock = Path(getattr(error, "path", place))
        return StoreLocked(lock.parent, getattr(error, "pid", ""), getattr(error, "since", ""))
    if isinstance(getattr(error, "what", None), str):
        return _adopted(error, place)
    if "sinks.clickhouse.StoreError" in names:
        from pipelines.runtime.texts import engine

        if asked := engine.read(str(error)):
            return StocktwinError("" if str(error).startswith(asked[0]) else "SQL", *asked)
    if names & _BELOW.keys():
        if any(word in str(error) for word in _NO_SPACE):
            return DiskFull(place)
        told = StocktwinError(place, str(error))
        told.exit_code = max(code for name, code in _BELOW.items() if name in names)
        return told
    if isinstance(error, ModuleNotFoundError):
        return StocktwinError("stocktwin", t("error.absent", module=error.name), t("error.absent.cure"))
    return _of_system(error, place) if isinstance(error, OSError) else None


def _adopted(error: BaseException, place: str) -> StocktwinError:
    from pipelines.runtime.texts import doors

    told = StocktwinError(
        str(getattr(error, "place", "") or place),
        doors.told(str(getattr(error, "what", ""))),
        doors.told(str(getattr(error, "cure", "") or "")),
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
    what, cure = _SYSTEM.get(error.errno or 0, ("", "error.system.cure"))
    said = t(what) if what else error.strerror or str(error) or type(error).__name__
    return StocktwinError(where or "?", said, t(cure))
