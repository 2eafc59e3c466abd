"""Blocks made durable before they are sent: one file each, and the writer that sends them again.

A file is `magic, sha256, header length, header, Arrow streams`. It is written under another name, synced and
renamed, so that a file with its name is whole. A block goes to the store with tokens made of that sha256:
sending it again, whole or after a part of its tables got through, changes nothing.

**Idempotent by** the insert token of the block's sha256 and the table. **Atomic over** one table of a block;
`ops.block` is written last and tells that it is whole. **On restart** nothing is lost or doubled: pending
blocks are sent again unchanged and collapse; `recover` says up to which record nothing need be told again.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from schemas.tables import TABLES
from sinks.clickhouse import Store
from sinks.contract import Block, Guarantees, Opened
from sinks.slim import without_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC = b"STKBLK1\n"
_HEAD = struct.Struct("<8s32sI")
# Readers join lines with accounts and masters: those first, what they lead to last.
_ORDER = ("core.entity", "core.item", "core.site", "core.rate", "core.unit_factor", "core.account")
_LAST = ("core.stock",)


class OutboxError(RuntimeError):
    """A block file that is not what was written: names the file, what is wrong, and the cure."""


@dataclass(frozen=True, slots=True)
class BlockRef:
    """A block file: its path and the archive ordinals it covers, both ends included."""

    path: Path
    first_ordinal: int
    last_ordinal: int


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A block as read back, with the sha256 (hex) of its bytes."""

    block: Block
    sha256: str


class Outbox:
    """The directory of blocks that are not yet covered by a snapshot. One process writes to it.

    `sync`: wait for the disk before a block counts as stored; without it a power cut may lose blocks, the
    death of the process does not.
    """

    def __init__(self, folder: Path | str, *, sync: bool = True) -> None:
        self._folder = Path(folder)
        self._sync = sync
        self._folder.mkdir(parents=True, exist_ok=True)
        for leftover in self._folder.glob("*.tmp"):
            leftover.unlink()

    def put(self, block: Block) -> BlockRef:
        """Store `block` in one file and return its reference. OSError when the disk is full."""
        return self.store(block)[0]

    def store(self, block: Block) -> tuple[BlockRef, str]:
        """`put`, with the sha256 (hex) of the bytes that were written."""
        streams = {name: _stream(table) for name, table in block.tables.items()}
        header = json.dumps(
            {
                "first": block.first_ordinal,
                "last": block.last_ordinal,
                "versions": block.versions,
                "tables": [[name, stream.size] for name, stream in streams.items()],
            },
            sort_keys=True,
            separators=(",", ":"),
        ).encode()
        digest = hashlib.sha256(header)
        for stream in streams.values():
            digest.update(stream)
        path = self._folder / f"{block.last_ordinal:020}-{block.first_ordinal:020}.block"
        head = _HEAD.pack(_MAGIC, digest.digest(), len(header))
        self._write(path, [head, header, *streams.values()])
        return BlockRef(path, block.first_ordinal, block.last_ordinal), digest.hexdigest()

    def pending(self) -> list[BlockRef]:
        """Blocks in order of their last ordinal."""
        return [_ref(path) for path in sorted(self._folder.glob("*.block"))]

    def load(self, ref: BlockRef) -> Block:
        """The block as it was put; OutboxError when the file is cut short or was changed."""
        return self.read(ref).block

    def read(self, ref: BlockRef) -> StoredBlock:
        """`load`, with the sha256 of the bytes."""
        with pa.memory_map(str(ref.path)) as file:
            data = file.read_buffer()
        if data.size < _HEAD.size:
            raise _damaged(ref, f"{data.size} bytes, no header")
        magic, wanted, size = _HEAD.unpack(data[: _HEAD.size])
        if magic != _MAGIC:
            raise _damaged(ref, "is no block file of this release")
        digest = hashlib.sha256(data[_HEAD.size :])
        if digest.digest() != wanted:
            raise _damaged(ref, f"sha256 is {digest.hexdigest()[:12]}…, was {wanted.hex()[:12]}…")
        start = _HEAD.size + size
        header = json.loads(data[_HEAD.size : start].to_pybytes())
        tables = {}
        for name, length in header["tables"]:
            tables[name] = pa.ipc.open_stream(data[start : start + length]).read_all()
            start += length
        versions = {entity: (first, last) for entity, (first, last) in header["versions"].items()}
        return StoredBlock(Block(header["first"], header["last"], tables, versions), digest.hexdigest())

    def drop(self, upto_ordinal: int) -> int:
        """Forget blocks that end at or before `upto_ordinal` (a snapshot covers them); how many."""
        covered = [ref for ref in self.pending() if ref.last_ordinal <= upto_ordinal]
        for ref in covered:
            ref.path.unlink()
        return len(covered)

    def _write(self, path: Path, parts: list[bytes | pa.Buffer]) -> None:
        draft = path.with_suffix(".tmp")
        try:
            with draft.open("wb") as file:
                for part in parts:
                    file.write(part)
                if self._sync:
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            error.filename = error.filename or str(path)
            raise
        draft.replace(path)
        if self._sync:
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


