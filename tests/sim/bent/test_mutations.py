"""Bent records through the job: each judged as its kind must be, alike on both paths, none lost, none spoilt.

`make sim` runs 10^5 of them, `make test` a share; `STOCKTWIN_SEED` makes others.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from connectors.archive import Archived
from pipelines.audit.intake import NAMES
from pipelines.intake.assemble import EVENT_SCHEMA, Arrival
from pipelines.intake.decode import Decoded, decode_json
from pipelines.intake.parsing import Refused
from pipelines.intake.strict import decode_row
from pipelines.runtime.chain import NDJSON, Decoders, JobChain
from pipelines.step import Outputs
from schemas.reasons import BY_CODE, Reason
from tests.conftest import SHARE
from tests.sim.bent.mistakes import STRICT_DOOR, stream
from tests.sim.bent.mutations import ARRIVED, COMMITTED, DUPLICATE, WAITING, Bender, Mutated

FEW, FEW_RARE = 6_000, 6
MANY, MANY_RARE = round(100_000 * SHARE), round(120 * SHARE)
WEEK_MS = 8 * 86_400_000

NOT_FROM_JSON = {
    Reason.NO_RULE: "a row of a mapped file: tests/sim/bent/test_bent_rows.py",
    Reason.UNKNOWN_MAP: "a map that is not there stops the command before the first record",
    Reason.STALE_VERSION: "no type of this release states the version it expects",
    Reason.CLOSED_PERIOD: "no type of this release closes a period",
    Reason.NOT_AVAILABLE: "no type of this release promises stock",
    Reason.RESERVED_STOCK: "no type of this release promises stock",
}


class Job:
    """The job's chain without a store, and what became of each record."""

    def __init__(self, folder: Path) -> None:
        self.chain = JobChain(Decoders(folder))
        self.fate: dict[int, str] = {}
        self.counts: Counter[str] = Counter()
        self.movements: list[dict[str, Any]] = []
        self._process = self.chain.ledger.process
        self.chain.ledger.process = self._watch  # type: ignore[method-assign]

    def _watch(self, *tables: pa.Table) -> Outputs:
        out = self._process(*tables)
        for v in out.merged().get("verdict", pa.table({})).to_pylist():
            name = NAMES[v["status"]]
            self.fate[v["rec"]] = str(BY_CODE[v["reason"]]) if name == "refused" else name
        return out

    def take(
        self,
        raws: Sequence[bytes],
        arrived_at: int,
        positions: Sequence[int] | None = None,
        door: str = "till",
        decoder: str = NDJSON,
        file_id: str = "",
    ) -> None:
        """One block; refusals must hold their bytes and their position."""
        first, n = self.chain.next_ordinal, len(raws)
        offsets = np.array(positions if positions is not None else range(first, first + n), np.int64)
        data = pa.array(raws, pa.large_binary())
        block = Archived(
            first,
            door,
            "part",
            "r1",
            decoder,
            file_id,
            arrived_at,
            2,
            offsets,
            data,
            refuse_unknown=(STRICT_DOOR,),
        )
        tables = self.chain.process(block).tables
        for row in tables["ops.intake"].to_pylist():
            self.counts.update({k: v for k, v in row.items() if k not in ("source", "run_id")})
        for row in tables["raw.refusal"].to_pylist() if "raw.refusal" in tables else []:
            at = row["ordinal"] - first
            self.fate[row["ordinal"]] = row["reason"]
            if at >= 0:  # one that had waited lies in an earlier block
                assert bytes.fromhex(row["raw_bytes"]) == raws[at]
                assert row["position"] == offsets[at]
        if "core.movement" in tables:
            self.movements += (
                tables["core.movement"].select(["event_id", "line", "qty", "value_amt"]).to_pylist()
            )


def rows_alone(raws: Sequence[bytes], arrived_at: int) -> Decoded:
    """The same by the row path only, record by record."""
    rows, refused = [], []
    for n, raw in enumerate(raws):
        try:
            row = decode_row(raw, arrived_at)
        except Refused as no:
            refused.append((n, no.reason, no.detail, no.event_id, no.type))
            continue
        if "id" not in row:
            refused.append((n, Reason.MISSING_FIELD, None, None, None))
            continue
        rows.append({"rec": n, "recorded_at": arrived_at, "trust": 2, "strict": 0} | row)
    columns = [
        pa.array([r.get(f.name, None if f.nullable else "") for r in rows], f.type) for f in EVENT_SCHEMA
    ]
    return Decoded(pa.RecordBatch.from_arrays(columns, schema=EVENT_SCHEMA), refused)  # type: ignore[arg-type]


