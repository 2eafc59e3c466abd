"""`Mapper`: a map that has been checked, bound to the header of a file, and decodes its records."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.maps.compiling import compile_map
from connectors.maps.errors import MapError, Refused, nearest
from connectors.maps.loading import find_map, inline_lookups, load_yaml
from connectors.maps.personal.columns import sealed_document
from connectors.maps.personal.rows import RowSealer
from connectors.maps.plan import Plan
from connectors.maps.reading import blocks, rows
from connectors.maps.reading.assemble import MappedBatch, Slow, assemble
from connectors.personal.pseudonyms import Pseudonyms
from schemas.fields import MAX_RECORD_BYTES


class Mapper:
    """Turns till lines into canonical events, exactly as the map says.

    `name`: of the map. `plan`: the compiled map. `document`: the map as plain data, lookup tables inside, the
    header of the file bound; it alone rebuilds the same mapper (`from_dict`), which is what a replay needs.
    `digest`: sha256 over the document. `decoder`: the name under which it is stored beside the archive.
    """

    def __init__(self, name: str, document: Mapping[str, object], plan: Plan) -> None:
        self.name = name
        self.document = document
        self.plan = plan
        text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        self.digest = hashlib.sha256(text.encode()).hexdigest()
        self.decoder = f"map:{name}@{self.digest[:16]}"

    @classmethod
    def from_file(cls, path: str | Path) -> Mapper:
        """From a YAML file, or the name of a map that ships; `MapError` is the first mistake in it."""
        file = find_map(path)
        document, marks = load_yaml(file)
        document = inline_lookups(document, marks, file.parent)
        plan, mistakes = compile_map(file.stem, document, marks)
        if mistakes or plan is None:
            raise mistakes[0]
        return cls(file.stem, document, plan)

    @classmethod
    def from_dict(cls, document: Mapping[str, object], name: str = "map") -> Mapper:
        """From plain data (`document` of another mapper, or a test's map); lookups must be inline."""
        plain = json.loads(json.dumps(document))
        plan, mistakes = compile_map(name, plain, None)
        if mistakes or plan is None:
            raise mistakes[0]
        return cls(name, plain, plan)

    @cached_property
    def sealed(self) -> Mapper:
        """The map of this file's rows once pseudonyms stand in them: the one that is archived."""
        if not self.plan.personal:
            return self
        return Mapper.from_dict(sealed_document(self.document), self.name)

    def sealer(self, pseudonyms: Pseudonyms) -> RowSealer:
        """What puts pseudonyms into the rows of this file; needs the header (`bound`)."""
        return RowSealer(self.plan, self._header(), pseudonyms)

    @property
    def needs_header(self) -> bool:
        """Whether the first record of a file names its columns."""
        return self.plan.format == "csv" and self.plan.header is None

    def bound(self, header: list[str], place: str) -> Mapper:
        """This map for a file with these columns; `MapError` at `place` when they do not fit."""
        names = [name.strip() for name in header]
        for name in dict.fromkeys([*self.plan.columns(), *self.plan.personal]):
            if name not in names:
                cure = nearest(name, names) or f"the file has {', '.join(names)[:200]}"
                raise MapError(place, f"map {self.name}: the file has no column {name!r}", cure)
            if names.count(name) > 1:
                raise MapError(place, f"map {self.name}: the file has the column {name!r} twice")
        return Mapper.from_dict({**self.document, "header": names}, self.name)

    def masters(self) -> list[dict[str, object]]:
        """Canonical events to post once before the first record; their ids come from their content.

        They are no input records: the same master twice is a duplicate, a changed one is a new upsert.
        """
        return [dict(event) for event in self.plan.masters]

    def decode(self, data: pa.LargeBinaryArray, offsets: NDArray[np.int64], source_id: str) -> MappedBatch:
        """The canonical events of a block of records.

        `data`: n records as received. `offsets`: int64[n], their row numbers in the part. `source_id`: the
        part's, for ids of rows that name none. Needs the header (`bound`); `ValueError` without.
        """
        header = self._header()
        usable, frame = self._frame(data, header)
        pieces, doubtful = blocks.apply(self.plan, frame, usable)
        slow: list[Slow] = []
        refused: list[tuple[int, str, str]] = []
        for n in doubtful.tolist():
            found = self._row(header, data[n].as_py(), int(offsets[n]), source_id)
            if isinstance(found, Refused):
                refused.append((n, found.reason, found.detail))
            else:
                slow.append(Slow(n, found))
        events, rec = assemble(pieces, slow, offsets, source_id)
        return MappedBatch(events, rec, refused)

    def decode_row(self, record: bytes, offset: int, source_id: str) -> list[dict[str, str]] | Refused:
        """One record by the row path: what `decode` must agree with."""
        return self._row(self._header(), record, offset, source_id)

    def _row(
        self, header: tuple[str, ...], record: bytes, offset: int, source_id: str
    ) -> list[dict[str, str]] | Refused:
        return rows.decode(self.plan, header, record, f"{source_id}-{offset}", offset)

    def _header(self) -> tuple[str, ...]:
        if self.needs_header:
            raise ValueError(f"map {self.name} is not bound to a header: call bound() first")
        return self.plan.header or ()

    def _frame(
        self, data: pa.LargeBinaryArray, header: tuple[str, ...]
    ) -> tuple[NDArray[np.bool_], blocks.Frame]:
        """The columns, and which records may be trusted to the block path."""
        if self.plan.format != "csv":
            return np.ones(len(data), dtype=np.bool_), blocks.json_frame(self.plan, data.to_pylist())
        buf, bounds = _flat(data)
        usable = np.diff(bounds) <= MAX_RECORD_BYTES
        usable &= ~_starts_with_bom(buf, bounds)
        if self.plan.encoding == "utf-8":
            usable &= _valid_utf8(data)
        else:
            buf, bounds, valid = _transcode(data, self.plan.encoding)
            usable &= valid
        # invalid bytes must not reach a column: give the splitter only records that are usable
        if not usable.all():
            kept = _pick(buf, bounds, np.flatnonzero(usable))
            frame = blocks.csv_frame(self.plan, header, *kept)
            return usable, frame._replace(rows=np.flatnonzero(usable)[frame.rows])
        return usable, blocks.csv_frame(self.plan, header, buf, bounds)


def _flat(data: pa.LargeBinaryArray) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes of all records and their n + 1 bounds, without a copy."""
    bounds = np.frombuffer(data.buffers()[1], dtype=np.int64)[data.offset : data.offset + len(data) + 1]
    first, last = (int(bounds[0]), int(bounds[-1])) if len(bounds) else (0, 0)
    raw = data.buffers()[2]
    buf = (
        np.frombuffer(raw, dtype=np.uint8)[first:last]
        if raw is not None and last > first
        else np.zeros(0, np.uint8)
    )
    return buf, bounds - first if len(bounds) else np.zeros(1, dtype=np.int64)


def _pick(
    buf: NDArray[np.uint8], bounds: NDArray[np.int64], kept: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Some records side by side, with their bounds."""
    pieces = [buf[bounds[n] : bounds[n + 1]] for n in kept.tolist()]
    sizes = np.array([len(p) for p in pieces], dtype=np.int64)
    joined = np.concatenate([np.zeros(0, np.uint8), *pieces])
    return joined, np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])


