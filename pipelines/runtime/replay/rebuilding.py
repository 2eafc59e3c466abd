"""`stocktwin replay --into DIR`: a data directory made of nothing but the archive.

The archive is copied, not shared: the new directory stands for itself, and its copy is checked against its
chain before anything is made of it. The rest is what a start after a crash does, from an empty store.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from connectors.personal.pseudonyms import ID_FILE, KEY_FILE
from pipelines.runtime.progress import Progress, silent
from pipelines.runtime.replay.verifying import check_archive
from pipelines.runtime.session import Session
from pipelines.runtime.warm import ready
from sinks.lock import DirectoryLock
from sinks.target import Target

# The key of pseudonyms too: a customer stays the same in what the new directory goes on to receive.
_COPIED = ("archive", "maps", "meta.json", KEY_FILE, ID_FILE)


def into(data: Path, target: Path, progress: Progress = silent) -> None:
    """Rebuild `data` in the new or empty directory `target`.

    Raises `StoreLocked` when somebody owns `data`, `StocktwinError` for a damaged archive.
    """
    with DirectoryLock(data):
        check_archive(data)
        target.mkdir(parents=True, exist_ok=True)
        for name in _COPIED:
            if (data / name).is_dir():
                shutil.copytree(data / name, target / name)
            elif (data / name).exists():
                shutil.copy2(data / name, target / name)
    check_archive(target)
    ready()
    Session(target, Target(), serve=False, progress=progress).close()
