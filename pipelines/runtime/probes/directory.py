"""What a data directory says of itself in meta.json, and whether this release can use it.

A directory that cannot be used is told before anything in it is opened, so that nothing is created beside
what is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.runtime.errors import StocktwinError, StoreBroken, UsageError
from pipelines.runtime.i18n import t

FORMAT = 1
_KEPT = ("meta.json", "store", "archive")


@contextmanager
def placed(path: Path) -> Iterator[None]:
    """A failing write names its place: the system does so only where a file is opened."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def holds_data(data: Path) -> bool:
    """Something was written here by a job."""
    return any((data / name).exists() for name in _KEPT)


def make(data: Path) -> None:
    """Make the directory where there is none; UsageError for a path that is something else."""
    if data.exists() and not data.is_dir():
        raise UsageError(str(data), t("error.not_dir"), t("error.not_dir.cure"))
    data.mkdir(parents=True, exist_ok=True)


def read_meta(data: Path) -> dict[str, Any]:
    """`{"format": …, "runs": […]}`; that of an empty directory where nothing was written yet.

    Raises StoreBroken when meta.json is missing beside data, cannot be read, or is of another format.
    """
    file = data / "meta.json"
    if not holds_data(data):
        return {"format": FORMAT, "runs": []}
    try:
        meta: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        version = int(meta["format"])
        list(meta["runs"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        why = (error.strerror or "") if isinstance(error, OSError) else str(error)
        what = t("doctor.data.broken", why=why or type(error).__name__)
        raise StoreBroken(file, what, t("doctor.data.broken.cure")) from None
    if version > FORMAT:
        what = t("doctor.data.newer", format=version, ours=FORMAT)
        raise StoreBroken(file, what, t("doctor.data.newer.cure"))
    if version < FORMAT:
        raise StoreBroken(file, t("session.format", found=version, ours=FORMAT), t("session.format.cure"))
    return meta


def require_data(data: Path) -> None:
    """UsageError for a path that is no directory, StoreBroken for one that this release cannot read.

    StocktwinError where nothing was written yet.
    """
    if data.exists() and not data.is_dir():
        raise UsageError(str(data), t("error.not_dir"), t("error.not_dir.cure"))
    if not holds_data(data):
        raise StocktwinError(str(data), t("error.no_data"), t("error.no_data.cure", data=data))
    read_meta(data)


def write_meta(data: Path, meta: dict[str, Any]) -> None:
    """Replace meta.json as a whole."""
    draft = data / "meta.json.tmp"
    with placed(draft):
        draft.write_text(json.dumps(meta, ensure_ascii=False, indent=1), "utf-8")
    draft.replace(data / "meta.json")


def is_filled(data: Path) -> bool:
    """A state was saved, so the store held rows: a store without them has lost them.

    An archive alone is a store that is to be computed.
    """
    return any((data / "state").glob("*/*"))


def require_store(data: Path, store: Path) -> None:
    """StoreBroken when the directory of an embedded store that held rows is gone."""
    if is_filled(data) and not store.is_dir():
        raise StoreBroken(store, t("error.store_gone"), t("replay.rebuild"))
