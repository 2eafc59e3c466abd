"""Records of tests as the event batches that intake gives to the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from pipelines.intake.parsing import Refused
from pipelines.intake.strict import decode_row
from schemas.derive import event_arrow_schema
from schemas.registry import TRUST
from tests.records import Record, Run, door_of

UNSAID = {"trust": TRUST.index("red"), "seq": None}


class DecodedBatch(NamedTuple):
    """One batch: the events that decode, and (ordinal, reason) of records that do not."""

    first: int  # ordinal of the first record
    end: int  # ordinal behind the last record
    events: pa.RecordBatch
    refused: list[tuple[int, str]]


def decode(records: Sequence[Record], first: int, strict: frozenset[str]) -> DecodedBatch:
    """Records as one batch; `first`: ordinal of the first of them, `strict`: doors that want masters."""
    schema = event_arrow_schema()
    rows: list[dict[str, Any]] = []
    refused: list[tuple[int, str]] = []
    for ordinal, record in enumerate(records, first):
        try:
            decoded = [
                decode_row(json.dumps(event, ensure_ascii=False).encode(), record.arrived)
                for event in record.events
            ]
        except Refused as no:
            refused.append((ordinal, str(no.reason)))
            continue
        for row in decoded:
            facts = {"rec": ordinal, "recorded_at": record.arrived, "strict": int(door_of(record) in strict)}
            rows.append(facts | UNSAID | row)
    columns = [
        pa.array([row.get(f.name, None if f.nullable else "") for row in rows], f.type) for f in schema
    ]
    return DecodedBatch(
        first, first + len(records), pa.RecordBatch.from_arrays(columns, schema=schema), refused
    )


def batches(run: Run, cuts: Sequence[int]) -> Iterator[DecodedBatch]:
    """The run's records cut behind each ordinal of `cuts`."""
    start = 0
    for end in cuts:
        yield decode(run.records[start:end], start, run.refuse_unknown)
        start = end
