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
from pipelines.kernels.keys import PairMap
from pipelines.kernels.rows import Rows
from pipelines.kernels.strings import Interner, string_buffers
from pipelines.ledger.columns import (
    BW,
    C_CUR,
    C_CUT,
    C_EDGE,
    C_TAIL,
    FW,
    H_CANCELLED,
    H_CONTENT,
    H_LIVE,
    H_OLD,
    H_ROW,
    H_STATE,
    H_WAITING,
    I_REVALS,
    JOURNAL_FULL,
    JW,
    LINES_FULL,
    LN,
    M_ACCOUNTS,
    M_BORN,
    M_CELLS,
    M_COMBOS,
    M_COVERS,
    M_DOCS,
    M_FULL,
    M_HIST,
    M_LAYER_FREE,
    M_LAYERS,
    M_PARTS,
    M_PIECE_FREE,
    M_PIECES,
    M_POINTS,
    M_ROWS,
    M_SERIAL,
    M_SIZE,
    NO_TIME,
    TRUE_UPS_FULL,
    TU,
)  # fmt: skip
from pipelines.ledger.kernel.world import World
from pipelines.ledger.past.history import History
from pipelines.ledger.past.layout import to_history
from pipelines.ledger.past.recent import Recent
from pipelines.ledger.past.sources import Sources

FORMAT = 4
MOST_ROWS = 1 << 18  # of chains that are kept from batch to batch, 336 bytes each
I64 = NDArray[np.int64]
_TABLES = {"N": 13, "I": 10, "U": 6, "A": 10, "C": 24, "L": 9, "P": 12, "D": 14, "K": 3, "S": 2, "Z": 5}
_COUNTED = {"A": M_ACCOUNTS, "C": M_CELLS, "L": M_LAYERS, "P": M_PIECES, "D": M_DOCS}
_GROWING = {"accounts": M_ACCOUNTS, "cells": M_CELLS, "combos": M_COMBOS}
_MAPS = (
    "entities", "items", "accounts", "cells", "combos", "sites", "places", "contras", "units", "factors",
    "docs",
)  # fmt: skip


