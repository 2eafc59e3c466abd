"""What was posted long ago: immutable runs on disk, mapped, found by id and sorted by item and order key.

A save turns the recent events into one run (`past.runs`). Eight runs of a level merge into one of the next,
so there are few of them and each event is rewritten a logarithmic number of times; a run of eight million
rows is large enough. Law: an id once added is found for ever, with its content. An event that is
corrected, or whose cost is restated, is written again; its newest row counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.kernels.frames import pick
from pipelines.kernels.strings import Interner
from pipelines.ledger.columns import H_DEAD
from pipelines.ledger.past.runs import R_BITS, R_ENT, R_ITEM, R_VER, RW, Run, write_run

I64 = NDArray[np.int64]
FAN_OUT = 8
MOST_ROWS = 8_000_000  # of a run: as many ids of 256 bytes, the longest there are, fit offsets of 32 bits


def newest(rows: I64) -> I64:
    """The rows that count of int64[n, RW], oldest run first: of an event that was written again under the
    same item the last.
    """
    order = np.lexsort([np.arange(len(rows)), rows[:, R_VER], rows[:, R_ENT], rows[:, R_ITEM]])
    key = rows[order][:, [R_ITEM, R_ENT, R_VER]]
    last = np.r_[(np.diff(key, axis=0) != 0).any(axis=1), True] if len(rows) else np.empty(0, bool)
    return np.sort(order[last])


class History:
    """The runs of one step, newest last. `words`: the dictionary whose numbers stand in R_SOURCE."""

    def __init__(self, words: Interner) -> None:
        self.words = words
        self.folder: Path | None = None
        self.runs: list[Run] = []
        self._next = 0
        self._stale: list[str] = []

    def lookup(self, h: I64, source: I64, ids: tuple[Any, Any]) -> tuple[I64, I64]:
        """(run number, row) per (source, id) with first hash h; -1 where it is not there."""
        run, row = np.full(len(h), -1, np.int64), np.full(len(h), -1, np.int64)
        if not self.runs:
            return run, row
        order = np.argsort(h.view(np.uint64))
        for number, r in enumerate(self.runs):
            found = r.find(order, h.view(np.uint64), source, ids)
            hit = found >= 0
            run[hit], row[hit] = number, found[hit]
        return run, row

    def rows(self, run: I64, row: I64) -> I64:
        """int64[n, RW]: the rows that `lookup` found."""
        out = np.empty((len(run), RW), np.int64)
        for number in np.unique(run).tolist():
            mine = run == number
            out[mine] = pick(self.runs[number].rows, row[mine])
        return out

    def contents(self, run: I64, row: I64) -> I64:
        """int64[n]: the contents of the events that `lookup` found."""
        out = np.empty(len(run), np.uint64)
        for number in np.unique(run).tolist():
            mine = run == number
            out[mine] = self.runs[number].content[row[mine]]
        return out.view(np.int64)

    def of_item(self, item: int) -> tuple[I64, I64, pa.StringArray]:
        """What is known now of the events of an item: rows int64[n, RW], contents, ids."""
        rows, contents, ids = zip(*(r.of_item(item) for r in self.runs), strict=True)
        whole = np.concatenate(rows)
        keep = newest(whole)
        keep = keep[whole[keep, R_BITS] & 255 != H_DEAD]
        content = np.concatenate(contents)[keep].view(np.int64)
        return whole[keep], content, pa.concat_arrays(ids).take(pa.array(keep))

    def add(self, rows: I64, content: NDArray[np.uint64], ids: pa.StringArray) -> None:
        """Make a run of new events and merge what has become too many."""
        assert self.folder is not None
        if len(rows):
            self.runs.append(write_run(self.folder, self._name(), 0, rows, content, ids, self.words))
        while True:
            level = next((x for x in range(32) if self._too_many(x)), None)
            if level is None:
                return
            self._merge(level)

    def _too_many(self, level: int) -> bool:
        """Whether a level's runs become one; what would be too large stays as it is."""
        sizes = [r.rows.n for r in self.runs if r.level == level]
        return len(sizes) >= FAN_OUT and sum(sizes) <= MOST_ROWS

    def _name(self) -> str:
        self._next += 1
        return f"run-{self._next:08d}"

    def _merge(self, level: int) -> None:
        assert self.folder is not None
        old = [r for r in self.runs if r.level == level]
        rows, ids = zip(*(r.unpacked() for r in old), strict=True)
        whole, keep = np.concatenate(rows), newest(np.concatenate(rows))
        merged = write_run(
            self.folder, self._name(), level + 1, whole[keep], np.concatenate([r.content for r in old])[keep],
            pa.concat_arrays(ids).take(pa.array(keep)), self.words,
        )  # fmt: skip
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
            (self.folder / f"{name}.run").unlink(missing_ok=True)
        self._stale = []
