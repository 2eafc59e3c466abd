"""A small real store for the board's tests: tables filled by hand, faces as shipped, in a process of its own.

One process may open one chDB directory, so the store lives in a child that owns it, behind its socket.
The seam: who has the running ledger passes its own `query` and `submit` to the board instead of these.
"""

import json
import multiprocessing
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pyarrow as pa

from sinks.clickhouse import Store
from sinks.serving import client
from sinks.serving.board_bind import bind
from sinks.serving.owner import OwnerServer

ENTITY = "FRESH"
TRUST = ("green", "yellow", "red")


def _child(pipe: Connection, directory: str) -> None:
    """Own the store: serve its socket, insert (table, rows, token) from the pipe; None or what failed."""
    store = Store.open("chdb", directory)
    store.migrate()
    server = OwnerServer(store, Path(directory) / "owner.sock").start()
    while (asked := pipe.recv()) is not None:
        try:
            table_name, rows, token = asked
            store.insert(table_name, pa.Table.from_pylist(rows), token)
            pipe.send(None)
        except Exception as error:  # noqa: BLE001 -- told to the parent
            pipe.send(f"{type(error).__name__}: {error}")
    server.close()
    store.close()


@dataclass
class SmallMart:
    """Query and hand-post functions over the child; counts what it was asked."""

    directory: Path
    pipe: Connection
    now_ms: int
    version: int = 0
    queries: int = 0
    records: dict[str, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _token: int = 0
    _lines: list[dict[str, Any]] = field(default_factory=list)
    _sales: list[dict[str, Any]] = field(default_factory=list)
    _stock: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """Run one SELECT through the owner's socket. Raises StoreError with the store's words."""
        self.queries += 1
        return client.query(self.directory, bind(sql, parameters or {}))

    def scalar(self, sql: str, **parameters: object) -> object:
        """The one value a SELECT answers."""
        return self.query(sql, parameters).column(0)[0].as_py()

    def insert(self, table: str, rows: list[dict[str, object]]) -> None:
        """Insert rows: decimals as scaled integers, times as milliseconds; what is missing is default."""
        self._token += 1
        with self._lock:
            self.pipe.send((table, rows, f"t{self._token}"))
            answer = self.pipe.recv()
        if answer is not None:
            raise RuntimeError(answer)

    def move(
        self,
        event: str,
        kind: str,
        at: int,
        item: str,
        here: str,
        there: str,
        qty: str | Decimal,
        value: Decimal,
        **more: str,
    ) -> None:
        """One movement line from `here` to `there`, kept until `flush`."""
        self.version += 1
        self.records[event] = json.dumps({"id": event, "type": kind, "item": item, "qty": str(qty)}).encode()
        units, cents = scaled(qty, 6), scaled(value, 4)
        self._lines.append(
            {
                "entity": ENTITY,
                "version": self.version,
                "line": 1,
                "status": "posted",
                "event_id": event,
                "source": more.get("source", "till"),
                "type": kind,
                "event_at": at,
                "recorded_at": at + 400,
                "period": "2026-11",
                "item": item,
                "from_place": here,
                "to_place": there,
                "qty": units,
                "value_amt": cents,
                "reason": more.get("reason", ""),
                "channel": more.get("channel", ""),
                "trust": more.get("trust", "green"),
            }
        )
        for place, sign in ((here, -1), (there, 1)):
            if not place.startswith("@"):
                row = self._stock.setdefault(
                    (place, item),
                    {
                        "entity": ENTITY,
                        "account": len(self._stock) + 1,
                        "qty": 0,
                        "cell_value_amt": 0,
                        "trust": "green",
                        "event_at": 0,
                        "recorded_at": 0,
                    },
                )
                row |= {
                    "cell": row["account"],
                    "qty": row["qty"] + sign * units,
                    "cell_value_amt": row["cell_value_amt"] + sign * cents,
                    "version": self.version,
                    "trust": max(str(row["trust"]), more.get("trust", "green"), key=TRUST.index),
                    "event_at": max(row["event_at"], at),
                    "recorded_at": max(row["recorded_at"], at + 400),
                }

    def sell(
        self,
        event: str,
        at: int,
        item: str,
        site: str,
        channel: str,
        qty: str | Decimal,
        price: Decimal,
        cost: Decimal,
        **more: str,
    ) -> None:
        """One delivery, kept until `flush`; `state` in more: uncosted or estimated."""
        cogs = Decimal(0) if more.get("state") == "uncosted" else Decimal(qty) * cost
        self.move(
            event, "sale.delivery", at, item, site, f"@customer/{channel}", qty, cogs, channel=channel, **more
        )
        estimated = more.get("state") == "estimated"
        self._sales.append(
            {
                "entity": ENTITY,
                "version": self.version,
                "event_id": event,
                "document": more.get("document", ""),
                "event_at": at,
                "recorded_at": at + 400,
                "period": "2026-11",
                "item": item,
                "site": site,
                "channel": channel,
                "kind": "delivery",
                "qty": scaled(qty, 6),
                "revenue_amt": scaled(Decimal(qty) * price, 4),
                "cogs_amt": scaled(cogs, 4),
                "open_qty": scaled(qty, 6) if estimated else 0,
                "open_amt": scaled(cogs, 4) if estimated else 0,
                "uncosted": int(more.get("state") == "uncosted"),
            }
        )

    def flush(self) -> None:
        """Insert what was moved and sold."""
        lines, self._lines = self._lines, []
        sales, self._sales = self._sales, []
        self.insert(
            "core.account",
            [
                {
                    "account": row["account"],
                    "cell": row["account"],
                    "entity": ENTITY,
                    "place": place,
                    "site": place,
                    "item": item,
                }
                for (place, item), row in self._stock.items()
            ],
        )
        self.insert("core.movement", lines)
        self.insert("core.stock", [{**row, "cell_qty": row["qty"]} for row in self._stock.values()])
        if sales:
            self.insert("core.sale", sales)

    def submit(self, event: dict[str, str]) -> dict[str, object]:
        """Post one event by hand: enough of a ledger to move stock and sales; over 999 pieces are refused."""
        if event["id"] in self.records:
            return {"status": "duplicate", "reason": "", "version": None}
        qty = Decimal(event["qty"])
        if qty > 999:
            return {"status": "refused", "reason": "range", "version": None}
        at = max(self.now_ms, int(time.time() * 1000))
        if event["type"] == "stock.receipt":
            self.move(
                event["id"],
                event["type"],
                at,
                event["item"],
                "@supplier",
                event["site"],
                qty,
                qty * Decimal(event["unit_cost"]),
                source="board",
                trust="red",
            )
        else:
            self.sell(
                event["id"],
                at,
                event["item"],
                event["site"],
                event.get("channel", "shop"),
                qty,
                Decimal(event.get("unit_price", "0")),
                Decimal(5),
                source="board",
                trust="red",
            )
        self.flush()
        self.insert("ops.intake", [{"source": "board", "run_id": "r1", "records_in": 1, "committed": 1}])
        return {"status": "committed", "reason": "", "version": self.version}

    def raw(self, event: dict[str, str]) -> bytes | None:
        """The record of an event as received."""
        return self.records.get(event["event_id"])


def scaled(value: str | Decimal, places: int) -> int:
    """A decimal as the integer the tables hold."""
    return int(Decimal(value).scaleb(places))


@contextmanager
def small_mart(directory: Path, now_ms: int) -> Iterator[SmallMart]:
    """Start the child on an empty directory and stop it at the end."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_child, args=(there, str(directory)), daemon=True)
    child.start()
    try:
        yield SmallMart(directory, here, now_ms)
    finally:
        here.send(None)
        child.join(10)
        if child.is_alive():
            child.kill()
