"""Bad records at the real command: files that are none, maps with mistakes, bent records, persons."""

from __future__ import annotations

import gzip
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.fields import MAX_RECORD_BYTES
from tests.e2e.process import Command
from tests.sim.bent.mistakes import stream
from tests.sim.bent.mutations import COMMITTED, DUPLICATE, WAITING, Mutated

pytestmark = pytest.mark.e2e

NOT_AS_A_FILE = {"no_id", "stranger", "before stranger"}
"""A row of a file may lack its id; `unknown_master: refuse` is not in the shipped jobs.yaml."""


def good_lines(n: int) -> bytes:
    """Receipts."""
    event = {
        "source": "t", "type": "stock.receipt", "time": "2025-01-05T08:00:00Z", "entity": "E", "site": "S",
        "item": "X", "qty": "1", "unit_cost": "2",
    }  # fmt: skip
    return b"".join(json.dumps(event | {"id": f"r{i}"}).encode() + b"\n" for i in range(n))


def changed(packed: bytes, at: int) -> bytes:
    """With one byte turned round."""
    found = bytearray(packed)
    found[at] ^= 0xFF
    return bytes(found)


@pytest.mark.parametrize(
    ("name", "content", "code", "what"),
    [
        ("missing.ndjson", None, 2, "missing.ndjson: no such file; check the path"),
        (
            "empty",
            "directory",
            2,
            "a directory without files; name a file, a directory with files, or a glob",
        ),
        ("none*", None, 2, "no such file; name a file, a directory with files, or a glob"),
        ("cut.gz", gzip.compress(good_lines(5_000))[:-300], 1, "cannot be read further"),
        ("crc.gz", changed(gzip.compress(good_lines(5)), -6), 1, "CRC check failed"),
        ("head.gz", b"\x1f\x8b", 1, "fetch the file again: it is damaged"),
    ],
)
def test_files_that_are_none(
    stocktwin: Command, tmp_path: Path, name: str, content: bytes | str | None, code: int, what: str
) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        path.mkdir()
    said = stocktwin("run", "--input", path, "--data", tmp_path / "D")
    assert said.code == code, said
    assert what in said.err
    assert str(path) in said.err
    assert "Traceback" not in said.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(stocktwin: Command, tmp_path: Path) -> None:
    path = tmp_path / "secret.ndjson"
    path.write_bytes(good_lines(1))
    path.chmod(0)
    said = stocktwin("run", "--input", path, "--data", tmp_path / "D")
    assert said.code == 1
    assert "cannot be opened: Permission denied; check the path and who may read it" in said.err


