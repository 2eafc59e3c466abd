"""Units: exact in every direction, item packs first, fractions never rounded away."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.units import canonical, factor, is_whole, item_factor, resolve, to_base, units, whole

CONVERTIBLE = [u.code for u in units().values() if u.to_base is not None]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("公斤", "KGM"), ("kg", "KGM"), ("KG", "KGM"), ("KGM", "KGM"), ("斤", "斤"), ("两", "两"), ("克",
        "GRM"),
        ("吨", "TNE"), ("升", "LTR"), ("毫升", "MLT"), ("ml", "MLT"), ("米", "MTR"), ("个", "H87"), ("件",
        "H87"),
        ("瓶", "BO"), ("箱", "CS"), ("XBX", "BX"), ("each", "EA"), ("PCS", "H87"), ("度", "KWH"), ("MIN",
        "MIN"),
    ],
)  # fmt: skip
def test_names(name: str, code: str) -> None:
    unit = resolve(name)
    assert unit is not None
    assert unit.code == code


@pytest.mark.parametrize("name", ["", "份", "kgs ", "Mg", "stück"])
def test_what_is_not_in_the_table_is_not_guessed(name: str) -> None:
    assert resolve(name) is None
    assert canonical(name) == name


@pytest.mark.parametrize(
    ("source", "target", "ratio"),
    [
        ("斤", "克", Fraction(500)), ("两", "g", Fraction(50)), ("斤", "两", Fraction(10)), ("吨", "kg",
        Fraction(1000)),
        ("DZN", "个", Fraction(12)), ("GRO", "DZN", Fraction(12)), ("MTQ", "LTR", Fraction(1000)),
        ("INH", "MMT", Fraction(254, 10)), ("kWh", "MJ", Fraction(36, 10)), ("DAY", "HUR", Fraction(24)),
        ("尺", "寸", Fraction(10)), ("HAR", "亩", Fraction(15)), ("LBR", "ONZ", Fraction(16)), ("EA", "C62",
        Fraction(1)),
    ],
)  # fmt: skip
def test_known_ratios(source: str, target: str, ratio: Fraction) -> None:
    assert factor(source, target) == ratio


@pytest.mark.parametrize(
    ("source", "target"), [("kg", "l"), ("箱", "瓶"), ("箱", "个"), ("份", "个"), ("HUR", "KWH")]
)
def test_no_ratio_without_a_common_dimension(source: str, target: str) -> None:
    assert factor(source, target) is None


@given(st.sampled_from(CONVERTIBLE), st.sampled_from(CONVERTIBLE), st.sampled_from(CONVERTIBLE))
def test_conversion_is_exact_there_and_back_and_over_a_third(a: str, b: str, c: str) -> None:
    there, back = factor(a, b), factor(b, a)
    assert (there is None) == (back is None)
    if there is None or back is None:
        return
    assert there * back == 1
    onward, direct = factor(b, c), factor(a, c)
    assert (onward is None) == (direct is None)
    if onward is not None:
        assert there * onward == direct


@given(
    st.integers(1, 10**15), st.fractions(min_value=Fraction(1, 10**6), max_value=10**6, max_denominator=10**6)
)
def test_a_quantity_is_converted_exactly_or_not_at_all(qty: int, ratio: Fraction) -> None:
    got = to_base(qty, ratio)
    if got is None:
        assert (qty * ratio).denominator > 1
    else:
        assert Fraction(got) == qty * ratio


def test_a_quantity_that_has_no_end_is_refused() -> None:
    third = factor("尺", "米")
    assert third == Fraction(1, 3)
    assert to_base(1_000_000, third) is None
    assert to_base(3_000_000, third) == 1_000_000


def test_packs_of_an_item() -> None:
    packs = {"箱": "24", "提": "6"}
    assert item_factor("", "瓶", packs) == 1
    assert item_factor("瓶", "瓶", packs) == 1
    assert item_factor("BO", "瓶", packs) == 1
    assert item_factor("箱", "瓶", packs) == 24
    assert item_factor("CS", "瓶", packs) == 24
    assert item_factor("提", "瓶", packs) == 6
    assert item_factor("托盘", "瓶", packs) is None
    assert item_factor("kg", "瓶", packs) is None


def test_what_the_item_states_wins_over_the_table() -> None:
    assert item_factor("件", "个", {"件": "10"}) == 10
    assert item_factor("斤", "kg", {"斤": "0.6"}) == Fraction(3, 5)
    assert item_factor("斤", "kg", {}) == Fraction(1, 2)


def test_a_unit_is_reached_over_one_that_the_item_states() -> None:
    assert item_factor("g", "个", {"kg": "2"}) == Fraction(1, 500)
    assert item_factor("斤", "个", {"kg": "2"}) == 1


def test_decimal_factors_are_exact() -> None:
    ratio = item_factor("袋", "kg", {"袋": "0.45359237"})
    assert ratio is not None
    assert to_base(1_000_000, ratio) is None, "8 decimals do not fit a quantity"
    assert to_base(100_000_000, ratio) == 45_359_237


def test_whole_by_default() -> None:
    assert whole("个")
    assert whole("箱")
    assert not whole("kg")
    assert not whole("份")
    assert is_whole(3_000_000)
    assert not is_whole(2_500_000)


def test_every_unit_has_both_names_and_a_sound_factor() -> None:
    for unit in units().values():
        assert unit.zh
        assert unit.en
        assert (unit.to_base is None) == (unit.dimension == "pack")
        assert unit.to_base is None or unit.to_base > 0
        assert resolve(unit.zh) is not None
