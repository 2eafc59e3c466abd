"""The world: same seed same bytes, a believable day, every kind of trouble, a truth that adds up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from connectors.mock.world import START, World, main
from connectors.mock.world_catalogue import CATEGORIES, ITEMS, SITES
from connectors.mock.world_params import DAY_MS, RANGES, STORE_RANGES
from connectors.mock.world_trouble import REFUSED_AS
from schemas.derive import json_schema
from tests.unit.connectors.mock.world_books import Account, Books, instant, read

START_MS = int(datetime.fromisoformat(START).timestamp() * 1000)
SEEDS = (1, 7)


@cache
def happened(seed: int) -> tuple[World, list[tuple[int, bytes]]]:
    """Two days of a world, and all its records by arrival."""
    world = World(seed, START_MS)
    rows = [*world.events(START_MS + 2 * DAY_MS - 1), *world.finish()]
    return world, rows


@cache
def books_of(seed: int) -> tuple[Books, Counter[str]]:
    return read([line for _, line in happened(seed)[1]])


def sales(seed: int) -> Iterator[dict[str, Any]]:
    return (e for e in books_of(seed)[0].accepted.values() if e["type"] == "sale.delivery")


def test_same_seed_same_bytes_however_it_is_asked() -> None:
    """One long question and many short ones get the same records."""
    world = World(1, START_MS)
    rows = []
    for step in range(1, 60):
        rows += world.events(START_MS + step * 1_777_777)
    whole = happened(1)[1]
    assert rows == whole[: len(rows)]
    assert len(rows) > 20_000
    assert happened(7)[1][:2000] != whole[:2000]


def test_records_come_in_the_order_of_arrival_and_say_so() -> None:
    arrivals = [arrival for arrival, _ in happened(1)[1]]
    assert arrivals == sorted(arrivals)
    books = books_of(1)[0]
    assert all(instant(e["recordedtime"]) >= instant(e["time"]) for e in books.accepted.values())


def test_masters_come_first_and_all_items_move() -> None:
    kinds = [msgspec.json.decode(line)["type"] for _, line in happened(1)[1][:124]]
    assert kinds == ["master.entity"] + ["master.site"] * 3 + ["master.item"] * 120
    assert {e["item"] for e in sales(1)} == {i.code for i in ITEMS}
    assert len(ITEMS) == 120
    assert len(CATEGORIES) == 12


def test_every_type_of_event_occurs() -> None:
    kinds = Counter(e["type"] for e in books_of(1)[0].accepted.values())
    assert set(kinds) == {
        "master.entity", "master.site", "master.item", "stock.receipt", "stock.issue", "stock.transfer",
        "stock.count", "sale.delivery", "sale.charge", "sale.return", "purchase.return",
    }  # fmt: skip
    assert {e["channel"] for e in sales(1)} == {"store", "online", "platform"}
    reasons = {e["reason"] for e in books_of(1)[0].accepted.values() if e["type"] == "stock.issue"}
    assert reasons == {"damaged", "write_off", "expired"}
    assert any("discount" in e for e in sales(1))
    assert any(e.get("uom") == "箱" for e in books_of(1)[0].accepted.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_day_has_two_peaks_a_calm_noon_and_a_thin_night(seed: int) -> None:
    for site in SITES:
        by_hour = Counter(int(e["time"][11:13]) for e in sales(seed) if e["site"] == site)
        morning, noon = max(by_hour[h] for h in range(8, 12)), by_hour[14]
        evening, night = max(by_hour[h] for h in range(17, 20)), by_hour[3]
        assert morning > 2 * noon
        assert evening > 2 * noon
        assert 0 < night < noon / 3


def test_saturdays_are_fuller_than_fridays() -> None:
    friday = START_MS + 4 * DAY_MS
    days: Counter[int] = Counter()
    for arrival, line in World(3, friday).events(friday + 2 * DAY_MS - 1):
        days[(arrival - friday) // DAY_MS] += b'"sale.delivery"' in line
    assert days[1] > 1.1 * days[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_kind_of_trouble_gets_the_verdict_it_deserves(seed: int) -> None:
    books, verdicts = books_of(seed)
    kinds = set()
    for trouble in happened(seed)[0].truth()["troubles"]:
        kinds.add(trouble["kind"])
        if trouble["kind"] in REFUSED_AS:
            found = books.verdicts[trouble["source"], trouble["id"]]
            assert trouble["verdict"] in found, trouble
    assert kinds == {*REFUSED_AS, "offline", "return_first", "late_receipt"}
    deserved = Counter(t["verdict"] for t in happened(seed)[0].truth()["troubles"] if t["verdict"] != "ok")
    assert {k: n for k, n in verdicts.items() if k != "ok"} == deserved


@pytest.mark.parametrize("seed", SEEDS)
def test_returns_before_their_delivery_and_records_out_of_order(seed: int) -> None:
    seen: set[tuple[str, str]] = set()
    first = late = newest = 0
    for _, line in happened(seed)[1]:
        try:
            e = msgspec.json.decode(line)
            at = instant(e["time"])
        except (msgspec.DecodeError, ValueError, KeyError):
            continue
        seen.add((e["source"], e["id"]))
        if e["type"] == "sale.return":
            source, _, ident = e["returns"].rpartition("#")
            first += (source or e["source"], ident) not in seen
        late += at < newest - 300
        newest = max(newest, int(at))
    assert first >= 5
    assert late >= 50


@pytest.mark.parametrize("seed", SEEDS)
def test_truth_adds_up(seed: int) -> None:
    """Books as sent are the truth's books; what moved, less theft and lost papers, is the shelf."""
    held, moved = books_of(seed)[0].stock()
    truth = happened(seed)[0].truth()
    hidden: dict[Account, Fraction] = defaultdict(Fraction)
    for row in truth["thefts"]:
        hidden[row["site"], row["item"], row["lot"]] += Fraction(row["qty"])
    weighed = {i.code: i.weighed for i in ITEMS}
    for row in truth["unrecorded"]:
        if row["type"] != "stock.count":
            units = Fraction(row["units"], 1000 if weighed[row["item"]] else 1)
            hidden[row["site"], row["item"], row["lot"]] -= units
    stock = {(r["site"], r["item"], r["lot"]): r for r in truth["stock"]}
    assert len(stock) >= 300
    for account, row in stock.items():
        assert held[account] == Fraction(row["book_qty"]), account
        assert moved[account] - hidden[account] == Fraction(row["qty"]), account
    for account in {**held, **moved}.keys() - stock.keys():
        assert held[account] == 0, account
        assert moved[account] == hidden[account], account


