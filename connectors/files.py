"""Files as parts: which there are, reading them block by block, and cutting blocks into batches of records.

A part is one file, named by its path as given; gzip is told by its first bytes. Positions are record numbers,
and a resumed part reads from the front and counts: the same file gives the same records again.
"""

from __future__ import annotations

import glob
import gzip
import hashlib
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.contract import RawBatch
from schemas.fields import MAX_RECORD_BYTES

Seal = Callable[[pa.LargeBinaryArray], pa.LargeBinaryArray]
# Nearly what a batch may hold: a small block costs the store as many inserts as a large one. Less by the
# record that a block may carry over.
BLOCK_BYTES = 15 << 20
_LF = 10
_SPACE = (9, 10, 13, 32)


class FileError(Exception):
    """A file that cannot be read to its end. `place`: the file. `what`: the fact. `cure`: what to do.

    `exit_code`: what a command ends with: 1, or 2 where no file is meant at all.
    """

    def __init__(self, place: str, what: str, cure: str = "", exit_code: int = 1) -> None:
        self.exit_code = exit_code
        self.place = place
        self.what = what
        self.cure = cure
        super().__init__(f"{place}: {what}" + (f"; {cure}" if cure else ""))


def list_files(paths: list[str]) -> list[str]:
    """The files meant by paths, directories (their visible files) and globs, each once, in order.

    `FileError` for one that means no file.
    """
    found: list[str] = []
    for path in paths:
        here = Path(path)
        if here.is_dir():
            files = sorted(str(f) for f in here.iterdir() if f.is_file() and not f.name.startswith("."))
        elif here.exists():
            files = [path]
        else:
            files = sorted(f for f in glob.glob(path, recursive=True) if Path(f).is_file())  # noqa: PTH207
        if not files:
            what = "a directory without files" if here.is_dir() else "no such file"
            raise FileError(path, what, "name a file, a directory with files, or a glob that fits some", 2)
        found += files
    return list(dict.fromkeys(found))


def open_file(path: str) -> tuple[BinaryIO, bool]:
    """The file opened for its (decompressed) bytes, and whether it is gzip; `FileError` when it cannot be."""
    try:
        raw = Path(path).open("rb", buffering=0)  # noqa: SIM115 - the caller closes it
        start = raw.read(2)
        raw.seek(0)
    except OSError as error:
        raise FileError(
            path, f"cannot be opened: {error.strerror}", "check the path and who may read it"
        ) from error
    if start == b"\x1f\x8b":
        raw.close()
        return cast("BinaryIO", gzip.open(path, "rb")), True
    return cast("BinaryIO", raw), False


def content_id(path: str) -> str:
    """The first 16 hex digits of the sha256 of the file's decompressed bytes."""
    stream, _ = open_file(path)
    digest = hashlib.sha256()
    with stream:
        while block := read_block(stream, path, BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()[:16]


def read_block(stream: BinaryIO, path: str, size: int) -> bytes:
    """Up to `size` bytes, b"" at the end; `FileError` for a damaged or vanished file."""
    try:
        return stream.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise FileError(
            path, f"cannot be read further: {error}", "fetch the file again: it is damaged"
        ) from error


def records(buf: NDArray[np.uint8], bounds: NDArray[np.int64]) -> pa.LargeBinaryArray:
    """The records between `bounds`, without the blank ones, over-long ones cut to 1 MiB and a byte.

    Zero-copy unless there is something to leave out.
    """
    count = len(bounds) - 1
    if count < 1:
        return pa.array([], type=pa.large_binary())
    starts, ends = bounds[:-1], bounds[1:]
    every = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), count, [None, pa.py_buffer(bounds), pa.py_buffer(buf)]
    )
    long = ends - starts > MAX_RECORD_BYTES
    long &= ends - starts - (buf[np.maximum(ends - 1, 0)] == _LF) > MAX_RECORD_BYTES
    blank = np.isin(buf[starts], _SPACE)
    for n in np.flatnonzero(blank).tolist():
        blank[n] = not buf[starts[n] : ends[n]].tobytes().strip()
    if not (long.any() or blank.any()):
        return every
    cut = np.where(long, starts + MAX_RECORD_BYTES + 1, ends)
    pairs = np.append(np.stack([starts, cut], axis=1).ravel(), bounds[-1])
    parts = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), 2 * count, [None, pa.py_buffer(pairs), pa.py_buffer(buf)]
    )
    return parts.take(pa.array(2 * np.flatnonzero(~blank)))


