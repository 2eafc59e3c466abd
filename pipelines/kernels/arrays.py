"""A file of named arrays: a head of one JSON line, then their bytes, each at a multiple of 64.

Read at once and checked, or mapped and read where it is touched. No pickle, no archive format: opening a file
costs one read of its head.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = "stocktwin arrays 1"
_ALIGN = 64


class DamagedFile(RuntimeError):
    """A file of arrays is not what was written: `path`, `what`."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            f"{path}: {what}; restore it from a copy, or rebuild with: stocktwin replay --into DIR"
        )
        self.path, self.what = path, what


def _bytes(a: NDArray[Any]) -> memoryview:
    return a.reshape(-1).view(np.uint8).data


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> int:
    """Write and sync a new file; returns its size in bytes."""
    whole = {name: np.ascontiguousarray(a) for name, a in arrays.items()}
    entries, at = [], 0
    for name, a in whole.items():
        entries.append([name, a.dtype.str, list(a.shape), at, zlib.crc32(_bytes(a))])
        at += -(-a.nbytes // _ALIGN) * _ALIGN
    head = json.dumps({"magic": MAGIC, "arrays": entries}).encode()
    head += b" " * (-(len(head) + 1) % _ALIGN) + b"\n"
    with path.open("wb") as out:
        out.write(head)
        for a in whole.values():
            out.write(_bytes(a))
            out.write(bytes(-a.nbytes % _ALIGN))
        out.flush()
        os.fsync(out.fileno())
    return len(head) + at


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of a file, read and checked. `DamagedFile` if a byte has changed."""
    found, sums = _views(path, np.fromfile(path, np.uint8))
    for name, a in found.items():
        if zlib.crc32(_bytes(a)) != sums[name]:
            raise DamagedFile(path, f"the bytes of {name} have changed")
    return found


def map_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of a file, mapped, not checked: a page is read when it is touched."""
    return _views(path, np.memmap(path, np.uint8, mode="r"))[0]


def _views(path: Path, data: NDArray[np.uint8]) -> tuple[dict[str, NDArray[Any]], dict[str, int]]:
    end = int(np.flatnonzero(data[: 1 << 16] == 10)[:1].sum())
    try:
        head = json.loads(bytes(data[:end]))
    except ValueError as error:
        raise DamagedFile(path, "its head is not readable") from error
    if head.get("magic") != MAGIC:
        raise DamagedFile(path, f"it is not a file of {MAGIC!r}")
    found: dict[str, NDArray[Any]] = {}
    for name, dtype, shape, at, _ in head["arrays"]:
        first = end + 1 + at
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if first + size > len(data):
            raise DamagedFile(path, f"it ends before {name}")
        found[name] = data[first : first + size].view(dtype).reshape(shape)
    return found, {entry[0]: entry[4] for entry in head["arrays"]}
