"""What the browser tests ask of a page: the exact number an element holds, and a wait for another."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

WIDE, PHONE = {"width": 1360, "height": 900}, {"width": 390, "height": 844}


@contextmanager
def page_of(browser: Any, url: str, **options: Any) -> Iterator[Any]:
    """A fresh page; the test fails if it reported an error or asked anything of another host."""
    context = browser.new_context(**{"viewport": WIDE, "locale": "en-GB", **options})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    trouble: list[str] = []
    asked: list[str] = []
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("console", lambda line: trouble.append(line.text) if line.type == "error" else None)
    context.on("request", lambda request: asked.append(request.url))
    yield opened
    context.close()
    assert asked
    assert [address for address in asked if not address.startswith(url)] == []
    assert trouble == []


def held(page: Any, test_id: str, key: str = "") -> Decimal:
    """The exact number an element holds, once it is there."""
    where = f"tr[data-key='{key}'] [data-testid='{test_id}']" if key else f"[data-testid='{test_id}']"
    cell = page.locator(where).first
    cell.and_(page.locator("[data-value]:not([data-value=''])")).wait_for()
    return Decimal(cell.get_attribute("data-value"))


def until(page: Any, seen: Callable[[], object], wanted: Callable[[], object], timeout_s: float = 40) -> None:
    """Wait until both agree; fail with the last pair."""
    end = time.monotonic() + timeout_s
    while (pair := (seen(), wanted()))[0] != pair[1]:
        assert time.monotonic() < end, f"the page holds {pair[0]}, the SELECT says {pair[1]}"
        page.wait_for_timeout(100)


def shot(page: Any, name: str) -> None:
    """Keep a picture where STOCKTWIN_SHOTS says."""
    if folder := os.environ.get("STOCKTWIN_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