class BlockPart(ABC):
    """One file read block by block; `cut` of a subclass finds the records of a block.

    `follow`: a plain file that still grows: at its end nothing comes and `eof` stays false. `seal`: puts
    pseudonyms into records before they are handed out.
    """

    def __init__(
        self, source: str, part: str, decoder: str, resume: int | None, *, follow: bool = False
    ) -> None:
        self.source, self.part, self.decoder = source, part, decoder
        self.eof = False
        self._follow = follow
        self._stream, packed = open_file(part)
        if packed and follow:
            self._stream.close()
            raise FileError(part, "a gzip file cannot be followed", "follow the plain file")
        self._size = Path(part).stat().st_size
        self.seal: Seal | None = None
        self._carry = np.zeros(0, dtype=np.uint8)
        self._swallow = False
        self._drained = False
        self._ready = pa.array([], type=pa.large_binary())
        self._next = 0
        self._source_id: str | None = None
        try:
            self.start()
            self._skip(resume or 0)
        except BaseException:
            self.close()
            raise

    @abstractmethod
    def cut(self, buf: NDArray[np.uint8], *, final: bool) -> NDArray[np.int64]:
        """int64[n + 1]: where the finished records of `buf` begin and the last ends (0 first).

        `final`: no more bytes follow, so all of `buf` is finished.
        """

    def start(self) -> None:  # noqa: B027 - most formats have nothing there
        """A subclass reads what stands before the first record."""

    @property
    def source_id(self) -> str:
        """16 hex digits that name the content (of a followed file: its name), for ids of rows without one."""
        if self._source_id is None:
            named = hashlib.sha256(f"follow:{Path(self.part).name}".encode()).hexdigest()[:16]
            self._source_id = named if self._follow else content_id(self.part)
        return self._source_id

    def next_batch(self, max_records: int, max_bytes: int) -> RawBatch | None:
        """See `contract.Part`; never empty, and at least one record however long."""
        if not len(self._ready):
            self._fill()
        if not len(self._ready):
            self.eof = self._drained
            return None
        taken = self._take(max_records, max_bytes)
        taken = self.seal(taken) if self.seal else taken
        offsets = np.arange(self._next, self._next + len(taken), dtype=np.int64)
        self._next += len(taken)
        return RawBatch(self.source, self.part, self.decoder, taken, offsets)

    def position(self) -> int:
        """The number of the next record."""
        return self._next

    @property
    def bytes_read(self) -> int:
        """Bytes of the file itself, packed or not, read so far; all of them once it is closed."""
        if self._stream.closed:
            return self._size
        raw = getattr(self._stream, "fileobj", None) or self._stream
        return int(raw.tell())

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _take(self, max_records: int, max_bytes: int) -> pa.LargeBinaryArray:
        count = min(len(self._ready), max_records)
        ends = np.frombuffer(self._ready.buffers()[1], dtype=np.int64)[self._ready.offset :][: count + 1]
        fit = int(np.searchsorted(ends, ends[0] + max_bytes, side="right")) - 1
        count = max(1, min(count, fit))
        taken, self._ready = self._ready[:count], self._ready[count:]
        return taken

    def _skip(self, records_: int) -> None:
        while self._next < records_:
            if not len(self._ready):
                self._fill()
            count = min(len(self._ready), records_ - self._next)
            if not count:
                what = f"has {self._next} records, not the {records_} of the last run"
                raise FileError(
                    self.part, what, "a file that was read may grow, not shrink: give it another name"
                )
            self._ready = self._ready[count:]
            self._next += count

    def _fill(self) -> None:
        """Read until there is at least one record, or nothing more."""
        while not len(self._ready) and not self._drained:
            block = read_block(self._stream, self.part, BLOCK_BYTES)
            if not block and self._follow:
                return
            final = not block
            self._drained = final
            fresh = np.frombuffer(block, dtype=np.uint8)
            if self._swallow:
                fresh = self._after_line(fresh)
            buf = np.concatenate([self._carry, fresh]) if len(self._carry) else fresh
            bounds = self.cut(buf, final=final)
            self._ready = records(buf, bounds)
            self._carry = buf[bounds[-1] :].copy()
            if len(self._carry) > MAX_RECORD_BYTES + 2:
                self._overlong()

    def _after_line(self, fresh: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What follows the end of an over-long line; nothing while it has not come."""
        newline = fresh == _LF
        at = int(newline.argmax()) if len(fresh) else 0
        if not (len(fresh) and newline[at]):
            return fresh[:0]
        self._swallow = False
        return fresh[at + 1 :]

    def _overlong(self) -> None:
        """Hand over the start of a record without an end within 1 MiB; the rest of its line is dropped."""
        head = self._carry[: MAX_RECORD_BYTES + 1]
        record = pa.array([head.tobytes()], type=pa.large_binary())
        self._ready = pa.concat_arrays([self._ready, record]) if len(self._ready) else record
        self._carry = self._carry[:0]
        self._swallow = True
