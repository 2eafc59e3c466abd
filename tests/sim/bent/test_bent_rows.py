"""Bent rows of the maps through the job: each judged as its kind must be, alike on both paths, none lost.

`make sim` runs 10^5 of them, `make test` a share; `STOCKTWIN_SEED` makes others.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from connectors.maps.errors import Refused as RowRefused
from connectors.maps.mapper import Mapper
from connectors.pos import PosSource
from pipelines.audit.intake import NAMES
from pipelines.intake.assemble import EVENT_SCHEMA
from pipelines.intake.decode import DecodeStep
from pipelines.intake.parsing import Number, Refused
from pipelines.intake.strict import decode_fields
from pipelines.kernels.records import Facts
from pipelines.runtime.chain import decode_tables
from schemas.reasons import Reason
from tests.conftest import SHARE
from tests.sim.bent.mutations import ARRIVED, COMMITTED, DUPLICATE, WAITING
from tests.sim.bent.rows import HEADERS, IOWA, RETAIL, BentRow, stream
from tests.sim.bent.test_mutations import Job

FEW, FEW_RARE = 3_000, 3
MANY, MANY_RARE = round(50_000 * SHARE), round(120 * SHARE)
FILE = "f" * 16
SEEN: dict[str, frozenset[Reason]] = {
    RETAIL: frozenset({
        Reason.TOO_LARGE, Reason.BAD_ENCODING, Reason.MISSING_FIELD, Reason.BAD_TYPE, Reason.SCALE,
        Reason.RANGE, Reason.BAD_TIME, Reason.BAD_IDENTIFIER, Reason.FUTURE, Reason.FRACTION, Reason.OVERFLOW,
    }),
    IOWA: frozenset({
        Reason.TOO_LARGE, Reason.BAD_ENCODING, Reason.NO_RULE, Reason.MISSING_FIELD, Reason.BAD_TYPE,
        Reason.SCALE, Reason.RANGE, Reason.BAD_TIME, Reason.BAD_IDENTIFIER, Reason.FUTURE, Reason.FRACTION,
        Reason.OVERFLOW,
    }),
}  # fmt: skip
"""What the rows of a till can be refused for: not JSON's reasons, and no reference to another event."""


def alone(mapper: Mapper, raw: bytes, at: int) -> tuple[str, str] | list[dict[str, int | str]]:
    """One row by the row path of map and intake: (reason, detail), or the columns of its events."""
    found = mapper.decode_row(raw, at, FILE)
    if isinstance(found, RowRefused):
        return found
    try:
        return [
            decode_fields({k: Number(v) if k == "seq" else v for k, v in event.items()}, ARRIVED)
            for event in found
        ]
    except Refused as no:
        return no.reason, no.detail


def assert_paths_agree(mapper: Mapper, rows: Sequence[BentRow], first: int) -> None:
    """Verdict, reason, detail and every value of every row."""
    offsets = np.arange(first, first + len(rows))
    data = pa.array([row.raw for row in rows], pa.large_binary())
    tables = decode_tables(Facts(0, file_id=FILE, arrived_at=ARRIVED), offsets, data, mapper)
    step = DecodeStep()
    together = step.process(*map(tables.get, step.reads)).merged()
    refused = together["intake.refused"].to_pylist() if "intake.refused" in together else []
    told = {r["rec"]: (r["reason"], r["detail"]) for r in refused}
    wanted: list[dict[str, int | str]] = []
    for n, row in enumerate(rows):
        one = alone(mapper, row.raw, first + n)
        if isinstance(one, tuple):
            assert told.pop(n, None) == (str(one[0]), one[1]), (row.kind, row.raw[:200], one)
        else:
            wanted += [{"rec": n, "recorded_at": ARRIVED, "trust": 2, "strict": 0} | event for event in one]
    assert not told, [(rows[n].kind, rows[n].raw[:200], why) for n, why in told.items()]
    columns = [
        pa.array([event.get(f.name, None if f.nullable else "") for event in wanted], f.type)
        for f in EVENT_SCHEMA
    ]
    for name, column in zip(EVENT_SCHEMA.names, columns, strict=True):
        assert together["event"].column(name).to_pylist() == column.to_pylist(), name


