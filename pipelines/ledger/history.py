"""What was posted long ago: immutable runs on disk, mapped, looked up by id and sorted by cell and event
time.

A save turns the recent events into one run: `ids` sorted by hash (so that a batch finds its duplicates and
references by a walk through both) and `rows` sorted by (cell, event time, version), which is what a
correction will replay. Eight runs of a level merge into one of the next, so there are few of them and each
event is rewritten a logarithmic number of times. Law: an id once added is found for ever, with its content.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.kernels.compiled import kernel

I64 = NDArray[np.int64]
FAN_OUT = 8
ROW = np.dtype([
    ("cell", "<i4"), ("at", "<i8"), ("ver", "<i8"), ("ent", "<i4"), ("acc", "<i4"), ("contra", "<i4"),
    ("type", "<i2"),
    ("bits", "<i2"), ("qty", "<i8"), ("cost", "<i8"), ("amt", "<i8"),
])  # fmt: skip


@kernel
def _buckets(h1, shift, out):  # type: ignore[no-untyped-def]
    b = 0
    for i in range(h1.shape[0]):
        k = np.int64(h1[i] >> np.uint64(shift))
        while b <= k:
            out[b] = i
            b += 1
    while b < out.shape[0]:
        out[b] = h1.shape[0]
        b += 1


@kernel
def _probe(order, h1, h2, ids, buckets, shift, found):  # type: ignore[no-untyped-def]
    """Rows of `ids` that hold (h1, h2) -> found (left alone where there is none); `order` sorts h1."""
    for j in range(order.shape[0]):
        i = order[j]
        k = np.int64(h1[i] >> np.uint64(shift))
        for r in range(buckets[k], buckets[k + 1]):
            if ids[r, 0] == h1[i] and ids[r, 2] >> np.uint64(32) == h2[i] >> np.uint64(32):
                found[i] = r
                break


@dataclass
class Run:
    """One immutable run. `ids`: uint64[n, 3] = hash, content, second hash's upper half | row; `level` of its
    merging.
    """

    name: str
    level: int
    ids: NDArray[np.uint64]
    rows: NDArray[np.void]
    buckets: NDArray[np.uint32]
    shift: int

    @classmethod
    def open(cls, folder: Path, name: str, level: int) -> Run:
        """Map a run's files."""
        ids = np.load(folder / f"{name}.ids.npy", mmap_mode="r", allow_pickle=False)
        rows = np.load(folder / f"{name}.rows.npy", mmap_mode="r", allow_pickle=False)
        buckets = np.load(folder / f"{name}.buckets.npy", mmap_mode="r", allow_pickle=False)
        return cls(name, level, ids, rows, buckets, 64 - (len(buckets) - 2).bit_length())


def write_run(folder: Path, name: str, level: int, h: NDArray[np.uint64], rows: NDArray[np.void]) -> Run:
    """Sort and write; `h`: uint64[n, 3] = hash, second hash, content of the event in `rows`."""
    by_time = np.lexsort((rows["ver"], rows["at"], rows["cell"]))
    place = np.empty(len(rows), np.uint64)
    place[by_time] = np.arange(len(rows), dtype=np.uint64)
    ids = np.empty((len(rows), 3), np.uint64)
    ids[:, 0], ids[:, 1] = h[:, 0], h[:, 2]
    ids[:, 2] = (h[:, 1] & np.uint64(0xFFFFFFFF00000000)) | place
    return _store(folder, name, level, ids[np.argsort(ids[:, 0], kind="stable")], rows[by_time])


def _store(folder: Path, name: str, level: int, ids: NDArray[np.uint64], rows: NDArray[np.void]) -> Run:
    bits = max(1, int(len(ids) // 4).bit_length())
    buckets = np.empty((1 << bits) + 1, np.uint32)
    _buckets(ids[:, 0], 64 - bits, buckets)
    for part, array in (("ids", ids), ("rows", rows), ("buckets", buckets)):
        _write(folder / f"{name}.{part}.npy", array)
    return Run.open(folder, name, level)


def _write(path: Path, array: NDArray[Any]) -> None:
    """`np.save`, which does not say why it could not write: here a full disk is told as one."""
    with path.open("wb") as out:
        np.lib.format.write_array_header_1_0(out, np.lib.format.header_data_from_array_1_0(array))
        out.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


class History:
    """The runs of one step, newest last."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.runs: list[Run] = []
        self._next = 0
        self._stale: list[str] = []

    def lookup(self, h1: I64, h2: I64) -> tuple[I64, I64]:
        """(run number, row of its ids) per hash; -1 where the id is not there."""
        run, row = np.full(len(h1), -1, np.int64), np.full(len(h1), -1, np.int64)
        if not self.runs:
            return run, row
        a, b = h1.view(np.uint64), h2.view(np.uint64)
        order = np.argsort(a)
        for number, r in enumerate(self.runs):
            found = np.full(len(h1), -1, np.int64)
            _probe(order, a, b, r.ids, r.buckets, r.shift, found)
            hit = found >= 0
            run[hit], row[hit] = number, found[hit]
        return run, row

    def add(self, h: NDArray[np.uint64], rows: NDArray[np.void]) -> None:
        """Make a run of new events and merge what has become too many."""
        assert self.folder is not None
        if len(rows):
            self.runs.append(write_run(self.folder, self._name(), 0, h, rows))
        while True:
            level = next((x for x in range(32) if sum(r.level == x for r in self.runs) >= FAN_OUT), None)
            if level is None:
                return
            self._merge(level)

    def _name(self) -> str:
        self._next += 1
        return f"run-{self._next:08d}"

    def _merge(self, level: int) -> None:
        assert self.folder is not None
        old = [r for r in self.runs if r.level == level]
        rows = np.concatenate([r.rows for r in old])
        starts = np.cumsum([0] + [len(r.rows) for r in old[:-1]])
        ids = np.concatenate(
            [r.ids + np.array([0, 0, s], np.uint64) for r, s in zip(old, starts, strict=True)]
        )
        by_time = np.lexsort((rows["ver"], rows["at"], rows["cell"]))
        place = np.empty(len(rows), np.uint64)
        place[by_time] = np.arange(len(rows), dtype=np.uint64)
        low = np.uint64(0xFFFFFFFF)
        ids[:, 2] = (ids[:, 2] & ~low) | place[(ids[:, 2] & low).astype(np.int64)]
        merged = _store(
            self.folder, self._name(), level + 1, ids[np.argsort(ids[:, 0], kind="stable")], rows[by_time]
        )
        self.runs = [r for r in self.runs if r.level != level] + [merged]
        self._stale += [r.name for r in old]

    def manifest(self) -> dict[str, object]:
        """What a manifest needs to find the runs again."""
        return {"runs": [[r.name, r.level] for r in self.runs], "next": self._next}

    def load(self, folder: Path, manifest: dict[str, object]) -> None:
        """Map the runs of a manifest."""
        self.folder = folder
        names: list[list[object]] = manifest["runs"]  # type: ignore[assignment]
        self.runs = [Run.open(folder, str(n), int(str(v))) for n, v in names]
        self._next = int(str(manifest["next"]))

    def drop_stale(self) -> None:
        """Delete files that no manifest names any more."""
        assert self.folder is not None
        for name in self._stale:
            for part in ("ids", "rows", "buckets"):
                (self.folder / f"{name}.{part}.npy").unlink(missing_ok=True)
        self._stale = []
