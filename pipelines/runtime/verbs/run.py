"""`stocktwin run`: a job over an input, to its end; repeated, it continues."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from connectors.archive import ArchiveSource, archive_at
from connectors.contract import Source
from connectors.maps.mapper import Mapper
from connectors.ndjson import NdjsonSource
from connectors.pos import PosSource
from pipelines.runtime.config.models import Jobs
from pipelines.runtime.errors import UsageError
from pipelines.runtime.i18n import t
from pipelines.runtime.probes.trial import read_map
from pipelines.runtime.progress import Progress
from pipelines.runtime.session import Session
from pipelines.runtime.warm import ready
from schemas.registry import TRUST
from sinks.lock import DirectoryLock
from sinks.target import Target

COUNTS = ("records_in", "committed", "refused", "duplicate", "waiting", "late")


@dataclass
class RunReport:
    """What a run came to. in = committed + refused + duplicate + waiting, exactly."""

    run_id: str
    seconds: float
    records_in: int = 0
    committed: int = 0
    refused: int = 0
    duplicate: int = 0
    waiting: int = 0
    late: int = 0
    finished: bool = True
    sources: list[Any] = field(default_factory=list)


class StopOnSignal:
    """SIGTERM and Ctrl-C end the input instead of the process: state is saved, the store is whole."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __call__(self) -> bool:
        """Somebody asked to stop."""
        return self.asked

    def __enter__(self) -> StopOnSignal:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def _ask(self, *_: Any) -> None:
        self.asked = True

    def __exit__(self, *_: Any) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def stated(cfg: Jobs, job: str) -> tuple[str, str, str | None]:
    """(name, path, map) of the only source of a job for which jobs.yaml says what to read.

    Relative paths count from the folder of jobs.yaml, or from the working one. UsageError for none or more
    than one.
    """
    mine = [(n, s) for n in cfg.jobs[job].in_ if (s := cfg.sources.get(n)) is not None and s.path]
    if len(mine) != 1:
        raise UsageError("--input", t("use.no_input"), t("use.no_input.cure"))
    name, source = mine[0]
    return name, _beside(cfg, str(source.path)), _beside(cfg, source.map) if source.map else None


def _beside(cfg: Jobs, given: str) -> str:
    path = cfg.path.parent / given
    return str(path) if path.exists() else given


def source_of(
    cfg: Jobs, job: str, where: str, mapping: str | None, follow: bool = False, named: str = ""
) -> tuple[str, Source, Mapper | None]:
    """The source of a job that takes this input: (name, source, its map).

    `follow`: the file still grows. `named`: the source that jobs.yaml states it for; "": the first that fits.
    """
    if mapping and follow:
        raise UsageError("--follow", t("use.follow_map"), t("use.follow_map.cure"))
    archived = archive_at(where) is not None
    if archived and (mapping or follow):
        raise UsageError("--map" if mapping else "--follow", t("use.archive"), t("use.archive.cure"))
    wanted = "archive" if archived else "pos" if mapping else "ndjson"
    known = [named] if named else [n for n in cfg.jobs[job].in_ if n in cfg.sources]
    names = [n for n in known if cfg.sources[n].connector == wanted]
    if not names:
        raise UsageError("--input", t("use.no_source", job=job, connector=wanted), t("use.no_source.cure"))
    if mapping:
        mapper = read_map(mapping)
        return names[0], PosSource(names[0], [where], mapper), mapper
    if archived:
        return names[0], ArchiveSource(names[0], where), None
    return names[0], NdjsonSource(names[0], [where], follow=follow), None


@contextmanager
def at_rest(source: Source, data: Path) -> Iterator[None]:
    """Nobody writes to the archive that is read: a directory that had an owner is held meanwhile.

    UsageError when it is the archive of `data` itself; StoreLocked when somebody owns its directory.
    """
    if not isinstance(source, ArchiveSource):
        yield
        return
    home = Path(source.parts()[0]).parent
    if home.resolve() == data.resolve():
        raise UsageError("--input", t("use.own_archive"), t("use.own_archive.cure"))
    if (home / "lock").exists():
        with DirectoryLock(home):
            yield
    else:
        yield


def open_session(cfg: Jobs, job: str, data: Path) -> Session:
    """The data directory, with what jobs.yaml says of steps, stores and masters; kernels compiled."""
    ready()
    strict = frozenset(n for n in cfg.sources if cfg.unknown_master_of(n) == "refuse")
    target = Target(**cfg.target_of(job).model_dump())
    return Session(data, target, steps=cfg.jobs[job].steps, refuse_unknown=strict)


def run_job(
    cfg: Jobs,
    job: str,
    where: str | None,
    mapping: str | None,
    data: Path,
    strict: bool,
    engine: str | None,
    progress: Progress,
    follow: bool = False,
) -> RunReport:
    """Run `job` over `where` to its end, or, with `follow`, until SIGTERM or Ctrl-C.

    `where`: None is what jobs.yaml states.
    `strict` is the caller's: refusals are counted here, not judged. A stop that was asked for is no failure:
    what was read is posted and saved, and the same call goes on from there (`finished` is False).
    """
    del strict
    started, named = time.monotonic(), ""
    if where is None:
        named, where, own = stated(cfg, job)
        mapping = mapping or own
    name, source, mapper = source_of(cfg, job, where, mapping, follow, named)
    trust = TRUST.index(cfg.trust_of(name))
    source.parts()  # a missing file is told before the store is opened
    with StopOnSignal() as stop, at_rest(source, data), open_session(cfg, job, data) as session:
        run_id = session.begin(name, f"{where}|{mapping or ''}")
        if isinstance(source, ArchiveSource):
            source.taken = session.archive.taken(run_id)
            session.decoders.adopt(Path(source.parts()[0]).parent / "maps")
        if mapper is not None:
            session.setup(run_id, name, [dict(m) for m in mapper.masters()], trust)
            _keep_maps(session, source)
        if (engine or cfg.engine_of(job)) == "local":
            from pipelines.runtime.local import run_local as runner
        else:
            from pipelines.runtime.on_bytewax import run_bytewax as runner
        finished = runner(session, source, run_id, trust, progress, stop)
        if finished:
            session.end(run_id)
        rows = session.counts(run_id)
    report = RunReport(run_id, time.monotonic() - started, finished=finished)
    for row in rows:
        report.sources.append(SimpleNamespace(**row))
        for count in COUNTS:
            setattr(report, count, getattr(report, count) + int(row[count]))
    return report


def _keep_maps(session: Session, source: Source) -> None:
    """Store each map as its file is opened, before its first record is archived."""
    if isinstance(source, PosSource):
        source.pseudonyms = session.pseudonyms
        build = source.build

        def building(part: str, resume: int | None) -> Any:
            opened = build(part, resume)
            for mapper in source.mappers.values():
                session.decoders.keep(mapper)
            return opened

        source.build = building  # type: ignore[method-assign]
