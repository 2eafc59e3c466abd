"""Step `intake.decode`: records as received become the decoded event batch; what cannot is refused with its
reason.

**In** `raw.record`; of a mapped file also `raw.mapped` (one row per event: `rec`, the record's index, and the
wire fields as text, absent = null) and `raw.unmapped` (`rec`, `reason`, `detail` of what the map refused).
**Out** `event`, one row per event, in the order of arrival (`schemas.derive.event_arrow_schema`), and
`intake.refused`, one row per refused record. **Key and grain** the record: all its events or none.
**Units** quantities in millionths, amounts in 1e-4, prices in 1e-8, times in ms. **Order and lateness** kept;
not judged here. **Restart** it has no state. **Refuses** the reasons of bytes, map and form, in the order of
`schemas.reasons`. **Source** the design's envelope, numbers and strings. **Example** a good and a bad line:

    >>> import numpy as np
    >>> from pipelines.kernels.records import Facts, records_table
    >>> good = b'{"id":"1","source":"s","time":"2026-01-02T00:00:00Z","type":"sale.charge","entity":"E",'
    >>> lines = pa.array([good + b'"code":"POST","amount":"1"}', b"{"], pa.large_binary())
    >>> records = records_table(Facts(arrived_at=1_800_000_000_000), np.arange(2), lines)
    >>> out = DecodeStep().process(records).merged()
    >>> out["event"].num_rows, out["intake.refused"].select(["rec", "reason"]).to_pylist()
    (1, [{'rec': 1, 'reason': 'not_json'}])
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.intake.assemble import Arrival, event_batch, place, text_column
from pipelines.intake.layout import COLUMN, LAYOUT, TEXT_COLUMNS, WIDTH
from pipelines.intake.parsing import Number, Refused
from pipelines.intake.scan import SPAN_BITS, complete_all, scan_cells, scan_json
from pipelines.intake.strict import Row, decode_fields, decode_row
from pipelines.kernels.exact import NONE
from pipelines.kernels.records import data_of, facts_of
from pipelines.step import Outputs
from schemas.families.stock import ISSUE_REASONS
from schemas.reasons import Reason
from schemas.registry import field_index

I64 = NDArray[np.int64]
_FIELD_NO = {n: i for i, n in enumerate(
    bytes(LAYOUT.names[LAYOUT.ends[i] : LAYOUT.ends[i + 1]]).decode() for i in range(len(LAYOUT.field))
)}  # fmt: skip
_RULES = (LAYOUT.allowed, LAYOUT.required, LAYOUT.one_of, LAYOUT.sign)
_TYPES = (LAYOUT.type_names, LAYOUT.type_ends, LAYOUT.type_codes)
_KNOWN = frozenset(field_index())
_REASON_COL, _ISSUE = COLUMN["reason"], 11


@dataclass(frozen=True, slots=True)
class Verdict:
    """A refused record: its index in the block and why."""

    index: int
    reason: Reason
    detail: str
    event_id: str = ""
    type: str = ""


@dataclass(slots=True)
class Decoded:
    """Events in order, and the records that gave none."""

    events: pa.RecordBatch
    refused: list[Verdict] = field(default_factory=list)


class DecodeStep:
    """Decodes block by block; nothing is kept between them."""

    name = "intake.decode"
    version = 1
    reads = ("raw.record", "raw.mapped", "raw.unmapped")
    gives = ("event", "intake.refused")

    def process(
        self, records: pa.Table, mapped: pa.Table | None = None, unmapped: pa.Table | None = None
    ) -> Outputs:
        """Decode a block; `mapped` stands for the records of a mapped file, else they are canonical JSON."""
        facts, out = facts_of(records), Outputs()
        first = int(records.column("position")[0].as_py()) if records.num_rows else 0
        arrival = Arrival(facts.arrived_at, facts.first, facts.trust, facts.file_id, first, facts.strict)
        if mapped is None:
            found = decode_json(data_of(records), arrival)
        else:
            refused = [Verdict(r["rec"], Reason(r["reason"]), r["detail"]) for r in rows_of(unmapped)]
            wire = mapped.drop_columns(["rec"])
            found = decode_columns(wire, mapped.column("rec").to_numpy(), refused, arrival)
        out.add("event", found.events, empty=True)
        if found.refused:
            out.add("intake.refused", refusals(found.refused, facts.first))
        return out

    def save(self, folder: Path) -> None:
        """There is no state."""

    def restore(self, folder: Path) -> None:
        """There is no state."""


def rows_of(table: pa.Table | None) -> list[dict[str, Any]]:
    """The rows of a small table; none of an absent one."""
    return [] if table is None else table.to_pylist()


def refusals(found: list[Verdict], first: int) -> pa.Table:
    """`intake.refused`: rec int64 (ordinal; `first`: of the block), reason, detail, event_id, type."""
    rows = [
        {
            "rec": first + v.index,
            "reason": str(v.reason),
            "detail": v.detail,
            "event_id": v.event_id,
            "type": v.type,
        }
        for v in found
    ]
    return pa.Table.from_pylist(rows)


def _offsets(data: pa.LargeBinaryArray) -> tuple[NDArray[np.uint8], I64]:
    _, offsets, values = data.buffers()
    offs = np.frombuffer(offsets, np.int64)[data.offset : data.offset + len(data) + 1]
    buf = np.frombuffer(values, np.uint8) if values is not None and values.size else np.zeros(1, np.uint8)
    return _constant(buf), _constant(offs)


def _constant(values: Any) -> Any:
    """Read-only, whoever made the buffer: one kind of array is one compiled form of each kernel."""
    values.flags.writeable = False
    return values


def _known_reasons(rec: I64, ok: NDArray[np.uint8], buf: NDArray[np.uint8]) -> None:
    """An issue's reason is an enum: rows with another word are left to the strict path."""
    at = np.flatnonzero((rec[:, COLUMN["type"]] == _ISSUE) & (ok != 0))
    if len(at):
        words = text_column(rec[at, _REASON_COL], buf, buf[:0])
        ok[at] = (
            words.isin(ISSUE_REASONS)
            if hasattr(words, "isin")
            else np.isin(words.to_numpy(False), ISSUE_REASONS)
        )


