"""The record behind an event: the one that was posted, its very bytes, wherever it lies in the archive."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from connectors.archive import Archive
from connectors.contract import RawBatch
from connectors.maps.mapper import Mapper
from pipelines.runtime.chain import Decoders
from pipelines.runtime.records import record_of

T0 = 1_780_000_000_000
MAP = {
    "entity": "shop",
    "source": "till",
    "tz": "Asia/Shanghai",
    "site": "S1",
    "header": ["when", "sku", "n", "price"],
    "columns": {
        "time": {"column": "when", "format": "%Y-%m-%d %H:%M:%S"},
        "item": "sku",
        "qty": "n",
        "unit_price": "price",
    },
    "rules": [{"emit": "sale.delivery"}],
}


def line(
    ident: str, source: str = "till", entity: str = "E1", ascii_only: bool = False, **more: str
) -> bytes:
    """A record as a till sends it."""
    event = {"id": ident, "source": source, "entity": entity, **more}
    return json.dumps(event, ensure_ascii=ascii_only).encode() + b"\n"


class Shop:
    """An archive that grows block by block, and answers of a store that learned events at given times."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.archive = Archive(folder / "archive")
        self.refused: list[int] = []
        self.learned: int | None = None

    def took(self, at_ms: int, *records: bytes, decoder: str = "ndjson", file_id: str = "") -> None:
        """A block arrived."""
        data = pa.array(records, pa.large_binary())
        self.archive.append(
            RawBatch("in", "p", decoder, data, np.arange(len(data)) + 100), "r1", file_id, at_ms, 0
        )

    def query(self, sql: str) -> pa.Table:
        """The two questions that are asked."""
        if "v_refusal" in sql:
            return pa.table({"ordinal": pa.array(self.refused, pa.uint64())})
        at = datetime.fromtimestamp((self.learned or 0) / 1000, UTC)
        return pa.table({"at": pa.array([at], pa.timestamp("ms", "UTC"))})

    def find(self, ident: str, source: str = "till", entity: str = "E1") -> bytes | None:
        """The record of an event."""
        return record_of(self.folder, self.query, {"entity": entity, "source": source, "event_id": ident})


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An empty archive."""
    return Shop(tmp_path)


def test_it_is_the_one_that_was_posted(shop: Shop) -> None:
    wrong, right = line("7", qty="-1"), line("7", qty="1")
    shop.took(T0, line("70", returns="7"), wrong, right)
    shop.took(T0 + 1, line("8", returns="7"), line("7", qty="1", recordedtime="2030-01-01T00:00:00Z"))
    shop.refused = [1]
    assert shop.find("7") == right
    assert shop.find("7", source="") == right
    assert shop.find("9") is None


def test_another_source_or_entity_may_use_the_same_id(shop: Shop) -> None:
    shop.took(
        T0,
        line("7", entity="E2"),
        line("7", source="web"),
        b'{"id":"7","source":"till"',
        b'["7"]\n',
        line("7"),
    )
    assert shop.find("7") == line("7")
    assert shop.find("7", source="web") == line("7", source="web")
    assert shop.find("7", entity="E2") == line("7", entity="E2")
    assert shop.find("7", entity="E3") is None


def test_an_id_may_be_spelled_in_two_ways(shop: Shop) -> None:
    shop.took(T0, line("茶-1", ascii_only=True), line("茶-2"), line('a"b'))
    assert shop.find("茶-1") == line("茶-1", ascii_only=True)
    assert shop.find("茶-2") == line("茶-2")
    assert shop.find('a"b') == line('a"b')


def test_a_row_without_an_id_is_found_by_its_place_in_the_file(shop: Shop) -> None:
    shop.took(T0, b'{"qty":"1"}\n', b'{"qty":"2"}\n', file_id="f" * 16)
    assert shop.find(f"{'f' * 16}-101") == b'{"qty":"2"}\n'
    assert shop.find(f"{'f' * 16}-103") is None
    assert shop.find(f"{'f' * 16}-x") is None


def test_a_mapped_row_is_found_through_its_map(shop: Shop) -> None:
    mapper = Mapper.from_dict(MAP, "till_map")
    Decoders(shop.folder / "maps").keep(mapper)
    rows = [b"2026-05-01 08:00:00,TEA,1,18\n", b"2026-05-01 08:01:00,TEA,2,18\n"]
    shop.took(T0, *rows, decoder=mapper.decoder, file_id="f" * 16)
    assert shop.find(f"{'f' * 16}-101", entity="shop") == rows[1]
    assert shop.find(f"{'f' * 16}-102", entity="shop") is None


def test_the_search_begins_where_the_ledger_learned_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(6):
        shop.took(T0 + n, line(str(n)), line("x", n=str(n)))
        shop.archive.close_file(wait=True)
    shop.took(T0 + 6, line("6"))
    read: list[str] = []
    from connectors.archive import reading

    whole = reading.read_parquet
    monkeypatch.setattr(reading, "read_parquet", lambda path: read.append(path.name) or whole(path))
    shop.learned = T0 + 4
    assert shop.find("x") == line("x", n="4")
    assert len(read) <= 2
    shop.learned = T0 + 6
    assert shop.find("6") == line("6")
    shop.learned = T0 + 60_000  # the clock went back after the record was archived
    assert shop.find("2") == line("2")
