"""Delta debugging: the fewest records that still show a difference."""

from __future__ import annotations

from collections.abc import Callable

from tests.records import Record


def shrink(records: list[Record], fails: Callable[[list[Record]], bool], tries: int = 250) -> list[Record]:
    """Leave out halves, quarters … single records, then single events, as long as `fails` stays true.

    At most `tries` runs. `fails(records)` must be true at the start.
    """
    size = max(1, len(records) // 2)
    while tries > 0:
        start, smaller = 0, False
        while start < len(records) and tries > 0:
            tries -= 1
            rest = records[:start] + records[start + size :]
            if rest and fails(rest):
                records, smaller = rest, True
            else:
                start += size
        if size == 1 and not smaller:
            break
        size = max(1, size // 2)
    return single_events(records, fails, tries)


def single_events(records: list[Record], fails: Callable[[list[Record]], bool], tries: int) -> list[Record]:
    """Take events out of groups."""
    for i in range(len(records)):
        j = 0
        while len(records[i].events) > 1 and j < len(records[i].events) and tries > 0:
            tries -= 1
            fewer = Record(records[i].events[:j] + records[i].events[j + 1 :], records[i].arrived)
            rest = [*records[:i], fewer, *records[i + 1 :]]
            if fails(rest):
                records = rest
            else:
                j += 1
    return records
