"""The promise engine's own promises: what it keeps, what a save costs, what a refused record leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.ledger.promises.facade import Promises
from pipelines.ledger.promises.saving import TABLES
from pipelines.ledger.promises.shapes import Fact, PoolMove, Refusal, StockRow

DAY = 86_400_000


class Shop:
    """Stock of one place, 10 of each item."""

    def __init__(self) -> None:
        self.moves: list[PoolMove] = []

    def rows(self, entity: str, site: str, item: str, owner: str) -> list[StockRow]:
        """Ten in the common pool, less what went to others."""
        mine = [m for m in self.moves if m.item == item]
        pools = [StockRow(site, "", m.to_pool, m.qty, 1) for m in mine]
        return [StockRow(site, "", "", 10_000_000 - sum(m.qty for m in mine), 1), *pools]

    def tracked(self, entity: str, item: str) -> bool:
        """No."""
        return False

    def base_qty(self, entity: str, item: str, qty: int, uom: str) -> int:
        """Units are base units."""
        return qty

    def digits(self, entity: str) -> int:
        """Cents."""
        return 2

    def version(self, entity: str) -> int:
        """Of the only receipt."""
        return 1

    def move(self, move: PoolMove) -> None:
        """Keep it."""
        self.moves.append(move)


def event(kind: str, number: int, **fields: Any) -> dict[str, Any]:
    """An event of the item X at A."""
    base = {"id": f"{kind}{number}", "source": "s", "type": kind, "time": DAY, "entity": "E", "item": "X"}
    return base | {"site": "A", "qty": 1_000_000} | fields


def take(p: Promises, said: dict[str, Any], version: int, now: int = DAY) -> Any:
    """One record of one event."""
    p.begin()
    p.advance("E", now)
    p.decide(said)
    p.commit("E", version, now)
    return p.end()


def test_a_save_costs_what_changed_and_nothing_for_what_ended(tmp_path: Path) -> None:
    p = Promises(Shop())
    sizes = []
    for n in range(3000):
        take(p, event("stock.reserve", n), 2 * n + 2)
        take(p, event("stock.release", n, releases=f"stock.reserve{n}"), 2 * n + 3)
        if n % 500 == 499:
            p.save(tmp_path)
            p.drop_stale(tmp_path)
            sizes.append(sum(f.stat().st_size for f in tmp_path.iterdir()))
    assert not p.book.holds
    assert not p.touches("E", "X")
    assert max(sizes) < 200_000, sizes  # at most the changes of one save lie beside the base
    last = p.save(tmp_path)
    assert last == p.save(tmp_path), "nothing changed, nothing written"


def test_what_is_restored_is_what_was_saved(tmp_path: Path) -> None:
    shop = Shop()
    p = Promises(shop)
    take(p, event("pool.open", 1, pool="web", expires=9 * DAY, borrow=True, buffer=500_000), 2)
    take(p, event("stock.reserve", 2, pool="web", qty=3_000_000, expires=5 * DAY, document="SO"), 3)
    movement = {"type": "sale.delivery", "item": "X", "site": "A", "qty": 1_000_000, "amount": 10_000}
    take(p, {**event("stock.pending", 3), "movement": movement}, 4)
    p.begin()
    p.tell(("s", "r1"), Fact("E", "X", "L1", DAY, 7 * DAY))
    p.tell(("s", "h1"), Fact("E", "X", "L1", DAY, None, "recalled", (DAY, "s", -1, "h1")))
    p.commit("E", 5, DAY)
    assert [(x.lot, x.status, x.expires_at) for x in p.end().lots] == [("L1", "recalled", 7 * DAY)]
    other = Promises(shop)
    other.restore(tmp_path, p.save(tmp_path))
    for name in TABLES:
        assert other.book.table(name) == p.book.table(name), name
    assert p.book.debts
    assert other.next_moment("E") == p.next_moment("E") == 5 * DAY


def test_a_refused_record_leaves_no_trace() -> None:
    p = Promises(Shop())
    take(p, event("stock.reserve", 1, expires=3 * DAY), 2)
    before = {
        name: dict(p.book.table(name)) for name in ("holds", "debts", "clocks", "facts", "rows", "told")
    }
    p.begin()
    p.advance("E", 4 * DAY)
    assert not p.touches("E", "X"), "the reservation is let go"
    p.decide(event("stock.reserve", 2, qty=10_000_000))
    with pytest.raises(Refusal, match="not_available: 0 < 1: A X"):
        p.decide(event("stock.reserve", 3))
    p.rollback()
    assert {name: p.book.table(name) for name in before} == before
    assert p.next_moment("E") == 3 * DAY
    found = take(p, event("stock.reserve", 4), 3, now=3 * DAY)
    assert [(h.key[1], h.state, h.open) for h, *_ in found.holds] == [
        ("stock.reserve1", "expired", 0), ("stock.reserve4", "open", 1_000_000)
    ]  # fmt: skip
