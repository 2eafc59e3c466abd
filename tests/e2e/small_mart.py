"""A small mart for the board's tests: the faces of design section 6 as plain tables, in a process of its own.

One process may open one chDB directory, so the mart lives in a child and answers over a pipe. The seam: whoever
has a real store passes its own `query` and `submit` to the board instead of those of `SmallMart`.
"""

import json
import multiprocessing
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path

import pyarrow as pa

ENTITY = "FRESH"
SITES = ("S01-Center", "S02-Harbour", "S03-Station")
ITEMS = {
    "MILK-1L": ("5.20", "7.90"), "BREAD-WHEAT": ("3.10", "6.50"), "EGGS-10": ("8.40", "12.80"), "RICE-5KG": ("26.50", "39.90"),
    "TOFU-400": ("2.30", "4.50"), "APPLE-FUJI-KG": ("6.80", "11.80"), "PORK-BELLY-KG": ("28.00", "42.00"), "SOY-SAUCE-500": ("5.90", "9.90"),
    "TEA-GREEN-100": ("18.00", "36.00"), "WATER-6X550": ("6.60", "10.80"), "NOODLES-5": ("9.20", "14.50"), "SHRIMP-FROZEN-KG": ("48.00", "79.00"),
}
MINUTE = 60_000

DDL = """
CREATE DATABASE IF NOT EXISTS mart;
CREATE TABLE mart.v_movement (entity LowCardinality(String), version UInt64, line UInt32, status LowCardinality(String), event_id String,
  source String, type LowCardinality(String), event_at DateTime64(3,'UTC'), recorded_at DateTime64(3,'UTC'), period String, item String, lot String,
  owner String, from_place String, to_place String, from_pool String, to_pool String, qty Decimal(18,6), value_amt Decimal(18,4), reason String,
  channel String, document String, cost_centre String, trust String, corrects_event String, cause_event String)
  ENGINE = MergeTree ORDER BY (entity, version, line);
CREATE VIEW mart.v_stock_now AS SELECT entity, site, item, lot, owner, sum(q) AS on_hand_qty, toDecimal128(0, 6) AS reserved_qty,
  toDecimal128(0, 6) AS blocked_qty, greatest(on_hand_qty, toDecimal128(0, 6)) AS available_qty, sum(v) AS value_amt,
  if(on_hand_qty = 0, NULL, CAST(value_amt AS Decimal(38, 12)) / CAST(on_hand_qty AS Decimal(38, 6))) AS unit_cost, max(trust) AS trust, max(version) AS version,
  max(event_at) AS event_at, max(recorded_at) AS recorded_at
  FROM (SELECT *, to_place AS site, qty AS q, value_amt AS v FROM mart.v_movement WHERE to_place NOT LIKE '@%'
        UNION ALL SELECT *, from_place AS site, -qty AS q, -value_amt AS v FROM mart.v_movement WHERE from_place NOT LIKE '@%')
  GROUP BY entity, site, item, lot, owner;
CREATE TABLE mart.v_sale (entity String, event_id String, document String, event_at DateTime64(3,'UTC'), item String, site String, channel String,
  customer String, kind LowCardinality(String), qty Decimal(18,6), revenue_amt Decimal(18,4), discount_amt Decimal(18,4), tax_amt Decimal(18,4),
  cogs_amt Decimal(38,4), margin_amt Decimal(38,4), cogs_state LowCardinality(String)) ENGINE = MergeTree ORDER BY event_at;
CREATE VIEW mart.v_cogs AS SELECT entity, event_id, '' AS returns_id, item, site, channel, qty, cogs_amt,
  if(cogs_state = 'estimated', cogs_amt, toDecimal128(0, 4)) AS provisional_amt, cogs_state AS state FROM mart.v_sale WHERE kind != 'charge';
CREATE TABLE mart.v_refusal (source String, run_id String, part String, position UInt64, ordinal UInt64, arrived_at DateTime64(3,'UTC'),
  reason LowCardinality(String), detail String, event_id String, type String, raw String, raw_bytes String) ENGINE = MergeTree ORDER BY arrived_at;
CREATE TABLE mart.v_waiting (source String, run_id String, ordinal UInt64, entity String, event_id String, type String, waits_for String,
  since DateTime64(3,'UTC'), state String) ENGINE = MergeTree ORDER BY since;
CREATE TABLE mart.v_stock_accuracy (entity String, version UInt64, event_id String, event_at DateTime64(3,'UTC'), recorded_at DateTime64(3,'UTC'),
  item String, site String, lot String, counted_qty Decimal(18,6), book_qty Decimal(18,6), diff_qty Decimal(18,6), diff_value_amt Decimal(18,4))
  ENGINE = MergeTree ORDER BY event_at;
CREATE TABLE mart.intake (source String, run_id String, records_in Int64, committed Int64, refused Int64, duplicate Int64, waiting Int64, late Int64)
  ENGINE = SummingMergeTree ORDER BY (source, run_id);
CREATE VIEW mart.v_intake AS SELECT source, run_id, sum(records_in) AS records_in, sum(committed) AS committed, sum(refused) AS refused,
  sum(duplicate) AS duplicate, sum(waiting) AS waiting, sum(late) AS late FROM mart.intake GROUP BY source, run_id
"""


