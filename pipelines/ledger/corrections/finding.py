"""What a change needs at hand: events by their names, the whole past of their items, room for it all."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.ledger.columns import (
    C_CUT,
    EV,
    GW,
    H_CANCELLED,
    H_ITEM,
    H_LINK,
    H_LIVE,
    H_SQTY,
    H_STATE,
    H_TYPE,
    M_FAULT_ROW,
    M_FULL,
    PAGE_IN,
    VD,
)  # fmt: skip
from pipelines.ledger.corrections.effective import CANCEL, CORRECT, Effective
from pipelines.ledger.hashing import id_hash, split_reference
from pipelines.ledger.kernel.walk import take_back
from pipelines.ledger.kernel.world import World
from pipelines.ledger.past.paging import bring_one, cells_of, known, page_in
from pipelines.ledger.state import LedgerState

I64 = NDArray[np.int64]


class Waits(Exception):
    """An event that is named is not known yet."""


class Again(Exception):
    """There was no room for it, or something was not at hand: it is tried again."""


class Finding:
    """Looks events up in the state. In the middle of a change nothing may be brought to hand: it is undone
    (`Again`), that is brought, and it begins anew.
    """

    def __init__(self, state: LedgerState) -> None:
        self.s = state
        self.texts = Effective(state)
        self.found = np.zeros(GW, np.int64)
        self.verdict = np.zeros((1, VD), np.int64)
        self.event = np.zeros((1, EV), np.int64)
        self.begun = False
        self.wanted: tuple[int, str, str] | None = None

    def world(self) -> World:
        """The tables as they are now, and the event under way."""
        return self.s.world(self.event, self.found, self.verdict)

    def undo(self) -> None:
        """Take back what has been done of the change under way."""
        if self.begun:
            take_back(self.world())
            self.s.settle()
        self.begun = False

    def make_room(self) -> None:
        """Bring to hand, or make, what the change stopped for."""
        s, full = self.s, int(self.s.M[M_FULL])
        if self.wanted:
            bring_one(s, *self.wanted)
            self.wanted = None
        elif full == PAGE_IN:
            s.M[M_FULL] = 0
            page_in(s, int(s.M[M_FAULT_ROW]))
        else:
            s.grow()

    def full(self) -> None:
        """`Again` if a kernel stopped for want of room."""
        if self.s.M[M_FULL]:
            raise Again

    def find(self, h1: Any, h2: Any, source: str, name: str) -> int:
        """The row of an event with its item's whole past at hand. `Waits` if it is not known."""
        s = self.s
        row = s.recent.row(h1, h2)
        if row < 0 and known(s, h1, source, name):
            self.wanted = (h1, source, name)  # not in the middle of a change
            raise Again
        if row < 0 or s.recent.H.data[row, H_STATE] & 255 not in (H_LIVE, H_CANCELLED):
            raise Waits
        item = int(s.recent.H.data[row, H_ITEM])
        if item >= 0 and self.cut(item):
            s.M[M_FULL], s.M[M_FAULT_ROW] = PAGE_IN, item
            raise Again
        return row

    def named(self, own: str, text: str) -> int:
        """The row of `id` of the same source, or `source#id`."""
        source, name = split_reference(own, text)
        return self.find(*id_hash(source, name), source, name)

    def cut(self, item: int) -> bool:
        """Whether some of an item's past is in history only."""
        return bool(self.s.t["C"].data[cells_of(self.s, item), C_CUT].any())

    def root(self, row: int) -> int:
        """The event at the end of a chain of corrections and cancels."""
        while self.h(row)[H_TYPE] in (CORRECT, CANCEL):
            if self.h(row)[H_LINK] < 0:  # it came back from history alone
                of = json.loads(self.s.words.text(int(self.h(row)[H_SQTY])))["of"]
                self.h(row)[H_LINK] = self.named("", of)
            row = int(self.h(row)[H_LINK])
        return row

    def h(self, row: int) -> Any:
        """A row of recent history."""
        return self.s.recent.H.data[row]
