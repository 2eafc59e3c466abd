"""The row path: numbers to the last digit, texts, forms; each mistake has its own reason."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.intake.parsing import Refused
from pipelines.intake.strict import Row, canonical, decode_row, integer_of
from schemas.examples import example
from schemas.reasons import Reason
from schemas.registry import EVENT_TYPES

ARRIVED = 1_800_000_000_000
DIGITS = st.text("0123456789", min_size=1, max_size=45)
NUMBERS = st.tuples(
    st.sampled_from(["", "-"]),
    DIGITS,
    st.sampled_from(["", "."]),
    DIGITS,
    st.sampled_from(["", "e", "E+", "e-"]),
    st.integers(0, 45),
)


def row(name: str, /, **change: Any) -> Row:
    event = {**example(name), **change}
    return decode_row(json.dumps(event, ensure_ascii=False).encode(), ARRIVED)


def reason(name: str, /, **change: Any) -> str:
    with pytest.raises(Refused) as caught:
        row(name, **change)
    return str(caught.value.reason)


@given(NUMBERS, st.sampled_from([0, 4, 6, 8]))
def test_a_number_is_kept_exactly_or_refused(parts: tuple[str, str, str, str, str, int], places: int) -> None:
    sign, whole, point, fraction, e, exponent = parts
    whole = whole.lstrip("0") or "0"
    text = sign + whole + (point + fraction if point else "") + (f"{e}{exponent}" if e else "")
    scaled = Fraction(text) * 10**places
    if scaled.denominator != 1:
        wanted: int | str = "scale"
    else:
        wanted = int(scaled) if abs(scaled) < 10**18 else "range"
    try:
        found: int | str = integer_of("n", text, places)
    except Refused as refused:
        found = str(refused.reason)
    assert found == wanted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1e999999999", "range"),
        ("-1e999999999999999999", "range"),
        ("1e-999999999", "scale"),
        ("0e999999999", 0),
        ("9" * 40, "range"),
        (str(2**63), "range"),
        ("1." + "0" * 60 + "1", "scale"),
        ("NaN", "bad_type"),
        ("Infinity", "bad_type"),
        ("", "bad_type"),
        ("1,5", "bad_type"),
        ("１", "bad_type"),
        ("01", "bad_type"),
        ("+1", "bad_type"),
        ("1.", "bad_type"),
        (".5", "bad_type"),
        ("0x1", "bad_type"),
        ("9" * 1_000_000, "range"),
    ],
    ids=lambda v: str(v)[:24],
)
def test_numbers_on_the_edge(text: str, why: int | str) -> None:
    try:
        found: int | str = integer_of("n", text, 6)
    except Refused as refused:
        found = str(refused.reason)
    assert found == why


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        (" TEA \t", "TEA"),
        ("e\u0301", "é"),
        ("\u3000乌龙茶\u3000", "乌龙茶"),
        ("ﬁ", "ﬁ"),
        ("Å", "Å"),
        ("é" * 128, "é" * 128),
        ("tea", "tea"),
        ("TEA", "TEA"),
    ],
)
def test_a_text_is_nfc_and_trimmed_and_keeps_its_case(given_: str, kept: str) -> None:
    assert row("stock.issue", item=given_)["item"] == kept


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ("x" * 257, "range"),
        ("é" * 129, "range"),
        ("a\x00b", "bad_type"),
        ("a\x7fb", "bad_type"),
        ("a\x85", "bad_type"),
        ("\x1fa", "bad_type"),
        ("a\nb", "bad_type"),
        (7, "bad_type"),
        (True, "bad_type"),
        (["a"], "bad_type"),
        ("", "missing_field"),
        (" ", "missing_field"),
        (None, "missing_field"),
        ("@loss/unknown", "bad_identifier"),
    ],
)
def test_a_text_that_is_none(item: Any, why: str) -> None:
    assert reason("stock.issue", item=item) == why


def test_a_lone_surrogate_is_refused_and_can_be_told() -> None:
    raw = json.dumps({**example("stock.issue"), "item": "\ud800"}).encode()
    with pytest.raises(Refused) as caught:
        decode_row(raw, ARRIVED)
    assert caught.value.reason is Reason.BAD_ENCODING
    raw = json.dumps({**example("stock.issue"), "\udc00": 1, "id": "\ud800"}).encode()
    with pytest.raises(Refused) as caught:
        decode_row(raw, ARRIVED)
    assert caught.value.reason is Reason.UNKNOWN_FIELD
    assert (caught.value.detail + caught.value.event_id).encode(), "what a table cannot hold is not told"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("master.item", {"gtin": "06291041500214"}),
        ("master.item", {"gtin": "6291041500219"}),
        ("master.item", {"gtin": "1234567"}),
        ("master.item", {"item": "@x"}),
        ("master.site", {"site": "@x"}),
        ("master.site", {"site": "S1/A"}),
        ("master.site", {"tz": "Mars/Phobos"}),
        ("master.site", {"day_cut_off": "25:00"}),
        ("master.entity", {"tz": "Asia"}),
        ("master.entity", {"currency": "Yuan"}),
        ("stock.transfer", {"from_site": "@count"}),
        ("stock.transfer", {"to_site": "@count"}),
        ("sale.delivery", {"site": "@supplier"}),
        ("period.close", {"period": "2026-13"}),
    ],
)
def test_what_cannot_be_is_a_bad_identifier(name: str, change: dict[str, str]) -> None:
    assert reason(name, **change) == "bad_identifier"


def test_a_gtin_is_kept_with_14_digits() -> None:
    assert '"gtin":"06291041500213"' in str(row("master.item", gtin="6291041500213")["attrs"])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"uoms": {"箱": "24", "CS": "12"}}, "duplicate_key"),
        ({"uoms": {"箱": "0"}}, "range"),
        ({"uoms": {"箱": "-1"}}, "range"),
        ({"uoms": {"箱": "x"}}, "bad_type"),
        ({"uoms": {"": "1"}}, "bad_type"),
        ({"uoms": {"箱": "0.0000001"}}, "scale"),
        ({"uoms": ["箱"]}, "bad_type"),
        ({"name": {"de": "Tee"}}, "unknown_field"),
        ({"name": "Tee"}, "bad_type"),
        ({"whole": "yes"}, "bad_type"),
        ({"tracking": "batch"}, "range"),
    ],
)
def test_masters(change: dict[str, Any], why: str) -> None:
    assert reason("master.item", **change) == why


GIFT = {"type": "stock.issue", "item": "X", "site": "A", "qty": "1", "reason": "gift"}


def test_a_movement_inside_an_event_is_read_as_one() -> None:
    """Its values are those of its own fields: what means the same is the same event."""
    field = EVENT_TYPES["stock.pending"].field("movement")
    assert canonical(field, GIFT | {"qty": "2.50", "lot": " L1 "}) == GIFT | {"qty": 2_500_000, "lot": "L1"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, "not_yet"),
        ({"type": "stock.count"}, "not_allowed"),
        ({"type": ""}, "not_allowed"),
        ({"type": 7}, "bad_type"),
        ({"reason": None}, "missing_field"),
        ({"supplier": "S"}, "unknown_field"),
        ({"id": "1"}, "unknown_field"),
        ({"expect_version": 1}, "unknown_field"),
        ({"qty": "0"}, "range"),
        ({"qty": "x"}, "bad_type"),
        ({"reason": "because"}, "range"),
        ({"item": "@X"}, "bad_identifier"),
    ],
)
def test_a_movement_that_does_not_read(change: dict[str, Any], why: str) -> None:
    assert reason("stock.pending", movement=GIFT | change) == why


def test_a_receipt_that_is_pending_needs_its_cost() -> None:
    said = {"type": "stock.receipt", "item": "X", "site": "A", "qty": "1"}
    assert reason("stock.pending", movement=said) == "missing_field"
    assert reason("stock.pending", movement=said | {"amount": "3"}) == "not_yet"
