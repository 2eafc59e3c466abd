"""The real demo in a real browser: what is on the page is what the ledger says, and stays so over a restart.

One process of `stocktwin demo` lives for the whole module. Its pages are compared with SELECTs through
`owner.sock`. `STOCKTWIN_SHOTS=DIR` keeps pictures.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.archive import read_archive
from sinks.serving.client import owned, query
from tests.e2e.board.demo import Served
from tests.e2e.board.pages import PHONE, held, page_of, shot, until
from tests.e2e.conftest import port_of_now
from tests.e2e.process import Command

pytestmark = pytest.mark.e2e

SITE, TEA = "S-HAND", "HAND-TEA"
KEY = f"MART|{SITE}|{TEA}||"
OURS = f"WHERE item = '{TEA}'"
VALUE = "SELECT sum(value_amt) AS x FROM mart.v_stock_now"
VERSIONS = "SELECT max(version) AS x FROM mart.v_movement"
DOUBLED = """
    SELECT count() AS x FROM (
        SELECT event_id FROM mart.v_movement WHERE status = 'posted' AND corrects_event = ''
        GROUP BY source, event_id HAVING uniqExact(version) > 1)"""
UNACCOUNTED = """
    SELECT count() AS x FROM mart.v_intake
    WHERE records_in != committed + refused + duplicate + waiting"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory the demo lives in."""
    return tmp_path_factory.mktemp("demo") / "D"


@pytest.fixture(scope="module")
def demo(command: str, data: Path) -> Iterator[Served]:
    """The demo, a little faster than life."""
    words = ("demo", "--data", data, "--port", str(port_of_now()), "--speed", "20")
    with Served(command, *words, errors=data.with_name("demo.err")) as running:
        yield running


@pytest.fixture
def page(browser: Any, demo: Served) -> Iterator[Any]:
    """A fresh page of the demo's board."""
    with page_of(browser, demo.url) as opened:
        yield opened


@pytest.fixture
def ask(command: str, data: Path) -> Callable[[str], Decimal]:
    """The one number of a SELECT on the demo's directory."""
    return asking(command, data)


def asking(command: str, data: Path) -> Callable[[str], Decimal]:
    """A function that gives the one number of a SELECT, through the owner's socket if there is an owner."""

    def ask(sql: str) -> Decimal:
        # A process of its own takes seconds, in which a page that is compared moves on.
        (row,) = query(data, sql).to_pylist() if owned(data) else Command(command).sql(data, sql)
        (value,) = row.values()
        return Decimal(value or 0)

    return ask


def post(page: Any, kind: str, **fields: str) -> str:
    """Type an event on the form and send it; what the verdict says."""
    page.get_by_test_id(f"post.{kind}").click()
    for name, value in {"item": TEA, "site": SITE, "entity": "MART", **fields}.items():
        page.get_by_test_id(f"post.{name}").fill(value)
    before = page.locator(".verdicts li:not(.empty)").count()
    page.get_by_test_id("post.send").click()
    page.locator(".verdicts li:not(.empty)").nth(before).wait_for()
    return str(page.get_by_test_id("post.verdict").inner_text())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_numbers_are_those_of_the_socket_and_move(page: Any, demo: Served, ask: Any, lang: str) -> None:
    page.goto(f"{demo.url}?lang={lang}#/now")
    first = held(page, "value.value_amt")
    for test_id, sql in {
        "value.value_amt": VALUE,
        "flow.refused": "SELECT count() AS x FROM mart.v_refusal",
        "count.negative": "SELECT count() AS x FROM mart.v_stock_now WHERE on_hand_qty < 0",
        "today.revenue_amt": "SELECT sum(revenue_amt) AS x FROM mart.v_sale "
        "WHERE toDate(event_at, 'Asia/Shanghai') = toDate(now(), 'Asia/Shanghai')",
    }.items():
        until(page, lambda test_id=test_id: held(page, test_id), lambda sql=sql: ask(sql))  # type: ignore[misc]
    until(page, lambda: held(page, "value.value_amt") != first, lambda: True, 120)
    page.get_by_text({"en": "Latest movements", "zh": "最新移动"}[lang]).wait_for()
    assert page.locator("html").get_attribute("lang") == {"en": "en-GB", "zh": "zh-CN"}[lang]
    page.locator(".error").wait_for(state="detached")
    shot(page, {"en": "board", "zh": "board.zh"}[lang])  # the pictures of the READMEs


