"""The maps that ship, on the real files: what comes out adds up to the published facts."""

import os
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.maps.check import check_map
from connectors.maps.errors import Refused
from connectors.maps.loading import SHIPPED
from connectors.pos import Mapper, PosSource
from tests.repo import ROOT
from tests.unit.connectors.maps.till_map import decode

DATA = Path(os.environ.get("STOCKTWIN_SHARED", ROOT.parent / "shared" / "data"))
RETAIL = DATA / "online-retail" / "online_retail_2010-12_2011-02.csv.gz"
IOWA = DATA / "iowa-liquor" / "iowa_liquor_2012-01-31_even_stores.csv.gz"


def have(path):
    return pytest.mark.skipif(not path.is_file(), reason=f"{path.name} is not on this machine")


def run(name, path, size=20_000):
    source = PosSource("till", [str(path)], Mapper.from_file(name))
    part = source.build(source.parts()[0], None)
    rows, events, refused = 0, [], []
    while (batch := part.next_batch(size, 8 << 20)) is not None:
        found = source.mappers[batch.decoder].decode(batch.data, batch.offsets, part.source_id)
        assert found.rec.tolist() == sorted(found.rec.tolist())
        events += found.events.to_pylist()
        refused += found.refused
        rows += len(batch)
    part.close()
    return rows, events, refused, part.source_id


def money(events, type_=""):
    """Revenue by the wire's own words: amount, or price times quantity; a return counts against it."""
    total = Decimal(0)
    for e in events:
        if not e["type"].startswith(type_ or "sale."):
            continue
        amount = Decimal(e["amount"]) if e.get("amount") is not None else None
        if amount is None:
            amount = (
                Decimal(e["unit_price"]) * Decimal(e["qty"])
                if e.get("unit_price") is not None
                else Decimal(0)
            )
        total += -amount if e["type"] == "sale.return" else amount
    return total


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda p: p.stem)
def test_a_shipped_map_has_no_mistake(path):
    assert check_map(path) == []
    assert Mapper.from_file(path.stem).digest == Mapper.from_file(path).digest


@have(RETAIL)
def test_online_retail():
    rows, events, refused, source_id = run("online_retail", RETAIL)
    assert (rows, len(events), refused) == (105_335, 105_335, [])
    assert money(events) == Decimal("1807019.93")
    credit = [e for e in events if e["document"].startswith("C")]
    assert len(credit) == 1_904
    assert money(credit) == Decimal("-231722.66")
    assert sum(e["type"] == "sale.charge" for e in credit) == 109
    assert {e["type"] for e in credit} == {"sale.charge", "sale.return"}
    issues = Counter(e["reason"] for e in events if e["type"] == "stock.issue")
    assert issues.total() == 214
    assert issues == {"unknown": 203, "damaged": 5, "write_off": 5, "gift": 1}
    units = {"sale.delivery": 1, "sale.return": -1, "stock.issue": -1}
    goods = [e for e in events if e["type"] in units]
    assert sum(units[e["type"]] * int(e["qty"]) for e in goods if e["item"] == "85123A") == 10_621
    assert len({e["id"] for e in events}) == rows
    assert events[0] | {"source": ""} == {
        "id": f"{source_id}-0", "source": "", "seq": "0", "time": "2010-12-01T08:26:00Z",
        "type": "sale.delivery", "entity": "online-retail", "item": "85123A", "site": "WAREHOUSE", "qty": "6",
        "unit_price": "2.55",
        "document": "536365", "channel": "United Kingdom", "customer": "17850",
    } | {k: None for k in events[0] if events[0][k] is None}  # fmt: skip


@have(RETAIL)
def test_online_retail_vouchers_and_collars_are_goods():
    _, events, _, _ = run("online_retail", RETAIL)
    codes = {e["code"] for e in events if e["type"] == "sale.charge"}
    assert codes == {"POST", "DOT", "C2", "M", "m", "D", "S", "AMAZONFEE", "BANK CHARGES"}
    items = {e["item"] for e in events if e["type"] != "sale.charge"}
    assert {"DCGS0003", "gift_0001_20", "DCGSSBOY"} <= items
    assert not items & codes


@have(IOWA)
def test_iowa_liquor():
    rows, events, refused, source_id = run("iowa_liquor", IOWA, size=777)
    assert (rows, refused) == (4_730, [])
    receipts = [e for e in events if e["type"] == "stock.receipt"]
    sold = [e for e in events if e["type"] == "sale.delivery"]
    assert (len(receipts), len(sold)) == (4_727, 4_730)
    assert money(sold) == Decimal("514764.70")
    cogs = sum(Decimal(e["unit_cost"]) * Decimal(e["qty"]) for e in receipts)
    assert cogs == Decimal("342774.90")
    assert money(sold) - cogs == Decimal("171989.80")
    assert sum(int(e["qty"]) for e in sold) == 40_632
    bare = [e for e in sold if e["amount"] is None]
    assert len(bare) == 3
    assert all(e["unit_price"] is None for e in bare if "unit_price" in e)
    assert all("." not in e["id"] for e in bare)
    assert [e["id"] for e in events[:2]] == [f"{source_id}-0.1", f"{source_id}-0.2"]
    assert {e["time"] for e in events} == {"2012-01-31T06:00:00Z"}
    assert {e["uom"] for e in events} == {"bottle"}


@have(IOWA)
def test_the_same_file_twice_has_the_same_ids():
    assert run("iowa_liquor", IOWA, size=100)[1] == run("iowa_liquor", IOWA, size=4_000)[1]


BENDS = [b'"', b'""', b",", b"\x00", b"9" * 15, b" ", "é".encode(), b"\xff", b"-", b"\r", b"."]


@pytest.mark.parametrize(("name", "path"), [pytest.param("online_retail", RETAIL, marks=have(RETAIL)),
                                            pytest.param("iowa_liquor", IOWA, marks=have(IOWA))])  # fmt: skip
def test_bent_rows_are_judged_alike_by_both_ways(name, path):
    part = PosSource("till", [str(path)], Mapper.from_file(name)).build(str(path), None)
    records = part.next_batch(3_000, 8 << 20).data.to_pylist()
    part.close()
    rnd = random.Random(20)
    for n in range(0, len(records), 2):
        row = bytearray(records[n])
        for _ in range(rnd.randint(1, 3)):
            at = rnd.randrange(len(row))
            row[at : at + rnd.randint(0, 3)] = rnd.choice([*BENDS, b""])
        records[n] = bytes(row) or b"x"
    found = decode(part.mapper, records)
    assert found == [part.mapper.decode_row(r, n, "f" * 16) for n, r in enumerate(records)]
    reasons = Counter(f.reason for f in found if isinstance(f, Refused))
    assert {"bad_type", "bad_encoding", "bad_time"} <= reasons.keys()


def test_masters_are_stable():
    masters = Mapper.from_file("online_retail").masters()
    assert masters == Mapper.from_file("online_retail").masters()
    assert [(m["type"], m.get("currency")) for m in masters] == [
        ("master.entity", "GBP"),
        ("master.site", None),
    ]
    assert all(
        m["entity"] == m["source"] == "online-retail" and m["id"].startswith("master-") for m in masters
    )
    assert Mapper.from_file("iowa_liquor").masters()[0]["currency"] == "USD"