def test_events_validate_against_the_json_schema() -> None:
    """A sample of each type; the spoiled ones are the intake's business."""
    by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for e in books_of(1)[0].accepted.values():
        by_type[e["type"]].append(e)
    for name, events in by_type.items():
        validator = Draft202012Validator(json_schema(name))
        for e in events[:: max(1, len(events) // 60)]:
            validator.validate(e)


def test_thieves_are_found_by_counts_only() -> None:
    truth = happened(1)[0].truth()
    assert len(truth["thefts"]) >= 20
    assert any(r["shelf_qty"] != r["book_qty"] for r in truth["counts"])
    assert not any(b"theft" in line for _, line in happened(1)[1])


def test_parameters_are_drawn_from_their_ranges() -> None:
    world = World(11, START_MS)
    for drawn, ranges in [(world.drawn, RANGES)] + [(s, STORE_RANGES) for s in world.stores]:
        assert drawn.keys() == ranges.keys()
        assert all(ranges[k].low <= v <= ranges[k].high for k, v in drawn.items())


def test_a_world_begins_at_midnight() -> None:
    with pytest.raises(ValueError, match="begins at midnight; give 00:00:00"):
        World(1, START_MS + 1)


def test_command_writes_events_and_truth(tmp_path: Path) -> None:
    import gzip

    out = tmp_path / "w.ndjson.gz"
    result = CliRunner().invoke(
        main, ["--out", str(out), "--seed", "1", "--days", "2", "--truth", str(tmp_path)]
    )
    assert result.exit_code == 0, result.output
    assert gzip.decompress(out.read_bytes()) == b"".join(line for _, line in happened(1)[1])
    names = {p.name for p in tmp_path.glob("*.ndjson")}
    assert names == {f"{n}.ndjson" for n in happened(1)[0].truth()}
