"""A record as tests hold it: its events as canonical dicts and the millisecond at which it arrived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

Event = dict[str, Any]
Row = dict[str, Any]
Faces = dict[str, list[Row]]


class Record(NamedTuple):
    """All its events commit or none."""

    events: list[Event]
    arrived: int


def door_of(record: Record) -> str:
    """The door by which it came."""
    return str(record.events[0]["source"])


class Run(NamedTuple):
    """Records in order of arrival, and the doors that say `unknown_master: refuse`.

    What a source sends comes by a door of the same name, a record by that of its first event.
    """

    records: Sequence[Record]
    refuse_unknown: frozenset[str] = frozenset()
