"""The local runner: sources polled in turn in this process, one thread for the pipeline, one for the
store.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from connectors.contract import Source
from pipelines.runtime.progress import Meter, Progress
from pipelines.runtime.reader import Reader
from pipelines.runtime.session import Session

POLL_S = 0.002


def run_local(
    session: Session, source: Source, run_id: str, trust: int, progress: Progress, stop: Callable[[], bool]
) -> bool:
    """Run until every part is at its end (True) or `stop` says so (False)."""
    names = source.parts()
    readers = []
    for name in names:
        part = source.build(name, session.position(run_id, source.name, name))
        readers.append((name, Reader(session, part, run_id, trust, alone=len(names) == 1)))
    meter = Meter(progress, names)
    try:
        while readers and not stop():
            idle = True
            for name, reader in list(readers):
                block = reader.next()
                if block is None:
                    if reader.eof:
                        reader.part.close()
                        readers.remove((name, reader))
                    continue
                idle = False
                session.post(session.process(block))
                meter.batch(name, reader.part, len(block))
            if idle and readers:
                session.save_if_due()
                time.sleep(POLL_S)
        for _, reader in readers:
            if (block := reader.rest()) is not None:
                session.post(session.process(block))
    finally:
        for _, reader in readers:
            reader.part.close()
    return not readers
