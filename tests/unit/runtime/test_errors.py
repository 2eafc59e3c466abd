"""The error tree: texts, exit codes, and what becomes of other people's exceptions."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pipelines.runtime import errors
from pipelines.runtime.errors import ConfigError, Problem, StocktwinError, as_error

LEAVES: list[tuple[StocktwinError, int, str]] = [
    (errors.UsageError("--x", "what", "cure"), 2, "--x: what; cure"),
    (StocktwinError("D", "what"), 1, "D: what"),
    (StocktwinError("", "what"), 1, "what"),
    (
        ConfigError("j.yaml", [Problem(2, 1, "b", "w2"), Problem(1, 3, "a", "w1", "c")]),
        78,
        "j.yaml:1:3 a: w1; c\nj.yaml:2:1 b: w2",
    ),
    (
        errors.MapError([StocktwinError("m.yaml:1:1 a", "w", "c"), StocktwinError("m.yaml:2:1", "v")]),
        78,
        "m.yaml:1:1 a: w; c\nm.yaml:2:1: v",
    ),
    (
        errors.StoreLocked("D", 17, "2026-01-01T00:00:00Z"),
        1,
        (
            "D: in use by process 17 since 2026-01-01T00:00:00Z; query it with `stocktwin sql`, which asks"
            " process 17, or stop that, or choose another --data"
        ),
    ),
    (errors.StoreBroken("D", "torn"), 1, "D: torn; run `stocktwin doctor --data D`"),
    (
        errors.DiskFull("D/x"),
        1,
        (
            "D/x: no space left on the disk; free some space and run the same command again: it continues,"
            " nothing is lost or doubled"
        ),
    ),
    (
        errors.PortTaken("127.0.0.1", 80),
        1,
        "127.0.0.1:80: the port is taken; choose another one, such as --port 81",
    ),
    (
        errors.Refused("f.ndjson", 3, "D"),
        1,
        (
            'f.ndjson: strict: 3 records were refused; look at `stocktwin sql "SELECT * FROM mart.v_refusal"'
            " --data D`"
        ),
    ),
    (
        errors.Different("D", "version 7"),
        1,
        (
            "D: the replay differs: version 7; store or archive was changed: restore a backup, or rebuild"
            " with `stocktwin replay --into DIR`"
        ),
    ),
]


@pytest.mark.parametrize(("error", "code", "text"), LEAVES, ids=[type(e[0]).__name__ for e in LEAVES])
def test_leaf(error: StocktwinError, code: int, text: str) -> None:
    assert (error.exit_code, str(error)) == (code, text)
    assert as_error(error) is error


def test_the_tree_in_the_docstring_is_complete() -> None:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, StocktwinError):
            assert kind.__name__ in (errors.__doc__ or "")


def test_the_system_refuses() -> None:
    full = as_error(OSError(errno.ENOSPC, "x", "D/outbox"))
    assert isinstance(full, errors.DiskFull)
    assert full.where == "D/outbox"
    taken = as_error(OSError(errno.EADDRINUSE, "x", "127.0.0.1:9"))
    assert isinstance(taken, errors.PortTaken)
    assert taken.port == 9
    assert str(as_error(PermissionError(errno.EACCES, "Permission denied", "D"))) == (
        "D: permission denied; check its owner and permissions"
    )
    assert str(as_error(OSError(errno.EIO, "I/O error"), "D")) == (
        "D: I/O error; solve it and run the same command again: it continues"
    )


def test_exceptions_of_packages_below_are_understood() -> None:
    class Locked(Exception):
        place, what, cure, exit_code = "D", "is locked", "wait", 78

    told = as_error(Locked())
    assert told is not None
    assert (str(told), told.exit_code) == ("D: is locked; wait", 78)
    assert as_error(ZeroDivisionError()) is None
    assert str(as_error(ModuleNotFoundError("x", name="faust"))).startswith("stocktwin: not part of this")


def test_our_own_packages_are_understood() -> None:
    from connectors.maps.errors import MapError
    from sinks.lock import StoreLocked
    from sinks.target import TargetError

    bad_map = as_error(MapError("m.yaml:1:1 columns", "no such column", "look"))
    assert isinstance(bad_map, errors.MapError)
    assert (bad_map.exit_code, str(bad_map)) == (78, "m.yaml:1:1 columns: no such column; look")
    locked = as_error(StoreLocked(Path("D/lock"), "17", "now"))
    assert isinstance(locked, errors.StoreLocked)
    assert (locked.data, locked.pid) == ("D", "17")
    target = as_error(TargetError("store target 'x': no"))
    assert target is not None
    assert (target.exit_code, str(target)) == (78, "store target 'x': no")
