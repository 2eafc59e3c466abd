"""A board over a directory: through its owner, or asking once while nobody owns it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.runtime.verbs import live
from sinks.lock import DirectoryLock


class Ledger:
    """Stands in for the client: counts questions, has an owner or none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.owner = False
        self.value = 1
        monkeypatch.setattr(live.client, "owned", lambda _data: self.owner)
        monkeypatch.setattr(live.client, "query", self.query)

    def query(self, data: Path, sql: str) -> pa.Table:
        """One answer; without an owner the directory's lock is taken for it, as the client does."""
        self.asked.append(sql)
        if not self.owner:
            DirectoryLock(data, guest=True).close()
        return pa.table({"x": [self.value]})


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Nobody owns the directory yet."""
    return Ledger(monkeypatch)


def held(eyes: live.Eyes, now_ms: int = 0, item: str = "tea") -> int:
    """What a card would show."""
    sql = "SELECT {item:String}, {now_ms:Int64}"
    return int(eyes.query(sql, {"item": item, "now_ms": now_ms}).column(0)[0].as_py())


def test_at_rest_each_question_is_asked_once(ledger: Ledger, tmp_path: Path) -> None:
    eyes = live.Eyes(tmp_path)
    assert [held(eyes, now) for now in range(3)] == [1, 1, 1]
    assert ledger.asked == ["SELECT 'tea', toInt64(0)"]
    held(eyes, item="salt")
    assert len(ledger.asked) == 2


def test_an_owner_is_always_asked_and_what_it_did_is_seen_when_it_has_gone(
    ledger: Ledger, tmp_path: Path
) -> None:
    eyes = live.Eyes(tmp_path)
    held(eyes)
    ledger.owner, ledger.value = True, 2
    assert (held(eyes), held(eyes), len(ledger.asked)) == (2, 2, 3)
    ledger.owner = False
    assert (held(eyes), held(eyes), len(ledger.asked)) == (2, 2, 4)


def test_an_owner_that_came_and_went_unseen_is_noticed(ledger: Ledger, tmp_path: Path) -> None:
    eyes = live.Eyes(tmp_path)
    held(eyes)
    DirectoryLock(tmp_path).close()
    ledger.value = 3
    assert held(eyes) == 3


def test_times_are_told_in_the_zone_of_the_entity() -> None:
    assert live.zone(lambda _sql: pa.table({"tz": ["Europe/London"]})) == "Europe/London"
    assert live.zone(lambda _sql: pa.table({"tz": pa.array([], pa.string())})) == "Asia/Shanghai"
