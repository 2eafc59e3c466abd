"""Cards: found, checked strictly, named in both languages, and their values bound as values."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from sinks.serving import board_words
from sinks.serving.board_bind import bind
from sinks.serving.board_post import FormError, event_of
from sinks.serving.board_rows import exact, rows
from sinks.serving.boards import CardError, discover, pages

GOOD = """
title: {zh: 牌, en: Card}
kind: table
page_title: {zh: 此刻, en: Now}
columns:
  - {name: item, zh: 物料, en: Item}
"""


def write(
    root: Path, name: str, sql: str = "SELECT item FROM mart.v_stock_now", card: str | None = GOOD
) -> None:
    """A card in the room `stock` of a folder of views."""
    room = root / "stock"
    room.mkdir(exist_ok=True)
    (room / f"board_{name}.sql").write_text(sql, encoding="utf-8")
    if card is not None:
        (room / f"board_{name}.yml").write_text(card, encoding="utf-8")


def test_shipped_cards_are_found_and_cover_the_board() -> None:
    cards = discover()
    names = {card.name for card in cards}
    assert {
        "freshness",
        "value",
        "today",
        "flow",
        "negative",
        "uncosted",
        "refused",
        "waiting",
        "count_diff",
        "late",
        "stock",
        "channels",
        "hours",
        "refusals",
        "intake",
        "item",
        "moves",
        "event",
        "known",
        "corrections",
        "periods",
        "certificate",
        "late_effects",
    } <= names
    assert pages(cards)[0]["id"] == "now"
    drill = {card.name: card.params for card in cards if not card.live}
    assert drill["moves"] == drill["known"] == ("entity", "item", "lot", "owner", "site")
    assert [page["id"] for page in pages(cards) if page["printable"]] == ["certificate"]
    assert all("sql" not in card.public() for card in cards)


def test_a_later_part_adds_a_card_by_adding_two_files(tmp_path: Path) -> None:
    write(tmp_path, "one")
    assert [card.name for card in discover(tmp_path)] == ["one"]
    write(tmp_path, "two", "SELECT item FROM mart.v_x WHERE item = {item:String} AND {search:String} = ''")
    two = next(card for card in discover(tmp_path) if card.name == "two")
    assert (two.params, two.given, two.live) == (("item",), {"search"}, False)


@pytest.mark.parametrize(("sql", "card", "says"), [
    ("SELECT 1", GOOD, "reads no face"),
    ("SELECT item FROM mart.v", None, "no board_bad.yml beside it"),
    ("SELECT item FROM mart.v", GOOD + "colour: red\n", "colour: Extra inputs"),
    ("SELECT item FROM mart.v", GOOD.replace("zh: 物料, ", ""), "columns.0.zh: Field required"),
    ("SELECT item FROM mart.v", GOOD.replace("page_title:", "about:"), "nobody titles the page"),
    ("SELECT item FROM mart.v", GOOD + "key: [lot]\n", "lot is not among the columns"),
    ("SELECT item FROM mart.v", GOOD.replace("en: Item", "en: Item, opens: it"), "opens it, which"),
    ("SELECT item FROM mart.v", "title: {zh: [\n", ":2: "),
])  # fmt: skip
def test_a_bad_card_says_place_what_and_cure(tmp_path: Path, sql: str, card: str | None, says: str) -> None:
    write(tmp_path, "bad", sql, card)
    with pytest.raises(CardError) as error:
        discover(tmp_path)
    assert says in str(error.value)
    assert str(error.value).startswith("sinks/views/stock/board_bad.")


def test_values_reach_the_page_exactly() -> None:
    assert [exact(Decimal(text)) for text in ("12.500000", "-0.0000", "1000", "1E+3", "0.000001")] == [
        "12.5",
        "0",
        "1000",
        "1000",
        "0.000001",
    ]
    assert exact(2**63) == "9223372036854775808"
    assert exact(datetime(2026, 1, 2, 3, 4, 5, 6000, UTC)) == "2026-01-02T03:04:05.006Z"
    table = pa.table(
        {"a": pa.array([Decimal("1.10")], pa.decimal128(18, 4)), "b": pa.array(["x"]).dictionary_encode()}
    )
    assert rows(table, ["b", "a"]) == [["x", "1.1"]]
    with pytest.raises(KeyError, match="answers no column c; it answers a, b"):
        rows(table, ["c"])


def test_binding_never_reads_a_value_as_sql() -> None:
    evil = "x' OR 1=1 -- \\' {b:String}\0\n"
    assert bind("SELECT {a:String}, {b:Int64}", {"a": evil, "b": 7}) == (
        "SELECT 'x\\' OR 1=1 -- \\\\\\' {b:String}\\0\\n', toInt64(7)"
    )
    for parameters, error in (({}, KeyError), ({"a": 1}, ValueError), ({"a": None}, ValueError)):
        with pytest.raises(error):
            bind("SELECT {a:String}", parameters)


def test_a_form_becomes_the_canonical_event() -> None:
    form = {
        "type": "stock.receipt",
        "entity": "E",
        "id": "i-1",
        "item": " milk ",
        "site": "S1",
        "qty": "12",
        "unit_cost": "5.20",
        "lot": "",
    }
    assert event_of(form, 1_800_000_000_123) == {
        "id": "i-1",
        "source": "board",
        "time": "2027-01-15T08:00:00.123Z",
        "type": "stock.receipt",
        "entity": "E",
        "trust": "red",
        "item": "milk",
        "site": "S1",
        "qty": "12",
        "unit_cost": "5.20",
    }


@pytest.mark.parametrize(("change", "says"), [
    ({"type": "period.close"}, "type: only"), ({"trust": "green"}, "trust: not a field"),
    ({"qty": 12}, "qty: a text"),
    ({"id": " "}, "id: missing"), ({"item": "x" * 300}, "item: a text of at most"),
])  # fmt: skip
def test_a_form_that_is_no_event_is_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(FormError, match=says):
        event_of(
            {"type": "stock.count", "entity": "E", "id": "i", "item": "a", "site": "s", "qty": "1", **change},
            0,
        )


def test_words_are_there_in_both_languages() -> None:
    words = board_words.words()
    assert {"negative_stock", "stock.receipt", "@supplier", "uncosted"} <= words.keys()
    assert all(text["zh"] and text["en"] for text in words.values())
    assert [form["type"] for form in board_words.forms()] == ["stock.receipt", "sale.delivery", "stock.count"]
