"""The SQL faces of corrections, periods and as-of show what the slow reference says, for every truth case and
for random worlds.

All ledgers lie in one store, each under entities of its own; a face is asked once and compared ledger by
ledger.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sinks.clickhouse import Store
from sinks.serving.board_bind import bind
from sinks.serving.boards import discover
from tests.casefiles.recorded import Recorded
from tests.conftest import SEED
from tests.records import Record, Row
from tests.reference.exact import time_text
from tests.repo import fail_on
from tests.unit.sinks.truth_store import WORLDS, all_ledgers, bag, ledger_of, load, of_store


@pytest.fixture(scope="module")
def ledgers() -> dict[str, Recorded]:
    """Every ledger by the prefix of its entities."""
    return all_ledgers()


@pytest.fixture(scope="module")
def loaded(engine: Store, ledgers: dict[str, Recorded]) -> Store:
    """The store with the tables of all of them."""
    return load(engine, ledgers)


def compare(
    store: Store,
    ledgers: dict[str, Recorded],
    sql: str,
    columns: str,
    wanted: Callable[[Recorded], list[Row]],
) -> int:
    """Fail on the first differences; the number of rows compared."""
    found, names, problems, compared = of_store(store, sql), columns.split(), [], 0
    for prefix, ledger in ledgers.items():
        a, b = bag(wanted(ledger), names), bag(found[prefix], names)
        compared += sum(a.values())
        problems += [f"{prefix}: reference only {row}" for row in (a - b).elements()]
        problems += [f"{prefix}: SQL only {row}" for row in (b - a).elements()]
    fail_on(problems[:40])
    return compared


def summed(rows: list[Row], keys: str, sums: str) -> list[Row]:
    """Rows summed by keys; those of nothing are left out."""
    total: dict[Any, list[Any]] = defaultdict(lambda: [0] * len(sums.split()))
    for row in rows:
        at = total[tuple(row[k] for k in keys.split())]
        for i, name in enumerate(sums.split()):
            at[i] += row[name]
    return [
        dict(zip(keys.split(), key, strict=True)) | dict(zip(sums.split(), values, strict=True))
        for key, values in total.items()
        if any(values)
    ]


FACES: dict[str, tuple[str, str, Callable[[Recorded], list[Row]]]] = {
    "movement": (
        "SELECT * FROM mart.v_movement",
        ("entity version event_id source type period item lot owner from_place to_place qty value_amt "
        "corrects_event"),
        lambda r: [
            row | {"corrects_event": row["corrects_id"]}
            for row in r.face("line")
            if row["qty"] or row["value_amt"]
        ],
    ),
    "period_balance": (
        ("SELECT *, net_qty AS qty, net_amt AS value_amt FROM mart.v_period_balance "
        "WHERE net_qty != 0 OR net_amt != 0"),
        "entity period place item owner qty value_amt",
        lambda r: summed(r.face("period_balance"), "entity period place item owner", "qty value_amt"),
    ),
    "profit": (
        "SELECT * FROM mart.v_profit",
        "entity period revenue_amt cogs_amt other_amt profit_amt",
        lambda r: r.face("profit"),
    ),
    "certificate": (
        "SELECT * FROM mart.v_cutoff_certificate",
        "entity period booked_period event_id version stock_qty stock_amt cogs_amt profit_amt",
        lambda r: r.face("prior_period"),
    ),
    "cogs": (
        "SELECT * FROM mart.v_cogs",
        "entity event_id item site channel qty cogs_amt provisional_amt state",
        lambda r: r.face("cogs"),
    ),
    "sale": (
        "SELECT * FROM mart.v_sale",
        ("entity version event_id document item site channel customer kind qty revenue_amt discount_amt "
        "tax_amt"),
        lambda r: r.face("sale"),
    ),
    "exposure": (
        "SELECT *, line_n AS deliveries FROM mart.v_exposure",
        "entity item site state deliveries cogs_amt provisional_amt",
        lambda r: r.face("exposure"),
    ),
    "accuracy": (
        "SELECT * FROM mart.v_stock_accuracy WHERE counted_qty != 0 OR book_qty != 0",
        "entity site item counted_qty book_qty diff_qty diff_value_amt",
        lambda r: summed(r.face("count"), "entity site item", "counted_qty book_qty diff_qty diff_value_amt"),
    ),
    "history": (
        ("SELECT *, if(valid_to = 18446744073709551615, '', toString(valid_to)) AS until "
        "FROM mart.v_cogs_history"),
        "entity event_id valid_from until cogs_amt",
        lambda r: [row | {"until": str(row["valid_to"])} for row in r.face("history")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("face", FACES)
def test_a_face_shows_what_the_reference_says(loaded: Store, ledgers: dict[str, Recorded], face: str) -> None:
    assert compare(loaded, ledgers, *FACES[face]) > 20


def moments(ledgers: dict[str, Recorded]) -> list[tuple[int, str]]:
    """(as_of in ms, known_at of the reference) at random, among what happened and what was learned."""
    rng = random.Random(f"{SEED} moments")
    at = sorted({line.key.at for ledger in ledgers.values() for line in ledger.accepted.lines})
    arrived = sorted({line.recorded for ledger in ledgers.values() for line in ledger.accepted.lines})
    found = [(rng.choice(at), known) for known in ("now", "now", "v3", "v7", "v20")]
    return found + [
        (rng.choice(at) + rng.choice([-1, 0, 1]), time_text(rng.choice(arrived))) for _ in range(9)
    ]


def test_stock_as_of_on_both_clocks(loaded: Store, ledgers: dict[str, Recorded]) -> None:
    compared = 0
    for at, known in moments(ledgers):
        until = time_text(at)
        face = f"v_stock_as_of(as_of='{until}', known_at='{known}')"
        if known.startswith("v"):
            face = f"v_stock_as_of_version(as_of='{until}', known_version={known[1:]})"
        compared += compare(
            loaded, ledgers, f"SELECT * FROM mart.{face} WHERE on_hand_qty != 0 OR value_amt != 0",
            "entity site item lot owner on_hand_qty value_amt",
            lambda r, u=until, k=known: r.face(f"stock_as_of@{u}@{k}"),
        )  # fmt: skip
    assert compared > 200


def test_one_item_is_as_in_the_whole(loaded: Store, ledgers: dict[str, Recorded]) -> None:
    """v_stock_as_of_item computes a share with its own SQL."""
    entities = [f"world-{n}:E" for n in range(WORLDS)]
    columns, compared = ["site", "item", "lot", "owner", "on_hand_qty", "value_amt", "unit_cost"], 0
    for at, known in moments(ledgers)[5:9]:
        clocks = f"as_of='{time_text(at)}', known_at='{known}'"
        whole = loaded.query(f"SELECT * FROM mart.v_stock_as_of({clocks})").to_pylist()
        for entity in entities:
            one = loaded.query(
                f"SELECT * FROM mart.v_stock_as_of_item({clocks}, entity='{entity}', item='X')"
            ).to_pylist()
            wanted = [row for row in whole if (row["entity"], row["item"]) == (entity, "X")]
            assert bag(one, columns) == bag(wanted, columns), (clocks, entity)
            compared += len(one)
    assert compared > 40


def test_the_history_of_stock_holds_at_any_moment(loaded: Store, ledgers: dict[str, Recorded]) -> None:
    compared = 0
    for at, _ in moments(ledgers):
        until = time_text(at)
        compared += compare(
            loaded, ledgers,
            f"SELECT * FROM mart.v_stock_history WHERE on_hand_qty != 0 "
            f"AND valid_from <= fromUnixTimestamp64Milli({at}) AND fromUnixTimestamp64Milli({at}) < valid_to",
            "entity site item lot owner on_hand_qty",
            lambda r, u=until: [row for row in r.face(f"stock_as_of@{u}@now") if row["on_hand_qty"]],
        )  # fmt: skip
    assert compared > 200


def test_profit_and_certificates_give_what_an_open_period_would_show(
    loaded: Store, ledgers: dict[str, Recorded]
) -> None:
    """Profit by the period in which it happened does not depend on closes."""
    booked = of_store(loaded, "SELECT entity, period, profit_amt FROM mart.v_profit")
    moved = of_store(
        loaded, "SELECT entity, period, booked_period, profit_amt FROM mart.v_cutoff_certificate"
    )
    closed = 0
    for prefix, ledger in ledgers.items():
        if not moved[prefix]:
            continue
        total: dict[Any, Decimal] = defaultdict(Decimal)
        for row in booked[prefix]:
            total[row["entity"], row["period"]] += row["profit_amt"]
        for row in moved[prefix]:
            total[row["entity"], row["period"]] += row["profit_amt"]
            total[row["entity"], row["booked_period"]] -= row["profit_amt"]
        again = ledger_of([
            Record(events, record.arrived)
            for record in ledger.records
            if (events := [e for e in record.events if e["type"] != "period.close"])
        ])  # fmt: skip
        if set(again.accepted.version_of) != {
            k for k in ledger.accepted.version_of if ledger.accepted.log.events[k]["type"] != "period.close"
        }:
            continue  # without the close a count of the period would have been accepted
        wanted = {
            (r["entity"], r["period"]): r["profit_amt"] for r in again.face("profit") if r["profit_amt"]
        }
        assert {k: v for k, v in total.items() if v} == wanted, prefix
        closed += 1
    assert closed > 5


def asked(store: Store, card: str, **given: str) -> list[Row]:
    """The rows of a card of the board."""
    sql = next(each.sql for each in discover() if each.name == card)
    return store.query(bind(sql, given)).to_pylist()


def test_a_stock_card_adds_up_on_both_clocks(loaded: Store, ledgers: dict[str, Recorded]) -> None:
    """The balance after the last movement is that after the last commit."""
    now = "as_of='2026-01-01T00:00:00Z', known_at='now'"
    stock = loaded.query(
        f"SELECT * FROM mart.v_stock_as_of({now}) WHERE entity LIKE 'world%' "
        "AND item = 'X' AND site = 'A' LIMIT 9"
    ).to_pylist()
    corrected = 0
    for row in stock:
        place = {name: row[name] for name in ("entity", "site", "item", "lot", "owner")}
        moves, known = asked(loaded, "moves", **place), asked(loaded, "known", **place)
        assert moves[0]["running_qty"] == known[0]["known_qty"] == row["on_hand_qty"], place
        assert moves[0]["running_amt"] == known[0]["known_amt"], place
        corrections = asked(loaded, "corrections", **place)
        assert len(corrections) == sum(line["event_id"] != "" for line in corrections)
        corrected += len(corrections)
    assert corrected > 10


def test_a_certificate_adds_up(loaded: Store, ledgers: dict[str, Recorded]) -> None:
    """Its card is the sum of its lines, and the period list says the same."""
    certificates = 0
    late = [row for row in asked(loaded, "periods") if row["late_n"] and row["entity"].startswith("world")]
    for period in late[:9]:
        place = {name: period[name] for name in ("entity", "period")}
        (card,), lines = asked(loaded, "certificate", **place), asked(loaded, "late_effects", **place)
        assert card["late_profit_amt"] == period["late_profit_amt"] == sum(x["profit_amt"] for x in lines)
        assert card["late_n"] == len(lines)
        assert (card["state"] == "closed_period_state") == (card["closed_at"] is not None)
        assert lines == [] or lines[0]["running_profit_amt"] == card["late_profit_amt"]
        certificates += len(lines)
    assert certificates > 20