def _starts_with_bom(buf: NDArray[np.uint8], bounds: NDArray[np.int64]) -> NDArray[np.bool_]:
    found = np.zeros(len(bounds) - 1, dtype=np.bool_)
    at = np.flatnonzero(np.diff(bounds) >= 3)
    first = bounds[at]
    found[at] = (buf[first] == 0xEF) & (buf[first + 1] == 0xBB) & (buf[first + 2] == 0xBF)
    return found


def _valid_utf8(data: pa.LargeBinaryArray) -> NDArray[np.bool_]:
    text = pa.LargeStringArray.from_buffers(
        len(data), data.buffers()[1], data.buffers()[2], offset=data.offset
    )
    valid = np.ones(len(data), dtype=np.bool_)
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        for n, record in enumerate(data.to_pylist()):
            try:
                record.decode()
            except UnicodeDecodeError:
                valid[n] = False
    return valid


def _transcode(  # the codec has no batch form that keeps bounds, so record by record
    data: pa.LargeBinaryArray, encoding: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]]:
    done, valid = [], np.ones(len(data), dtype=np.bool_)
    for n, record in enumerate(data.to_pylist()):
        try:
            done.append(record.decode(encoding).removeprefix("\ufeff").encode())
        except UnicodeDecodeError:
            valid[n] = False
            done.append(b"")
    sizes = np.fromiter((len(d) for d in done), np.int64, len(done))
    joined = np.frombuffer(b"".join(done), dtype=np.uint8) if sizes.any() else np.zeros(0, np.uint8)
    return joined, np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)]), valid


__all__ = ["MapError", "Mapper"]
