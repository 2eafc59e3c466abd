"""Source `ndjson`: files of one record a line, plain or gzip.

**Parts** files; a directory or a glob is many. **Position** the number of the line, blank lines not counted.
**Restart** nothing is lost or doubled: a finished file never changes, a followed one only grows.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from connectors.contract import Capabilities
from connectors.files import BlockPart, list_files

CAPABILITIES = Capabilities(
    replayable=True,
    ordered_by="the order of lines in a file",
    acknowledged="never: the file stays",
    on_restart="nothing is lost or doubled: the position counts records of an unchanging file",
)


def cut_lines(buf: NDArray[np.uint8], *, final: bool) -> NDArray[np.int64]:
    """int64[n + 1]: where lines begin and the last ends; `final` makes an unfinished line one."""
    newlines = np.flatnonzero(buf == 10)
    bounds = np.empty(len(newlines) + 1, dtype=np.int64)
    bounds[0] = 0
    np.add(newlines, 1, out=bounds[1:])
    return np.append(bounds, len(buf)) if final and bounds[-1] < len(buf) else bounds


class LinePart(BlockPart):
    """A file whose records are lines."""

    def cut(self, buf: NDArray[np.uint8], *, final: bool) -> NDArray[np.int64]:
        """Lines."""
        return cut_lines(buf, final=final)


class NdjsonSource:
    """Canonical events as lines of JSON.

    `paths`: files, directories, globs. `follow`: keep reading plain files that grow.
    """

    capabilities = CAPABILITIES

    def __init__(self, name: str, paths: list[str], *, follow: bool = False, decoder: str = "ndjson") -> None:
        self.name = name
        self._paths = paths
        self._follow = follow
        self._decoder = decoder

    @classmethod
    def samples(cls, folder: Path) -> list[NdjsonSource]:
        """Two files, one of them gzip, with blank and unfinished lines."""
        lines = [b'{"id":"%d"}\n' % i for i in range(20)]
        (folder / "plain.ndjson").write_bytes(b"\n" + b"\n".join(lines) + b'{"id":"cut')
        (folder / "packed.ndjson.gz").write_bytes(gzip.compress(b"".join(lines)))
        return [cls("events", [str(folder)])]

    def parts(self) -> list[str]:
        """The files, as paths; `FileError` when there is none."""
        return list_files(self._paths)

    def build(self, part: str, resume: int | None) -> LinePart:
        """Open a file at record `resume`; `FileError` when it cannot be, or is shorter than that."""
        return LinePart(self.name, part, self._decoder, resume, follow=self._follow)
