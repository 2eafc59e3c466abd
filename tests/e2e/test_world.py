"""Two days of the world through the real ledger: what it has on hand is what the world's books say.

The truth lies in files that nothing but this test reads. Where an event and a count arrive in another order
than they happened the two may be apart, until late events are replayed: the ledger itself names these.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.process import Command
from tests.repo import ROOT

pytestmark = pytest.mark.e2e

CROSSED = """
    SELECT DISTINCT l.place AS site, l.item AS item FROM (
        SELECT entity, item, arrayJoin([from_place, to_place]) AS place, event_at, version
        FROM mart.v_movement
    ) AS l INNER JOIN (
        SELECT entity, item, site, event_at, version FROM core.count
    ) AS c ON l.entity = c.entity AND l.item = c.item AND l.place = c.site
    WHERE (l.event_at < c.event_at) != (l.version < c.version) AND l.version != c.version"""


def truth(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of one file of the truth."""
    return [json.loads(line) for line in (folder / f"{name}.ndjson").read_text("utf-8").splitlines()]


def test_on_hand_is_what_the_books_of_the_world_say(command: str, tmp_path: Path) -> None:
    lines, told, data = tmp_path / "w.ndjson", tmp_path / "truth", tmp_path / "D"
    world = [sys.executable, "-m", "connectors.mock.world", "--seed", "3", "--days", "2"]
    subprocess.run(
        [*world, "--out", str(lines), "--truth", str(told)], cwd=ROOT, check=True, capture_output=True
    )
    stocktwin = Command(command)
    counts = stocktwin.run(lines, data)
    troubles = Counter(row["verdict"] for row in truth(told, "troubles"))
    refused = sum(n for verdict, n in troubles.items() if verdict not in ("ok", "duplicate"))
    assert counts["duplicate"] == troubles["duplicate"]
    assert counts["waiting"] == 0
    assert counts["refused"] == refused
    assert (
        counts["in"] == truth(told, "world")[0]["sent"] == counts["committed"] + refused + counts["duplicate"]
    )

    rows = stocktwin.sql(data, "SELECT site, item, lot, on_hand_qty AS qty FROM mart.v_stock_now")
    on_hand = {(r["site"], r["item"], r["lot"]): Decimal(r["qty"]) for r in rows}
    shelf = {(r["site"], r["item"], r["lot"]): r for r in truth(told, "stock")}
    apart = {
        key[:2] for key in on_hand.keys() | shelf.keys()
        if on_hand.get(key, Decimal(0)) != Decimal(shelf.get(key, {"book_qty": "0"})["book_qty"])
    }  # fmt: skip
    crossed = {(r["site"], r["item"]) for r in stocktwin.sql(data, CROSSED)}
    assert apart <= crossed
    assert len(apart) <= 5
    # Theft, forgotten papers and wrong counts part the shelf from the books, and only they do.
    lost = {key[:2] for key, row in shelf.items() if row["qty"] != row["book_qty"]}
    causes = [*truth(told, "thefts"), *truth(told, "unrecorded")]
    causes += [row for row in truth(told, "counts") if row["miscounted"] != "0"]
    assert lost
    assert lost <= {(row["site"], row["item"]) for row in causes}
