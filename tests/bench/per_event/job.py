"""The baseline: the job as a competent engineer writes it per event on Bytewax, and Bytewax's bare pass.

Equal semantics for what the load holds: exact integers, half-even once per line, moving average as
docs/ledger.md has it (differences of cumulative roundings), exact dedupe for ever, one commit per event,
signed entries. It is spared what the load never asks for (negative stock, FIFO, units, refusals' bytes), and
the archive, the outbox and the audit chain: whatever that is worth, it is in its favour.

`keyed`: state where Bytewax wants it, in `stateful` per entity; without it state hides in the closure of a
plain `map`, which is faster and could not be recovered. `store`: into our tables, by a thread of its own.
"""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import bytewax.operators as op
import msgspec
import pyarrow as pa
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

from sinks.clickhouse import Store
from tests.bench.inputs import warm_lines
from tests.bench.measure import Clock
from tests.bench.ours import answer
from tests.bench.per_event.tables import tables

ROWS = 1 << 16  # per insert, as ours
READ_BYTES = 1 << 20
SETTINGS = {
    "lines_per_item_batch": "1 MiB",
    "rows_per_insert": ROWS,
    "insert_thread": 1,
    "decoder": "msgspec, typed",
}


class Event(msgspec.Struct, gc=False):
    """What the load's events hold."""

    id: str
    source: str
    time: str
    type: str
    entity: str
    item: str
    qty: str
    site: str = ""
    from_site: str = ""
    to_site: str = ""
    unit_cost: str = ""
    amount: str = ""
    reason: str = ""


class _Lines(StatefulSourcePartition[bytes, None]):
    def __init__(self, path: str) -> None:
        self._file = open(path, "rb")  # noqa: PTH123, SIM115 -- closed in close()

    def next_batch(self) -> list[bytes]:
        lines = self._file.readlines(READ_BYTES)
        if not lines:
            raise StopIteration
        return lines

    def snapshot(self) -> None:
        return None

    def close(self) -> None:
        self._file.close()


class _File(FixedPartitionedSource[bytes, None]):
    def __init__(self, path: str) -> None:
        self._path = path

    def list_parts(self) -> list[str]:
        return [self._path]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Lines:
        return _Lines(for_part)


class _Out(StatelessSinkPartition[Any]):
    def __init__(self, take: Callable[[list[Any]], None]) -> None:
        self._take = take

    def write_batch(self, items: list[Any]) -> None:
        self._take(items)


class _Sink(DynamicSink[Any]):
    def __init__(self, take: Callable[[list[Any]], None]) -> None:
        self._take = take

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Out:
        return _Out(self._take)


Step = Callable[[Event], Any]


