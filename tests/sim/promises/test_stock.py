"""What the promises ask of the fast ledger is what the reference holds."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pipelines.ledger.post import LedgerStep
from pipelines.ledger.promises.shapes import Refusal
from pipelines.ledger.promises.stock import LedgerStock
from tests.batches import batches
from tests.records import Record, Run
from tests.reference.admission.ledger import Truth
from tests.reference.exact import Refused, digits, site_of, time_ms
from tests.reference.masters import Item, base_qty
from tests.sim.streams import stream

UNITS = 1_000_000
UOMS = ["", "C62", "pcs", "箱", "kg", "g", "t", "l", "ml", "bottle", "shelf"]
QTYS = ["1", "2.5", "0.000001", "0.0005", "999999999999", "1000000000000", "3"]


def outcome(ask: object, *refusals: type[Exception]) -> object:
    """The answer, or the reason why there is none."""
    try:
        return ask() if callable(ask) else ask
    except refusals as no:
        return str(no.reason)  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", range(3))
def test_rows_are_what_lies_there(number: int, seed: int) -> None:
    """After every batch, for items asked before and for new ones; quantities, units, currencies, versions."""
    # standard valuation is the reference's alone so far
    records = [
        r for r in stream(seed + number, 120) if all(e.get("valuation") != "standard" for e in r.events)
    ]
    step, wanted, cuts = LedgerStep(), Truth(), [30, 60, 90, len(records)]
    stock = LedgerStock(step.state, lambda _: None)
    for batch in batches(Run(records), cuts):
        step.process(batch.events)
        for record in records[batch.first : batch.end]:
            wanted.post_record(record.events, record.arrived)
        shown = {
            (r["entity"], r["site"], r["item"], r["lot"], r["owner"]): Fraction(r["on_hand_qty"])
            for r in wanted.faces()["stock"]
        }
        for entity, site, item, owner in {(e, s, i, o) for e, s, i, _, o in shown}:
            found: dict[str, Fraction] = {}
            for row in stock.rows(entity, site, item, owner):
                assert site_of(row.place) == site
                assert 0 < row.version <= stock.version(entity)
                found[row.lot] = found.get(row.lot, Fraction(0)) + Fraction(row.qty, UNITS)
            mine = {k[3]: v for k, v in shown.items() if (*k[:3], k[4]) == (entity, site, item, owner)}
            assert {k: v for k, v in found.items() if v} == {k: v for k, v in mine.items() if v}, (
                entity,
                site,
                item,
                owner,
            )
    names = {entity for entity, *_ in shown}
    for name in names:
        assert stock.digits(name) == digits(wanted.accepted.entity(name).currency)
        assert stock.version(name) == wanted.accepted.entity(name).version


def test_quantities_are_read_as_the_reference_reads_them() -> None:
    base = {"source": "s", "time": "2025-01-01T00:00:00Z", "entity": "E"}
    items = {
        "PIECES": {}, "KILOS": {"uom": "kg", "uoms": {"箱": "12.5"}}, "HALVES": {"whole": False},
        "LOTS": {"tracking": "lot", "uoms": {"bottle": "6"}}, "ONES": {"tracking": "serial", "uom": "箱"},
    }  # fmt: skip
    sent = [{**base, "id": n, "type": "master.item", "item": n, **x} for n, x in items.items()]
    step, wanted = LedgerStep(), Truth()
    records = [Record([event], time_ms("2025-01-02T00:00:00Z")) for event in sent]
    for batch in batches(Run(records), [len(records)]):
        step.process(batch.events)
    for record in records:
        assert str(wanted.post_record(record.events, record.arrived)[0]) == "ok"
    stock = LedgerStock(step.state, lambda _: None)
    for name in items:
        item: Item = wanted.accepted.item("E", name)
        assert stock.tracked("E", name) == (item.tracking != "none")
        for uom in UOMS:
            for qty in QTYS:
                said = {"qty": qty, "uom": uom}
                a = outcome(lambda item=item, said=said: base_qty(item, said) * UNITS, Refused)
                ask = (name, int(Fraction(qty) * UNITS), uom)
                b = outcome(lambda ask=ask: stock.base_qty("E", *ask), Refusal)
                assert a == b, ask
