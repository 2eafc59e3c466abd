"""A long day of three shops as lines, and a file that grows with them at a steady pace."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType

START = datetime(2026, 1, 5, 6, tzinfo=timezone(timedelta(hours=8)))
STEP_MS = 20
ITEMS, SITES, ENTITIES = 400, 3, 3
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
_BAD = (b"{not json\n", b'{"id":"%d","source":"till","type":"stock.nonsense"}\n')


def day(records: int, seed: int) -> Iterator[bytes]:
    """Mostly sales, and a few of everything else that a till may send.

    Returns may arrive before their delivery, some records come twice, some cannot be read, some are late.
    """
    rng = random.Random(f"day {seed}")
    last: deque[bytes] = deque(maxlen=5_000)
    for n in range(records):
        draw = rng.random()
        if draw < 0.01:
            line = rng.choice(_BAD).replace(b"%d", b"%d" % n)
        elif draw < 0.02 and last:
            line = last[rng.randrange(len(last))]
        else:
            line = _event(n, draw, rng)
        last.append(line)
        yield line


def _event(n: int, draw: float, rng: random.Random) -> bytes:
    ms = n * STEP_MS - (rng.randrange(600_000) if rng.random() < 0.02 else 0)
    event = {
        "id": str(n),
        "source": "till",
        "time": (START + timedelta(milliseconds=max(ms, 0))).isoformat(timespec="milliseconds"),
        "entity": f"E{n % ENTITIES}",
    }
    goods = {"item": f"I{rng.randrange(ITEMS)}", "qty": str(rng.randint(1, 9))}
    here = {"site": f"S{rng.randrange(SITES)}"}
    if draw < 0.80:
        event |= {"type": "sale.delivery", **here, **goods, "unit_price": f"{rng.randint(100, 9_999) / 100}"}
    elif draw < 0.88:
        cost = f"{rng.randint(50, 5_000) / 100}"
        event |= {
            "type": "stock.receipt",
            **here,
            **goods,
            "qty": str(rng.randint(20, 90)),
            "unit_cost": cost,
        }
    elif draw < 0.92:
        event |= {"type": "stock.transfer", "from_site": "S0", "to_site": "S1", **goods}
    elif draw < 0.95:
        event |= {"type": "stock.issue", **here, **goods, "reason": "damaged"}
    elif draw < 0.965:
        event |= {"type": "stock.count", **here, **goods}
    elif draw < 0.98:
        of = n + ENTITIES * rng.randint(-400, 40)
        event |= {"type": "sale.return", "returns": str(max(0, of)), "qty": "1"}
    else:
        event |= {"type": "sale.charge", "code": "POST", "amount": "4.50"}
    return _ENCODE(event).encode() + b"\n"


class Feed:
    """A file that grows by `rate` lines a second from the moment the block is entered.

    Lines are written as a careless program does: a write may end in the middle of a line.
    `fed`: lines so far; `seconds`: how long it took; `longest_s`: the longest pause between two writes.
    """

    def __init__(self, path: Path, lines: list[bytes], rate: int) -> None:
        self.path, self.lines, self.rate = path, lines, rate
        self.fed, self.seconds, self.longest_s = 0, 0.0, 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed")

    @property
    def done(self) -> bool:
        """Whether every line is in the file."""
        return self.fed == len(self.lines)

    def __enter__(self) -> Feed:
        self.path.write_bytes(b"")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        held, began = b"", time.monotonic()
        with self.path.open("ab", buffering=0) as out:
            while not self.done and not self._stop.wait(0.02):
                before, self.seconds = self.seconds, time.monotonic() - began
                self.longest_s = max(self.longest_s, self.seconds - before)
                due = min(len(self.lines), int(self.seconds * self.rate))
                piece = held + b"".join(self.lines[self.fed : due])
                cut = len(piece) if due == len(self.lines) else max(0, len(piece) - 7)
                out.write(piece[:cut])
                self.fed, held = due, piece[cut:]
