"""The chart of places, and the other side of each movement."""

from __future__ import annotations

import pytest

from schemas.accounts import CHART, ISSUE_PLACES, chart_row, contra, is_virtual, may_name_site, place, site_of
from schemas.families.stock import ISSUE_REASONS


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({"event_type": "stock.receipt", "supplier": "V7"}, "@supplier/V7"),
        ({"event_type": "stock.receipt"}, "@supplier"),
        ({"event_type": "purchase.return", "supplier": "V7"}, "@supplier/V7"),
        ({"event_type": "sale.delivery", "channel": "web"}, "@customer/web"),
        ({"event_type": "sale.return"}, "@customer"),
        ({"event_type": "stock.issue", "reason": "gift"}, "@consumption/gift"),
        ({"event_type": "stock.issue", "reason": "consumption", "cost_centre": "K1"}, "@consumption/K1"),
        ({"event_type": "stock.issue", "reason": "damaged", "cost_centre": "K1"}, "@loss/management"),
        ({"event_type": "stock.issue", "reason": "expired"}, "@loss/management"),
        ({"event_type": "stock.issue", "reason": "lost"}, "@loss/unknown"),
        ({"event_type": "stock.issue", "reason": "unknown"}, "@loss/unknown"),
        ({"event_type": "stock.issue", "reason": "write_off"}, "@write_off"),
        ({"event_type": "stock.count"}, "@count"),
        ({"event_type": "stock.revalue"}, "@revaluation"),
    ],
)
def test_the_other_side(facts: dict[str, str], wanted: str) -> None:
    assert contra(**facts) == wanted
    assert is_virtual(wanted)
    assert chart_row(wanted) in CHART


@pytest.mark.parametrize(
    "facts",
    [
        {"event_type": "stock.transfer"},
        {"event_type": "sale.charge"},
        {"event_type": "stock.issue", "reason": "stolen"},
    ],
)
def test_no_place_is_guessed(facts: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        contra(**facts)


def test_every_reason_of_an_issue_has_its_place() -> None:
    assert set(ISSUE_PLACES) == set(ISSUE_REASONS)


def test_the_chart_is_told_in_both_languages_and_once() -> None:
    assert all((p.zh, p.en, p.meaning_zh, p.meaning_en) for p in CHART)
    assert len({p.prefix for p in CHART}) == len(CHART)
    assert all(p.pattern.startswith(p.prefix) and is_virtual(p.prefix) for p in CHART)


def test_places() -> None:
    assert place("@wip", "MO1/10") == "@wip/MO1/10"
    assert place("@opening") == "@opening"
    assert (site_of("S1"), site_of("S1/A-3"), site_of("@customer/S1")) == ("S1", "S1", "")
    assert may_name_site("S1")
    assert not may_name_site("@loss")
    assert not may_name_site("S1/A")
    assert not may_name_site("")
    with pytest.raises(KeyError, match="not in the chart"):
        chart_row("@bank")
    with pytest.raises(KeyError):
        chart_row("@count/x")
