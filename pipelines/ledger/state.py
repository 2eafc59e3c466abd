"""The ledger's state: a few wide integer tables, dictionaries of words and pairs, and the history behind
them.

Saved as versioned columnar bytes in one folder: `base` and `delta` files (`kernels.arrays`) named by a
manifest that is replaced last. A save writes what changed since the last one; when the deltas outweigh the
base, a new base is written.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.kernels.arrays import read_arrays, write_arrays
from pipelines.kernels.keys import PairMap, slots_for
from pipelines.kernels.rows import Rows, columns
from pipelines.kernels.strings import Interner, string_buffers
from pipelines.ledger.columns import (
    BW,
    H_ACC,
    H_AMT,
    H_AT,
    H_CONTENT,
    H_COST,
    H_ENT,
    H_ITEM,
    H_LIVE,
    H_OTHER,
    H_QTY,
    H_SEQ,
    H_SOURCE,
    H_STATE,
    H_TEXT,
    H_TYPE,
    H_VER,
    H_WAITING,
    HW,
    JOURNAL_FULL,
    JW,
    LINES_FULL,
    LN,
    M_ACCOUNTS,
    M_CELLS,
    M_COMBOS,
    M_DOCS,
    M_FULL,
    M_HIST,
    M_LAYER_FREE,
    M_LAYERS,
    M_PIECE_FREE,
    M_PIECES,
    M_SERIAL,
    M_SIZE,
    TRUE_UPS_FULL,
    TU,
)  # fmt: skip
from pipelines.ledger.history import History
from pipelines.ledger.kernel.ids import hist_rehash
from pipelines.ledger.runs import R_BITS, RW

FORMAT = 3
I64 = NDArray[np.int64]
_TABLES = {"N": 12, "I": 9, "U": 6, "A": 8, "C": 16, "L": 8, "P": 12, "D": 16, "K": 3, "S": 2}
_COUNTED = {"A": M_ACCOUNTS, "C": M_CELLS, "L": M_LAYERS, "P": M_PIECES, "D": M_DOCS}
_GROWING = {"accounts": M_ACCOUNTS, "cells": M_CELLS, "combos": M_COMBOS}
_HISTORY = [
    H_ITEM, H_AT, H_TYPE, H_SOURCE, H_SEQ, H_ENT, H_VER, H_ACC, H_OTHER, H_QTY, H_COST, H_AMT, H_STATE,
]  # fmt: skip
_MAPS = (
    "entities", "items", "accounts", "cells", "combos", "sites", "places", "contras", "units", "factors",
    "docs",
)  # fmt: skip


class LedgerState:
    """Everything the ledger knows. Attributes by the names of the kernel: N entities, I items, U units, K
    unit factors, S known sites, A accounts, C cells, L layers, P pieces, D documents, H recent history, M
    counters.
    """

    def __init__(self) -> None:
        self.words = Interner()
        self.t = {name: Rows(width, 16) for name, width in _TABLES.items()}
        self.maps = {name: PairMap() for name in _MAPS}
        self.H = Rows(HW, 1024)
        self.Hs = slots_for(1024)
        self.texts: list[pa.StringArray] = []  # the ids that H_TEXT counts through
        self.site_words: list[int] = []  # of each row of the map `sites`: its site
        self.contra_words: list[int] = []  # of each row of the map `contras`: its virtual place
        self.M = np.zeros(2 * M_SIZE, np.int64)
        self.M[M_LAYER_FREE] = self.M[M_PIECE_FREE] = -1
        self.M[M_SERIAL] = 1
        self.history = History(self.words)
        self.extra: dict[str, Any] = {}
        self.lines = np.empty((1 << 12, LN), np.int64)
        self.ups = np.empty((1 << 12, TU), np.int64)
        self.taccs = np.empty(0, np.int64)
        self.journal = np.empty((1 << 10, JW), np.int64)
        self.born = np.empty((0, BW), np.int64)
        self._saved: dict[str, int] = {}
        self._saves: list[list[Any]] = []
        self._files = 0

    # room

    def reserve(self, n: int) -> None:
        """Make room for a batch of n events: the kernel stops for layers and outputs only."""
        for name, col in _COUNTED.items():  # layers and outputs grow when the kernel asks for it
            self.t[name].count = int(self.M[col])
            self.t[name].reserve(4 * n + 8 if name != "L" else 1)
        self.M[M_COMBOS] = self.maps["combos"].count
        for name, col in _GROWING.items():
            self.maps[name].count = int(self.M[col])
            self.maps[name].reserve(4 * n + 8)
        self.H.count = int(self.M[M_HIST])
        self.H.reserve(n + 8)
        if 2 * (self.H.count + n) > len(self.Hs):
            self.Hs = slots_for(2 * (self.H.count + n))
            hist_rehash(self.H.data, self.H.count, self.Hs)
        if len(self.taccs) < len(self.t["A"].data):
            self.taccs = np.empty(len(self.t["A"].data), np.int64)
        if len(self.born) < 3 * n + 8:
            self.born = np.empty((3 * n + 8, BW), np.int64)

    def grow(self) -> None:
        """The kernel stopped for want of room, at a record that it undid: double what was short."""
        full = int(self.M[M_FULL])
        self.M[M_FULL] = 0
        self.settle()
        if full == LINES_FULL:
            self.lines = np.concatenate([self.lines, np.empty_like(self.lines)])
        elif full == TRUE_UPS_FULL:
            self.ups = np.concatenate([self.ups, np.empty_like(self.ups)])
        elif full == JOURNAL_FULL:
            self.journal = np.empty((2 * len(self.journal), JW), np.int64)
        else:
            layers = self.t["L"]
            layers.reserve(len(layers.data) + 1 - layers.count)

    def settle(self) -> None:
        """Take the kernel's counters over into the tables."""
        for name, col in _COUNTED.items():
            self.t[name].count = int(self.M[col])
        for name, col in _GROWING.items():
            self.maps[name].count = int(self.M[col])
        self.H.count = int(self.M[M_HIST])

    # saving

    def save(self, folder: Path, mark: dict[str, Any]) -> None:
        """Write what changed since the last save and commit it, with `mark`, by replacing the manifest."""
        folder.mkdir(parents=True, exist_ok=True)
        self.settle()
        self.history.folder = folder
        self._flush_history()
        full = not self._saves or sum(s[1] for s in self._saves[1:]) > self._saves[0][1] + (1 << 16)
        arrays: dict[str, Any] = self._everything() if full else self._changes()
        self._files += 1
        name = f"{'base' if full else 'delta'}-{self._files:08d}.arrays"
        size = write_arrays(folder / name, arrays)
        stale = [s[0] for s in self._saves] if full else []
        entry = [name, size]
        self._saves = [entry] if full else [*self._saves, entry]
        manifest = {
            "format": FORMAT, "saves": self._saves, "files": self._files, "history": self.history.manifest(),
            "extra": self.extra, "mark": mark,
        }  # fmt: skip
        part = folder / "manifest.json.tmp"
        with part.open("w", encoding="utf-8") as out:
            json.dump(manifest, out, ensure_ascii=False)
            out.flush()
            os.fsync(out.fileno())
        part.replace(folder / "manifest.json")
        for old in stale:
            (folder / old).unlink(missing_ok=True)
        self.history.drop_stale()

    def restore(self, folder: Path) -> dict[str, Any] | None:
        """Read the last finished save; returns its mark, None when there is none."""
        path = folder / "manifest.json"
        if not path.exists():
            return None
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise ValueError(f"{path}: state format {manifest['format']}, this release reads {FORMAT}")
        for name, _ in manifest["saves"]:
            self._apply(read_arrays(folder / name))
        self._saves, self._files, self.extra = manifest["saves"], manifest["files"], manifest["extra"]
        self.history.load(folder, manifest["history"])
        self._mark_saved()
        mark: dict[str, Any] = manifest["mark"]
        return mark

    def remember(self, first: int, ids: pa.StringArray) -> None:
        """Keep the ids of the rows of recent history from `first` on, whose H_TEXT counts in `ids`."""
        if self.M[M_HIST] > first:
            self.H.data[first : self.M[M_HIST], H_TEXT] += sum(len(t) for t in self.texts)
            self.texts.append(ids)

    def _ids(self, texts: I64) -> pa.StringArray:
        whole = pa.concat_arrays(self.texts) if self.texts else pa.array([], pa.string())
        return whole.take(pa.array(texts))

    def _flush_history(self) -> None:
        h = self.H.data[: int(self.M[M_HIST])]
        status = h[:, H_STATE] & 255
        live = np.flatnonzero(status == H_LIVE)
        rows = np.empty((len(live), RW), np.int64)
        columns(h, live, np.array(_HISTORY), rows)
        rows[:, R_BITS] >>= 8
        self.history.add(rows, h[live, H_CONTENT].view(np.uint64), self._ids(h[live, H_TEXT]))
        waiting = h[status == H_WAITING]
        self._recent(waiting, self._ids(waiting[:, H_TEXT]))

    def _recent(self, rows: I64, ids: pa.StringArray) -> None:
        # The room is kept: pages that are touched for the first time cost more than what is written there.
        self.H.count = 0
        self.H.reserve(len(rows))
        self.H.data[: len(rows)] = rows
        self.H.data[: len(rows), H_TEXT] = np.arange(len(rows))
        self.texts = [ids] if len(rows) else []
        self.H.count = len(rows)
        self.M[M_HIST] = len(rows)
        self.Hs.fill(-1)
        hist_rehash(self.H.data, self.H.count, self.Hs)

    def _changes(self) -> dict[str, NDArray[Any]]:
        out: dict[str, NDArray[Any]] = {"M": self.M, "H": self.H.data[: self.H.count]}
        for name, t in self.t.items():
            numbers, rows = t.changed()
            out[f"{name}.at"], out[f"{name}.rows"] = numbers, rows
        return self._named(out, self._saved)

    def _everything(self) -> dict[str, NDArray[Any]]:
        out: dict[str, NDArray[Any]] = {"M": self.M, "H": self.H.data[: self.H.count]}
        for name, t in self.t.items():
            t.changed()
            out[f"{name}.at"], out[f"{name}.rows"] = np.arange(t.count), t.data[: t.count]
        return self._named(out, {})

    def _named(self, out: dict[str, NDArray[Any]], since: dict[str, int]) -> dict[str, NDArray[Any]]:
        out["counts"] = np.array([t.count for t in self.t.values()])
        for name, m in self.maps.items():
            out[f"map.{name}"] = m.keys[since.get(name, 0) : m.count]
        texts = {
            "words": self.words.since(since.get("words", 1)),
            "H.ids": self._ids(self.H.data[: self.H.count, H_TEXT]),
        }
        for name, text in texts.items():
            data, offs = string_buffers(text)
            out[f"{name}.ends"], out[f"{name}.bytes"] = offs - offs[0], data[offs[0] : offs[-1]]
        self._mark_saved()
        return out

    def _mark_saved(self) -> None:
        self._saved = {name: m.count for name, m in self.maps.items()} | {"words": self.words.count}

    def _apply(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.M = arrays["M"].copy()
        for (name, t), count in zip(self.t.items(), arrays["counts"].tolist(), strict=True):
            t.patch(arrays[f"{name}.at"], arrays[f"{name}.rows"], count)
        for name, m in self.maps.items():
            m.load(arrays[f"map.{name}"])
        self.words.load(_strings(arrays, "words"))
        self._recent(arrays["H"], _strings(arrays, "H.ids"))


def _strings(arrays: dict[str, NDArray[Any]], name: str) -> pa.StringArray:
    ends, data = arrays[f"{name}.ends"], arrays[f"{name}.bytes"]
    return pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(data))
