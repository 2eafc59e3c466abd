"""The board in a real browser: equals a SELECT through owner.sock, follows a hand post, opens to the record.

The store is real and small (`small_mart`); its `submit` stands in for the ledger.
`STOCKTWIN_SHOTS=DIR` keeps pictures.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from sinks.serving.board import Board, running
from tests.e2e.board.pages import PHONE, held, page_of, shot, until
from tests.e2e.board.small_day import SITES, seed
from tests.e2e.board.small_mart import ENTITY, SmallMart, small_mart

pytestmark = pytest.mark.e2e


def wall_ms() -> int:
    """UTC milliseconds."""
    return int(time.time() * 1000)


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallMart]:
    """A small store with a day of three supermarkets."""
    with small_mart(tmp_path_factory.mktemp("mart"), wall_ms()) as filled:
        seed(filled)
        yield filled


@pytest.fixture(scope="module")
def skew() -> list[int]:
    """Milliseconds the board's clock is ahead: a test moves time with it."""
    return [0]


@pytest.fixture(scope="module")
def url(mart: SmallMart, skew: list[int]) -> Iterator[str]:
    """A running board on the store."""
    with running(Board(mart.query, mart.submit, lambda: wall_ms() + skew[0], mart.raw), port=0) as address:
        yield address


@pytest.fixture
def page(browser: Any, url: str) -> Iterator[Any]:
    """A fresh page that may ask nothing of another host."""
    with page_of(browser, url) as opened:
        yield opened


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_tile_equals_its_select(page: Any, url: str, mart: SmallMart, lang: str) -> None:
    page.goto(f"{url}?lang={lang}#/now")
    assert held(page, "value.value_amt") == mart.scalar("SELECT sum(value_amt) FROM mart.v_stock_now")
    assert held(page, "flow.refused") == mart.scalar("SELECT count() FROM mart.v_refusal")
    assert held(page, "count.negative") == mart.scalar(
        "SELECT count() FROM mart.v_stock_now WHERE on_hand_qty < 0"
    )
    day = "toDate(event_at, 'Asia/Shanghai') = toDate(now(), 'Asia/Shanghai')"
    assert held(page, "today.revenue_amt") == mart.scalar(
        f"SELECT sum(revenue_amt) FROM mart.v_sale WHERE {day}"
    )
    page.get_by_text({"en": "Latest movements", "zh": "最新移动"}[lang]).wait_for()
    assert page.locator("html").get_attribute("lang") == {"en": "en-GB", "zh": "zh-CN"}[lang]
    page.locator(".error").wait_for(state="detached")
    held(page, "latest.qty")
    shot(page, f"now_{lang}")


def test_a_number_changes_when_an_event_is_posted_by_hand(page: Any, url: str, mart: SmallMart) -> None:
    watcher = page.context.new_page()
    watcher.goto(f"{url}?lang=en#/now")
    before = held(watcher, "value.value_amt")
    page.goto(f"{url}?lang=en#/post")
    page.get_by_test_id("post.item").fill("RICE-5KG")
    page.get_by_test_id("post.site").fill(SITES[0])
    page.get_by_test_id("post.qty").fill("12")
    page.get_by_test_id("post.unit_cost").fill("26.55")
    page.get_by_test_id("post.entity").fill(ENTITY)
    page.get_by_test_id("post.send").click()
    page.locator("[data-testid='post.verdict'][data-value='committed']").wait_for()
    after = before + Decimal("318.60")
    until(watcher, lambda: held(watcher, "value.value_amt"), lambda: after)
    line = watcher.get_by_test_id("value.value_amt.spark")
    drawn = [point.split(",") for point in line.locator("polyline").get_attribute("points").split()]
    assert len(drawn) == int(line.get_attribute("data-points")) >= 2
    assert Decimal(line.get_attribute("data-last")) == after
    assert float(drawn[0][1]) > float(drawn[-1][1]), "the value rose, so must its line"
    watcher.goto(f"{url}?lang=en#/stock")
    held(watcher, "stock.on_hand_qty")
    watcher.goto(f"{url}?lang=en#/now")
    held(watcher, "value.value_amt")
    assert int(line.get_attribute("data-points")) >= len(drawn), "a look at another page costs no figure"
    assert mart.scalar("SELECT sum(value_amt) FROM mart.v_stock_now") == before + Decimal("318.60")
    page.get_by_test_id("post.item").fill("RICE-5KG")
    page.get_by_test_id("post.qty").fill("12000")
    page.get_by_test_id("post.unit_cost").fill("26.55")
    page.keyboard.press("Enter")
    page.locator("[data-testid='post.verdict'][data-value='refused']").wait_for()
    shot(page, "post")
    watcher.close()


