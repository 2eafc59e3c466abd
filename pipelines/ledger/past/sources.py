"""The order of sources by their bytes: that of their events of one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pipelines.ledger.state import LedgerState

I64 = NDArray[np.int64]


class Sources:
    """Words of sources; a word's number is no order."""

    def __init__(self, state: LedgerState) -> None:
        self.s = state
        self._order, self._met = np.empty(0, np.int64), -1
        self._known: NDArray[np.bool_] = np.zeros(0, bool)

    def meet(self, words: I64) -> None:
        """Remember the words of sources."""
        if len(self._known) < self.s.words.count:
            self._known = np.zeros(2 * self.s.words.count, bool)
            self._known[self.s.extra.setdefault("sources", [])] = True
        new = np.unique(words[~self._known[words]])
        self._known[new] = True
        self.s.extra.setdefault("sources", []).extend(new.tolist())

    def order(self) -> I64:
        """int64[words]: the place of each source among all, at its word."""
        known = self.s.extra.setdefault("sources", [])
        if len(self._order) != self.s.words.count or self._met != len(known):
            self._order, self._met = np.zeros(self.s.words.count, np.int64), len(known)
            texts = sorted((self.s.words.text(word).encode(), word) for word in known)
            self._order[[word for _, word in texts]] = np.arange(len(texts))
        return self._order
