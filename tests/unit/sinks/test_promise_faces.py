"""The SQL faces of promises show what the slow reference says, for every truth case and for random worlds.

The engine decides, its rows go into the store as the ledger would write them; the reference decides the same
stream by itself, and its answers are what the faces must show.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest

from pipelines.ledger.promises.tables import rows_of
from sinks.clickhouse import Store
from tests.casefiles.caseio import read_case
from tests.casefiles.truth_tables import table_of
from tests.conftest import SEED
from tests.records import Record, Row
from tests.reference.admission import faces as reference_faces
from tests.reference.admission.ledger import Truth
from tests.reference.exact import site_of
from tests.reference.faces import amount_of
from tests.reference.truth.lines import physical, sides
from tests.repo import ROOT, fail_on
from tests.sim.promises.engine import Engine
from tests.sim.promises.showing import figures
from tests.sim.promises.worlds import world

CASES = sorted((ROOT / "tests/cases/ledger/post/truth").glob("*.case"))
WORLDS = 8
Ledgers = dict[str, tuple[Truth, Engine]]


def both(records: list[Record], refuse: frozenset[str] = frozenset()) -> tuple[Truth, Engine]:
    """The reference and the engine after these records."""
    found = (Truth(refuse), Engine(refuse))
    for ledger in found:
        for record in records:
            ledger.post_record(record.events, record.arrived)
    return found


@pytest.fixture(scope="module")
def ledgers() -> Ledgers:
    """Every pair by the prefix of its entities."""
    found = {}
    for path in CASES:
        case = read_case(path, path.name)
        found[path.stem] = both(list(case.run.records), case.run.refuse_unknown)
    return found | {f"world-{n}": both(world(SEED + 900 + n, 80)) for n in range(WORLDS)}


@pytest.fixture(scope="module")
def loaded(engine: Store, ledgers: Ledgers) -> Store:
    """The store with the tables of all of them."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for prefix, (_, ledger) in ledgers.items():
        for name, found in (rows_of(ledger.outcomes) | stock_of(ledger)).items():
            rows[name] += [row | {"entity": f"{prefix}:{row['entity']}"} for row in found]
    for name, found in rows.items():
        made = pa.Table.from_pylist(found) if name in PROMISED else table_of(name, found)
        engine.insert(name, made, f"promises {name}")
    return engine


PROMISED = ("core.promise", "core.reserved", "core.lot")


def stock_of(ledger: Engine) -> dict[str, list[Row]]:
    """core.account and core.stock of every account that ever had a line."""
    accounts, stock, cells = [], [], dict[Any, int]()
    for number, (account, version) in enumerate(ledger.stock.newest().items(), 1):
        walk = ledger.accepted.walks[account[0]]
        if physical(account):
            key = walk.cell_key(account)
            head = {"entity": account[0], "account": number, "cell": cells.setdefault(key, len(cells) + 1)}
            words = dict(zip(("place", "item", "lot", "owner", "pool"), account[1:], strict=True))
            qty = walk.state.accounts.get(account, Fraction(0))
            accounts.append(head | words | {"site": site_of(account[1])})
            stock.append(head | {"qty": amount_of(qty), "version": version})
    return {"core.account": accounts, "core.stock": stock}


def compare(store: Store, ledgers: Ledgers, sql: str, columns: str, wanted: dict[str, list[Row]]) -> int:
    """Fail on the first differences; the number of rows compared."""
    names, problems, compared = columns.split(), [], 0
    found: dict[str, Counter[Any]] = defaultdict(Counter)
    for row in store.query(sql).to_pylist():
        prefix, _, row["entity"] = row["entity"].partition(":")
        found[prefix][tuple(plain(row[c]) for c in names)] += 1
    for prefix in ledgers:
        right = Counter(tuple(plain(row[c]) for c in names) for row in wanted[prefix])
        compared += right.total()
        problems += [f"{prefix}: reference only {row}" for row in right - found[prefix]]
        problems += [f"{prefix}: SQL only {row}" for row in found[prefix] - right]
    fail_on(problems[:40])
    return compared


def plain(value: Any) -> Any:
    """A value in the form in which two sides are compared."""
    return Decimal(value) if isinstance(value, int) else value


def decimal(value: Fraction) -> Decimal:
    """A quantity with its six decimals."""
    return Decimal(int(value * 1_000_000)).scaleb(-6)


def test_stock_now(loaded: Store, ledgers: Ledgers) -> None:
    """On hand, reserved, blocked, available and version of each row in which there is something."""
    wanted: dict[str, list[Row]] = defaultdict(list)
    for prefix, (truth, _) in ledgers.items():
        accounts = {a for x in truth.accepted.lines for a, _ in sides(x.key, x.entry) if physical(a)}
        there = {(a[0], site_of(a[1]), *a[2:5]) for a in accounts}
        for key, (*four, version) in figures(truth).items():
            if key in there and (four[0] or four[1]):
                row = dict(zip(("entity", "site", "item", "lot", "owner"), key, strict=True))
                names = ("on_hand_qty", "reserved_qty", "blocked_qty", "available_qty")
                qtys = dict(zip(names, (decimal(x) for x in four), strict=True))
                wanted[prefix].append(row | qtys | {"version": version})
    sql = "SELECT * FROM mart.v_stock_now WHERE on_hand_qty != 0 OR reserved_qty != 0"
    columns = "entity site item lot owner on_hand_qty reserved_qty blocked_qty available_qty version"
    assert compare(loaded, ledgers, sql, columns, wanted) > 120
    some = loaded.query(
        "SELECT countIf(reserved_qty > 0) AS r, countIf(blocked_qty > 0) AS b FROM mart.v_stock_now"
    ).to_pylist()[0]
    assert min(some.values()) > 8, some


def test_promises(loaded: Store, ledgers: Ledgers) -> None:
    wanted = {
        prefix: [row | {"entity": entity_of(truth, row)} for row in reference_faces.promised(truth.accepted)]
        for prefix, (truth, _) in ledgers.items()
    }
    columns = "entity event_id kind site item pool lot qty open_qty state"
    assert compare(loaded, ledgers, "SELECT * FROM mart.v_promise", columns, wanted) > 80


def entity_of(truth: Truth, row: Row) -> str:
    """The entity of the event of a row."""
    return next(h.shelf[0] for h in truth.accepted.holds.values() if h.key[1] == row["event_id"])


def test_pools(loaded: Store, ledgers: Ledgers) -> None:
    wanted = {prefix: reference_faces.pool_now(truth.accepted) for prefix, (truth, _) in ledgers.items()}
    columns = "entity site item pool held_qty reserved_qty free_qty owed_qty"
    assert compare(loaded, ledgers, "SELECT * FROM mart.v_pool", columns, wanted) > 6


def test_lots(loaded: Store, ledgers: Ledgers) -> None:
    """A lot with stock is shown as blocked if and only if its row in v_lot is not `ok`."""
    odd = loaded.query(
        "SELECT s.* FROM mart.v_stock_now AS s LEFT ANY JOIN mart.v_lot AS l USING (entity, item, lot) "
        "WHERE (s.blocked_qty > 0) != (s.on_hand_qty > 0 AND l.status NOT IN ('', 'ok'))"
    )
    assert odd.to_pylist() == []
    assert loaded.query("SELECT uniqExact(status) AS n FROM mart.v_lot").to_pylist()[0]["n"] == 4
