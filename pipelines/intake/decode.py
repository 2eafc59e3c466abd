"""Step `intake.decode`: blocks of records become the decoded event batch; what cannot is refused with its
reason.

**In** records as received. **Out** the decoded event batch (`schemas.derive.event_arrow_schema`), one row per
event, and refusals. **Order** kept. **Refuses** the reasons of bytes, map and form, in the order of
`schemas.reasons`.
**State** none. **Example** a batch of one good and one bad line gives one row and one refusal:

    >>> import pyarrow as pa
    >>> good =
    b'{"id":"1","source":"s","time":"2026-01-02T00:00:00Z","type":"sale.charge","entity":"E","code":"POST","amount":"1"}'
    >>> d = decode_json(pa.array([good, b"{"], pa.large_binary()), Arrival(1_800_000_000_000, 0))
    >>> d.events.num_rows, d.refused[0].index, str(d.refused[0].reason)
    (1, 1, 'not_json')
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.intake.layout import COLUMN, LAYOUT, TEXT_COLUMNS, WIDTH
from pipelines.intake.parsing import Number, Refused
from pipelines.intake.scan import SPAN_BITS, complete_all, scan_cells, scan_json, text_gather, text_lengths
from pipelines.intake.strict import Row, decode_fields, decode_row
from pipelines.kernels.exact import NONE
from schemas.families.stock import ISSUE_REASONS
from schemas.reasons import Reason
from schemas.registry import field_index

I64 = NDArray[np.int64]
_FIELD_NO = {n: i for i, n in enumerate(
    bytes(LAYOUT.names[LAYOUT.ends[i] : LAYOUT.ends[i + 1]]).decode() for i in range(len(LAYOUT.field))
)}  # fmt: skip
_INTEGERS = {
    "rec": pa.int64(), "type": pa.int16(), "seq": pa.int64(), "time": pa.int64(), "trust": pa.int8(),
    "recorded_at": pa.int64(), "qty": pa.int64(), "price": pa.int64(), "amount": pa.int64(),
    "discount": pa.int64(),
    "tax": pa.int64(), "expiry": pa.int64(),
}  # fmt: skip
EVENT_SCHEMA = pa.schema(
    [
        pa.field(
            n,
            _INTEGERS.get(n, pa.string()),
            n in ("seq", "qty", "price", "amount", "discount", "tax", "expiry"),
        )
        for n in COLUMN
    ]
)
_RULES = (LAYOUT.allowed, LAYOUT.required, LAYOUT.one_of, LAYOUT.sign)
_TYPES = (LAYOUT.type_names, LAYOUT.type_ends, LAYOUT.type_codes)
_KNOWN = frozenset(field_index())
_REASON_COL, _ISSUE = COLUMN["reason"], 11


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known of a block beside its bytes: when it came, its first ordinal in the archive, its source's
    defaults.
    """

    at_ms: int
    first_ordinal: int
    trust: int = 2
    file_id: str = ""
    first_offset: int = 0


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


def _offsets(data: pa.LargeBinaryArray) -> tuple[NDArray[np.uint8], I64]:
    _, offsets, values = data.buffers()
    offs = np.frombuffer(offsets, np.int64)[data.offset : data.offset + len(data) + 1]
    buf = np.frombuffer(values, np.uint8) if values is not None and values.size else np.zeros(1, np.uint8)
    return buf, offs


def _known_reasons(rec: I64, ok: NDArray[np.uint8], buf: NDArray[np.uint8]) -> None:
    """An issue's reason is an enum: rows with another word are left to the strict path."""
    at = np.flatnonzero((rec[:, COLUMN["type"]] == _ISSUE) & (ok != 0))
    if len(at):
        words = _text(rec[at, _REASON_COL], buf, buf[:0])
        ok[at] = (
            words.isin(ISSUE_REASONS)
            if hasattr(words, "isin")
            else np.isin(words.to_numpy(False), ISSUE_REASONS)
        )


def _text(spans: I64, buf: NDArray[np.uint8], extra: NDArray[np.uint8]) -> pa.Array:
    offs = np.empty(len(spans) + 1, np.int32)
    out = np.empty(text_lengths(spans, offs), np.uint8)
    text_gather(spans, buf, extra, out)
    return pa.StringArray.from_buffers(len(spans), pa.py_buffer(offs), pa.py_buffer(out))


