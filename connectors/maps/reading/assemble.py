"""The events of a block as one table of text columns, in the order of their records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from connectors.maps.reading.blocks import Piece
from schemas.registry import ENVELOPE, EVENT_TYPES

WIRE: tuple[str, ...] = (
    *(f.name for f in ENVELOPE),
    *sorted({f.name for t in EVENT_TYPES.values() for f in t.fields} - {f.name for f in ENVELOPE}),
)
"""Every field an event may have on the wire, the envelope first."""

SCHEMA = pa.schema([(name, pa.string()) for name in WIRE])


class MappedBatch(NamedTuple):
    """What a block of records became.

    `events`: one row per event, a string column per wire field that any of them has (absent = null), decimals
    in their canonical spelling. `rec`: int64, the record each event came from, ascending: the events of one
    record lie side by side in the order of `emit`. `refused`: (record, reason, detail), ascending.
    """

    events: pa.Table
    rec: NDArray[np.int64]
    refused: list[tuple[int, str, str]]


class Slow(NamedTuple):
    """The events that the row path made of one record."""

    rec: int
    events: list[dict[str, str]]


def assemble(
    pieces: Sequence[Piece], slow: Sequence[Slow], offsets: NDArray[np.int64], source_id: str
) -> tuple[pa.Table, NDArray[np.int64]]:
    """The table of all events and the record of each."""
    rows = [event for s in slow for event in s.events]
    rec = np.concatenate(
        [p.rec for p in pieces] + [np.array([s.rec for s in slow for _ in s.events], dtype=np.int64)]
    )
    pos = np.concatenate(
        [np.full(len(p.rec), p.pos) for p in pieces]
        + [np.array([n for s in slow for n in range(len(s.events))], dtype=np.int64)]
    )
    order = np.lexsort((pos, rec))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    names = {"type", "id", "seq"}.union(*(p.fields for p in pieces), *rows)
    columns = {}
    for name in WIRE:
        if name == "id":
            ids = [_ids(p, offsets, source_id) for p in pieces]
            every = pa.concat_arrays([*ids, pa.array([r["id"] for r in rows], type=pa.string())])
            columns[name] = every.take(pa.array(order))
        elif name in names:
            columns[name] = _column(name, pieces, rows, place, offsets)
    return pa.table(columns), rec[order]


def _ids(piece: Piece, offsets: NDArray[np.int64], source_id: str) -> pa.Array:
    """Given ids, else source_id-row; `.1`, `.2` … where a row has several events."""
    suffix = f".{piece.pos + 1}" if piece.of > 1 else ""
    prefix = pa.scalar(f"{source_id}-"), pa.scalar(suffix), pa.scalar("")
    made = pc.binary_join_element_wise(prefix[0], _spelt(offsets[piece.rec]), *prefix[1:])
    given = piece.fields.get("id")
    if given is None:
        return made
    texts = pa.array([t + suffix for t in given.texts], type=pa.string())
    return pc.coalesce(texts.take(pa.array(given.codes, mask=given.codes < 0)), made)


def _spelt(numbers: NDArray[np.int64]) -> pa.Array:
    return pa.array(numbers).cast(pa.string())


def _column(
    name: str,
    pieces: Sequence[Piece],
    rows: list[dict[str, str]],
    place: NDArray[np.int64],
    offsets: NDArray[np.int64],
) -> pa.Array:
    """One column: the distinct texts of all pieces side by side, then one take in the final order."""
    texts: list[pa.Array] = []
    codes = np.full(len(place), -1, dtype=np.int64)
    at = base = 0
    for piece in pieces:
        here = place[at : at + len(piece.rec)]
        at += len(piece.rec)
        if name == "type":
            texts.append(pa.array([piece.emit.type], type=pa.string()))
            codes[here] = base
        elif name in piece.fields:
            value = piece.fields[name]
            texts.append(pa.array(value.texts, type=pa.string()))
            codes[here] = np.where(value.codes < 0, -1, value.codes + base)
        elif name == "seq":
            without = (
                piece.fields["id"].codes < 0 if "id" in piece.fields else np.ones(len(here), dtype=np.bool_)
            )
            texts.append(_spelt(offsets[piece.rec]))
            codes[here] = np.where(without, np.arange(len(here)) + base, -1)
        else:
            continue
        base += len(texts[-1])
    texts.append(pa.array([r.get(name, "") for r in rows], type=pa.string()))
    given = np.array([name in r for r in rows], dtype=np.bool_)
    codes[place[at:]] = np.where(given, np.arange(len(rows)) + base, -1)
    return pa.concat_arrays(texts).take(pa.array(codes, mask=codes < 0))