def test_an_event_typed_on_the_page_changes_the_page(page: Any, demo: Served, ask: Any) -> None:
    watcher = page.context.new_page()
    page.goto(f"{demo.url}?lang=en#/post")
    said = post(page, "stock.receipt", qty="12", unit_cost="18.50", supplier="HAND")
    assert said.startswith("committed"), said
    watcher.goto(f"{demo.url}?lang=en#/stock?search={TEA}")
    assert held(watcher, "stock.on_hand_qty", KEY) == 12
    assert held(watcher, "stock.value_amt", KEY) == ask(
        f"SELECT sum(value_amt) AS x FROM mart.v_stock_now {OURS}"
    )
    said = post(page, "sale.delivery", qty="5", unit_price="30")
    assert said.startswith("committed"), said
    until(watcher, lambda: held(watcher, "stock.on_hand_qty", KEY), lambda: Decimal(7))
    assert ask(f"SELECT sum(on_hand_qty) AS x FROM mart.v_stock_now {OURS}") == 7
    assert ask(f"SELECT sum(margin_amt) AS x FROM mart.v_sale {OURS}") == Decimal("57.5")
    page.get_by_text("its lines and its record").first.click()
    page.get_by_test_id("record").wait_for()
    assert json.loads(page.get_by_test_id("record").inner_text())["unit_price"] == "30"


@pytest.mark.parametrize(
    ("lang", "qty", "why"),
    [
        ("en", "1,5", "qty ≠ decimal(18,6)"),
        ("en", "-3", "qty ≤ 0"),
        ("zh", "0.0000001", "小数"),
        ("zh", "9e99", ""),
    ],
)
def test_a_bad_event_is_refused_with_its_reason(
    page: Any, demo: Served, ask: Any, lang: str, qty: str, why: str
) -> None:
    before = ask("SELECT count() AS x FROM mart.v_refusal WHERE source = 'board'")
    page.goto(f"{demo.url}?lang={lang}#/post")
    said = post(page, "stock.receipt", qty=qty, unit_cost="1")
    assert said.startswith({"en": "refused", "zh": "已拒绝"}[lang]), said
    assert {"en": "Cure: ", "zh": "处理:"}[lang] in said
    assert why in said
    assert ask("SELECT count() AS x FROM mart.v_refusal WHERE source = 'board'") == before + 1
    page.goto(f"{demo.url}?lang={lang}#/refusals?search=board")
    page.locator("td pre", has_text=f'"qty": "{qty}"').first.wait_for()


def test_any_number_opens_down_to_the_bytes_in_the_archive(page: Any, demo: Served, data: Path) -> None:
    page.goto(f"{demo.url}?lang=en#/stock")
    held(page, "stock.on_hand_qty")
    row = page.locator("tbody tr").nth(3)
    key = row.get_attribute("data-key")
    row.locator("a").click()
    page.locator("[data-testid='item.on_hand_qty.sum'].good").wait_for()
    page.locator("[data-testid='item.value_amt.sum'].good").wait_for()
    until(page, lambda: held(page, "moves.running_qty"), lambda: held(page, "item.on_hand_qty"))
    shot(page, "demo_item")
    page.locator("[data-testid='card.moves'] tbody a").last.click()
    record = page.get_by_test_id("record")
    record.wait_for()
    shown = json.loads(record.inner_text())
    assert shown["item"] == key.split("|")[2]
    raws = [raw for block in read_archive(data / "archive") for raw in block.data.to_pylist()]
    head = b'{"id":"' + shown["id"].encode() + b'"'
    stored = next(raw for raw in raws if raw.startswith(head) and raw.endswith(b"}\n"))
    assert json.loads(stored) == shown
    page.get_by_text(f"{len(stored)} bytes").wait_for()
    shot(page, "demo_event")
    page.go_back()
    page.locator("[data-testid='item.on_hand_qty']").wait_for()


def test_the_policy_keeps_everything_on_this_machine(browser: Any, demo: Served) -> None:
    context = browser.new_context()
    page = context.new_page()
    reply = page.goto(demo.url)
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy
    violated = page.evaluate(
        """() => new Promise(tell => {
            document.addEventListener('securitypolicyviolation', e => tell(e.effectiveDirective))
            fetch('https://elsewhere.invalid/').catch(() => {})
        })"""
    )
    assert violated == "connect-src"
    context.close()


