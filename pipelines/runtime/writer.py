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
    """A bounded queue in front of a `BlockWriter`: the pipeline works on while the store takes the last
    block.
    """

    def __init__(self, writer: BlockWriter, depth: int = 2) -> None:
        self.writer = writer
        self._queue: queue.Queue[Block | _Barrier | None] = queue.Queue(depth)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def put(self, block: Block) -> None:
        """Hand over a block; blocks while the store is behind. Raises what an earlier block failed with."""
        self._check()
        self._queue.put(block)

    @property
    def idle(self) -> bool:
        """Nothing waits to be written."""
        return self._queue.empty()

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
