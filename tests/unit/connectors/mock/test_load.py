"""The plain load: the same bytes for the same seed, valid events, an opening everywhere, two encodings."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from connectors.mock.load import CHUNK, COLUMNS, START_MS, Load, movements, table
from pipelines.intake.strict import decode_row
from tests.unit.connectors.mock.world_books import instant

FAR_MS = 4_102_444_800_000


def events(*args: object, **more: object) -> list[dict[str, str]]:
    return [msgspec.json.decode(line) for line in movements(*args, **more).splitlines()]  # type: ignore[arg-type]


def test_same_seed_same_bytes_and_any_chunk_alone() -> None:
    load = Load(2 * CHUNK, 1000, seed=3, zipf=1.1)
    blocks = list(load.blocks())
    assert b"".join(blocks) == movements(2 * CHUNK, 1000, seed=3, zipf=1.1)
    assert next(load.blocks(first=CHUNK)) == blocks[1]
    assert blocks[0] != next(Load(2 * CHUNK, 1000, seed=4, zipf=1.1).blocks())


def test_every_account_opens_with_a_receipt() -> None:
    rows = events(500, 57, seed=1)
    assert len(rows) == 557
    assert {r["type"] for r in rows[:57]} == {"stock.receipt"}
    assert len({(r["item"], r["site"]) for r in rows[:57]}) == 57
    sites = ("site", "from_site", "to_site")
    touched = {(r["item"], r[name]) for r in rows for name in sites if name in r}
    assert len(touched) == 57


@pytest.mark.parametrize("accounts", [1, 2, 3, 19, 20, 21, 1000])
def test_rows_are_valid_events(accounts: int) -> None:
    for late in (0.0, 0.2):
        for line in movements(300, accounts, seed=2, late_share=late).splitlines():
            decode_row(line, FAR_MS)
    assert all(r["from_site"] != r["to_site"] for r in events(300, accounts) if r["type"] == "stock.transfer")


def test_mixed_and_sale() -> None:
    kinds = Counter(r["type"] for r in events(4000, 40, seed=5)[40:])
    assert kinds.keys() == {"stock.receipt", "sale.delivery", "stock.transfer", "stock.issue"}
    assert {r["type"] for r in events(4000, 40, types="sale")[40:]} == {"sale.delivery"}


def test_late_share_and_order() -> None:
    times = [instant(r["time"]) for r in events(4000, 10, late_share=0.25)]
    late = sum(b < a for a, b in pairwise(times))
    assert 500 < late < 1100
    assert min(times) == START_MS / 1000
    in_order = [instant(r["time"]) for r in events(4000, 10)]
    assert in_order == sorted(in_order)


def test_zipf_has_favourites() -> None:
    def top(**more: float) -> int:
        rows = events(5000, 500, types="sale", **more)[500:]
        return max(Counter((r["item"], r["site"]) for r in rows).values())

    assert top(zipf=1.2) > 8 * top()


def test_arrow_says_the_same() -> None:
    whole = table(3000, 200, seed=6, zipf=1.0, late_share=0.1)
    whole.validate(full=True)
    assert whole.column_names == list(COLUMNS)
    rows = [{k: v for k, v in row.items() if v is not None} for row in whole.to_pylist()]
    assert rows == events(3000, 200, seed=6, zipf=1.0, late_share=0.1)


def test_stock_stays_above_zero_when_mixed() -> None:
    held: Counter[tuple[str, str]] = Counter()
    for r in events(50_000, 20, seed=8, zipf=1.1):
        qty = int(r["qty"])
        if r["type"] == "stock.transfer":
            held[r["item"], r["from_site"]] -= qty
            held[r["item"], r["to_site"]] += qty
        else:
            held[r["item"], r["site"]] += qty if r["type"] == "stock.receipt" else -qty
    assert min(held.values()) > 0
    assert np.median(list(held.values())) > 400_000


def test_sizes_are_checked() -> None:
    with pytest.raises(ValueError, match="at most"):
        Load(1, 0)