def test_a_directory_an_empty_file_and_a_good_one(stocktwin: Command, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.ndjson").write_bytes(b"")
    (folder / "b.ndjson").write_bytes(good_lines(3))
    (folder / "c.ndjson.gz").write_bytes(gzip.compress(good_lines(5)))
    counts = stocktwin.run(folder, tmp_path / "D")
    assert (counts["in"], counts["committed"], counts["duplicate"]) == (8, 5, 3)


def test_every_mistake_of_a_map_by_line(stocktwin: Command, tmp_path: Path) -> None:
    text = """format: csv
encoding: utf8x
entity: shop
source: till
tz: Asia/Shangai
site: S1
columns:
  time: {column: when, format: "%Y-%m-%d"}
  itemm: sku
  qty: n
rules:
  - when: {sku: "(x"}
    emit: sale.delivry
"""
    path = tmp_path / "m.yaml"
    path.write_text(text, "utf-8")
    (tmp_path / "x.csv").write_text("when,sku,n\n", "utf-8")
    said = stocktwin("run", "--input", tmp_path / "x.csv", "--map", path, "--data", tmp_path / "D")
    assert said.code == 78
    for mistake in (
        "m.yaml:2:1 encoding: 'utf8x' is not known; did you mean \"utf8\"?",
        "m.yaml:5:1 tz: 'Asia/Shangai' is no time zone; an IANA name such as Asia/Shanghai",
        'm.yaml:9:3 columns.itemm: unknown field; did you mean "item"?',
        "m.yaml:12:12 rules[0].when.sku: not a regular expression",
        "m.yaml:13:5 rules[0].emit: 'sale.delivry' is no type of event; did you mean \"sale.delivery\"?",
    ):
        assert mistake in said.err
    assert not (tmp_path / "D" / "store").exists(), "nothing is opened for a map that cannot be used"


class Bent:
    """A file of bent records, run through the command, and what became of them."""

    def __init__(self, stocktwin: Command, folder: Path, seed: int) -> None:
        self.data, path = folder / "D", folder / "bent.ndjson.gz"
        found = stream(seed, 5_000, 3, int(time.time() * 1000) - 60_000)
        self.records = [r for r in found if r.kind not in NOT_AS_A_FILE and r.raw.strip()]
        with gzip.open(path, "wb", 1) as out:
            out.writelines(r.raw if r.raw.endswith(b"\n") else r.raw + b"\n" for r in self.records)
        self.counts = stocktwin.run(path, self.data)
        rows = stocktwin.sql(self.data, "SELECT position, reason, raw_bytes, ordinal FROM mart.v_refusal")
        self.refused: dict[int, dict[str, Any]] = {int(r["position"]): r for r in rows}

    def outcome(self, n: int, record: Mutated) -> bool:
        """Whether what became of a record is what its kind wants."""
        if n in self.refused:
            return self.refused[n]["reason"] in record.wants
        return bool(record.wants & {COMMITTED, DUPLICATE, WAITING})


@pytest.fixture(scope="module")
def bent(stocktwin: Command, tmp_path_factory: pytest.TempPathFactory, seed: int) -> Bent:
    """Five thousand bent records."""
    return Bent(stocktwin, tmp_path_factory.mktemp("bent"), seed)


def test_every_bent_record_is_accounted_for(bent: Bent) -> None:
    assert bent.counts["in"] == len(bent.records)
    assert bent.counts["refused"] == len(bent.refused)
    wrong = [
        (r.kind, r.raw[:200], bent.refused.get(n))
        for n, r in enumerate(bent.records)
        if not bent.outcome(n, r)
    ]
    assert not wrong, wrong[:3]
    sure = Counter(min(r.wants) for r in bent.records if len(r.wants) == 1)
    for outcome in (DUPLICATE, WAITING):
        assert bent.counts[outcome] >= sure[outcome] > 0


def test_refusals_keep_their_bytes(bent: Bent) -> None:
    for n, row in bent.refused.items():
        raw = bent.records[n].raw
        raw = raw if raw.endswith(b"\n") else raw + b"\n"
        kept = raw[: MAX_RECORD_BYTES + 1] if len(raw.rstrip(b"\n")) > MAX_RECORD_BYTES else raw
        assert bytes.fromhex(row["raw_bytes"]) == kept, bent.records[n].kind


def test_bent_records_replay_to_the_same(stocktwin: Command, bent: Bent) -> None:
    assert "identical" in stocktwin.ok("replay", "--verify", "--data", bent.data)


def test_no_person_is_in_a_data_directory(stocktwin: Command, tmp_path: Path) -> None:
    """Neither in files nor in tables, from JSON tills, canonical events, refused and malformed ones."""
    data, phone = tmp_path / "D", "13812345678"
    sale = {
        "source": "t", "type": "sale.delivery", "time": "2025-01-05T08:00:00Z", "entity": "E", "site": "S",
        "item": "X", "qty": "1", "amount": "5",
    }  # fmt: skip
    lines = [
        json.dumps(sale | {"id": "1", "customer": phone}),
        json.dumps(sale | {"id": "2", "customer": f" {phone} "}),
        json.dumps(sale | {"id": "3", "customer": int(phone)}),
        json.dumps(sale | {"id": "4", "customer": phone, "qty": "x"}),
        json.dumps(sale | {"id": "5", "customer": phone})[:-9],
    ]
    (tmp_path / "a.ndjson").write_text("\n".join(lines) + "\n", "utf-8")
    counts = stocktwin.run(tmp_path / "a.ndjson", data)
    assert (counts["committed"], counts["refused"]) == (2, 3)
    (tmp_path / "m.yaml").write_text(
        """{format: ndjson, entity: E, source: app, tz: Asia/Shanghai, site: S, personal: [tel],
        columns: {time: {column: ts, format: "%Y-%m-%d %H:%M:%S"}, item: sku, qty: n, customer: member.no},
        rules: [{emit: sale.delivery}]}""",
        "utf-8",
    )
    row = {"ts": "2025-01-05 08:00:00", "sku": "A", "n": 1, "member": {"no": phone}, "tel": int(phone)}
    (tmp_path / "b.json").write_text(json.dumps(row) + "\n" + json.dumps(row | {"ts": "?"}) + "\n", "utf-8")
    counts = stocktwin.run(tmp_path / "b.json", data, "--map", str(tmp_path / "m.yaml"))
    assert (counts["committed"], counts["refused"]) == (1, 1)
    sold = stocktwin.sql(data, "SELECT customer, count() AS n FROM mart.v_sale GROUP BY customer")
    assert [(len(r["customer"]), r["n"]) for r in sold] == [(23, "3")], "one person, however she was written"
    raws = stocktwin.sql(data, "SELECT raw, raw_bytes FROM mart.v_refusal")
    assert len(raws) == 4
    assert not any(phone in r["raw"] or phone in bytes.fromhex(r["raw_bytes"]).decode() for r in raws)
    for file in data.rglob("*"):
        assert not file.is_file() or phone.encode() not in file.read_bytes(), file
    assert "identical" in stocktwin.ok("replay", "--verify", "--data", data)