def test_the_keyboard_is_enough(page: Any, demo: Served) -> None:
    page.goto(f"{demo.url}?lang=en#/stock")
    held(page, "stock.on_hand_qty")
    page.keyboard.press("/")
    page.keyboard.type("ALC07")
    page.locator("tbody tr").nth(3).wait_for(state="detached")
    page.keyboard.press("Tab")  # the scrolled region, then the first row
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    held(page, "item.on_hand_qty")
    assert "item=ALC07" in page.url
    page.goto(f"{demo.url}?lang=en#/now")
    held(page, "value.value_amt")
    page.reload()
    page.locator("nav a").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to content
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_phone_needs_no_sideways_scrolling(browser: Any, demo: Served) -> None:
    options = {"viewport": PHONE, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
    with page_of(browser, demo.url, **options) as page:
        cells = {
            "now": "value.value_amt",
            "stock": "stock.on_hand_qty",
            "sales": "sales.revenue_amt",
            "refusals": "refusals.reason",
            "intake": "intake.records_in",
            "post": "post.send",
        }
        for name, cell in cells.items():
            page.goto(f"{demo.url}?lang=zh#/{name}")
            page.get_by_test_id(cell).first.wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
            shot(page, f"demo_phone_{name}")
        page.goto(f"{demo.url}?lang=zh#/stock")
        page.locator("tbody tr a").first.tap()
        held(page, "item.on_hand_qty")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_second_demo_on_the_port_is_told_so(demo: Served, command: str) -> None:
    port = demo.url.rstrip("/").rsplit(":", 1)[1]
    said = Command(command)("demo", "--no-browser", "--port", port)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"127.0.0.1:{port}: the port is taken; choose another one, such as --port ")
    assert "Traceback" not in said.err


def test_the_page_greys_out_while_the_demo_stands_still(page: Any, demo: Served) -> None:
    page.goto(f"{demo.url}?lang=en#/now")
    held(page, "value.value_amt")
    page.locator("body:not(.is-stale)").wait_for()
    demo.send(signal.SIGSTOP)
    try:
        page.locator("body.is-stale").wait_for()
        page.get_by_role("alert").get_by_text("Connection lost").wait_for()
        filtered = "getComputedStyle(document.getElementById('main')).filter"
        until(page, lambda: page.evaluate(filtered), lambda: "grayscale(1)")
    finally:
        demo.send(signal.SIGCONT)
    page.locator("#fresh[data-state=live], #fresh[data-state=stale]").wait_for()


def test_killed_and_started_again_nothing_is_lost_or_doubled(
    browser: Any, command: str, tmp_path: Path, free_port: int
) -> None:
    """A board beside the demo stays up, greys out when it is killed, and goes on with it."""
    data, port = tmp_path / "D", str(free_port)
    words = ("demo", "--data", data, "--port", port, "--speed", "600")
    ask = asking(command, data)
    beside = ("board", "--data", data, "--port", str(port_of_now()))
    with (
        Served(command, *words, errors=tmp_path / "1.err") as first,
        Served(command, *beside, errors=tmp_path / "b.err") as board,
        page_of(browser, board.url) as page,
    ):
        page.goto(f"{board.url}?lang=en#/now")
        held(page, "value.value_amt")
        assert page.locator("nav a", has_text="Post by hand").count() == 0
        first.end(signal.SIGKILL)
        page.locator("body.is-stale").wait_for(timeout=90_000)
        page.get_by_role("alert").get_by_text("Nothing new for").wait_for()
        until(page, lambda: held(page, "value.value_amt"), lambda: ask(VALUE))
        at_rest, versions = ask(VALUE), ask(VERSIONS)
        with Served(command, *words, errors=tmp_path / "2.err") as second:
            page.locator("body:not(.is-stale)").wait_for(timeout=120_000)
            until(page, lambda: held(page, "value.value_amt") != at_rest, lambda: True)
            assert ask(VERSIONS) > versions
            assert second.end(signal.SIGINT) == 0
            assert second.said() == ""
        assert board.end(signal.SIGINT) == 0
        assert board.said() == ""
    assert ask(DOUBLED) == ask(UNACCOUNTED) == 0
    blocks = [block for block in read_archive(data / "archive") if block.source == "world"]
    offsets = [offset for block in blocks for offset in block.offsets.tolist()]
    assert offsets == list(range(len(offsets)))
    assert ask("SELECT sum(records_in) AS x FROM mart.v_intake WHERE source = 'world'") == len(offsets)
    assert "identical" in Command(command).ok("replay", "--verify", "--data", data)