@pytest.mark.parametrize(("lang", "title"), [("en", "Late events"), ("zh", "迟到的事件")])
def test_late_events_are_counted_and_named(
    page: Any, url: str, mart: SmallMart, lang: str, title: str
) -> None:
    lines = mart.query(
        "SELECT version, event_id, event_at, item, from_place, to_place FROM mart.v_movement "
        "WHERE recorded_at >= (SELECT max(recorded_at) FROM mart.v_stock_now) - INTERVAL 1 DAY "
        "ORDER BY version"
    ).to_pylist()
    newest: dict[tuple[str, str], datetime] = {}
    late = set()
    for line in lines:
        (site,) = (p for p in (line["from_place"], line["to_place"]) if not p.startswith("@"))
        known = newest.setdefault((site, line["item"]), line["event_at"])
        newest[site, line["item"]] = max(known, line["event_at"])
        if line["event_at"] < known:
            late.add(line["event_id"])
    assert late
    page.goto(f"{url}?lang={lang}#/now")
    assert held(page, "count.late") == len(late)
    page.get_by_role("button", name=title).click()
    shown = page.get_by_test_id("late.event_id")
    shown.first.wait_for()
    assert {cell.inner_text() for cell in shown.all()} <= late
    assert shown.count() == min(50, len(late))


def test_a_number_opens_down_to_its_movements_and_the_raw_record(
    page: Any, url: str, mart: SmallMart
) -> None:
    page.goto(f"{url}?lang=en#/stock")
    key = f"{ENTITY}|{SITES[0]}|TEA-100||"
    on_hand = held(page, "stock.on_hand_qty", key)
    page.locator(f"tr[data-key='{key}'] a").click()
    assert (
        held(page, "item.on_hand_qty")
        == on_hand
        == mart.scalar(
            f"SELECT on_hand_qty FROM mart.v_stock_now WHERE item = 'TEA-100' AND site = '{SITES[0]}'"
        )
    )
    page.locator("[data-testid='item.on_hand_qty.sum'].good").wait_for()
    assert held(page, "moves.running_qty") == on_hand
    shot(page, "item")
    page.locator("tr", has_text="Return").locator("a").first.click()
    page.get_by_test_id("record").wait_for()
    assert '"id": "T-RETURN"' in page.get_by_test_id("record").inner_text()
    shot(page, "event")
    page.go_back()
    page.locator("[data-testid='item.on_hand_qty']").wait_for()


def test_search_finds_by_name_and_keeps_the_address(page: Any, url: str) -> None:
    page.goto(f"{url}?lang=zh#/stock")
    held(page, "stock.on_hand_qty")
    page.keyboard.press("/")
    page.keyboard.type("龙井")
    row = page.locator("tbody tr")
    row.nth(3).wait_for(state="detached")
    assert row.count() == 3
    page.reload()
    row.nth(2).wait_for()
    row.nth(3).wait_for(state="detached")
    assert page.locator("input[type=search]").input_value() == "龙井"


def test_refusals_show_reason_and_record(page: Any, url: str) -> None:
    page.goto(f"{url}?lang=zh#/refusals?search=negative_stock")
    page.get_by_text("库存不足").wait_for()
    assert '"item": "MILK-1L"' in page.locator("td pre").first.inner_text()
    page.goto(f"{url}?lang=en#/intake")
    page.locator("td.good", has_text="✓").first.wait_for()


def test_old_data_grey_the_page_out(page: Any, url: str, skew: list[int]) -> None:
    page.goto(f"{url}?lang=en#/now")
    held(page, "value.value_amt")
    skew[0] = 600_000
    page.locator("body.is-stale").wait_for()
    page.get_by_role("alert").get_by_text("may no longer be true").wait_for()
    assert page.get_by_test_id("freshness").get_attribute("data-state") == "stale"
    skew[0] = 0


def test_a_phone_needs_no_sideways_scrolling(page: Any, url: str) -> None:
    page.set_viewport_size(PHONE)
    for name, cell in (("now", "value.value_amt"), ("stock", "stock.on_hand_qty"), ("post", "")):
        page.goto(f"{url}?lang=zh#/{name}")
        if cell:
            held(page, cell)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        shot(page, f"phone_{name}")
