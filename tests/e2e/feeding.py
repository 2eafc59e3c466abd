"""A long day of three shops as lines, and a file that grows with them at a steady pace."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType

START = datetime(2026, 1, 5, 6, tzinfo=timezone(timedelta(hours=8)))
STEP_MS = 20
ITEMS, SITES, ENTITIES = 400, 3, 3
_BAD = (b"{not json\n", b'{"id":"%d","source":"till","type":"stock.nonsense"}\n')


def day(count: int, seed: int) -> Iterator[bytes]:
    """`count` records: mostly sales, and a few of everything else that a till may send.

    Returns may arrive before their delivery, some records come twice, some cannot be read, some are late.
    """
    rng = random.Random(f"day {seed}")
    lines: list[bytes] = []
    for n in range(count):
        draw = rng.random()
        if draw < 0.01:
            line = rng.choice(_BAD).replace(b"%d", b"%d" % n)
        elif draw < 0.02 and lines:
            line = lines[rng.randrange(max(0, len(lines) - 5_000), len(lines))]
        else:
            line = _event(n, count, draw, rng)
        lines.append(line)
        yield line


def _event(n: int, count: int, draw: float, rng: random.Random) -> bytes:
    ms = n * STEP_MS - (rng.randrange(600_000) if rng.random() < 0.02 else 0)
    event = {
        "id": str(n),
        "source": "till",
        "time": (START + timedelta(milliseconds=max(ms, 0))).isoformat(),
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
        event |= {"type": "sale.return", "returns": str(max(0, min(of, count + 50))), "qty": "1"}
    else:
        event |= {"type": "sale.charge", "code": "POST", "amount": "4.50"}
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"


class Feed:
    """A file that grows by `rate` lines a second from the moment the block is entered.

    Lines are written as a careless program does: a write may end in the middle of a line.
    """

    def __init__(self, path: Path, lines: list[bytes], rate: int) -> None:
        self.path, self.lines, self.rate = path, lines, rate
        self.done = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed")

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
        began, written, held = time.monotonic(), 0, b""
        with self.path.open("ab", buffering=0) as out:
            while written < len(self.lines) and not self._stop.wait(0.02):
                due = min(len(self.lines), int((time.monotonic() - began) * self.rate))
                piece = held + b"".join(self.lines[written:due])
                cut = len(piece) - 7 if due < len(self.lines) else len(piece)
                out.write(piece[: max(cut, 0)])
                written, held = due, piece[max(cut, 0) :]
        self.done = True
