"""V: the lines that a set of accepted events should have, as a pure function of that set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.reference.exact import EventKey
from tests.reference.masters import Entity
from tests.reference.truth.landing import spread
from tests.reference.truth.posting import POSTINGS
from tests.reference.truth.rows import OrderKey, Row, in_order
from tests.reference.truth.walk import State, Walk

Rows = Mapping[EventKey, Row]


def steps(walk: Walk, rows: Rows, after: OrderKey | None = None) -> Iterator[Row]:
    """Post row by row, those behind `after`; the walk's state is complete at each step."""
    for row in in_order(rows):
        if after is None or row.order(rows) > after:
            walk.at = row.at(rows)
            POSTINGS[row.type](walk, row)
            walk.finish(row)
            yield row


def value_of(entity: Entity, rows: Rows, state: State | None = None, after: OrderKey | None = None) -> Walk:
    """Replay the rows of one entity in order of event time.

    From a `state` that holds everything up to the order key `after`, only the rest is posted.
    """
    walk = Walk(entity, rows, spread(rows), state)
    for _ in steps(walk, rows, after):
        pass
    return walk