def run(folder: Path, seed: int, name: str, rows: int, rare: int) -> Counter[str]:
    """All rows in blocks of random sizes, some blocks twice; how often each outcome was seen."""
    rng, job = random.Random(seed), Job(folder)
    mapper = Mapper.from_file(name).bound(HEADERS[name], "h:1")
    job.chain.decoders.keep(mapper)
    wants: list[frozenset[str]] = []
    block: list[BentRow] = []
    first = 0
    for row in stream(seed, name, rows, rare):
        block.append(row)
        if rng.random() < 1 / 500 or len(wants) + len(block) == rows:
            assert_paths_agree(mapper, block, first)
            raws, places = [r.raw for r in block], range(first, first + len(block))
            job.take(raws, ARRIVED, places, decoder=mapper.decoder, file_id=FILE)
            wrong = [
                (r.kind, r.raw[:200], job.fate[len(wants) + n])
                for n, r in enumerate(block)
                if job.fate[len(wants) + n] not in r.wants
            ]
            assert not wrong, f"{len(wrong)} of {len(block)}: {wrong[:5]}"
            wants += [r.wants for r in block]
            first, block = first + len(block), []
    again = job.chain.next_ordinal
    job.take(raws, ARRIVED, places, decoder=mapper.decoder, file_id=FILE)
    for n in range(len(raws)):
        before = job.fate[again - len(raws) + n]
        assert job.fate[again + n] == (DUPLICATE if before == COMMITTED else before)
    seen = Counter(job.fate.values())
    refused = sum(n for outcome, n in seen.items() if outcome not in (COMMITTED, DUPLICATE, WAITING))
    assert job.counts["records_in"] == seen.total() == rows + len(raws)
    assert [job.counts[n] for n in NAMES[1:]] == [seen[COMMITTED], refused, seen[DUPLICATE], seen[WAITING]]
    return seen


@pytest.mark.parametrize("name", [RETAIL, IOWA])
def test_bent_rows(tmp_path: Path, seed: int, name: str) -> None:
    seen = run(tmp_path, seed, name, FEW, FEW_RARE)
    assert {str(r) for r in SEEN[name]} <= seen.keys()


@pytest.mark.parametrize("name", [RETAIL, IOWA])
def test_every_byte_of_a_bent_file_is_in_a_record(tmp_path: Path, seed: int, name: str) -> None:
    """A quote that is not closed may join rows; none is lost, and all are counted."""
    job, header = Job(tmp_path / "maps"), ",".join(HEADERS[name]).encode() + b"\n"
    rows = [row.raw.rstrip() + b"\n" for row in stream(seed, name, 800, 0) if row.kind != "random_bytes"]
    (tmp_path / "till.csv").write_bytes(header + b"".join(rows))
    source = PosSource("till", [str(tmp_path / "till.csv")], Mapper.from_file(name))
    part = source.build(source.parts()[0], None)
    read: list[bytes] = []
    while batch := part.next_batch(100, 1 << 20):
        job.chain.decoders.keep(source.mappers[batch.decoder])
        raws = batch.data.to_pylist()
        job.take(raws, ARRIVED, batch.offsets.tolist(), decoder=batch.decoder, file_id=FILE)
        read += raws
    part.close()
    assert b"".join(read) == b"".join(rows)
    assert job.counts["records_in"] == len(job.fate) == len(read)
    assert sum(job.counts[n] for n in NAMES[1:]) == len(read)


@pytest.mark.slow
@pytest.mark.parametrize("name", [RETAIL, IOWA])
def test_fifty_thousand_bent_rows(tmp_path: Path, seed: int, name: str) -> None:
    seen = run(tmp_path, seed, name, MANY, MANY_RARE)
    few = {r: seen[str(r)] for r in SEEN[name] if seen[str(r)] < 100 * min(SHARE, 1)}
    assert not few, f"each reason that applies is seen 100 times: {few}"
