"""`python -m tests.torture.dying POINT NTH WORDS…`: the command, killed at its NTH passage of a named point.

Nothing of this is in what ships: a method of a part is wrapped, and the wrapper kills the process before or
after the real one ran. Batches, saves and files of the archive are small here, so that all points come soon.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from connectors.archive import writing
from pipelines import cli
from pipelines.ledger.past.history import History
from pipelines.runtime import reader, session
from pipelines.runtime.chain import JobChain
from pipelines.runtime.session import Session
from sinks.clickhouse import Store
from sinks.outbox import BlockWriter, Outbox

RECORDS, SAVE_EVENTS, CLOSE_BYTES = 400, 1_500, 200_000

BEFORE, AFTER = "before", "after"
Chosen = Callable[..., bool]


def _always(*_: Any) -> bool:
    return True


def _named(name: str) -> Chosen:
    return lambda path, *_: Path(path).name == name


def _ending(suffix: str) -> Chosen:
    return lambda path, *_: str(path).endswith(suffix)


def _table(name: str) -> Chosen:
    return lambda *args: bool(args[1] == name)


# point -> holder of the method, its name, whether to die before or after it, and which of its calls count
POINTS: dict[str, tuple[Any, str, str, Chosen]] = {
    "archived, not processed": (Session, "take", AFTER, _always),
    "processed, not handed over": (Session, "process", AFTER, _always),
    "in the outbox, not inserted": (Outbox, "store", AFTER, _always),
    "between the inserts of two tables": (Store, "insert", BEFORE, _table("core.sale")),
    "all tables inserted but the last": (Store, "insert", BEFORE, _table("ops.block")),
    "inserted, not saved": (BlockWriter, "write", AFTER, _always),
    "a run file is saved, the manifest is not": (History, "add", AFTER, _always),
    "the state is written, its manifest is not in place": (
        Path,
        "replace",
        BEFORE,
        _ending("manifest.json.tmp"),
    ),
    "the state is saved, the outbox not dropped": (JobChain, "save", AFTER, _always),
    "the outbox is dropped in part": (Path, "unlink", AFTER, _ending(".block")),
    "a file is closed, the chain does not know it": (writing, "append", BEFORE, _always),
    "the chain knows a file, its records lie there twice": (writing, "append", AFTER, _always),
    "the write-ahead file is renamed": (Path, "replace", AFTER, _named("open.wal")),
    "sending the outbox again": (BlockWriter, "recover", AFTER, _always),
    "the archive is read again": (Session, "_catch_up", BEFORE, _always),
}


ONCE = frozenset({"sending the outbox again", "the archive is read again"})
"""Points that a start passes once."""


def arm(point: str, nth: int) -> None:
    """Wrap the point's method."""
    holder, name, when, chosen = POINTS[point]
    real, left = getattr(holder, name), [nth]

    def wrapped(*args: Any, **named: Any) -> Any:
        mine = chosen(*args)
        left[0] -= mine
        if mine and left[0] == 0 and when == BEFORE:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **named)
        if mine and left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(holder, name, wrapped)


if __name__ == "__main__":
    reader.MAX_RECORDS = RECORDS
    session.SAVE_EVENTS, writing.CLOSE_BYTES = SAVE_EVENTS, CLOSE_BYTES
    arm(sys.argv[1], int(sys.argv[2]))
    cli.main(sys.argv[3:])
