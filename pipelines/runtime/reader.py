"""Blocks of a part, one ahead: while a block is posted, the next one is read, archived and decoded.

Archiving ahead is what recovery expects: the archive may be further than the state and the store, never
behind. A small block does not wait for another: a lone event is handed on at once. Blocks are processed in
the order in which they were archived, so the only part of a source may be ahead, but none of several.
"""

from __future__ import annotations

from connectors.archive import Archived
from connectors.contract import Part
from pipelines.runtime.session import AHEAD, Session

MAX_RECORDS, MAX_BYTES = 1 << 17, 16 << 20


class Reader:
    """What comes from one part of a source, archived. `alone`: the source has no other part."""

    def __init__(self, session: Session, part: Part, run_id: str, trust: int, *, alone: bool) -> None:
        self.part, self._alone = part, alone
        self._session, self._run_id, self._trust = session, run_id, trust
        self._held: Archived | None = None

    def next(self) -> Archived | None:
        """The next block, or None if nothing came (yet)."""
        fresh = self._take()
        if self._held is None:
            if fresh is None or len(fresh) < AHEAD or not self._alone:
                return fresh
            self._held, fresh = fresh, self._take()
        block, self._held = self._held, fresh
        return block

    def rest(self) -> Archived | None:
        """The block that is archived and not handed on yet: what to do before a stop."""
        block, self._held = self._held, None
        return block

    @property
    def eof(self) -> bool:
        """Nothing comes any more."""
        return self.part.eof and self._held is None

    def _take(self) -> Archived | None:
        batch = self.part.next_batch(MAX_RECORDS, MAX_BYTES)
        if batch is None or not len(batch):
            return None
        file_id = str(getattr(self.part, "source_id", "") or "")
        return self._session.take(batch, self._run_id, file_id, self._trust)
