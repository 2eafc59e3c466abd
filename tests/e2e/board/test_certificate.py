"""Periods, the printed cut-off certificate and the two clocks of a stock card, in a real browser.

One shop: January is closed; then a receipt of January comes late and makes a sale of January dearer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sinks.serving.board import Board, running
from tests.e2e.board.pages import held, page_of, shot
from tests.e2e.board.small_mart import ENTITY, SmallMart, scaled, small_mart

pytestmark = pytest.mark.e2e
SITE, ITEM = "S01", "TEA"
CARD = f"entity={ENTITY}&item={ITEM}&lot=&owner=&site={SITE}"


def at(day: str) -> int:
    """'2026-01-10' -> milliseconds at noon."""
    return int(datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC).timestamp() * 1000)


def line(version: int, event: str, kind: str, happened: str, learned: str, **more: Any) -> dict[str, Any]:
    """A movement of January; what is learned after the close is booked in February."""
    late = learned > "2026-02-01"
    return {
        "entity": ENTITY, "version": version, "line": 1, "status": "posted", "event_id": event,
        "source": "till", "type": kind, "event_at": at(happened), "recorded_at": at(learned),
        "period": "2026-02" if late else "2026-01", "own_period": "2026-01" if late else "", "item": ITEM,
        "trust": "green", **more,
    }  # fmt: skip


def worth(qty: int, value: int) -> dict[str, int]:
    """Quantity and value as the tables hold them."""
    return {"qty": scaled(str(qty), 6), "value_amt": scaled(str(value), 4)}


def fill(mart: SmallMart) -> None:
    """The story, as the ledger would post it."""
    came, went = {"from_place": "@supplier", "to_place": SITE}, {"from_place": SITE, "to_place": "@customer"}
    mart.insert("core.movement", [
        line(1, "r1", "stock.receipt", "2026-01-02", "2026-01-02", **came, **worth(10, 100)),
        line(2, "s1", "sale.delivery", "2026-01-10", "2026-01-10", **went, **worth(4, 40)),
        line(4, "r2", "stock.receipt", "2026-01-05", "2026-02-03", **came, **worth(10, 200)),
    ])  # fmt: skip
    restated = line(4, "", "", "2026-01-10", "2026-02-03", **went, **worth(0, 20))
    for name in ("status", "event_id", "source", "type", "trust"):
        del restated[name]
    mart.insert("core.true_up", [restated | {
        "line": 2, "corrects_version": 2, "corrects_event": "s1", "corrects_source": "till",
        "corrects_type": "sale.delivery", "cause_version": 4, "cause_event": "r2", "found_event": "r2",
        "leg": "goods",
    }])  # fmt: skip
    sale = line(2, "s1", "sale.delivery", "2026-01-10", "2026-01-10", **worth(4, 0))
    for name in ("line", "status", "source", "type", "trust", "value_amt"):
        del sale[name]
    figures = {"revenue_amt": scaled("80", 4), "cogs_amt": scaled("40", 4)}
    mart.insert("core.sale", [sale | figures | {"kind": "delivery", "site": SITE, "channel": ""}])
    mart.insert("core.period_close", [{
        "entity": ENTITY, "version": 3, "period": "2026-01", "event_id": "p1", "event_at": at("2026-02-01"),
        "recorded_at": at("2026-02-01"),
    }])  # fmt: skip
    mart.insert("core.entity", [{
        "entity": ENTITY, "version": 3, "recorded_at": at("2026-02-01"), "currency": "CNY", "minor_digits": 2,
        "valuation": "moving_average", "scope": "site", "tz": "Asia/Shanghai", "closed_period": "2026-01",
    }])  # fmt: skip
    mart.insert("core.account", [
        {"account": 1, "cell": 1, "entity": ENTITY, "place": SITE, "site": SITE, "item": ITEM},
    ])  # fmt: skip
    mart.insert("core.stock", [{
        "entity": ENTITY, "account": 1, "cell": 1, "qty": scaled("16", 6), "cell_qty": scaled("16", 6),
        "cell_value_amt": scaled("240", 4), "trust": "green", "version": 4, "event_at": at("2026-01-10"),
        "recorded_at": at("2026-02-03"),
    }])  # fmt: skip


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running board on the store of the story."""
    with small_mart(tmp_path_factory.mktemp("late"), int(time.time() * 1000)) as mart:
        fill(mart)
        with running(Board(mart.query, None, lambda: int(time.time() * 1000), mart.raw), port=0) as address:
            yield address


@pytest.fixture
def page(browser: Any, url: str) -> Iterator[Any]:
    """A fresh page that may ask nothing of another host."""
    with page_of(browser, url) as opened:
        yield opened


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_period_opens_its_certificate_which_prints(page: Any, url: str, lang: str) -> None:
    page.goto(f"{url}?lang={lang}#/periods")
    row = page.locator(f'tr[data-key="{ENTITY}|2026-01"]')
    row.get_by_text({"en": "closed", "zh": "已关账"}[lang]).wait_for()
    row.locator("a").click()
    page.get_by_role("heading", name={"en": "Cut-off certificate", "zh": "截止证明"}[lang]).first.wait_for()
    assert held(page, "certificate.profit_amt") == 40
    assert held(page, "certificate.late_profit_amt") == -20
    assert held(page, "certificate.own_profit_amt") == 20
    page.get_by_test_id("certificate.late_profit_amt.sum").wait_for()
    assert "good" in page.get_by_test_id("certificate.late_profit_amt.sum").get_attribute("class")
    assert held(page, "late_effects.stock_amt") == 180
    assert page.get_by_test_id("print").is_visible()
    assert not page.locator(".paper").is_visible()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".paper").is_visible()
    assert page.locator(".paper span").first.inner_text().startswith({"en": "Printed", "zh": "打印于"}[lang])
    for gone in ("header", "[data-testid=print]"):
        assert not page.locator(gone).is_visible(), gone
    for held_back in page.locator(".scroll").all():
        assert held_back.evaluate("el => getComputedStyle(el).overflowY") == "visible"
    shot(page, f"certificate_print_{lang}")


def test_a_stock_card_shows_what_was_known_when(page: Any, url: str) -> None:
    page.goto(f"{url}?lang=en#/item?{CARD}")
    assert held(page, "item.on_hand_qty") == 16
    page.get_by_test_id("item.value_amt.sum").wait_for()
    assert "good" in page.get_by_test_id("item.value_amt.sum").get_attribute("class")
    assert [held(page, "known.known_qty", key) for key in ("4", "2", "1")] == [16, 6, 10]
    assert [held(page, "known.known_amt", key) for key in ("4", "2", "1")] == [240, 60, 100]
    page.locator('[data-testid="card.known"] tr[data-key="4"]').get_by_text("late").wait_for()
    correction = page.locator('[data-testid="card.corrections"] tbody tr')
    assert correction.count() == 1
    assert correction.locator("a").inner_text() == "s1"
    assert held(page, "corrections.own_amt") == -40
    assert held(page, "corrections.moved_amt") == -20
    shot(page, "item_two_clocks")