class _Logic(StatefulLogic[Event, Any, None]):
    """State of one entity; its snapshot is spared."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def on_item(self, value: Event) -> tuple[tuple[Any], bool]:
        return (self._step(value),), False

    def snapshot(self) -> None:
        return None


def _flow(path: str, make: Callable[[], Step], take: Callable[[list[Any]], None], keyed: bool) -> None:
    """Lines through `make()`, once per entity if `keyed`, else once for all."""
    flow = Dataflow("per_event")
    decode = msgspec.json.Decoder(Event).decode
    lines = op.input("in", flow, _File(path))
    if keyed:
        events = op.key_on("key", op.map("decode", lines, decode), lambda event: event.entity)
        stepped = op.stateful("step", events, lambda _: _Logic(make()))
        out: Any = op.map("drop_key", stepped, lambda pair: pair[1])
    else:
        only = make()
        out = op.map("step", lines, lambda line: only(decode(line)))
    op.output("out", out, _Sink(take))
    run_main(flow)


def _drop(items: list[Any]) -> None:
    """A sink that costs nothing."""


def bare(path: str, rows: int, keyed: bool) -> dict[str, Any]:
    """Decode and one dict update per event: what Bytewax itself costs."""

    def make() -> Step:
        held: dict[str, str] = {}

        def step(event: Event) -> str:
            held[event.item] = event.qty
            return event.id

        return step

    with tempfile.TemporaryDirectory() as folder:
        _flow(_warm(folder), make, _drop, keyed)
    with Clock() as clock:
        _flow(path, make, _drop, keyed)
    return {**clock.figures(rows), "answer": {}, "settings": SETTINGS}


def _warm(folder: str) -> str:
    path = Path(folder) / "warm.ndjson"
    path.write_bytes(warm_lines())
    return str(path)


def scaled(text: str, digits: int) -> int:
    """A decimal string x 10^digits."""
    dot = text.find(".")
    if dot < 0:
        return int(text) * 10**digits
    return int(text[:dot] + text[dot + 1 :]) * 10 ** (digits - len(text) + dot + 1)


class Ledger:
    """Accounts and moving-average cells (a cell per item and site: scope `site`), an event at a time.

    A cell is quantity, value, and value and quantity at the last inflow. In between value = basis -
    r(basis * gone / units), so a cost takes one division.
    """

    def __init__(self) -> None:
        self.seen: dict[str, Event] = {}
        self.accounts: dict[str, int] = {}
        self.cells: list[list[int]] = []
        self.version = 0
        self.revenue = self.cogs = self.moved = self.entries = self.sales = 0

    def account(self, key: str) -> int:
        """The number of a new account."""
        self.accounts[key] = len(self.cells)
        self.cells.append([0, 0, 0, 0])
        return self.accounts[key]

    def take(self, account: int, qty: int) -> int:
        """Quantity out of a cell; its cost."""
        cell = self.cells[account]
        have, value, basis, units = cell
        have -= qty
        if have < 0:
            raise AssertionError("the load never sells what is not there")
        rest, r = divmod(basis * (units - have), units)
        r += r
        if r > units or (r == units and rest & 1):
            rest += 1
        cell[0], cell[1] = have, basis - rest
        return value - cell[1]

    def put(self, account: int, qty: int, amount: int) -> None:
        """Quantity worth `amount` into a cell: a new average."""
        cell = self.cells[account]
        cell[0] = cell[3] = cell[0] + qty
        cell[1] = cell[2] = cell[1] + amount

    def step(self, e: Event) -> tuple[Any, ...] | None:
        """One event: its movement line with what belongs to it, None for a duplicate."""
        if self.seen.setdefault(e.id, e) is not e:
            if self.seen[e.id] != e:
                raise AssertionError("the load never uses an id twice")
            return None
        self.version += 1
        qty, revenue, there, kind, item = scaled(e.qty, 6), 0, -1, e.type, e.item
        if kind == "stock.receipt":
            source, target = "@supplier", e.site
            key = item + "|" + target
            here = self.accounts.get(key, -1)
            if here < 0:
                here = self.account(key)
            value, r = divmod(qty * scaled(e.unit_cost, 8), 10**12)
            value += 2 * r > 10**12 or (2 * r == 10**12 and value & 1)
            self.put(here, qty, value)
        elif kind == "stock.transfer":
            source, target = e.from_site, e.to_site
            here, there = self.accounts[item + "|" + source], self.accounts.get(item + "|" + target, -1)
            if there < 0:
                there = self.account(item + "|" + target)
            value = self.take(here, qty)
            self.put(there, qty, value)
            self.entries += 1
        else:
            source, target = e.site, "@consumption"
            here = self.accounts[item + "|" + source]
            value = self.take(here, qty)
            if kind == "sale.delivery":
                target, revenue = "@customer", scaled(e.amount, 2)
                self.revenue += revenue
                self.cogs += value
                self.sales += 1
        self.moved += value
        return (e, self.version, source, target, qty, value, revenue, here, there)

    def answer(self) -> dict[str, Any]:
        """The figures by which sides are compared."""
        return {
            "core.movement": self.version,
            "core.entry": self.entries + self.version,
            "core.sale": self.sales,
            "revenue": _money(self.revenue),
            "cogs": _money(self.cogs),
            "moved_value": _money(self.moved),
            "stock_value": _money(sum(cell[1] for cell in self.cells)),
        }


def _money(minor: int) -> str:
    return str((Decimal(minor) / 100).quantize(Decimal("0.0001")))


def job(path: str, rows: int, store: bool, keyed: bool) -> dict[str, Any]:
    """The per-event job; `store`: into the same tables as ours, else its lines are dropped."""
    ledgers: list[Ledger] = []

    def make() -> Step:
        ledgers.append(Ledger())
        return ledgers[-1].step

    with tempfile.TemporaryDirectory() as folder:
        if not store:
            _flow(_warm(folder), make, _drop, keyed)
            with Clock() as clock:
                _flow(path, make, _drop, keyed)
            return {**clock.figures(rows), "answer": ledgers[-1].answer(), "settings": SETTINGS}
        target = Store.open("chdb", Path(folder))
        target.migrate()
        with _Writer(target, ledgers) as writer:
            _flow(_warm(folder), make, writer.take, keyed)
        with Clock() as clock, _Writer(target, ledgers) as writer:
            _flow(path, make, writer.take, keyed)
        found = answer(target)
        target.close()
    return {**clock.figures(rows), "answer": found, "settings": SETTINGS}


class _Writer:
    """Gathers lines, makes columns of 65,536 of them, and inserts these in its thread."""

    def __init__(self, store: Store, ledgers: list[Ledger]) -> None:
        self._store, self._ledgers, self._rows, self._count, self._known = store, ledgers, [], 0, 0
        self._queue: queue.Queue[dict[str, pa.Table] | None] = queue.Queue(2)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._insert)

    def __enter__(self) -> _Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._rows:
            self._flush()
        self._queue.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def take(self, items: list[Any]) -> None:
        self._rows += [row for row in items if row is not None]
        while len(self._rows) >= ROWS:
            self._flush()

    def _flush(self) -> None:
        rows, self._rows = self._rows[:ROWS], self._rows[ROWS:]
        ledger = self._ledgers[-1]
        self._queue.put(tables(rows, ledger.accounts, ledger.cells, self._known))
        self._known = len(ledger.cells)

    def _insert(self) -> None:
        while (block := self._queue.get()) is not None:
            self._count += 1
            for name, table in block.items():
                if self._error is None:
                    try:
                        self._store.insert(name, table, f"{id(self)}-{self._count}:{name}")
                    except BaseException as error:  # noqa: BLE001 -- raised where the flow ends
                        self._error = error
