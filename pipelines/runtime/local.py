"""The local runner: sources polled in turn in this process, one thread for the pipeline, one for the
store.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from connectors.contract import Source
from pipelines.runtime.progress import Meter, Progress
from pipelines.runtime.session import Session

MAX_RECORDS, MAX_BYTES = 1 << 16, 16 << 20
POLL_S = 0.002


def run_local(
    session: Session, source: Source, run_id: str, trust: int, progress: Progress, stop: Callable[[], bool]
) -> bool:
    """Run until every part is at its end (True) or `stop` says so (False)."""
    parts = [
        (name, source.build(name, session.position(run_id, source.name, name))) for name in source.parts()
    ]
    meter = Meter(progress, [name for name, _ in parts])
    try:
        while parts and not stop():
            idle = True
            for name, part in list(parts):
                batch = part.next_batch(MAX_RECORDS, MAX_BYTES)
                if batch is None or not len(batch):
                    if part.eof:
                        part.close()
                        parts.remove((name, part))
                    continue
                idle = False
                archived = session.take(batch, run_id, str(getattr(part, "source_id", "") or ""), trust)
                session.post(session.process(archived))
                meter.batch(name, part, len(batch))
            if idle and parts:
                session.save_if_due()
                time.sleep(POLL_S)
    finally:
        for _, part in parts:
            part.close()
    return not parts
