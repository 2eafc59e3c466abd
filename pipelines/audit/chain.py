"""Step `audit.chain`: a hash over every 1,024 versions of an entity, each chained to the one before.

**In** `core.movement`, `core.true_up` and `verdict` (its versions: not every one has a line). **Out**
`core.chain`. **Key and grain** the entity; one leaf per 1,024 consecutive versions, whether they have lines
or not. **Units** none. **Order and lateness** by version: cutting batches elsewhere changes no leaf.
**Restart** the lines of the unfinished leaves are the state. **Refuses** nothing. **Source** every column but
`recorded_at` and the numbers of true-up lines is covered, as little-endian integers, or lengths and UTF-8.
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.step import Outputs, commit

LEAF = 1024
MOVEMENT = (
    "version", "line", "status", "event_id", "source", "type", "event_at", "period", "item", "lot", "owner",
    "from_place",
    "to_place", "from_pool", "to_pool", "qty", "value_amt", "reason", "channel", "document", "cost_centre",
    "trust",
)  # fmt: skip
TRUE_UP = (
    "version", "corrects_version", "corrects_line", "cause_version", "leg", "event_at", "period", "item",
    "lot", "owner",
    "from_place", "to_place", "value_amt", "open_qty", "open_amt", "uncosted",
)  # fmt: skip
_INTEGERS = {
    "version", "line", "event_at", "qty", "value_amt", "corrects_version", "corrects_line", "cause_version",
    "open_qty",
    "open_amt", "uncosted",
}  # fmt: skip


@dataclass
class _Entity:
    """The unfinished leaf of one entity."""

    leaf: int = 0
    chain: str = "0" * 64
    lines: list[pa.Table] = field(default_factory=list)
    ups: list[pa.Table] = field(default_factory=list)


def canonical(pieces: list[pa.Table], columns: tuple[str, ...], digest: Any) -> None:
    """Feed a digest with the rows of `pieces`, column by column, whatever the pieces' edges and encodings."""
    digest.update(str(sum(p.num_rows for p in pieces)).encode())
    for name in columns:
        digest.update(name.encode())
        if name in _INTEGERS:
            for piece in pieces:
                digest.update(np.ascontiguousarray(piece.column(name).to_numpy(), "<i8").tobytes())
            continue
        bodies = []
        for piece in pieces:
            lengths, body = _text(piece, name)
            digest.update(lengths)
            bodies.append(body)
        for body in bodies:
            digest.update(body)


def _text(piece: pa.Table, name: str) -> tuple[bytes, bytes]:
    if name not in piece.column_names:
        return bytes(4 * piece.num_rows), b""
    column = piece.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], pa.string())
    if not len(column):
        return b"", b""
    offs = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]
    data = column.buffers()[2]
    body = data[int(offs[0]) : int(offs[-1])].to_pybytes() if data is not None else b""
    return np.diff(offs).astype("<i4").tobytes(), body


class ChainStep:
    """Keeps the chains of all entities."""

    name = "audit.chain"
    version = 1
    reads = ("core.movement", "core.true_up", "verdict")

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
        for entity, mine in _by_entity(lines).items():
            self.entities.setdefault(entity, _Entity()).lines.append(mine)
        for entity, mine in _by_entity(ups).items():
            self.entities.setdefault(entity, _Entity()).ups.append(mine)
        leaves: list[dict[str, Any]] = []
        for entity, version in highest.items():
            e = self.entities.setdefault(entity, _Entity())
            while version >= (e.leaf + 1) * LEAF:
                leaves.append(self._leaf(entity, e))
        out = Outputs()
        if leaves:
            out.add("core.chain", pa.Table.from_pylist(leaves))
        return out

    def _leaf(self, entity: str, e: _Entity) -> dict[str, Any]:
        last = (e.leaf + 1) * LEAF
        lines, e.lines = _split(e.lines, last)
        ups, e.ups = _split(e.ups, last)
        sha = leaf_hash(lines, ups)
        e.chain = hashlib.sha256(f"{e.chain}{sha}".encode()).hexdigest()
        row = {
            "entity": entity, "leaf": e.leaf, "first_version": last - LEAF + 1, "last_version": last,
            "sha256": sha,
            "chain": e.chain,
        }  # fmt: skip
        e.leaf += 1
        return row

    def digests(self) -> dict[str, str]:
        """A sha256 per entity over all its lines, the unfinished leaf included."""
        return {
            entity: hashlib.sha256(
                f"{entity}|{e.leaf}|{e.chain}|{leaf_hash(e.lines, e.ups)}".encode()
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
        name = f"leaves-{self._saves:08}.arrow"
        with pa.OSFile(str(folder / name), "wb") as out:
            for e in self.entities.values():
                for pieces in (e.lines, e.ups):
                    whole = pa.concat_tables(pieces, promote_options="default") if pieces else pa.table({})
                    with pa.ipc.new_stream(out, whole.schema) as writer:
                        writer.write_table(whole)
        chains = [[k, e.leaf, e.chain] for k, e in self.entities.items()]
        commit(
            folder / "state.json",
            {"version": self.version, "saves": self._saves, "file": name, "entities": chains},
        )
        for old in folder.glob("leaves-*.arrow"):
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
        with pa.memory_map(str(folder / saved["file"])) as source:
            for entity, leaf, chain in saved["entities"]:
                e = self.entities[entity] = _Entity(leaf, chain)
                for pieces in (e.lines, e.ups):
                    whole = pa.ipc.open_stream(source).read_all()
                    if whole.num_rows:
                        pieces.append(whole)


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


def leaf_hash(lines: list[pa.Table], ups: list[pa.Table]) -> str:
    """The hash of a leaf's own lines and net true-ups."""
    digest = hashlib.sha256()
    canonical(lines, MOVEMENT, digest)
    canonical(ups, TRUE_UP, digest)
    return digest.hexdigest()


def _split(pieces: list[pa.Table], last: int) -> tuple[list[pa.Table], list[pa.Table]]:
    """Rows up to version `last`, and the rest; versions grow."""
    head, tail = [], []
    for piece in pieces:
        k = int(np.searchsorted(piece.column("version").to_numpy(), last, "right"))
        if k:
            head.append(piece.slice(0, k))
        if k < piece.num_rows:
            tail.append(piece.slice(k))
    return head, tail


def _by_entity(table: pa.Table | None) -> dict[str, pa.Table]:
    """The rows of each entity, order kept; text columns as plain text where the table is cut up."""
    if table is None or not table.num_rows:
        return {}
    names, codes = _codes(table)
    slim = _plain(table)
    if len(names) == 1:
        return {names[0]: slim}
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return {
        name: slim.take(pa.array(order[edges[i] : edges[i + 1]]))
        for i, name in enumerate(names)
        if edges[i + 1] > edges[i]
    }


def _plain(table: pa.Table) -> pa.Table:
    """Dictionary columns as text, so that pieces of different batches fit together when they are saved."""
    columns = [c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c for c in table.columns]
    return pa.table(columns, names=table.column_names)
