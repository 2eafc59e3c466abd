"""`stocktwin replay --verify`: is the store what the archive leads to?

First the archive's own chain, then intake and ledger again over every record, then every table and column
that the job writes. Nothing is changed, except that blocks which a kill left in the outbox are sent, as at
any start.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from connectors.archive import check_chain, read_archive
from pipelines.runtime.chain import Decoders, JobChain
from pipelines.runtime.errors import StocktwinError, StoreBroken, as_error
from pipelines.runtime.i18n import t
from pipelines.runtime.progress import Progress, silent
from pipelines.runtime.replay.comparing import Comparison
from pipelines.runtime.warm import ready
from schemas.tables import TABLES
from sinks.clickhouse import Store, StoreError
from sinks.lock import DirectoryLock
from sinks.outbox import BlockWriter, Outbox
from sinks.target import Target


@dataclass(frozen=True, slots=True)
class EntityReport:
    """One entity: its versions, and a sha256 over all their lines."""

    entity: str
    versions: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a replay came to.

    `versions` and `sha256` are those of all `entities` together; `behind` counts records of the archive that
    are not in the store yet, because the process died: the next run adds them.
    """

    versions: int
    sha256: str
    entities: tuple[EntityReport, ...] = ()
    behind: int = 0
    difference: str = ""

    @property
    def identical(self) -> bool:
        """No difference was found."""
        return not self.difference


def verify(data: Path, progress: Progress = silent, target: Target | None = None) -> Report:
    """Run the archive of `data` again and compare.

    Raises `StoreLocked` when somebody owns `data`, `StocktwinError` for an archive that is not what was
    written, `StoreBroken` for a store that cannot be read.
    """
    with DirectoryLock(data):
        check_archive(data, progress)
        ready()
        try:
            store = _open(data, target or Target())
            try:
                return _compare(data, store, progress)
            finally:
                store.close()
        except StoreError as error:
            raise StoreBroken(data / "store", str(error), t("replay.rebuild")) from error


def check_archive(data: Path, progress: Progress = silent) -> None:
    """The archive's own chain; raises for the first file that is not what was written."""
    folder = data / "archive"
    if not folder.is_dir():
        raise StocktwinError(str(folder), t("replay.no_archive"), t("replay.no_archive.cure"))
    for error in check_chain(folder, progress):
        raise as_error(error) or error


def _open(data: Path, target: Target) -> Store:
    store = Store.open(target, data)
    sql = "SELECT concat(database, '.', name) AS name FROM system.tables"
    missing = TABLES.keys() - set(store.query(sql).column("name").to_pylist())
    if missing:
        store.close()
        raise StoreBroken(data / "store", t("replay.no_table", table=min(missing)), t("replay.rebuild"))
    return store


def _compare(data: Path, store: Store, progress: Progress) -> Report:
    last = BlockWriter(store, Outbox(data / "outbox", sync=False)).recover()
    chain, comparison = JobChain(Decoders(data / "maps")), Comparison(store)
    behind = 0
    for archived in read_archive(data / "archive"):
        mine, rest = archived.cut(last)
        behind += len(rest) if rest is not None else 0
        if mine is None:
            continue
        comparison.add(chain.process(mine))
        progress(chain.next_ordinal, last + 1)
        if comparison.due:
            found = comparison.stretch(chain.versions(), chain.next_ordinal - 1, list(chain.intake.waiting))
            if found is not None:
                return _report(chain, behind, str(found))
    if chain.next_ordinal <= last:
        what = t("replay.short", ends=chain.next_ordinal - 1, stored=last)
        raise StocktwinError(str(data / "archive"), what, t("archive.cure"))
    found = comparison.stretch(chain.versions(), last, list(chain.intake.waiting)) or comparison.rest()
    return _report(chain, behind, str(found or ""))


def _report(chain: JobChain, behind: int, difference: str) -> Report:
    digests = chain.chain.digests()
    versions = {entity: version for entity, version in sorted(chain.versions().items()) if version}
    entities = tuple(EntityReport(entity, n, digests[entity]) for entity, n in versions.items())
    return Report(sum(versions.values()), chain.chain.digest(), entities, behind, difference)
