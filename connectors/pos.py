"""Source `pos`: files of a till or an export, read through a map into canonical events.

**Parts** files, plain or gzip: delimited text with a header, one JSON object a line, or one JSON array.
**Position** the number of the row: the header and blank rows are not counted.
**Restart** nothing is lost or doubled: a finished file never changes.
**Refuses** nothing itself: `Mapper.decode` names the rows that cannot be mapped.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.contract import Part
from connectors.files import BLOCK_BYTES, BlockPart, FileError, list_files, read_block
from connectors.maps.check import check_map
from connectors.maps.errors import MapError
from connectors.maps.mapper import Mapper
from connectors.maps.reading.assemble import MappedBatch
from connectors.maps.reading.fields import line_end, record_ends, split_record
from connectors.ndjson import CAPABILITIES, LinePart
from connectors.personal.pseudonyms import Pseudonyms
from schemas.fields import MAX_RECORD_BYTES

__all__ = [
    "CsvPart",
    "MapError",
    "MappedBatch",
    "Mapper",
    "ObjectsPart",
    "PosSource",
    "check_map",
    "cut_array",
]

MAX_ARRAY_BYTES = 256 << 20
_SAMPLE_MAP = {
    "entity": "shop", "source": "till", "tz": "Asia/Shanghai", "site": "S1",
    "columns": {"time": {"column": "when", "format": ["%Y-%m-%d %H:%M:%S"]}, "item": "sku", "qty": "n"},
    "rules": [{"emit": "sale.delivery"}],
}  # fmt: skip
_BOM = b"\xef\xbb\xbf"


class CsvPart(BlockPart):
    """A file of delimited records; the first names the columns unless the map does."""

    def __init__(self, source: str, part: str, mapper: Mapper, resume: int | None) -> None:
        self.mapper = mapper
        super().__init__(source, part, mapper.decoder, resume)

    def start(self) -> None:
        """Read the header and bind the map to it; `MapError` when it does not fit."""
        if not self.mapper.needs_header:
            return
        self._fill()
        first = self._ready[0].as_py() if len(self._ready) else b""
        self._ready = self._ready[1:]
        encoding = self.mapper.plan.encoding
        try:
            text = line_end(first).decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            cure = "state its encoding in the map"
            raise MapError(f"{self.part}:1", f"the header is not {encoding}: {error.reason}", cure) from error
        fields = split_record(text, self.mapper.plan.delimiter)
        if not text or fields is None:
            raise MapError(f"{self.part}:1", "no header", "name the columns in the first line or in `header`")
        self.mapper = self.mapper.bound(fields, f"{self.part}:1")
        self.decoder = self.mapper.decoder

    def cut(self, buf: NDArray[np.uint8], *, final: bool) -> NDArray[np.int64]:
        """Records by the grammar of `maps.fields`."""
        ends = record_ends(buf, self.mapper.plan.delimiter, final, MAX_RECORD_BYTES)
        return np.concatenate([np.zeros(1, dtype=np.int64), ends])


class ObjectsPart(BlockPart):
    """A file that is one JSON array; it is read whole (up to 256 MiB), its elements are the records."""

    def cut(self, buf: NDArray[np.uint8], *, final: bool) -> NDArray[np.int64]:
        """Not used: `_fill` cuts the whole file at once."""
        raise NotImplementedError

    def _fill(self) -> None:
        if self._drained:
            return
        self._drained = True
        blocks, size = [], 0
        while block := read_block(self._stream, self.part, BLOCK_BYTES):
            blocks.append(block)
            size += len(block)
            if size > MAX_ARRAY_BYTES:
                what = f"an array above {MAX_ARRAY_BYTES >> 20} MiB"
                raise FileError(self.part, what, "write one object a line and `format: ndjson`")
        elements = cut_array(b"".join(blocks).removeprefix(_BOM))
        clipped = [e[: MAX_RECORD_BYTES + 1] if len(e) > MAX_RECORD_BYTES else e for e in elements]
        self._ready = pa.array(clipped, type=pa.large_binary())


def cut_array(data: bytes) -> list[bytes]:
    """The elements of a JSON array as they stand; what is no part of an array is a record of its own."""
    text = data.decode("latin-1")  # one character a byte: structure is ASCII, the rest only passes through
    decoder = json.JSONDecoder(strict=False)
    at = _skip(text, 0, " \t\r\n")
    if text[at : at + 1] != "[":
        return [data] if data.strip() else []
    found: list[bytes] = []
    at = _skip(text, at + 1, " \t\r\n,")
    while at < len(text) and text[at] != "]":
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = len(text)  # not to be told where it ends: the rest is one record, refused not_json
        found.append(data[at:end])
        at = _skip(text, end, " \t\r\n,")
    rest = data[at + 1 :].strip()
    return [*found, rest] if rest else found


def _skip(text: str, at: int, chars: str) -> int:
    while at < len(text) and text[at] in chars:
        at += 1
    return at


class PosSource:
    """Files of a till, read through a map.

    `mappers`: decoder name -> the mapper bound to a file's header, filled as parts are built; the runtime
    stores `Mapper.document` under that name, so that the archive can be read again without the file.
    `pseudonyms`: rows are handed out with pseudonyms for persons, and the mappers are those of such rows.
    None: as they are in the file, for a trial that writes nothing.
    """

    capabilities = CAPABILITIES

    def __init__(self, name: str, paths: list[str], mapper: Mapper) -> None:
        self.name = name
        self.mapper = mapper
        self.pseudonyms: Pseudonyms | None = None
        self.mappers: dict[str, Mapper] = {}
        self._paths = paths

    @classmethod
    def samples(cls, folder: Path) -> list[PosSource]:
        """The same lines as delimited text, as one JSON object a line and as one JSON array."""
        rows = [{"when": f"2025-01-02 03:04:{i:02}", "sku": f"s,{i}", "n": "1"} for i in range(20)]
        lines = [json.dumps(row) for row in rows]
        text = "".join(f'{r["when"]},"{r["sku"]}",{r["n"]}\r\n' for r in rows)
        forms = {"csv": f"when,sku,n\r\n{text}", "ndjson": "\n".join(lines), "json": f"[{','.join(lines)}]"}
        found = []
        for form, body in forms.items():
            path = folder / f"till.{form}"
            path.write_text(body, "utf-8")
            mapper = Mapper.from_dict({**_SAMPLE_MAP, "format": form})
            found.append(cls("till", [str(path)], mapper))
        return found

    def parts(self) -> list[str]:
        """The files, as paths; `FileError` when there is none."""
        return list_files(self._paths)

    def build(self, part: str, resume: int | None) -> Part:
        """Open a file at record `resume`; `FileError`, or `MapError` when its header does not fit the map."""
        form, mapper = self.mapper.plan.format, self.mapper
        if form == "csv":
            csv = CsvPart(self.name, part, mapper, resume)
            opened, mapper = cast("BlockPart", csv), csv.mapper
        else:
            kind = LinePart if form == "ndjson" else ObjectsPart
            opened = kind(self.name, part, mapper.decoder, resume)
        if self.pseudonyms is not None and mapper.plan.personal:
            opened.seal = mapper.sealer(self.pseudonyms).seal
            mapper = mapper.sealed
            opened.decoder = mapper.decoder
        self.mappers[mapper.decoder] = mapper
        return opened