def assert_paths_agree(records: Sequence[Mutated], arrived_at: int) -> None:
    """Verdict, reason, detail and every value of every record."""
    raws = [r.raw for r in records]
    alone, together = (
        rows_alone(raws, arrived_at),
        decode_json(pa.array(raws, pa.large_binary()), Arrival(arrived_at, 0)),
    )
    found = {v.index: (v.reason, v.detail, v.event_id, v.type) for v in together.refused}
    assert len(found) == len(together.refused)
    for n, *why in alone.refused:  # type: ignore[misc]
        assert n in found, f"{records[n].kind}: {raws[n][:300]!r} is refused {why[0]} alone only"
        assert why[1] is None or tuple(why) == found.pop(n), f"{records[n].kind}: {raws[n][:300]!r}"
        found.pop(n, None)
    assert not found, [(records[n].kind, raws[n][:300], why) for n, why in found.items()]
    for name in EVENT_SCHEMA.names:
        if not alone.events.column(name).equals(together.events.column(name)):
            a, b = alone.events.column(name).to_pylist(), together.events.column(name).to_pylist()
            n = next(i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y)
            raw = raws[alone.events["rec"][n].as_py()]
            pytest.fail(f"{name}: {a[n]!r} by the row path, {b[n]!r} by the batch path: {raw!r}")


def blocks(records: Iterable[Mutated], rng: random.Random) -> Iterator[tuple[str, list[Mutated]]]:
    """Blocks of random sizes, each of one door."""
    block: list[Mutated] = []
    for record in records:
        if record.kind == "stranger":
            if block:
                yield "till", block
            yield STRICT_DOOR, [record]
            block = []
            continue
        block.append(record)
        if rng.random() < 1 / 400:
            yield "till", block
            block = []
    if block:
        yield "till", block


def run(folder: Path, seed: int, records: int, rare: int) -> Counter[str]:
    """The whole stream, in blocks of random sizes; how often each outcome was seen."""
    rng, job, now = random.Random(seed), Job(folder), ARRIVED
    wants: list[Mutated] = []
    for door, block in blocks(stream(seed, records, rare), rng):
        assert_paths_agree(block, now)
        job.take([r.raw for r in block], now, door=door)
        wants += [record._replace(raw=record.raw[:300]) for record in block]
        now += rng.randint(1, 1000)
    wrong = [(w.kind, w.raw, job.fate.get(n)) for n, w in enumerate(wants) if job.fate.get(n) not in w.wants]
    assert not wrong, f"{len(wrong)} of {len(wants)}: {wrong[:5]}"
    seen = Counter(job.fate.values())
    assert_counted(job, seen, len(wants))
    waiting = seen[WAITING]
    b = Bender(seed)
    b.n = 10**9
    job.take([b.dump(b.event("stock.issue", entity="E1"))], now + WEEK_MS)  # what waited too long is refused
    seen = Counter(job.fate.values())
    assert_counted(job, seen, len(wants) + 1)
    assert (seen[WAITING], waiting > 0) == (0, True)
    return seen


def assert_counted(job: Job, seen: Counter[str], records: int) -> None:
    """In = committed + refused + duplicate + waiting, each record once, by what the faces say."""
    refused = sum(n for outcome, n in seen.items() if outcome not in (COMMITTED, DUPLICATE, WAITING))
    assert job.counts["records_in"] == seen.total() == records
    assert [job.counts[n] for n in NAMES[1:]] == [seen[COMMITTED], refused, seen[DUPLICATE], seen[WAITING]]


def test_bent_records(tmp_path: Path, seed: int) -> None:
    seen = run(tmp_path, seed, FEW, FEW_RARE)
    assert {str(r) for r in Reason if r not in NOT_FROM_JSON} <= seen.keys()


@pytest.mark.slow
def test_a_hundred_thousand_bent_records(tmp_path: Path, seed: int) -> None:
    seen = run(tmp_path, seed, MANY, MANY_RARE)
    few = {r: seen[str(r)] for r in Reason if r not in NOT_FROM_JSON and seen[str(r)] < 100 * min(SHARE, 1)}
    assert not few, f"each applicable reason is seen 100 times: {few}"


def test_a_bad_row_never_spoils_its_batch(tmp_path: Path, seed: int) -> None:
    """The good ones alone, and among the bad ones in batches cut elsewhere: the same lines."""
    records = [
        r
        for r in stream(seed + 1, 1500, 0)
        if r.wants in ({COMMITTED}, {"not_json"}, {"bad_type"}, {"range"})
    ]
    good = [r.raw for r in records if r.wants == {COMMITTED}]
    mixed, alone = Job(tmp_path), Job(tmp_path)
    rng = random.Random(seed)
    at = 0
    while at < len(records):
        size = rng.randint(1, 60)
        mixed.take([r.raw for r in records[at : at + size]], ARRIVED)
        at += size
    alone.take(good, ARRIVED)
    assert len(good) < len(records)
    assert mixed.movements == alone.movements
    assert len(mixed.movements) > len(good) / 2
