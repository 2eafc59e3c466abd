"""What can be wrong with a map, and what is wrong with a row."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple


class MapError(Exception):
    """A mistake in a map (or a file that does not fit its map): bad configuration.

    `place`: file:line:column and the path inside the map. `what`: the fact. `cure`: what to do, may be "".
    """

    def __init__(self, place: str, what: str, cure: str = "") -> None:
        self.place = place
        self.what = what
        self.cure = cure
        super().__init__(f"{place}: {what}" + (f"; {cure}" if cure else ""))


class Refused(NamedTuple):
    """Why a record is refused as a whole; `reason` is a member of `schemas.reasons.Reason`."""

    reason: str
    detail: str


class RowError(Exception):
    """A value of a row that the row path cannot turn into its target; becomes `Refused`."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean "x"` for the known word that looks most like `word`, or "" when none does."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else ""