class LedgerState:
    """Everything the ledger knows. Attributes by the names of the kernel: N entities, I items, U units, K
    unit factors, S known sites, A accounts, C cells, L layers, P pieces, D documents, Z standard costs, M
    counters.
    """

    def __init__(self) -> None:
        self.words = Interner()
        self.t = {name: Rows(width, 16) for name, width in _TABLES.items()}
        self.maps = {name: PairMap() for name in _MAPS}
        self.recent = Recent()
        self.most_rows = MOST_ROWS
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
        self.found = np.zeros(FW, np.int64)
        self.sources = Sources(self)
        self._saved: dict[str, int] = {}
        self._saves: list[list[Any]] = []
        self._files = 0

    # room

    def shed(self) -> None:
        """Between batches: chains that have become too long are dropped."""
        if self.M[M_ROWS] > self.most_rows:
            self.forget_chains()

    def reserve(self, n: int) -> None:
        """Make room for a batch of n events: the kernel stops for layers and outputs only."""
        for name, col in _COUNTED.items():  # layers and outputs grow when the kernel asks for it
            self.t[name].count = int(self.M[col])
            self.t[name].reserve(4 * n + 8 if name != "L" else 1)
        self.M[M_COMBOS] = self.maps["combos"].count
        for name, col in _GROWING.items():
            self.maps[name].count = int(self.M[col])
            self.maps[name].reserve(4 * n + 8)
        self.recent.H.count = int(self.M[M_HIST])
        self.recent.reserve(n, int(self.M[M_ROWS]), self.t["C"].count + 4 * n + 8)
        if len(self.taccs) < len(self.t["A"].data):
            self.taccs = _longer(self.taccs, len(self.t["A"].data))
        if len(self.born) < (need := int(self.M[M_BORN]) + 3 * n + 8):
            self.born = _longer(self.born, need)

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
        elif not self.recent.grow(full):
            for table in (self.t["L"], self.t["P"], self.t["D"]):
                table.reserve(len(table.data) + 1 - table.count)

    def settle(self) -> None:
        """Take the kernel's counters over into the tables."""
        for name, col in _COUNTED.items():
            self.t[name].count = int(self.M[col])
        for name, col in _GROWING.items():
            self.maps[name].count = int(self.M[col])
        self.recent.H.count = int(self.M[M_HIST])

    def world(self, ev: I64, found: I64, verdicts: I64) -> World:
        """What the kernels work on, as it lies in memory now."""
        t, m, r = self.t, self.maps, self.recent
        tables = {name: t[name].data for name in "NISUKACLPDZ"} | {
            f"{name}m": t[name].marks for name in "NISACLPD"
        }  # fmt: skip
        return World(
            ev=ev, g=found, V=verdicts, **tables, Ks=m["factors"].slots, H=r.H.data, Hs=r.Hs, Hm=r.H.marks,
            Ak=m["accounts"].keys, As=m["accounts"].slots, Ck=m["cells"].keys, Cs=m["cells"].slots,
            B=m["combos"].keys, Bs=m["combos"].slots, Q=r.Q, Qm=r.Qm, W=r.W, X=r.X, Y=r.Y, heap=r.heap,
            SO=self.sources.order(), ids=r.text, F=self.found, TA=self.taccs, O=self.lines, T=self.ups,
            E=self.born, M=self.M, J=self.journal,
        )  # fmt: skip

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

    def _flush_history(self) -> None:
        """What is new or has changed goes into history; what waits stays."""
        r, n = self.recent, int(self.M[M_HIST])
        h = r.H.data[:n]
        status = h[:, H_STATE] & 255
        told = (status == H_LIVE) | (status == H_CANCELLED)
        new = np.flatnonzero(told & ((h[:, H_OLD] == 0) | (r.H.marks[:n] != 0)))
        rows, whose = to_history(h, new, self.t["D"].data, r.moved)
        self.history.add(rows, h[whose, H_CONTENT].view(np.uint64), r.ids(whose))
        waiting = np.flatnonzero(status == H_WAITING)
        self._forget(h[waiting].copy(), r.ids(waiting))

    def _forget(self, waiting: I64, ids: pa.StringArray) -> None:
        """From here on chains begin anew: what came before is in history."""
        self.recent.start_with(waiting, ids)
        self.M[M_HIST] = len(waiting)
        self.forget_chains()

    def forget_chains(self) -> None:
        """Drop the chains; what is asked of them again is posted anew from the events."""
        self.recent.H.data[: self.recent.H.count, H_ROW] = -1
        self.M[[M_ROWS, M_COVERS, M_PARTS, M_POINTS]] = 0
        cells, items = (self.t[name].data[: self.t[name].count] for name in ("C", "I"))
        cells[:, C_TAIL] = cells[:, C_CUR] = -1
        cells[cells[:, C_EDGE] != NO_TIME, C_CUT] = 1
        items[items[:, I_REVALS] != 0, I_REVALS] = -1

    def _changes(self) -> dict[str, NDArray[Any]]:
        out: dict[str, NDArray[Any]] = {"M": self.M, "H": self.recent.H.data[: self.recent.H.count]}
        for name, t in self.t.items():
            numbers, rows = t.changed()
            out[f"{name}.at"], out[f"{name}.rows"] = numbers, rows
        return self._named(out, self._saved)

    def _everything(self) -> dict[str, NDArray[Any]]:
        out: dict[str, NDArray[Any]] = {"M": self.M, "H": self.recent.H.data[: self.recent.H.count]}
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
            "H.ids": self.recent.ids(np.arange(self.recent.H.count)),
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
        self._forget(arrays["H"].copy(), _strings(arrays, "H.ids"))


def _longer(a: I64, size: int) -> I64:
    """The same rows in a longer array."""
    out = np.empty((size, *a.shape[1:]), np.int64)
    out[: len(a)] = a
    return out


def _strings(arrays: dict[str, NDArray[Any]], name: str) -> pa.StringArray:
    ends, data = arrays[f"{name}.ends"], arrays[f"{name}.bytes"]
    return pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(data))
