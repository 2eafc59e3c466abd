"""ClickHouse alone: `INSERT … SELECT FROM file` of the same bytes into the same tables, in one pass.

The file goes into a Null table, and a materialised view per table takes its rows from there: the engine
parses once and writes as many rows into the same tables as we do. It posts nothing: no average, no dedupe, no
archive; the value of a line is its quantity times a constant.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from sinks.clickhouse import Store
from tests.bench.inputs import warm_lines
from tests.bench.measure import Clock
from tests.bench.ours import answer

FIELDS = (
    "id",
    "source",
    "time",
    "type",
    "entity",
    "item",
    "site",
    "qty",
    "unit_cost",
    "amount",
    "from_site",
    "to_site",
    "reason",
)
# How each form states what is not text: JSON has typed columns, the Arrow file holds wire strings.
STRUCTURE = {
    "JSONEachRow": {"qty": "Decimal(18,6)", "amount": "Decimal(18,4)", "unit_cost": "Decimal(18,8)"},
    "Arrow": {"amount": "Nullable(String)", "unit_cost": "Nullable(String)"}
    | dict.fromkeys(("site", "from_site", "to_site", "reason"), "Nullable(String)"),
}
EXPRESSIONS = {
    "JSONEachRow": {},
    "Arrow": {"qty": "toDecimal64(qty, 6)", "amount": "toDecimal64(ifNull(amount, '0'), 4)"}
    | {name: f"ifNull({name}, '')" for name in ("site", "from_site", "to_site", "reason")},
}
FEED = """
CREATE TABLE core.feed (
    version UInt64, event_id String, source LowCardinality(String), type LowCardinality(String),
    entity LowCardinality(String), event_at DateTime64(3,'UTC'), recorded_at DateTime64(3,'UTC'),
    period LowCardinality(String), item String, from_place LowCardinality(String),
    to_place LowCardinality(String), qty Decimal(18,6), amount Decimal(18,4), reason LowCardinality(String),
    entries Array(Tuple(account UInt32, qty Decimal(18,6)))
) ENGINE = Null"""
COMMON = "entity, version, event_at, recorded_at"
VIEWS = {
    "movement": f"""SELECT {COMMON}, 1 AS line, 'posted' AS status, event_id, source, type, period, item,
        from_place, to_place, qty, toDecimal64(qty * 4, 4) AS value_amt, reason, 'red' AS trust
        FROM core.feed""",
    "entry": f"""SELECT {COMMON}, e.1 AS account, account AS cell, e.2 AS qty,
        toDecimal64(e.2 * 4, 4) AS value_amt FROM core.feed ARRAY JOIN entries AS e""",
    "sale": f"""SELECT {COMMON}, event_id, period, item, from_place AS site, 'delivery' AS kind, qty,
        amount AS revenue_amt, toDecimal64(qty * 4, 4) AS cogs_amt
        FROM core.feed WHERE type = 'sale.delivery'""",
    "stock": """SELECT any(entity) AS entity, e.1 AS account, e.1 AS cell, sum(e.2) AS qty,
        sum(e.2) AS cell_qty, toDecimal64(sum(e.2) * 4, 4) AS cell_value_amt, 'red' AS trust,
        max(version) AS version, max(event_at) AS event_at, max(recorded_at) AS recorded_at
        FROM core.feed ARRAY JOIN entries AS e GROUP BY e.1""",
}


def select(path: str, form: str) -> str:
    """The SELECT that reads the file into the feed's columns."""
    structure = ", ".join(f"{name} {STRUCTURE[form].get(name, 'String')}" for name in FIELDS)
    read = ", ".join(f"{EXPRESSIONS[form].get(name, name)} AS f_{name}" for name in FIELDS)
    number = "toUInt32(cityHash64(f_item, {}) % 4000000000)"
    return f"""
        SELECT rowNumberInAllBlocks() + 1, f_id, f_source, f_type, f_entity,
            parseDateTime64BestEffort(f_time, 3, 'UTC') AS at, now64(3),
            formatDateTime(at, '%Y-%m', 'Asia/Shanghai'), f_item,
            multiIf(f_type = 'stock.receipt', '@supplier', f_type = 'stock.transfer', f_from_site, f_site)
                AS source_place,
            multiIf(f_type = 'stock.receipt', f_site, f_type = 'stock.transfer', f_to_site,
                f_type = 'sale.delivery', '@customer', '@consumption') AS target_place,
            f_qty, f_amount, f_reason,
            multiIf(f_type = 'stock.receipt', [({number.format("target_place")}, f_qty)],
                f_type = 'stock.transfer', [({number.format("source_place")}, -f_qty),
                                            ({number.format("target_place")}, f_qty)],
                [({number.format("source_place")}, -f_qty)])
        FROM (SELECT {read} FROM file('{path}', '{form}', '{structure}'))"""


def load(path: str, rows: int, form: str, threads: int) -> dict[str, Any]:
    """`form`: JSONEachRow or Arrow; `threads` for parsing, views and inserting."""
    settings = {
        "max_threads": threads,
        "max_insert_threads": threads,
        "input_format_parallel_parsing": int(threads > 1),
        "parallel_view_processing": int(threads > 1),
        "async_insert": 0,
    }
    said = ", ".join(f"{k} = {v}" for k, v in settings.items())
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open("chdb", Path(folder))
        store.migrate()
        store.command(FEED)
        for name, sql in VIEWS.items():
            store.command(f"CREATE MATERIALIZED VIEW core.mv_feed_{name} TO core.{name} AS {sql}")
        warm = Path(folder) / "warm.ndjson"
        warm.write_bytes(warm_lines())
        store.command(f"INSERT INTO core.feed {select(str(warm), 'JSONEachRow')} SETTINGS {said}")
        with Clock() as clock:
            store.command(f"INSERT INTO core.feed {select(path, form)} SETTINGS {said}")
        found = answer(store)
        store.close()
    return {**clock.figures(rows), "answer": found, "settings": settings}
