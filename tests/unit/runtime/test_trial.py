"""`check --map` and `check --input`: mistakes of a map, reasons of records, nothing written."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pipelines.runtime.errors import MapError, as_error
from pipelines.runtime.probes.trial import check_map, dry_decode
from pipelines.runtime.progress import bar, silent

GOOD = (
    b'{"id":"%d","source":"s","time":"2026-01-02T00:00:00Z","type":"sale.charge","entity":"E",'
    b'"code":"POST","amount":"1"}\n'
)
LINES = [GOOD % 1, b"{\n", GOOD % 2, b"[]\n", (GOOD % 3).replace(b"sale.charge", b"sale.chrage")]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_events(tmp_path: Path, pack: type[bytes]) -> None:
    file = tmp_path / "in"
    file.write_bytes(pack(b"".join(LINES)))
    seen: list[int] = []
    found = dry_decode(str(file), None, lambda done, _total, _note="": seen.append(done))
    assert (found.records_in, found.refused) == (5, 3)
    assert dict(found.reasons) == {"not_json": 2, "unknown_type": 1}
    assert seen
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in"]


def test_till_lines_through_a_map(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_bytes(b"Invoice,Quantity\n1,2\n")
    with pytest.raises(Exception, match="has no column") as caught:
        dry_decode(str(file), "online_retail", silent)
    told = as_error(caught.value)
    assert isinstance(told, MapError)
    assert told.exit_code == 78
    assert told.place == f"{file}:1"


def test_online_retail(shared_data: Path) -> None:
    file = shared_data / "online-retail" / "online_retail_2010-12_2011-02.csv.gz"
    found = dry_decode(str(file), "online_retail", silent)
    assert found.records_in == 105_335
    assert {reason for reason, _ in found.reasons} <= {"no_rule"}


def test_maps(tmp_path: Path) -> None:
    assert check_map("online_retail") > 0
    bad = tmp_path / "bad.yaml"
    bad.write_text("format: csv\nentitty: X\n", encoding="utf-8")
    with pytest.raises(MapError) as caught:
        check_map(str(bad))
    assert caught.value.exit_code == 78
    assert f"{bad}:2:1" in str(caught.value)


def test_no_bar_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with bar("working") as progress:
        progress(1, 2)
    assert capsys.readouterr() == ("", "")
