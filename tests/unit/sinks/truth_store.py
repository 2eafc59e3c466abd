"""Reference ledgers of every truth case and of random worlds, in one store, for tests of faces and cards."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from sinks.clickhouse import Store
from tests.casefiles.caseio import read_case
from tests.casefiles.recorded import Recorded
from tests.casefiles.truth_tables import rows_of, table_of
from tests.conftest import SEED
from tests.records import Record, Row
from tests.repo import ROOT
from tests.sim.truth.streams import records, world

CASES = sorted((ROOT / "tests/cases/ledger/post").glob("**/*.case"))
WORLDS = 24
Bag = Counter[tuple[Any, ...]]


def shuffled_world(n: int) -> list[Record]:
    """A world of 40 events in another order of arrival, with a close now and then."""
    rng = random.Random(f"{SEED} faces {n}")
    masters, events = world(rng.randrange(10**6), 40)
    rng.shuffle(events)
    close = {"source": "desk", "type": "period.close", "entity": "E", "time": "2025-03-01T00:00:00Z"}
    for month in ("2025-01", "2025-02") if n % 3 else ():
        events.insert(rng.randrange(10, len(events)), close | {"id": f"close-{month}", "period": month})
    return records([*masters, *events])


def ledger_of(found: list[Record], refuse_unknown: frozenset[str] = frozenset()) -> Recorded:
    """The reference after these records."""
    ledger = Recorded(refuse_unknown)
    for record in found:
        ledger.post_record(record.events, record.arrived)
    return ledger


def all_ledgers() -> dict[str, Recorded]:
    """Every ledger by the prefix of its entities."""
    found = {}
    for path in CASES:
        case = read_case(path, path.name)
        found[f"{path.parent.name}-{path.stem}"] = ledger_of(list(case.run.records), case.run.refuse_unknown)
    return found | {f"world-{n}": ledger_of(shuffled_world(n)) for n in range(WORLDS)}


def load(engine: Store, ledgers: dict[str, Recorded]) -> Store:
    """The store with the tables of all of them."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for prefix, ledger in ledgers.items():
        for name, found in rows_of(ledger).items():
            rows[name] += [row | {"entity": f"{prefix}:{row['entity']}"} for row in found]
    for name, found in rows.items():
        if found:
            engine.insert(name, table_of(name, found), f"truth {name}")
    return engine


def plain(value: Any) -> Any:
    """A value in the form in which two sides are compared."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return value


def bag(rows: list[Row], columns: list[str]) -> Bag:
    return Counter(tuple(plain(row[c]) for c in columns) for row in rows)


def of_store(store: Store, sql: str) -> dict[str, list[Row]]:
    """Rows of a query by ledger, the entity as the ledger calls it."""
    found: dict[str, list[Row]] = defaultdict(list)
    table = store.query(sql)
    for row in table.to_pylist():
        prefix, _, row["entity"] = row["entity"].partition(":")
        found[prefix].append(row)
    return found