def _child(pipe: Connection, path: str) -> None:
    import clickhouse_connect

    client = clickhouse_connect.get_client(dsn=f"chdb://{path}")
    for statement in DDL.split(";"):
        client.command(statement)
    while (asked := pipe.recv()) is not None:
        sql, parameters = asked
        try:
            if sql.startswith("INSERT"):
                client.command(sql)
                pipe.send(None)
                continue
            sink = pa.BufferOutputStream()
            table = client.query_arrow(sql, parameters=parameters)
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
            pipe.send(sink.getvalue().to_pybytes())
        except Exception as error:
            pipe.send(error.__class__.__name__ + ": " + str(error))


@dataclass
class SmallMart:
    """Query and hand-post functions over the child; counts what it was asked."""

    pipe: Connection
    now_ms: int
    version: int = 0
    queries: int = 0
    records: dict[str, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def query(self, sql: str, parameters: dict[str, object] | None = None) -> pa.Table:
        """Run one SELECT. Raises RuntimeError with the store's words."""
        with self._lock:
            self.queries += 1
            self.pipe.send((sql, parameters or {}))
            answer = self.pipe.recv()
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return pa.ipc.open_stream(answer).read_all() if answer is not None else pa.table({})

    def scalar(self, sql: str, **parameters: object) -> object:
        """The one value a SELECT answers."""
        return self.query(sql, parameters).column(0)[0].as_py()

    def insert(self, table: str, rows: list[tuple[object, ...]]) -> None:
        """Insert rows given as tuples in the table's order; times are ms and every value is written as a text."""
        def text(value: object) -> str:
            return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
        for first in range(0, len(rows), 500):
            values = ", ".join("(" + ", ".join(text(value) for value in row) + ")" for row in rows[first:first + 500])
            self.query(f"INSERT INTO mart.{table} VALUES {values}")

    def move(self, event: str, kind: str, at: int, item: str, here: str, there: str, qty: str, value: str, **more: str) -> tuple[object, ...]:
        """One movement line from `here` to `there`; takes the next version."""
        self.version += 1
        self.records[event] = json.dumps({"id": event, "type": kind, "item": item, "qty": qty}).encode()
        return (ENTITY, self.version, 1, "posted", event, more.get("source", "till"), kind, stamp(at), stamp(at + 400), "2026-11", item, "", "", here, there, "", "",
                qty, value, more.get("reason", ""), more.get("channel", ""), "", "", more.get("trust", "green"), "", "")

    def submit(self, event: dict[str, str]) -> dict[str, object]:
        """Post one event by hand: enough of a ledger to move stock and sales; more than 999 pieces are refused."""
        if event["id"] in self.records:
            return {"status": "duplicate", "reason": "", "version": None}
        qty = Decimal(event["qty"])
        if qty > 999:
            return {"status": "refused", "reason": "range", "version": None}
        now = self.now_ms
        if event["type"] == "stock.receipt":
            row = self.move(event["id"], event["type"], now, event["item"], "@supplier", event["site"], str(qty), str(qty * Decimal(event["unit_cost"])), source="board", trust="red")
        else:
            cost = str(qty * Decimal("5"))
            row = self.move(event["id"], event["type"], now, event["item"], event["site"], "@customer/shop", str(qty), cost, source="board", trust="red")
            revenue = qty * Decimal(event.get("unit_price", "0"))
            self.insert("v_sale", [(ENTITY, event["id"], "", stamp(now), event["item"], event["site"], "shop", "", "delivery", qty, revenue, 0, 0, cost, revenue - Decimal(cost), "billed")])
        self.insert("v_movement", [row])
        self.insert("intake", [("board", "r1", 1, 1, 0, 0, 0, 0)])
        return {"status": "committed", "reason": "", "version": self.version}

    def raw(self, event: dict[str, str]) -> bytes | None:
        """The record of an event as received."""
        return self.records.get(event["event_id"])


def stamp(ms: int) -> str:
    """Milliseconds as ClickHouse reads a DateTime64 text."""
    return f"{ms / 1000:.3f}"


def seed(mart: SmallMart) -> None:
    """A day of three supermarkets, ending at the mart's now."""
    rng = random.Random(7)
    now, moves, sales = mart.now_ms, [], []
    for i, (item, (cost, price)) in enumerate(ITEMS.items()):
        for site in SITES:
            qty = rng.randint(60, 260)
            moves.append(mart.move(f"open-{i}-{site}", "stock.receipt", now - 26 * 60 * MINUTE, item, "@supplier/VALLEY", site, str(qty), str(qty * Decimal(cost)), source="opening"))
            for n in range(30):
                hour = min(23.9, abs(rng.gauss(0, 9)))
                at, k = now - int(hour * 60 * MINUTE) - rng.randint(3_000, 50_000), rng.randint(1, 3)
                event, channel = f"T{i:02}{site[:3]}-{n:03}", rng.choice(("shop", "shop", "app", "delivery"))
                moves.append(mart.move(event, "sale.delivery", at, item, site, f"@customer/{channel}", str(k), str(k * Decimal(cost)), channel=channel))
                state = "estimated" if (i, site) == (6, SITES[1]) and n < 4 else "uncosted" if (i, n) == (8, 2) else "billed"
                cogs = Decimal(0) if state == "uncosted" else k * Decimal(cost)
                revenue = k * Decimal(price)
                sales.append((ENTITY, event, f"B{n:04}", stamp(at), item, site, channel, "", "delivery", k, revenue, 0, 0, cogs, revenue - cogs, state))
    moves.append(mart.move("T-NEG", "sale.delivery", now - 4000, "SHRIMP-FROZEN-KG", SITES[2], "@customer/app", "500.25", "24012", channel="app"))
    moves.append(mart.move("T-RETURN", "sale.return", now - 3000, "TEA-GREEN-100", "@customer/shop", SITES[0], "1", "18"))
    moves.append(mart.move("W-1", "stock.issue", now - 2500, "APPLE-FUJI-KG", SITES[0], "@loss/management", "4.35", "29.58", reason="damaged", trust="yellow"))
    mart.insert("v_movement", moves)
    mart.insert("v_sale", sales)
    mart.insert("v_refusal", [
        ("till", "r1", "till-02.ndjson", 18_233, 211, stamp(now - 9 * MINUTE), "negative_stock", "MILK-1L at S02-Harbour: 3 on hand, 12 asked", "T-9", "sale.delivery", '{"id":"T-9","type":"sale.delivery","item":"MILK-1L","qty":"12"}', ""),
        ("till", "r1", "till-02.ndjson", 20_011, 240, stamp(now - 7 * MINUTE), "naive_time", "time: 2026-11-24T10:02:11 has no offset", "T-10", "sale.delivery", '{"id":"T-10","time":"2026-11-24T10:02:11","item":"EGGS-10","qty":"1"}', ""),
        ("till", "r1", "till-03.ndjson", 9_120, 77, stamp(now - 2 * MINUTE), "naive_time", "time: 2026-11-24T10:07:40 has no offset", "T-11", "sale.delivery", '{"id":"T-11","time":"2026-11-24T10:07:40","item":"TOFU-400","qty":"2"}', ""),
    ])
    mart.insert("v_waiting", [("till", "r1", 300, ENTITY, "R-77", "sale.return", "till#T-4711", stamp(now - 30 * MINUTE), "waiting")])
    mart.insert("v_stock_accuracy", [
        (ENTITY, 900, "C-1", stamp(now - 90 * MINUTE), stamp(now - 90 * MINUTE), "EGGS-10", SITES[1], "", 88, 91, -3, "-25.20"),
        (ENTITY, 901, "C-2", stamp(now - 80 * MINUTE), stamp(now - 80 * MINUTE), "WATER-6X550", SITES[0], "", 45, 44, 1, "6.60"),
    ])
    mart.insert("intake", [("till", "r1", 1102, 1083, 3, 15, 1, 12), ("opening", "r1", 36, 36, 0, 0, 0, 0)])


@contextmanager
def small_mart(directory: Path, now_ms: int, seeded: bool = True) -> Iterator[SmallMart]:
    """Start the child on an empty directory, fill it, and stop it at the end."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_child, args=(there, str(directory / "store")), daemon=True)
    child.start()
    try:
        mart = SmallMart(here, now_ms)
        if seeded:
            seed(mart)
        yield mart
    finally:
        here.send(None)
        child.join(10)
        if child.is_alive():
            child.kill()
