"""What goes wrong on the way: tills off the network, slow lines, repeats, reused ids, slips of the keyboard.

A slip is refused by the ledger and typed again some minutes later, under the same id; a few are forgotten,
so that the shelf and the books part until the next count. Everything is noted with the truth.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from connectors.mock.world_catalogue import ITEMS, SITES
from connectors.mock.world_params import Drawn
from connectors.mock.world_shelf import Key, Shelf
from connectors.mock.world_wire import Post

MINUTE_MS = 60_000
SLIPS = ("wrong_uom", "fraction", "negative", "naive_time", "unknown_field", "missing_field", "decimal_comma")
"""Kinds of typing error; each world deals them round in an order of its own, so that none is rare."""

REFUSED_AS = {
    "wrong_uom": "unknown_uom", "fraction": "fraction", "negative": "range", "naive_time": "naive_time",
    "unknown_field": "unknown_field", "missing_field": "missing_field", "decimal_comma": "bad_type",
    "torn": "not_json", "conflict": "id_conflict", "doubled": "duplicate",
}  # fmt: skip
"""Trouble -> the verdict it deserves; what is late, slow or out of order deserves none."""


class Trouble:
    """The way from a store to the ledger."""

    def __init__(self, rng: np.random.Generator, drawn: Drawn, post: Post, shelf: Shelf) -> None:
        self._rng, self._drawn, self._post, self._shelf = rng, drawn, post, shelf
        self._outages: dict[str, tuple[int, int]] = {}
        self._deal = [SLIPS[i] for i in rng.permutation(len(SLIPS))]

    def note(self, kind: str, source: str, ident: str, time: int) -> None:
        """Write down a trouble and the verdict it deserves."""
        self._shelf.log["troubles"].append({
            "time": self._post.stamp(time), "kind": kind, "source": source, "id": ident,
            "verdict": REFUSED_AS.get(kind, "ok"),
        })  # fmt: skip

    def go_offline(self, source: str, start: int, end: int) -> None:
        """The till keeps what it sells from `start` on and sends it at `end`."""
        self._outages[source] = (start, end)

    def arrival(self, source: str, time: int, delay: int) -> int:
        """When a till's record of `time` arrives, `delay` ms of network included."""
        start, end = self._outages.get(source, (0, 0))
        return (end if start <= time < end else time) + delay

    def trouble_till(self, kind: str, source: str, ident: str, time: int, arrival: int, line: bytes) -> None:
        """Spoil one till record: `doubled`, `conflict` or `torn`; `line` is the good one."""
        self.note(kind, source, ident, time)
        later = arrival + int(self._rng.integers(200, 15 * MINUTE_MS))
        if kind == "doubled":
            self._post.send(arrival, line)
            self._post.send(later, line)
        elif kind == "conflict":
            # The firmware gave a number twice: other content under a known id, nothing sold.
            head, _, tail = line.partition(b'"qty":"')
            self._post.send(arrival, line)
            self._post.send(later, head + b'"qty":"9' + tail)
        else:
            # Cut off in the middle: the half arrives at once, the whole when the till tries again.
            self._post.send(arrival, line[: len(line) // 2] + b"\n")
            self._post.send(later, line)

    def typed(
        self,
        time: int,
        arrival: int,
        members: dict[str, Any],
        moves: list[tuple[Key, int]],
        exact: bool = False,
    ) -> bool:
        """Send a record that a person typed; sometimes it is wrong first.

        `moves`: what it does to the books, for the truth in case it is never typed again. `exact`: other
        records will refer to it or build on it, so it is right. Returns whether it (finally) arrives.
        """
        draw = self._rng.random(2)
        if exact or draw[0] >= self._drawn["typing_error"]:
            self._post.send_members(arrival, members)
            return True
        kind = self._slip(members, ITEMS[moves[0][0][1]].weighed)
        self.note(kind, members["source"], members["id"], time)
        self._post.send_members(arrival, self._spoiled(kind, members))
        if draw[1] >= self._drawn["never_retyped"]:
            again = arrival + int(self._rng.integers(MINUTE_MS, 12 * MINUTE_MS))
            fresh = dict(members)
            if "recordedtime" in fresh:
                fresh["recordedtime"] = self._post.stamp(again)
            self._post.send_members(again, fresh)
            return True
        for key, units in moves:
            self._shelf.hide(key, -units)
            self._shelf.note(
                "unrecorded", key, self._post.stamp(time), type=members["type"], id=members["id"], units=units
            )
        return False

    def _slip(self, members: dict[str, Any], weighed: bool) -> str:
        kind = next(k for k in self._deal if not (weighed and k == "fraction"))
        self._deal.remove(kind)
        self._deal.append(kind)
        return kind

    @staticmethod
    def _spoiled(kind: str, members: dict[str, Any]) -> dict[str, Any]:
        wrong = dict(members)
        if kind == "wrong_uom":
            wrong["uom"] = "米"
        elif kind == "fraction":
            wrong["qty"] = "1.37"
            wrong.pop("uom", None)
        elif kind == "negative":
            wrong["qty"] = "-" + wrong["qty"].lstrip("0") if wrong["qty"] != "0" else "-1"
        elif kind == "naive_time":
            wrong["time"] = wrong["time"][:-6]
        elif kind == "unknown_field":
            wrong["qyt"] = wrong["qty"]
        elif kind == "missing_field":
            del wrong["qty"]
        else:
            wrong["qty"] = wrong["qty"].replace(".", ",") if "." in wrong["qty"] else wrong["qty"] + ",5"
        return wrong

    def hand_delay(self, low_minutes: int, high_minutes: int) -> int:
        """Milliseconds until somebody sits down and types."""
        return int(self._rng.integers(low_minutes * MINUTE_MS, high_minutes * MINUTE_MS))


def office(site: int) -> str:
    """The source of a store's back office."""
    return f"office-{SITES[site]}"
