"""Check digits: published identifiers pass, every single mistake is caught."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import (
    KINDS,
    BadIdentifier,
    check,
    gs1_check_digit,
    is_valid,
    short_gtin,
    uscc_check_character,
)
from schemas.reasons import Reason

USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BODIES = st.sampled_from([7, 11, 12, 13, 17]).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))
KIND_OF_LENGTH = {8: "gtin8", 12: "gtin12", 13: "gtin13", 14: "gtin14", 18: "sscc"}


@pytest.mark.parametrize(
    ("kind", "text", "normal"),
    [
        ("gtin", "6291041500213", "06291041500213"),
        ("gtin13", "4006381333931", "04006381333931"),
        ("gtin12", "036000291452", "00036000291452"),
        ("gtin8", "73513537", "00000073513537"),
        ("gtin14", "12312312312333", "12312312312333"),
        ("gln", "4012345000009", "4012345000009"),
        ("sscc", "006141411234567890", "006141411234567890"),
        ("uscc", "91350100M000100Y43", "91350100M000100Y43"),
    ],
)
def test_known_identifiers(kind: str, text: str, normal: str) -> None:
    assert check(kind, text) == normal


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        ("gtin", "6291041500214", "check digit is 4, should be 3"),
        ("gtin", "629104150021", "check digit"),
        ("gtin", "62910415002", "has 11 digits where 8 or 12 or 13 or 14 are needed"),
        ("gtin", "629104150021x", "characters other than"),
        ("gtin", "６291041500213", "characters other than"),
        ("gtin", "", "characters other than"),
        ("gln", "73513537", "has 8 digits where 13 are needed"),
        ("sscc", "006141411234567891", "check digit"),
        ("uscc", "91350100M000100Y44", "check character is 4, should be 3"),
        ("uscc", "91350100I000100Y43", "do not occur: I"),
        ("uscc", "91350100M000100Y4", "has 17 characters"),
    ],
)
def test_a_bad_identifier_says_what_is_wrong(kind: str, text: str, problem: str) -> None:
    with pytest.raises(BadIdentifier, match=re.escape(problem)) as caught:
        check(kind, text)
    assert (caught.value.kind, caught.value.text) == (kind, text)
    assert caught.value.reason is Reason.BAD_IDENTIFIER
    assert not is_valid(kind, text)


def test_an_unknown_kind_names_those_known() -> None:
    with pytest.raises(ValueError, match="known: gtin") as caught:
        check("isbn", "9780306406157")
    assert not isinstance(caught.value, BadIdentifier)
    assert "uscc" in KINDS


@given(BODIES)
def test_a_body_with_its_digit_passes_and_with_any_other_fails(body: str) -> None:
    kind = KIND_OF_LENGTH[len(body) + 1]
    right = gs1_check_digit(body)
    assert [d for d in "0123456789" if is_valid(kind, body + d)] == [right]


@given(BODIES, st.data())
def test_one_wrong_digit_is_always_caught(body: str, data: st.DataObject) -> None:
    text = body + gs1_check_digit(body)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != text[at]]))
    assert not is_valid(KIND_OF_LENGTH[len(text)], text[:at] + other + text[at + 1 :])


@given(st.text("0123456789", min_size=7, max_size=7))
def test_leading_zeros_change_neither_the_digit_nor_the_number(body: str) -> None:
    forms = [("0" * k + body) for k in (0, 4, 5, 6)]
    normal = {check("gtin", form + gs1_check_digit(form)) for form in forms}
    assert len(normal) == 1
    assert short_gtin(normal.pop()) == body + gs1_check_digit(body)


@given(st.text(USCC_SIGNS, min_size=17, max_size=17), st.data())
def test_a_social_credit_code_catches_one_wrong_sign(body: str, data: st.DataObject) -> None:
    text = body + uscc_check_character(body)
    assert check("uscc", text) == text
    at = data.draw(st.integers(0, 17))
    other = data.draw(st.sampled_from([c for c in USCC_SIGNS if c != text[at]]))
    assert not is_valid("uscc", text[:at] + other + text[at + 1 :])


def test_identifiers_in_the_published_digital_links(shared_data: Path) -> None:
    source = shared_data / "gs1-identifiers" / "digital_link_parse_vectors.csv"
    if not source.is_file():
        pytest.skip(f"{source.name} is not among the sample data")
    with source.open(encoding="utf-8", newline="") as lines:
        valid = [row["expected_element_string"] for row in csv.DictReader(lines) if row["valid"] == "true"]
    gtins = {m[1] for text in valid if (m := re.match(r"\^01(\d{14})", text))}
    ssccs = {m[1] for text in valid if (m := re.match(r"\^00(\d{18})", text))}
    assert gtins
    assert ssccs
    assert all(check("gtin", g) == g for g in gtins)
    assert all(check("sscc", s) == s for s in ssccs)
