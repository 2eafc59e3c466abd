"""What must hold between faces, on the two public data sets: the sums of one are the figures of another.

Each identity is a SELECT that finds no row; those in the papers of the faces are asked too. What the files
say is added up here, line by line, without the system.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest

from sinks.faces import load_faces
from tests.e2e.process import Command
from tests.e2e.real.files import IOWA, RETAIL, lines_of

pytestmark = pytest.mark.e2e

SERVICES = {"POST", "DOT", "C2", "M", "m", "D", "S", "B", "CRUK", "AMAZONFEE", "BANK CHARGES"}

# Each movement twice: as it reaches a place and, with the other sign, as it leaves one.
SIDES = """
    SELECT entity, splitByChar('/', to_place)[1] AS site, to_place AS place, item, lot, owner, period,
           qty, value_amt FROM mart.v_movement
    UNION ALL
    SELECT entity, splitByChar('/', from_place)[1], from_place, item, lot, owner, period,
           -qty, -value_amt FROM mart.v_movement"""

IDENTITIES = {
    "each record is committed, refused, duplicate or waiting": """
        SELECT * FROM mart.v_intake WHERE records_in != committed + refused + duplicate + waiting""",
    "each refusal that is counted is kept": """
        SELECT 1 WHERE (SELECT sum(refused) FROM mart.v_intake) != (SELECT count() FROM mart.v_refusal)""",
    "each record that is counted as waiting waits": """
        SELECT 1 WHERE (SELECT sum(waiting) FROM mart.v_intake) != (SELECT count() FROM mart.v_waiting)""",
    "stock is the sum of its movements": f"""
        SELECT * FROM (
            SELECT entity, site, item, lot, owner, sum(qty) AS q, sum(value_amt) AS v FROM ({SIDES})
            WHERE NOT startsWith(site, '@') GROUP BY ALL
        ) AS m FULL OUTER JOIN mart.v_stock_now AS s USING (entity, site, item, lot, owner)
        WHERE m.q != s.on_hand_qty OR m.v != s.value_amt""",
    "stock as of the end of time is the stock now": """
        SELECT * FROM mart.v_stock_as_of(as_of='2199-01-01T00:00:00Z', known_at='now') AS t
        FULL OUTER JOIN mart.v_stock_now AS s USING (entity, site, item, lot, owner)
        WHERE t.on_hand_qty != s.on_hand_qty OR t.value_amt != s.value_amt""",
    "no goods, no value": """
        SELECT * FROM mart.v_stock_now WHERE on_hand_qty = 0 AND value_amt != 0""",
    "what a place booked in its periods is what was moved there": f"""
        SELECT * FROM (
            SELECT entity, period, place, item, owner, sum(qty) AS q, sum(value_amt) AS v FROM ({SIDES})
            GROUP BY ALL
        ) AS m FULL OUTER JOIN mart.v_period_balance AS b USING (entity, period, place, item, owner)
        WHERE m.q != b.net_qty OR m.v != b.net_amt""",
    "what a sale cost and moved is what went to the customer": """
        SELECT * FROM (
            SELECT entity, event_id, sum(if(startsWith(to_place, '@customer'), qty, -qty)) AS q,
                   sum(if(startsWith(to_place, '@customer'), value_amt, -value_amt)) AS v
            FROM mart.v_movement
            WHERE startsWith(to_place, '@customer') OR startsWith(from_place, '@customer') GROUP BY ALL
        ) AS m
        FULL OUTER JOIN (SELECT * FROM mart.v_sale WHERE kind != 'charge') AS s USING (entity, event_id)
        WHERE m.q != s.qty OR m.v != s.cogs_amt""",
    "v_sale and v_cogs tell the same of each sale": """
        SELECT * FROM mart.v_cogs AS c
        FULL OUTER JOIN (SELECT * FROM mart.v_sale WHERE kind != 'charge') AS s USING (entity, event_id)
        WHERE c.cogs_amt != s.cogs_amt OR c.qty != s.qty OR c.state != s.cogs_state""",
    "margin is revenue less cost": """
        SELECT * FROM mart.v_sale WHERE margin_amt != revenue_amt - cogs_amt""",
    "a charge moves nothing and costs nothing": """
        SELECT * FROM mart.v_sale WHERE kind = 'charge' AND (qty != 0 OR cogs_amt != 0)""",
    "each event of the ledger is one version": """
        SELECT event_id FROM mart.v_movement WHERE cause_event = ''
        GROUP BY entity, source, event_id, type HAVING uniqExact(version) > 1""",
}
PAPERS = {f"{f.name}: {name}": sql for f in load_faces() for name, sql in f.identities.items()}


def left_unsold(line: dict[str, str]) -> bool:
    """Less than nothing on an invoice that is no credit note, of goods: thrown away, lost, given away."""
    return (
        int(line["Quantity"]) < 0
        and not line["InvoiceNo"].startswith("C")
        and line["StockCode"].strip() not in SERVICES
    )


def cents(amount: Decimal) -> Decimal:
    """An amount as a ledger in pounds or dollars posts it."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN)


