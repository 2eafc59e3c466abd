"""Step `audit.chain`: a hash over every 1,024 versions of an entity, each chained to the one before.

**In** `core.movement` and `core.true_up`. **Out** `core.chain`. **Key and grain** the entity; one leaf per
1,024 consecutive versions, whether they have lines or not. **Units** none. **Order and lateness** by version:
cutting batches elsewhere changes no leaf. **Restart** lines of the unfinished leaf are part of the state.
**Refuses** nothing. **Source** every column but `recorded_at` and the numbers of true-up lines is covered, as
little-endian integers, or lengths and UTF-8.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

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

    name, version = "audit.chain", 1

    def __init__(self) -> None:
        self.entities: dict[str, _Entity] = {}

    def process(
        self, lines: pa.Table | None, ups: pa.Table | None, versions: dict[str, int]
    ) -> pa.Table | None:
        """Take a batch's lines; `versions`: the highest version of each entity now. The leaves that are
        finished.
        """
        for entity, mine in _by_entity(lines).items():
            self.entities.setdefault(entity, _Entity()).lines.append(mine)
        for entity, mine in _by_entity(ups).items():
            self.entities.setdefault(entity, _Entity()).ups.append(mine)
        out: list[dict[str, Any]] = []
        for entity, highest in versions.items():
            e = self.entities.setdefault(entity, _Entity())
            while highest >= (e.leaf + 1) * LEAF:
                out.append(self._leaf(entity, e))
        return pa.Table.from_pylist(out) if out else None

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

    def digest(self) -> str:
        """One sha256 over all entities, the unfinished leaves included: equal for equal ledgers."""
        total = hashlib.sha256()
        for entity in sorted(self.entities):
            e = self.entities[entity]
            total.update(f"{entity}|{e.leaf}|{e.chain}|{leaf_hash(e.lines, e.ups)}\n".encode())
        return total.hexdigest()

    def save(self, folder: Path, name: str) -> dict[str, Any]:
        """Write the unfinished leaves to `folder`/`name`; what a manifest keeps."""
        folder.mkdir(parents=True, exist_ok=True)
        with pa.OSFile(str(folder / name), "wb") as out:
            for e in self.entities.values():
                for pieces in (e.lines, e.ups):
                    whole = pa.concat_tables(pieces, promote_options="default") if pieces else pa.table({})
                    with pa.ipc.new_stream(out, whole.schema) as writer:
                        writer.write_table(whole)
        return {"file": name, "entities": [[k, e.leaf, e.chain] for k, e in self.entities.items()]}

    def restore(self, folder: Path, saved: dict[str, Any]) -> None:
        """Take back what `save` wrote."""
        self.entities = {}
        with pa.memory_map(str(folder / saved["file"])) as source:
            for entity, leaf, chain in saved["entities"]:
                e = self.entities[entity] = _Entity(leaf, chain)
                for pieces in (e.lines, e.ups):
                    whole = pa.ipc.open_stream(source).read_all()
                    if whole.num_rows:
                        pieces.append(whole)


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
    column = table.column("entity").combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0)
    names = column.dictionary.to_pylist()
    codes = column.indices.to_numpy()
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
