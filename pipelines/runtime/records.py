"""The record behind an event: its bytes as received, found in the archive of a directory.

The ledger knows when it learned an event, the archive when a block arrived: never before. So the search
begins at that moment, and as a rule it ends in the first block. A record that was refused is not the one
that was posted, and one that came later is a duplicate: the first that is not refused it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.archive import Archived, read_since
from pipelines.runtime.chain import NDJSON, Decoders
from pipelines.step import Outputs
from sinks.serving.board_bind import bind

LEARNED = (
    "SELECT min(recorded_at) AS at FROM mart.v_movement WHERE entity = {entity:String} "
    "AND event_id = {event_id:String} AND ({source:String} = '' OR source = {source:String})"
)
REFUSED = "SELECT ordinal FROM mart.v_refusal WHERE event_id = {event_id:String}"

Query = Callable[[str], pa.Table]


def record_of(data: Path, query: Query, wanted: Mapping[str, str]) -> bytes | None:
    """The record that made the event {entity, source, event_id} of `data`; None when the archive has none.

    An empty `source` is any. `query` answers SELECTs on the faces of the same directory.
    """
    event = {name: wanted.get(name, "") for name in ("entity", "source", "event_id")}
    refused = set(query(bind(REFUSED, event)).column(0).to_pylist())
    learned = query(bind(LEARNED, event)).column(0).to_pylist()[0]
    since = int(learned.timestamp() * 1000) if isinstance(learned, datetime) else 0
    decoders = Decoders(data / "maps")
    for at_ms in dict.fromkeys((since, 0)):  # from the beginning if the clock went back meanwhile
        for block in read_since(data / "archive", at_ms):
            for index in _found(block, event, decoders):
                if block.first + index not in refused:
                    return bytes(block.data[index].as_py())
    return None


def _found(block: Archived, event: Mapping[str, str], decoders: Decoders) -> Iterator[int]:
    """Places in the block of records that state this event."""
    ident = event["event_id"]
    if block.decoder != NDJSON:
        yield from _mapped(block, event, decoders)
        return
    if block.file_id and ident.startswith(f"{block.file_id}-"):  # a row without an id of its own
        rest = ident.removeprefix(f"{block.file_id}-")
        yield from np.flatnonzero(block.offsets == int(rest)).tolist() if rest.isdigit() else ()
        return
    spellings = {json.dumps(ident, ensure_ascii=plain).encode() for plain in (False, True)}
    hits = [pc.match_substring(block.data, spelling) for spelling in spellings]
    for index in sorted({i for hit in hits for i in np.flatnonzero(hit.to_numpy(False)).tolist()}):
        if _states(block.data[index].as_py(), event):
            yield index


def _states(record: bytes, event: Mapping[str, str]) -> bool:
    try:
        found = json.loads(record)
    except ValueError:
        return False
    return isinstance(found, dict) and (
        found.get("id") == event["event_id"]
        and found.get("entity") == event["entity"]
        and event["source"] in ("", found.get("source"))
    )


def _mapped(block: Archived, event: Mapping[str, str], decoders: Decoders) -> Iterator[int]:
    """The same where a map tells what a record says: the block is decoded again."""
    from pipelines.intake.decode import DecodeStep

    tables, step = decoders.tables(block), DecodeStep()
    out: Outputs = step.process(*map(tables.get, step.reads))
    rows = out.merged()["event"].select(["rec", "id", "entity", "source"]).to_pylist()
    for row in rows:
        if row["id"] == event["event_id"] and row["entity"] == event["entity"]:
            yield row["rec"] - block.first
