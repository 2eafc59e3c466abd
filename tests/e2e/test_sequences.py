"""The rules of the ledger through the real command: NDJSON in, `sql -o json` out."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.process import Command
from tests.e2e.sequences import SEQUENCES, events

pytestmark = pytest.mark.e2e

ALL = [event for entity, sequence in SEQUENCES.items() for event in events(entity, sequence)]
REFUSED = sum(len(s.refused) for s in SEQUENCES.values())
WAITING = sum(s.waiting for s in SEQUENCES.values())

FACES = {
    "stock": "SELECT entity, site, item, lot, on_hand_qty, value_amt FROM mart.v_stock_now "
    "WHERE on_hand_qty != 0 OR value_amt != 0",
    "cogs": "SELECT entity, event_id, cogs_amt, state FROM mart.v_cogs",
    "ups": "SELECT entity, corrects_event, cause_event, sum(value_amt) AS value FROM mart.v_movement "
    "WHERE cause_event != '' GROUP BY entity, corrects_event, cause_event",
    "refused": "SELECT event_id, reason, raw, raw_bytes, position FROM mart.v_refusal "
    "WHERE run_id = 'r000001'",
    "waiting": "SELECT entity, event_id, waits_for FROM mart.v_waiting",
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All sequences in one file."""
    file = tmp_path_factory.mktemp("paper") / "paper.ndjson"
    file.write_text("".join(json.dumps(e, ensure_ascii=False) + "\n" for e in ALL), "utf-8")
    return file


@pytest.fixture(scope="module")
def data(stocktwin: Command, path: Path) -> Path:
    """A data directory that took them."""
    folder = path.parent / "D"
    counts = stocktwin.run(path, folder)
    assert (counts["in"], counts["refused"], counts["waiting"], counts["duplicate"]) == (
        len(ALL),
        REFUSED,
        WAITING,
        0,
    )
    return folder


@pytest.fixture(scope="module")
def faces(stocktwin: Command, data: Path) -> dict[str, list[dict[str, Any]]]:
    """What every face shows."""
    return {name: stocktwin.sql(data, statement) for name, statement in FACES.items()}


@pytest.mark.parametrize("entity", SEQUENCES)
def test_the_faces_show_what_paper_says(entity: str, faces: dict[str, list[dict[str, Any]]]) -> None:
    wanted = SEQUENCES[entity]
    mine = {name: [r for r in rows if r.get("entity") == entity] for name, rows in faces.items()}
    stock = {
        " ".join(filter(None, (r["site"], r["item"], r["lot"]))): (
            Decimal(r["on_hand_qty"]),
            Decimal(r["value_amt"]),
        )
        for r in mine["stock"]
    }
    assert stock == {k: (Decimal(q), Decimal(v)) for k, (q, v) in wanted.stock.items()}
    cogs = {r["event_id"]: (Decimal(r["cogs_amt"]), r["state"]) for r in mine["cogs"]}
    for n, (amount, state) in wanted.cogs.items():
        assert cogs[f"{entity}-{n}"] == (Decimal(amount), state)
    ups = sorted((r["corrects_event"], r["cause_event"], Decimal(r["value"])) for r in mine["ups"])
    assert ups == sorted((f"{entity}-{a}", f"{entity}-{b}", Decimal(v)) for a, b, v in wanted.ups)
    refused = {r["event_id"]: r["reason"] for r in faces["refused"] if r["event_id"].startswith(f"{entity}-")}
    assert refused == {f"{entity}-{n}": reason for n, reason in wanted.refused.items()}
    assert len(mine["waiting"]) == wanted.waiting


def test_a_refusal_keeps_its_bytes_and_its_position(faces: dict[str, list[dict[str, Any]]]) -> None:
    lines = [json.dumps(e, ensure_ascii=False) + "\n" for e in ALL]
    assert len(faces["refused"]) == REFUSED
    for row in faces["refused"]:
        assert row["raw"] == lines[int(row["position"])]
        assert bytes.fromhex(row["raw_bytes"]) == row["raw"].encode()


def test_the_stock_of_an_earlier_hour(stocktwin: Command, data: Path) -> None:
    """Before its revaluation ten were worth 100."""
    statement = (
        "SELECT on_hand_qty, value_amt "
        "FROM mart.v_stock_as_of(as_of='2025-01-05T09:30:00+08:00', known_at='now') WHERE entity = 'REVALUE'"
    )
    rows = stocktwin.sql(data, statement)
    assert [(Decimal(r["on_hand_qty"]), Decimal(r["value_amt"])) for r in rows] == [
        (Decimal(10), Decimal(100))
    ]


def test_the_same_file_again_changes_nothing(
    stocktwin: Command, path: Path, data: Path, faces: dict[str, list[dict[str, Any]]]
) -> None:
    counts = stocktwin.run(path, data)
    assert (counts["in"], counts["refused"], counts["duplicate"]) == (len(ALL), REFUSED, len(ALL) - REFUSED)
    for name in ("stock", "cogs", "ups"):
        again = stocktwin.sql(data, FACES[name])
        assert sorted(map(str, again)) == sorted(map(str, faces[name])), name