class BlockWriter:
    """Takes blocks to the store so that each row is there exactly once, whatever was interrupted."""

    name = "clickhouse"
    guarantees = Guarantees(
        idempotent_by="insert token of the block's sha256 and the table",
        atomic_over="one table of a block; ops.block is written last and tells that it is whole",
        on_restart="nothing: pending blocks are sent again unchanged and collapse",
    )

    def __init__(self, store: Store, outbox: Outbox) -> None:
        self._store = store
        self._outbox = outbox

    def write(self, block: Block) -> None:
        """Store `block` in the outbox, then send it. TableError, and nothing stored, if rows do not fit."""
        tables = {
            name: without_defaults(TABLES[name], TABLES[name].conform(rows))
            for name, rows in block.tables.items()
            if rows.num_rows
        }
        ready = Block(block.first_ordinal, block.last_ordinal, tables, block.versions)
        self._send(ready, self._outbox.store(ready)[1])

    def recover(self) -> int:
        """Send every pending block again; the last archive ordinal in the store, -1 if it holds none."""
        for ref in self._outbox.pending():
            stored = self._outbox.read(ref)
            self._send(stored.block, stored.sha256)
        rows = self._store.query("SELECT if(count() = 0, -1, max(last_ordinal)) AS last FROM ops.block")
        return int(rows.column("last")[0].as_py())

    def stored_versions(self) -> dict[str, int]:
        """The highest version of each entity in the store."""
        rows = self._store.query(
            "SELECT entity, max(version) AS version FROM ops.block "
            "ARRAY JOIN entities AS entity, last_versions AS version GROUP BY entity"
        )
        return {row["entity"]: row["version"] for row in rows.to_pylist()}

    def drop(self, upto_ordinal: int) -> None:
        """A snapshot covers the archive up to `upto_ordinal`: the outbox may forget."""
        self._outbox.drop(upto_ordinal)

    def close(self) -> None:
        """Nothing of its own to close; the store is the caller's."""

    @classmethod
    def sample(cls, folder: Path) -> Opened:
        """The embedded store and the outbox in `folder`."""
        store = Store.open("chdb", folder)
        store.migrate()
        names = [name for name in TABLES if name not in ("ops.block", "meta.migration")]

        def found() -> dict[str, pa.Table]:
            tables = {name: store.query(f"SELECT * FROM {name}") for name in names}  # noqa: S608 -- our names
            return {name: rows for name, rows in tables.items() if rows.num_rows}

        return Opened(cls(store, Outbox(folder / "outbox", sync=False)), found, store.close)

    def _send(self, block: Block, sha256: str) -> None:
        for name in _in_order(block.tables):
            self._store.insert(name, block.tables[name], f"{sha256}:{name}")
        self._store.insert("ops.block", _block_row(block, sha256), f"{sha256}:ops.block")


def _in_order(names: dict[str, pa.Table]) -> Iterator[str]:
    yield from (n for n in _ORDER if n in names)
    yield from (n for n in names if n not in _ORDER and n not in _LAST)
    yield from (n for n in _LAST if n in names)


def _block_row(block: Block, sha256: str) -> pa.Table:
    entities = sorted(block.versions)
    row = {
        "first_ordinal": block.first_ordinal,
        "last_ordinal": block.last_ordinal,
        "sha256": sha256,
        "row_count": block.rows,
        "entities": entities,
        "first_versions": [block.versions[e][0] for e in entities],
        "last_versions": [block.versions[e][1] for e in entities],
    }
    return pa.Table.from_pylist([row], schema=TABLES["ops.block"].arrow_schema())


def _stream(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _ref(path: Path) -> BlockRef:
    last, _, first = path.stem.partition("-")
    return BlockRef(path, int(first), int(last))


def _damaged(ref: BlockRef, what: str) -> OutboxError:
    return OutboxError(
        f"{ref.path}: {what}. The block is damaged: move the file away and run again; "
        f"records {ref.first_ordinal} to {ref.last_ordinal} are recomputed from the archive"
    )