def _blank(n: int) -> pa.Array:
    return pa.StringArray.from_buffers(n, pa.py_buffer(np.zeros(n + 1, np.int32)), pa.py_buffer(b""))


def _place(rec: I64, i: int, row: Row, base: int, extra: bytearray) -> None:
    """Write a strictly read row into the scanner's table; its strings go behind the batch's bytes."""
    rec[i] = NONE
    for name, v in row.items():
        if isinstance(v, str):
            raw = v.encode()
            rec[i, COLUMN[name]] = ((base + len(extra)) << SPAN_BITS) | len(raw)
            extra += raw
        else:
            rec[i, COLUMN[name]] = v


def _batch(rec: I64, buf: NDArray[np.uint8], extra: bytes, a: Arrival, index: I64) -> pa.RecordBatch:
    """The event batch of the rows in `rec`; `index` is each row's record within the block."""
    tail = np.frombuffer(extra, np.uint8) if extra else buf[:0]
    rec[:, COLUMN["rec"]] = a.first_ordinal + index
    for name, default in (("trust", a.trust), ("recorded_at", a.at_ms)):
        col = rec[:, COLUMN[name]]
        col[col == NONE] = default
    arrays = []
    for f in EVENT_SCHEMA:
        col = np.ascontiguousarray(rec[:, COLUMN[f.name]])
        if f.name in _INTEGERS:
            missing = col == NONE
            if f.nullable and missing.any():
                arrays.append(pa.array(col, pa.int64(), mask=missing))
            else:
                arrays.append(pa.array(col.astype(f.type.to_pandas_dtype())))
        else:
            absent = not (col != NONE).any()
            arrays.append(_blank(len(col)) if absent else _text(col, buf, tail))
    if a.file_id or len(index) == 0:
        arrays[COLUMN["id"]] = _default_ids(arrays[COLUMN["id"]], a, index)
    return pa.RecordBatch.from_arrays(arrays, schema=EVENT_SCHEMA)


def _default_ids(ids: pa.Array, a: Arrival, index: I64) -> pa.Array:
    empty = np.flatnonzero(np.diff(np.frombuffer(ids.buffers()[1], np.int32)[: len(ids) + 1]) == 0)
    if not len(empty):
        return ids
    words = ids.to_pylist()
    for i in empty:
        words[i] = f"{a.file_id}-{a.first_offset + int(index[i])}"
    return pa.array(words, pa.string())


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
            _place(rec, int(i), row, len(buf), extra)
            ok[i] = 1
        except Refused as r:
            refused.append(Verdict(int(i), r.reason, r.detail, r.event_id, r.type))
    index = np.arange(n)
    if refused:
        index = np.flatnonzero(ok)
        rec = rec[index]
    return Decoded(_batch(rec, buf, bytes(extra), a, index), refused)


def _named(row: Row, a: Arrival) -> None:
    if "id" not in row and not a.file_id:
        raise Refused(Reason.MISSING_FIELD, "an event needs an id; only rows of a file may lack it")


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
            rec[:, col] = np.where(rec[:, col] == NONE, NONE, rec[:, col] + (base << SPAN_BITS))
            parts.append(buf)
            base += len(buf)
    joined = np.concatenate(parts) if parts else np.zeros(1, np.uint8)
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
            _place(rec, int(i), row, len(joined), extra)
        except Refused as r:
            bad.add(index)
            out.append(Verdict(index, r.reason, r.detail, r.event_id, r.type))
    keep = np.flatnonzero(~np.isin(rec_index, np.fromiter(bad, np.int64, len(bad)))) if bad else np.arange(n)
    return Decoded(
        _batch(rec[keep], joined, bytes(extra), a, rec_index[keep]), sorted(out, key=lambda v: v.index)
    )


def _wire(events: pa.Table, i: int) -> dict[str, Any]:
    row = events.slice(i, 1).to_pylist()[0]
    numbers = {"seq", "schema"}  # whole numbers stand bare on the wire
    return {k: Number(v) if k in numbers else v for k, v in row.items() if v is not None and k in _KNOWN}
