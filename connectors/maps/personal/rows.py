"""Pseudonyms in the rows of a mapped file; every other byte stays.

**Law**: the sealed map gives a sealed row the events that the map gives the row, with pseudonyms for persons;
a row that is refused stays so.
"""

from __future__ import annotations

import json
import re

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.maps.errors import RowError
from connectors.maps.plan import Plan, Text
from connectors.maps.reading import rows
from connectors.maps.reading.fields import gather, grammar, line_end, split_block
from connectors.personal.members import is_json, members
from connectors.personal.pseudonyms import LENGTH, Pseudonyms
from connectors.personal.records import LooseNames, is_text
from pipelines.kernels.splice import spliced
from schemas.fields import MAX_RECORD_BYTES


class RowSealer:
    """Seals the rows of files with one header."""

    def __init__(self, plan: Plan, header: tuple[str, ...], pseudonyms: Pseudonyms) -> None:
        self.plan, self.header, self.pseudonyms = plan, header, pseudonyms
        self.columns = {header.index(name): value for name, value in plan.personal.items() if name in header}
        self.loose = LooseNames([name.rpartition(".")[2] for name in plan.personal])

    def seal(self, data: pa.LargeBinaryArray) -> pa.LargeBinaryArray:
        """The rows of a block, in the same order."""
        if not self.plan.personal or not len(data):
            return data
        if self.plan.format != "csv":
            return pa.array([self.json_row(raw) for raw in data.to_pylist()], pa.large_binary())
        _, offsets, values = data.buffers()
        bounds = np.frombuffer(offsets, np.int64)[data.offset : data.offset + len(data) + 1]
        buf = np.frombuffer(values, np.uint8)[bounds[0] : bounds[-1]]
        return self._block(data, buf, bounds - bounds[0])

    def _block(
        self, data: pa.LargeBinaryArray, buf: NDArray[np.uint8], bounds: NDArray[np.int64]
    ) -> pa.LargeBinaryArray:
        split = split_block(buf, bounds, len(self.header), ord(self.plan.delimiter))
        careful = np.ones(len(data), np.bool_)
        careful[split.rows] = False
        careful |= np.diff(bounds) > MAX_RECORD_BYTES
        texts: list[bytes] = []
        starts, ends, which = [], [], []
        for at, value in self.columns.items():
            coded = gather(buf, split.starts[:, at], split.ends[:, at]).dictionary_encode()
            made = [self._cell(word, value) for word in coded.dictionary.to_pylist()]
            codes = np.asarray(coded.indices, np.int64)
            careful[split.rows[np.array([m is None for m in made] or [False])[codes]]] = True
            starts.append(split.starts[:, at])
            ends.append(split.ends[:, at])
            which.append(codes + len(texts))
            texts += [m or b"" for m in made]
        good = ~np.tile(careful[split.rows], len(starts))
        order = np.argsort(np.concatenate(starts)[good], kind="stable")
        spans = [np.concatenate(part)[good][order] for part in (starts, ends, which)]
        done = spliced(buf, bounds, spans[0], spans[1], texts, spans[2])
        if not careful.any():
            return done
        whole = done.to_pylist()
        for n in np.flatnonzero(careful).tolist():
            whole[n] = self.csv_row(data[n].as_py())
        return pa.array(whole, pa.large_binary())

    def _cell(self, word: bytes, value: Text) -> bytes | None:
        """What stands in a cell instead; None where its bytes are no text."""
        try:
            text = word.decode(self.plan.encoding)
        except UnicodeDecodeError:
            return None
        return self._name(text.removeprefix("\ufeff"), value).encode()

    def _name(self, text: str, value: Text) -> str:
        return self.pseudonyms.of(rows.strip(value, text.strip()))

    def csv_row(self, raw: bytes) -> bytes:
        """One delimited row, however damaged."""
        body = line_end(raw)
        spans = _fields(body, self.plan.delimiter)
        damaged = len(spans) != len(self.header)
        if damaged:
            spans = _between_delimiters(body, self.plan.delimiter)
        done, at = [], 0
        for n, value in sorted(self._where(len(spans)).items()):
            start, end = spans[n]
            quoted = body[start : start + 1] == b'"'
            word = body[start + quoted : end - (quoted and not damaged)]
            made = None if damaged else self._cell(word.replace(b'""', b'"'), value)
            if made is None:
                made = self._name(word.decode(self.plan.encoding, "surrogateescape"), value)[:LENGTH].encode()
            done += [body[at : start + quoted], made]
            at = end - (quoted and not damaged)
        sealed = b"".join([*done, body[at:]])
        return self._as_bad(body, sealed) + raw[len(body) :]

    def _where(self, found: int) -> dict[int, Text]:
        """Which of the `found` fields are personal; in a damaged row, all that may be after one damage."""
        more = found - len(self.header)
        where = {}
        for at, value in self.columns.items():
            for n in range(max(0, min(at, at + more)), min(found - 1, max(at, at + more)) + 1):
                where[n] = value
        return where

    def _as_bad(self, body: bytes, sealed: bytes) -> bytes:
        """The sealed row, refused if the row would have been."""
        before, after = self._refused(body), self._refused(sealed)
        if before == after or not before:
            return sealed
        if len(body) > MAX_RECORD_BYTES:
            return sealed.ljust(MAX_RECORD_BYTES + 1)
        return sealed + b"\xff"

    def _refused(self, body: bytes) -> str:
        try:
            rows.read(self.plan, self.header, body)
        except RowError as error:
            return str(error.reason)
        return ""

    def json_row(self, raw: bytes) -> bytes:
        """One JSON row; personal columns are dotted paths."""
        encoding = self.plan.encoding
        if not is_text(raw, encoding) or not is_json(text := raw.decode(encoding).removeprefix("\ufeff")):
            return self.loose.seal(raw, self.pseudonyms, encoding)
        done, at = [], 0
        for path, start, end in members(text):
            value = self.plan.personal.get(".".join(path))
            if value is not None and start >= at:
                done += [text[at:start], self._json(text[start:end], value)]
                at = end
        bom = raw[: len(raw) - len(raw.decode(encoding).removeprefix("\ufeff").encode(encoding))]
        return bom + "".join([*done, text[at:]]).encode(encoding)

    def _json(self, word: str, value: Text) -> str:
        if word[0] == "[":
            return "[]"
        if word[0] == "{" or word == "null":
            return word
        return json.dumps(self._name(json.loads(word) if word[0] == '"' else word, value))


def _fields(body: bytes, delimiter: str) -> list[tuple[int, int]]:
    """Where the fields of a row stand, quotes included; [] when it is malformed."""
    # one character is one byte here: what structures a row is ASCII
    text, field, found, at = body.decode("latin-1"), grammar(delimiter).field, [], 0
    while (match := field.match(text, at)) is not None:
        found.append(match.span())
        at = match.end()
        if at == len(text):
            return found
        at += 1
    return []


def _between_delimiters(body: bytes, delimiter: str) -> list[tuple[int, int]]:
    marks = [m.start() for m in re.finditer(re.escape(delimiter).encode(), body)]
    return list(zip([0, *(m + 1 for m in marks)], [*marks, len(body)], strict=True))