def _nameless(rec: I64, a: Arrival) -> NDArray[np.bool_]:
    return np.zeros(len(rec), bool) if a.file_id else rec[:, COLUMN["id"]] == NONE


def decode_json(data: pa.LargeBinaryArray, a: Arrival) -> Decoded:
    """Canonical NDJSON records as received."""
    buf, offs = _offsets(data)
    n = len(data)
    rec, ok = np.empty((n, WIDTH), np.int64), np.empty(n, np.uint8)
    scan_json(
        buf, offs, a.at_ms, rec, ok, LAYOUT.names, LAYOUT.ends, LAYOUT.slots, LAYOUT.field, *_TYPES, *_RULES
    )
    ok[_nameless(rec, a)] = 0
    _known_reasons(rec, ok, buf)
    extra, refused = bytearray(), []
    for i in np.flatnonzero(ok == 0):
        try:
            row = decode_row(data[int(i)].as_py(), a.at_ms)
            _named(row, a)
            place(rec, int(i), row, len(buf), extra)
            ok[i] = 1
        except Refused as r:
            refused.append(Verdict(int(i), r.reason, r.detail, r.event_id, r.type))
    index = np.arange(n)
    if refused:
        index = np.flatnonzero(ok)
        rec = rec[index]
    return Decoded(event_batch(rec, buf, bytes(extra), a, index), refused)


def _named(row: Row, a: Arrival) -> None:
    if "id" not in row and not a.file_id:
        raise Refused(Reason.MISSING_FIELD, "id")


def decode_columns(events: pa.Table, rec_index: I64, refused: list[Verdict], a: Arrival) -> Decoded:
    """A mapped file's events: `events` has string columns named like wire fields (absent = null).

    `rec_index`: int64[rows], the record of each event; `refused`: what the map refused already. A record is
    decoded whole or refused whole.
    """
    n = events.num_rows
    rec, ok, seen = np.full((n, WIDTH), NONE, np.int64), np.ones(n, np.uint8), np.zeros(n, np.int64)
    parts: list[NDArray[np.uint8]] = []
    base = 0
    for name in events.column_names:
        column = events.column(name).combine_chunks().cast(pa.string())
        number = _FIELD_NO.get(name)
        present = np.asarray(column.is_valid()).astype(np.uint8)
        if number is None:
            ok[present != 0] = 0
            continue
        filled = column.fill_null("")
        buf = np.frombuffer(filled.buffers()[2] or b"\0", np.uint8)
        offs = np.frombuffer(filled.buffers()[1], np.int32)[filled.offset : filled.offset + n + 1]
        scan_cells(buf, offs, present, number, rec, seen, ok, LAYOUT.field, *_TYPES)
        col = LAYOUT.field[number, 0]
        if list(COLUMN)[col] in TEXT_COLUMNS:
            # Only rows of this field: another may share the column (site and from_site).
            rec[(present != 0) & (rec[:, col] != NONE), col] += base << SPAN_BITS
            parts.append(buf)
            base += len(buf)
    joined = _constant(np.concatenate(parts) if parts else np.zeros(1, np.uint8))
    complete_all(rec, seen, a.at_ms, ok, *_RULES, LAYOUT.field)
    _known_reasons(rec, ok, joined)
    extra = bytearray()
    bad = {v.index for v in refused}
    out = list(refused)
    for i in np.flatnonzero(ok == 0):
        index = int(rec_index[i])
        if index in bad:
            continue
        try:
            row = decode_fields(_wire(events, int(i)), a.at_ms)
            place(rec, int(i), row, len(joined), extra)
        except Refused as r:
            bad.add(index)
            out.append(Verdict(index, r.reason, r.detail, r.event_id, r.type))
    keep = np.flatnonzero(~np.isin(rec_index, np.fromiter(bad, np.int64, len(bad)))) if bad else np.arange(n)
    return Decoded(
        event_batch(rec[keep], joined, bytes(extra), a, rec_index[keep]), sorted(out, key=lambda v: v.index)
    )


def _wire(events: pa.Table, i: int) -> dict[str, Any]:
    row = events.slice(i, 1).to_pylist()[0]
    numbers = {"seq", "schema"}  # whole numbers stand bare on the wire
    return {k: Number(v) if k in numbers else v for k, v in row.items() if v is not None and k in _KNOWN}
