"""The chain of an archive: `chain.jsonl`, one line per closed file, each sealed together with the line
before.

A line names the file, its sha256, the ordinals and positions in it, and the seal of the line before
(`previous`); its own seal (`chain`) is the sha256 of all that in one fixed spelling. So whoever knows the
last seal knows every byte.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from connectors.archive.block import read_frames

NAME = "chain.jsonl"
START = "0" * 64
Entry = dict[str, Any]

_WHAT = {
    "missing": "is missing",
    "bytes": "bytes were changed: its sha256 is {found}…, was {wanted}…",
    "stray": "belongs to no line of chain.jsonl",
    "line": "line {line} is not what was written",
    "seal": "line {line} ({file}) does not fit its seal",
    "order": "line {line} ({file}) does not follow the line before it",
    "cut_short": "its last line is cut short",
    "frame": "bytes were changed behind byte {at}",
    "none": "there is no archive here",
    "one_file": "is one file of an archive",
    "short": "has {held} records, {taken} of it were taken by the last run",
}
_CURE = "restore the archive from a backup"
_CURES = {
    "none": "name a data directory or its folder `archive`",
    "short": "an archive that was read may grow, not shrink: name the one that was read",
    "one_file": "name its folder: records follow one another over all its files",
}


class ArchiveError(RuntimeError):
    """The archive is not what was written.

    `place` the file; `kind` what is wrong, one of `missing bytes stray line seal order cut_short frame none
    one_file short`, with its `facts`; `what` and `cure` the same in words. `own_cure`: a backup is none.
    """

    def __init__(self, place: Path, kind: str, **facts: object) -> None:
        self.place, self.kind, self.facts, self.own_cure = str(place), kind, facts, kind in _CURES
        self.what, self.cure = _WHAT[kind].format(**facts), _CURES.get(kind, _CURE)
        super().__init__(f"{self.place}: {self.what}; {self.cure}")


def seal(entry: Entry) -> str:
    """The seal of an entry: sha256 over everything in it but the seal itself."""
    told = {name: value for name, value in entry.items() if name != "chain"}
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def spelled(entry: Entry) -> bytes:
    """An entry as its line of the file."""
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def append(folder: Path, entry: Entry) -> None:
    """Add a line and wait for the disk."""
    with (folder / NAME).open("ab", buffering=0) as out:
        before = out.seek(0, os.SEEK_END)
        try:
            out.write(spelled(entry))
            os.fsync(out.fileno())
        except OSError:
            out.truncate(before)
            raise


def read_chain(folder: Path) -> tuple[list[Entry], int]:
    """The entries of whole lines, and their bytes; what follows was cut short. ArchiveError for a changed
    line.
    """
    path = folder / NAME
    raw = path.read_bytes() if path.exists() else b""
    entries: list[Entry] = []
    *lines, rest = raw.split(b"\n")
    for line, text in enumerate(lines, 1):
        try:
            entry = json.loads(text)
            same = isinstance(entry, dict) and spelled(entry) == text + b"\n"
        except ValueError:
            same, entry = False, {}
        if (
            not same
            or not {"file", "first", "last", "sha256", "previous", "chain", "positions"} <= entry.keys()
        ):
            raise ArchiveError(path, "line", line=line)
        if entry["chain"] != seal(entry):
            raise ArchiveError(path, "seal", line=line, file=entry["file"])
        before: Entry = entries[-1] if entries else {"chain": START, "last": -1}
        if entry["previous"] != before["chain"] or entry["first"] != before["last"] + 1:
            raise ArchiveError(path, "order", line=line, file=entry["file"])
        entries.append(entry)
    return entries, len(raw) - len(rest)


def sha256_of(path: Path) -> str:
    """The sha256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_file(folder: Path, entry: Entry) -> None:
    """ArchiveError when the file of an entry is missing or not what was written."""
    path = folder / entry["file"]
    if not path.exists():
        raise ArchiveError(path, "missing")
    found = sha256_of(path)
    if found != entry["sha256"]:
        raise ArchiveError(path, "bytes", found=found[:16], wanted=entry["sha256"][:16])


def check_chain(
    folder: Path, progress: Callable[[int, int], None] = lambda *_: None
) -> Iterator[ArchiveError]:
    """Every file that is missing, changed or a stranger, named; nothing when all is as it was written.

    Records that no closed file holds yet lie in write-ahead files: those are checked too. `progress` is told
    the files done and their number.
    """
    try:
        entries, size = read_chain(folder)
    except ArchiveError as error:
        yield error
        return
    for done, entry in enumerate(entries):
        progress(done, len(entries))
        try:
            check_file(folder, entry)
        except ArchiveError as error:
            yield error
    pending = sorted(folder.glob("*.wal"))
    if (folder / NAME).exists() and size < (folder / NAME).stat().st_size and not pending:
        yield ArchiveError(folder / NAME, "cut_short")
    known = {entry["file"] for entry in entries}
    held = {f"{block.first:020}.parquet" for path in pending for block in read_frames(path).blocks[:1]}
    for path in sorted(folder.glob("*.parquet")):
        if path.name not in known | held:
            yield ArchiveError(path, "stray")
    for path in pending:
        frames = read_frames(path)
        if frames.damaged:
            yield ArchiveError(path, "frame", at=frames.size)
