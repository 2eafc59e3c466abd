"""Blocks go to the store in a thread of their own, in order, each made durable before it is sent."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass

from sinks.contract import Block
from sinks.outbox import BlockWriter


@dataclass
class _Barrier:
    reached: threading.Event


class WriterThread:
    """In front of a `BlockWriter`: the pipeline works on while the store takes the last block.

    No block waits behind another: an insert costs the store the same for few rows as for many, so what comes
    while it is busy is better left in its source, where it becomes one block.
    """

    def __init__(self, writer: BlockWriter) -> None:
        self.writer = writer
        self._queue: queue.Queue[Block | _Barrier | None] = queue.Queue(1)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def put(self, block: Block) -> None:
        """Hand over a block when the one before is written. Raises what an earlier block failed with."""
        self._queue.join()
        self._check()
        self._queue.put(block)

    @property
    def idle(self) -> bool:
        """Nothing is being written."""
        return not self._queue.unfinished_tasks

    def drain(self) -> None:
        """Wait until everything handed over is in the store."""
        barrier = _Barrier(threading.Event())
        self._check()
        self._queue.put(barrier)
        barrier.reached.wait()
        self._check()

    def stop(self) -> None:
        """Write what is left, unless something failed, and end the thread."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if isinstance(item, _Barrier):
                item.reached.set()
            elif self._error is None:  # after a failure nothing later may overtake it
                try:
                    self.writer.write(item)
                except BaseException as error:  # noqa: BLE001 -- raised again where the pipeline hands over
                    self._error = error
            self._queue.task_done()
