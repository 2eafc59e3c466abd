"""Step `audit.chain`: a hash over every 1,024 versions of an entity, each chained to the one before.

**In** `core.movement`, `core.true_up` and `verdict` (its versions: not every one has a line). **Out**
`core.chain`. **Key and grain** the entity; one leaf per 1,024 consecutive versions, whether they have lines
or not. **Units** none. **Order and lateness** by version: cutting batches elsewhere changes no leaf.
**Restart** the bytes of the unfinished leaves are the state. **Refuses** nothing. **Source** every column but
`recorded_at` and the numbers of true-up lines is covered, as the bytes of `pipelines.audit.canonical`.
**Example** 1,024 masters, which have no lines, still make a leaf:

    >>> entity = pa.array(["E"] * 1024).dictionary_encode()
    >>> verdict = pa.table({"entity": entity, "version": np.arange(1, 1025)})
    >>> leaf = ChainStep().process(None, None, verdict).merged()["core.chain"]
    >>> leaf.select(["entity", "leaf", "first_version", "last_version"]).to_pylist()
    [{'entity': 'E', 'leaf': 0, 'first_version': 1, 'last_version': 1024}]
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.audit.canonical import Canonical
from pipelines.step import Outputs, commit

LEAF = 1024
Columns = tuple[tuple[str, ...], tuple[str, ...]]  # integers, texts
MOVEMENT = (
    ("version", "line", "event_at", "qty", "value_amt"),
    (
        "status", "event_id", "source", "type", "period", "own_period", "item", "lot", "owner",
        "from_place", "to_place", "from_pool", "to_pool", "reason", "channel", "document", "cost_centre",
        "trust",
    ),
)  # fmt: skip
TRUE_UP = (
    (
        "version", "corrects_version", "cause_version", "event_at", "qty", "value_amt", "sale_qty",
        "revenue_amt", "discount_amt", "tax_amt", "open_qty", "open_amt", "uncosted", "unpriced", "landed",
    ),
    (
        "leg", "period", "own_period", "item", "lot", "owner", "from_place", "to_place", "from_pool",
        "to_pool",
    ),
)  # fmt: skip
STREAMS = 4  # integers and texts of lines, integers and texts of true-ups


@dataclass
class _Entity:
    """The chain of one entity, and the bytes of the leaves that are not finished."""

    leaf: int = 0
    chain: str = "0" * 64
    open: dict[int, list[bytearray]] = field(default_factory=dict)

    def streams(self, leaf: int) -> list[bytearray]:
        """The four streams of a leaf."""
        return self.open.setdefault(leaf, [bytearray() for _ in range(STREAMS)])


def leaf_hash(streams: list[bytearray]) -> str:
    """The hash of a leaf: the length of each stream in front of it, so that none can pass for another."""
    digest = hashlib.sha256()
    for stream in streams:
        digest.update(len(stream).to_bytes(8, "little"))
        digest.update(stream)
    return digest.hexdigest()


class ChainStep:
    """Keeps the chains of all entities."""

    name = "audit.chain"
    version = 1
    reads = ("core.movement", "core.true_up", "verdict")
    gives = ("core.chain",)

    def __init__(self) -> None:
        self.entities: dict[str, _Entity] = {}
        self._saves = 0
        self._clean: Path | None = None  # where what is in memory is saved already

    def process(
        self, lines: pa.Table | None = None, ups: pa.Table | None = None, verdict: pa.Table | None = None
    ) -> Outputs:
        """Take a batch's lines; the leaves that its versions finish."""
        highest = _versions(verdict)
        if highest:
            self._clean = None
        self._add(lines, MOVEMENT, 0)
        self._add(ups, TRUE_UP, 2)
        leaves: list[dict[str, Any]] = []
        for entity, version in highest.items():
            e = self.entities.setdefault(entity, _Entity())
            while version >= (e.leaf + 1) * LEAF:
                leaves.append(self._leaf(entity, e))
        out = Outputs()
        if leaves:
            out.add("core.chain", pa.Table.from_pylist(leaves))
        return out

    def _add(self, table: pa.Table | None, columns: Columns, at: int) -> None:
        """The rows of a batch to the streams `at` and `at + 1` of their leaves; versions only grow."""
        if table is None or not table.num_rows:
            return
        rows, (names, codes) = Canonical(table, *columns), _codes(table)
        leaves = (table.column("version").to_numpy().astype(np.int64) - 1) // LEAF
        order = np.argsort(codes, kind="stable")
        keys = np.stack([codes[order], leaves[order]])
        edges = np.flatnonzero(np.r_[True, (np.diff(keys) != 0).any(axis=0), True])
        numbers, texts, ends = rows.bytes(order)
        for first, last in pairwise(edges.tolist()):
            entity = self.entities.setdefault(names[int(keys[0, first])], _Entity())
            streams = entity.streams(int(keys[1, first]))
            streams[at] += numbers[first:last].data
            streams[at + 1] += texts[ends[first] : ends[last]].data

    def _leaf(self, entity: str, e: _Entity) -> dict[str, Any]:
        sha = leaf_hash(e.streams(e.leaf))
        del e.open[e.leaf]
        e.chain = hashlib.sha256(f"{e.chain}{sha}".encode()).hexdigest()
        first = e.leaf * LEAF + 1
        e.leaf += 1
        return {
            "entity": entity, "leaf": e.leaf - 1, "first_version": first, "last_version": first + LEAF - 1,
            "sha256": sha, "chain": e.chain,
        }  # fmt: skip

    def digests(self) -> dict[str, str]:
        """A sha256 per entity over all its lines, the unfinished leaf included."""
        return {
            entity: hashlib.sha256(
                f"{entity}|{e.leaf}|{e.chain}|{leaf_hash(e.streams(e.leaf))}".encode()
            ).hexdigest()
            for entity, e in sorted(self.entities.items())
        }

    def digest(self) -> str:
        """One sha256 over all entities: equal for equal ledgers."""
        return hashlib.sha256("\n".join(self.digests().values()).encode()).hexdigest()

    def save(self, folder: Path) -> None:
        """Write the unfinished leaves (at most 1,023 versions of an entity), if they changed."""
        if self._clean == folder:
            return
        folder.mkdir(parents=True, exist_ok=True)
        self._saves += 1
        name = f"leaves-{self._saves:08}.bin"
        entities: list[list[Any]] = []
        with (folder / name).open("wb") as out:
            for key, e in self.entities.items():
                streams = e.streams(e.leaf)
                entities.append([key, e.leaf, e.chain, [len(stream) for stream in streams]])
                out.writelines(streams)
            out.flush()
            os.fsync(out.fileno())
        commit(
            folder / "state.json",
            {"version": self.version, "saves": self._saves, "file": name, "entities": entities},
        )
        for old in folder.glob("leaves-*.bin"):
            if old.name != name:
                old.unlink()
        self._clean = folder

    def restore(self, folder: Path) -> None:
        """Take back what `save` left; no chain has begun where there is nothing."""
        self.entities, self._saves, self._clean = {}, 0, None
        if not (folder / "state.json").exists():
            return
        saved = json.loads((folder / "state.json").read_text("utf-8"))
        self._saves = saved["saves"]
        with (folder / saved["file"]).open("rb") as source:
            for key, leaf, chain, lengths in saved["entities"]:
                streams = [bytearray(source.read(n)) for n in lengths]
                self.entities[key] = _Entity(leaf, chain, {leaf: streams})


def _versions(verdict: pa.Table | None) -> dict[str, int]:
    """The highest version of each entity that got one."""
    if verdict is None or not verdict.num_rows:
        return {}
    names, codes = _codes(verdict)
    highest = np.zeros(len(names), np.int64)
    np.maximum.at(highest, codes, verdict.column("version").to_numpy())
    return {name: version for name, version in zip(names, highest.tolist(), strict=True) if version}


def _codes(table: pa.Table) -> tuple[list[str], NDArray[np.int32]]:
    """(names, index of its name per row) of the column `entity`, which is a dictionary."""
    column = table.column("entity").combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0)
    return column.dictionary.to_pylist(), column.indices.to_numpy()
