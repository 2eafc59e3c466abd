"""The live round: one query per due card and interval, shared by every client, sent only when changed.

Nobody connected: no query; a page that nobody looks at: none of its cards. A card whose query takes long is
asked less often (it rests four times as long as it took), and a round is followed by a pause at least as long
as itself, so that the board leaves the machine to the ledger. A failing query is shown on its card.
Clients pull: each holds the number of the last change it saw and gets the newest state of what changed since,
so a slow client skips states instead of queueing them.
"""

import asyncio
import hashlib
import json
import time
from collections import Counter, deque
from collections.abc import Callable, Container
from contextlib import suppress
from dataclasses import dataclass, field

import pyarrow as pa

from sinks.serving.board_rows import Cell, rows
from sinks.serving.boards import Card

Query = Callable[[str, dict[str, object]], pa.Table]
REST = 4  # a card rests at least this many times as long as its last query took
RATE_WINDOW_S = 10.0


@dataclass
class Snap:
    """The newest answer of one card: `seq` is the number of the change that brought it."""

    seq: int = 0
    digest: str = ""
    body: dict[str, object] = field(default_factory=dict)
    due: float = 0.0


class Feed:
    """Asks the live cards and keeps their newest answers; see the module's text for the rules."""

    def __init__(
        self, cards: list[Card], query: Query, clock: Callable[[], int], tz: str, interval_s: float
    ) -> None:
        self.cards, self.query, self.clock, self.tz, self.interval_s = cards, query, clock, tz, interval_s
        self.seq = 0
        self.watched: Counter[str] = Counter()
        self.closed = False
        self.snaps = {card.name: Snap() for card in cards if card.live}
        self._lines: dict[tuple[str, str, str], deque[tuple[float, float]]] = {}
        self._one = asyncio.Lock()  # the query function need not be safe for two threads
        self._wake = asyncio.Event()
        self._tick = asyncio.Event()

    async def run(self) -> None:
        """Ask for ever, while somebody looks. Ends by cancellation."""
        while True:
            while not self.watched.total():
                self._wake.clear()
                await self._wake.wait()
            started = time.monotonic()
            for card in self.cards:
                if card.live and self.seen_on(card, self.watched) and self.snaps[card.name].due <= started:
                    await self._refresh(card)
            took = time.monotonic() - started
            self._wake.clear()
            with suppress(TimeoutError):  # a newcomer need not wait for the pause to end
                await asyncio.wait_for(self._wake.wait(), max(0.05, took, self.interval_s - took))

    @staticmethod
    def seen_on(card: Card, pages: Container[str]) -> bool:
        """Whether the card is shown on one of `pages`; how fresh the data are is shown on every page."""
        return card.file.page in pages or card.file.kind == "freshness"

    def join(self, page: str) -> None:
        """A client looks at `page`. What was known of a page that nobody watched is old: not sent again."""
        for card in self.cards:
            if card.live and not self.seen_on(card, +self.watched):
                self.snaps[card.name] = Snap()
        self.watched[page] += 1
        self._wake.set()

    def leave(self, page: str) -> None:
        """A client has gone from `page`."""
        self.watched[page] -= 1
        self.watched += Counter()  # drops pages that nobody watches

    def close(self) -> None:
        """Let every stream end."""
        self.closed = True
        self._ring()

    async def changes(self, page: str, after: int, timeout_s: float) -> list[Snap]:
        """Answers for `page` newer than change number `after`, oldest first; empty if none comes in time."""
        mine = [card.name for card in self.cards if card.live and self.seen_on(card, (page,))]

        end = time.monotonic() + timeout_s
        while True:
            newer = [self.snaps[name] for name in mine if self.snaps[name].seq > after]
            left = end - time.monotonic()
            if newer or self.closed or left <= 0:
                return sorted(newer, key=lambda snap: snap.seq)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._tick.wait(), left)

    def _ring(self) -> None:
        """Wake all who wait. A new event each time: a cancelled waiter can lose the lock of a condition."""
        self._tick.set()
        self._tick = asyncio.Event()

    async def ask(self, card: Card, given: dict[str, str]) -> dict[str, object]:
        """Ask one card now, with values for its parameters; the answer is a body as in the stream.

        Never raises for a failing query: the body then holds `error`.
        """
        asked: dict[str, object] = {name: given.get(name, "") for name in card.params}
        own = {"now_ms": self.clock(), "tz": self.tz, "search": given.get("search", "")}
        asked |= {name: own[name] for name in card.given}
        started = time.monotonic()
        try:
            async with self._one:
                table = await asyncio.to_thread(self.query, card.sql, asked)
            names = [column.name for column in card.file.columns]
            body: dict[str, object] = {"card": card.name, "rows": rows(table, names)}
            if "total_rows" in table.column_names and table.num_rows:
                body["total"] = str(table.column("total_rows")[0].as_py())
        except Exception as error:  # noqa: BLE001 -- whatever the store says belongs on the card, not in the server's log
            body = {"card": card.name, "error": f"{type(error).__name__}: {error}"[:600]}
        body["took_ms"] = round((time.monotonic() - started) * 1000)
        return body

    async def _refresh(self, card: Card) -> None:
        started = time.monotonic()
        body = await self.ask(card, {})
        self._rates(card, body)
        snap = self.snaps[card.name]
        took = time.monotonic() - started
        snap.due = started + max(card.file.refresh, took * (REST + 1)) - 0.02
        digest = fingerprint(body)
        if digest == snap.digest:
            return
        self.seq += 1
        snap.seq, snap.digest, snap.body = self.seq, digest, body
        self._ring()

    def _rates(self, card: Card, body: dict[str, object]) -> None:
        """Turn growing counters (format `rate`) into their growth per second over the last seconds."""
        answer = body.get("rows")
        for place, column in enumerate(card.file.columns):
            if column.format != "rate" or not isinstance(answer, list):
                continue
            for row in answer:
                key = json.dumps(
                    [row[i] for i, each in enumerate(card.file.columns) if each.name in card.file.key]
                )
                row[place] = self._rate((card.name, column.name, key), row[place])

    def _rate(self, key: tuple[str, str, str], value: Cell) -> Cell:
        line = self._lines.setdefault(key, deque())
        now = time.monotonic()
        line.append((now, float(str(value or 0))))
        while len(line) > 2 and now - line[1][0] > RATE_WINDOW_S:
            line.popleft()
        (then, before), (last, after) = line[0], line[-1]
        return None if last - then < 0.5 else f"{max(0.0, (after - before) / (last - then)):.1f}"


def fingerprint(body: dict[str, object]) -> str:
    """A hash of what a card shows; how long its query took does not count as a change."""
    shown = {name: value for name, value in body.items() if name != "took_ms"}
    return hashlib.sha256(json.dumps(shown, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]
