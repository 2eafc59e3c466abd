"""A day that leaves rows in every table of the store, and a data directory filled with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.contract import RawBatch
from pipelines.runtime.session import Session
from sinks.target import Target

RED = 2
PART = "day.ndjson"
FIRST_ARRIVAL = 1_767_600_000_000
SALES = 1_100  # more than a leaf of the chain
WEEK_AT = 32  # questions to the clock

OPENING: tuple[dict[str, Any], ...] = (
    {"type": "master.entity", "currency": "CNY", "valuation": "moving_average", "scope": "site"},
    {
        "type": "master.item",
        "item": "TEA",
        "name": {"zh": "茶", "en": "tea"},
        "uom": "C62",
        "uoms": {"箱": "24"},
    },
    {"type": "master.site", "site": "S1", "kind": "store", "day_cut_off": "04:00"},
    {"type": "master.rate", "kind": "energy", "key": "day", "rate": "0.62"},
    {
        "type": "stock.receipt",
        "site": "S1",
        "item": "TEA",
        "qty": "2",
        "uom": "箱",
        "unit_cost": "240",
        "id": "in",
    },
    {"type": "sale.delivery", "site": "S1", "item": "TEA", "qty": "50", "unit_price": "18", "id": "over"},
    {"type": "stock.receipt", "site": "S1", "item": "TEA", "qty": "3000", "unit_cost": "15.5"},
    {"type": "sale.delivery", "site": "S2", "item": "CUP", "qty": "3", "unit_price": "7", "entity": "E2"},
    {"type": "stock.count", "site": "S1", "item": "TEA", "qty": "2990"},
    {"type": "stock.transfer", "from_site": "S1", "to_site": "S2", "item": "TEA", "qty": "20"},
    {"type": "stock.issue", "site": "S1", "item": "TEA", "qty": "5", "reason": "damaged", "lot": "L1"},
    {"type": "sale.charge", "code": "POST", "amount": "4.50", "channel": "web"},
    {"type": "sale.return", "returns": "later", "qty": "1"},
    {"type": "sale.return", "returns": "never", "qty": "1"},
    {"type": "sale.delivery", "site": "S1", "item": "TEA", "qty": "2", "unit_price": "18", "id": "later"},
    {"type": "stock.receipt", "site": "S2", "item": "CUP", "qty": "5", "unit_cost": "2", "entity": "E2"},
    {"type": "stock.receipt", "site": "S2", "item": "CUP", "qty": "5", "unit_cost": "2", "id": "in"},
    {"type": "stock.nonsense"},
)


def _time(minute: float) -> str:
    start = datetime(2026, 1, 5, 8, tzinfo=timezone(timedelta(hours=8)))
    return (start + timedelta(minutes=minute)).isoformat()


def records() -> list[bytes]:
    """Lines of the day: masters, every kind of movement, refusals, a duplicate, waiting ones, many sales."""
    common = {"source": "till", "entity": "E1"}
    events = [{**common, "time": _time(n), "id": f"o{n}", **event} for n, event in enumerate(OPENING)]
    sale = {**common, "type": "sale.delivery", "site": "S1", "item": "TEA", "qty": "1", "unit_price": "18"}
    events += [
        {**sale, "time": _time(60 + n / 60), "id": f"s{n}", "channel": "" if n % 7 else "web"}
        for n in range(SALES)
    ]
    events.append(
        {**common, "time": _time(90), "id": "last", "type": "sale.return", "returns": "ever", "qty": "1"}
    )
    lines = [json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in events]
    return [*lines[:30], lines[4], b"{not json\n", *lines[30:]]


def batches(lines: Sequence[bytes], at: int = 0) -> Iterator[RawBatch]:
    """The lines from `at` on as a source hands them out: the opening in small batches, sales in large."""
    while at < len(lines):
        mine = lines[at : at + (2 if at < len(OPENING) else 300)]
        data = pa.array(mine, pa.large_binary())
        yield RawBatch("events", PART, "ndjson", data, np.arange(at, at + len(mine)))
        at += len(mine)


class Clock:
    """Arrivals a second apart; a week passes before the last batches, so that what waits is given up."""

    def __init__(self) -> None:
        self.now = FIRST_ARRIVAL
        self.asked = 0

    def __call__(self) -> int:
        self.asked += 1
        self.now += 8 * 86_400_000 if self.asked == WEEK_AT else 1_000
        return self.now


def fill(data: Path, lines: Sequence[bytes]) -> Path:
    """Run the job over the lines into `data`, from where the last run over them came to; returns `data`."""
    with Session(data, Target(), clock=Clock(), serve=False) as session:
        run_id = session.begin("events", PART)
        for batch in batches(lines, session.position(run_id, "events", PART) or 0):
            session.post(session.process(session.take(batch, run_id, "", RED)))
        session.end(run_id)
    return data