@pytest.mark.parametrize("name", ["retail", "iowa"])
def test_identities_hold(stocktwin: Command, name: str, request: pytest.FixtureRequest) -> None:
    data = request.getfixturevalue(name)
    asked = {**IDENTITIES, **PAPERS}
    selects = [
        f"SELECT {n} AS number, count() AS rows FROM ({sql.rstrip()})" for n, sql in enumerate(asked.values())
    ]
    found = {int(row["number"]): int(row["rows"]) for row in stocktwin.sql(data, " UNION ALL ".join(selects))}
    assert len(found) == len(asked)
    assert {list(asked)[n]: rows for n, rows in found.items() if rows} == {}


def test_the_faces_compared_hold_something(stocktwin: Command, retail: Path, iowa: Path) -> None:
    """An identity between empty faces says nothing."""
    faces = ("v_movement", "v_stock_now", "v_cogs", "v_sale", "v_period_balance", "v_intake")
    counts = ", ".join(f"(SELECT count() FROM mart.{face}) AS {face}" for face in faces)
    for data in (retail, iowa):
        assert min(stocktwin.one(data, f"SELECT {counts}").values()) > 0


def test_the_revenue_of_an_invoice_is_the_sum_of_its_lines(
    stocktwin: Command, retail: Path, shared_data: Path
) -> None:
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines_of(shared_data / RETAIL):
        if not left_unsold(line):
            wanted[line["InvoiceNo"]] += cents(int(line["Quantity"]) * Decimal(line["UnitPrice"]))
    rows = stocktwin.sql(
        retail, "SELECT document, sum(revenue_amt) AS revenue FROM mart.v_sale GROUP BY document"
    )
    assert {row["document"]: Decimal(row["revenue"]) for row in rows} == wanted


def test_what_is_on_hand_is_what_the_lines_leave(stocktwin: Command, retail: Path, shared_data: Path) -> None:
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines_of(shared_data / RETAIL):
        if line["StockCode"].strip() not in SERVICES:
            qty = Decimal(line["Quantity"])
            wanted[line["StockCode"].strip()] -= -qty if left_unsold(line) else qty
    rows = stocktwin.sql(retail, "SELECT item, sum(on_hand_qty) AS q FROM mart.v_stock_now GROUP BY item")
    assert {row["item"]: Decimal(row["q"]) for row in rows} == wanted


def test_revenue_cost_and_stock_of_a_store_are_those_of_its_lines(
    stocktwin: Command, iowa: Path, shared_data: Path
) -> None:
    wanted: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for line in lines_of(shared_data / IOWA):
        bottles, cost = Decimal(line["bottles_sold"]), line["state_bottle_cost"].strip()
        sums = wanted[line["store_number"], line["item_number"]]
        sums[0] += Decimal(line["sale_dollars"] or 0)
        sums[1] += cents(bottles * Decimal(cost or 0))
        sums[2] -= Decimal(0) if cost else bottles  # sold without having come
    rows = stocktwin.sql(
        iowa,
        "SELECT s.site AS site, s.item AS item, any(t.on_hand_qty) AS q, "
        "sum(s.revenue_amt) AS revenue, sum(s.cogs_amt) AS cogs "
        "FROM mart.v_sale AS s LEFT ANY JOIN mart.v_stock_now AS t USING (site, item) GROUP BY site, item",
    )
    found = {(r["site"], r["item"]): [Decimal(r[name]) for name in ("revenue", "cogs", "q")] for r in rows}
    assert found == wanted
