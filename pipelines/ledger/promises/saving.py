"""The book of promises on disk: a base and what changed since, as JSON with a version of its format.

A save costs as much as changed; when the changes outweigh the base, a new base is written. The files are
named by the ledger's manifest, which is replaced last, so an unfinished save leaves the one before.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pipelines.ledger.promises.book import Book
from pipelines.ledger.promises.shapes import Debt, Fact, Hold, Shelf

FORMAT = 1
TABLES = ("clocks", "holds", "debts", "facts", "rows", "told")
_SMALL = 1 << 12  # rows of changes that are worth no new base


class Files:
    """Which files hold the book: [name, rows] of the base, then of the changes."""

    def __init__(self) -> None:
        self.files: list[list[Any]] = []
        self.count = 0
        self._stale: list[str] = []

    def save(self, folder: Path, book: Book) -> dict[str, Any]:
        """Write a file, if anything changed; returns the manifest."""
        changed = list(book.unsaved)
        full = not self.files or sum(f[1] for f in self.files[1:]) + len(changed) > self.files[0][1] + _SMALL
        if changed or full:
            if full:
                changed = [(name, key) for name in TABLES for key in book.table(name)]
                self._stale += [f[0] for f in self.files]
                self.files = []
            self.count += 1
            name = f"promises-{self.count:08d}.json"
            rows = [[table, key, encode(book.table(table).get(key))] for table, key in changed]
            with (folder / name).open("w", encoding="utf-8") as out:
                json.dump({"format": FORMAT, "rows": rows}, out, ensure_ascii=False, separators=(",", ":"))
                out.flush()
                os.fsync(out.fileno())
            self.files.append([name, len(rows)])
            book.unsaved.clear()
        return {"format": FORMAT, "files": [list(f) for f in self.files], "count": self.count}

    def drop_stale(self, folder: Path) -> None:
        """Remove the files that the manifest no longer names."""
        for name in self._stale:
            (folder / name).unlink(missing_ok=True)
        self._stale = []

    def restore(self, folder: Path, manifest: dict[str, Any], book: Book) -> None:
        """Fill an empty book. Raises ValueError for a format that this release does not read."""
        self.files, self.count = [list(f) for f in manifest["files"]], manifest["count"]
        for name, _ in self.files:
            saved = json.loads((folder / name).read_text(encoding="utf-8"))
            if saved["format"] != FORMAT:
                raise ValueError(f"{folder / name}: format {saved['format']}, this release reads {FORMAT}")
            book.load(
                (table, tuple(key) if isinstance(key, list) else key, decode(table, row))
                for table, key, row in saved["rows"]
            )


def encode(row: Any) -> Any:
    """A row as JSON; None where it was taken out."""
    if isinstance(row, Hold | Debt | Fact):
        return [getattr(row, name) for name in row.__dataclass_fields__]
    return row


def decode(table: str, row: Any) -> Any:
    """The row that `encode` wrote."""
    if row is None or table in ("clocks", "rows"):
        return row
    if table == "holds":
        key, kind, shelf, qty, lots, *rest = row
        return Hold(tuple(key), kind, Shelf(*shelf), qty, tuple((lot, held) for lot, held in lots), *rest)
    if table == "debts":
        return Debt(tuple(row[0]), *row[1:])
    if table == "facts":
        entity, item, lot, at, expiry, status, order = row
        return Fact(entity, item, lot, at, expiry, status, tuple(order))
    return tuple(row)
