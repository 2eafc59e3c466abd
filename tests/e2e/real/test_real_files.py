"""The two public data sets through the real command: every figure that the publishers' files add up to."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.process import Command
from tests.e2e.real.files import IOWA, IOWA_ROWS, RETAIL, RETAIL_ROWS

pytestmark = pytest.mark.e2e


def test_online_retail_revenue(stocktwin: Command, retail: Path) -> None:
    found = stocktwin.one(retail, "SELECT sum(revenue_amt) AS revenue, count() AS n FROM mart.v_sale")
    assert found == {"revenue": Decimal("1807019.93"), "n": RETAIL_ROWS - 214}


def test_online_retail_credit_notes(stocktwin: Command, retail: Path) -> None:
    found = stocktwin.one(
        retail,
        "SELECT count() AS n, sum(revenue_amt) AS revenue, countIf(kind = 'charge') AS charges "
        "FROM mart.v_sale WHERE startsWith(document, 'C')",
    )
    assert found == {"n": 1_904, "revenue": Decimal("-231722.66"), "charges": 109}


def test_online_retail_write_offs(stocktwin: Command, retail: Path) -> None:
    where = "FROM mart.v_movement WHERE type = 'stock.issue' AND cause_event = ''"
    assert stocktwin.one(retail, f"SELECT uniqExact(event_id) AS n {where}") == {"n": 214}
    reasons = stocktwin.sql(
        retail, f"SELECT reason, uniqExact(event_id) AS n {where} GROUP BY reason ORDER BY n DESC, reason"
    )
    assert [(r["reason"], int(r["n"])) for r in reasons] == [
        ("unknown", 203), ("damaged", 5), ("write_off", 5), ("gift", 1),
    ]  # fmt: skip


def test_online_retail_goods_without_any_cost_stay_uncosted(stocktwin: Command, retail: Path) -> None:
    found = stocktwin.one(
        retail,
        "SELECT sum(abs(cogs_amt)) AS cogs, countIf(kind != 'charge' AND cogs_state != 'uncosted') AS costed "
        "FROM mart.v_sale",
    )
    assert found == {"cogs": 0, "costed": 0}


def test_iowa_liquor_margin(stocktwin: Command, iowa: Path) -> None:
    found = stocktwin.one(
        iowa,
        "SELECT sum(revenue_amt) AS revenue, sum(cogs_amt) AS cogs, sum(margin_amt) AS margin, "
        "countIf(cogs_state = 'uncosted') AS uncosted, countIf(cogs_state != 'billed') AS unbilled "
        "FROM mart.v_sale",
    )
    assert found == {
        "revenue": Decimal("514764.70"), "cogs": Decimal("342774.90"), "margin": Decimal("171989.80"),
        "uncosted": 3, "unbilled": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "path", "mapping", "rows"),
    [("retail", RETAIL, "online_retail", RETAIL_ROWS), ("iowa", IOWA, "iowa_liquor", IOWA_ROWS)],
)
def test_the_same_file_again_is_all_duplicates(
    stocktwin: Command,
    shared_data: Path,
    name: str,
    path: str,
    mapping: str,
    rows: int,
    request: pytest.FixtureRequest,
) -> None:
    data = request.getfixturevalue(name)
    before = stocktwin.sql(
        data, "SELECT entity, max(version) AS v, count() AS n FROM mart.v_movement GROUP BY entity"
    )
    counts = stocktwin.run(shared_data / path, data, "--map", mapping)
    assert counts == {"in": rows, "committed": 0, "refused": 0, "duplicate": rows, "waiting": 0, "late": 0}
    assert (
        stocktwin.sql(
            data, "SELECT entity, max(version) AS v, count() AS n FROM mart.v_movement GROUP BY entity"
        )
        == before
    )
    total = stocktwin.one(
        data, "SELECT sum(records_in) AS n, sum(committed) AS c, sum(duplicate) AS d FROM mart.v_intake"
    )
    assert total == {"n": 2 * rows, "c": rows, "d": rows}
