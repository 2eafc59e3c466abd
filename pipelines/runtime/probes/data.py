"""A data directory: its format, its owner, its archive, its store, and what in it waits for a person."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.archive import Summary, check_chain, summary
from pipelines.runtime.errors import StoreBroken, as_error
from pipelines.runtime.i18n import t
from pipelines.runtime.probes.directory import holds_data, read_meta
from pipelines.runtime.probes.finding import Finding, fail, ok, warn

_SHOWN = 5  # names listed before "…"
_ANSWER_S = 2.0

Query = Callable[[str], list[dict[str, Any]]]


def meta(data: Path) -> Finding:
    """meta.json says which format the directory has."""
    if not holds_data(data):
        return warn("data", t("doctor.data.none", data=data), t("error.no_data.cure", data=data))
    try:
        read = read_meta(data)
    except StoreBroken as error:
        return fail("data", error.what, error.cure)
    return ok("data", t("doctor.data.format", data=data, format=read["format"]))


def owner(data: Path) -> Finding:
    """Who has the directory; a lock left behind by a dead process is no harm."""
    pid = lock_pid(data)
    if pid is None:
        return ok("owner", t("doctor.owner.none"))
    if not _alive(pid):
        return ok("owner", t("doctor.owner.stale", pid=pid))
    if _answers(data / "owner.sock"):
        return ok("owner", t("doctor.owner.alive", pid=pid))
    return warn("owner", t("doctor.owner.deaf", pid=pid), t("doctor.owner.deaf.cure", pid=pid))


def lock_pid(data: Path) -> int | None:
    """The process that the lock file names, whether it lives or not."""
    try:
        said = (data / "lock").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    number = re.search(r"\d+", said)
    return int(number[0]) if number else None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_ANSWER_S)
        try:
            probe.connect(os.path.relpath(path) if len(str(path)) > 100 else str(path))
        except OSError:
            return False
    return True


def archive(data: Path) -> Iterator[Finding]:
    """The archive's own chain of closed files."""
    folder = data / "archive"
    if not folder.is_dir():
        return
    broken = list(check_chain(folder))
    if broken:
        yield fail("archive", "; ".join(map(str, broken[:_SHOWN])), t("doctor.archive.cure"))
    else:
        yield ok("archive", _holds(summary(folder)))


def _holds(found: Summary | None) -> str:
    if found is None:
        return t("doctor.archive.empty")
    first, last = (_rfc3339(datetime.fromtimestamp(ms / 1000, UTC)) for ms in (found.first_ms, found.last_ms))
    return t(
        "doctor.archive.ok", files=f"{found.files:,}", mib=f"{found.size / (1 << 20):.1f}",
        n=f"{found.records:,}", first=first, last=last,
    )  # fmt: skip


def _rfc3339(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def state(data: Path) -> Finding:
    """The last save, and how far the archive goes on behind it: what a start has to walk again."""
    file = data / "state" / "ledger.post@1" / "manifest.json"
    if not file.exists():
        return ok("state", t("doctor.state.none"))
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        upto = int(manifest["mark"]["next_ordinal"])
        lost = [name for name, _ in manifest["saves"] if not (file.parent / name).exists()]
    except (OSError, ValueError, TypeError, KeyError) as error:
        return fail("state", _why(error), t("error.state.cure", folder=data / "state"))
    if lost:
        return fail(
            "state",
            t("doctor.state.lost", names=", ".join(lost)),
            t("error.state.cure", folder=data / "state"),
        )
    size = sum(path.stat().st_size for path in (data / "state").rglob("*") if path.is_file())
    return ok("state", t("doctor.state.found", n=f"{upto:,}", mib=f"{size / (1 << 20):.1f}"))


def outbox(data: Path) -> Finding:
    """Blocks that no save covers yet: they are sent again at the next start."""
    blocks = [path.stat().st_size for path in (data / "outbox").glob("*.block")]
    return ok("outbox", t("doctor.outbox.found", n=len(blocks), mib=f"{sum(blocks) / (1 << 20):.1f}"))


def is_owned(data: Path) -> bool:
    """Somebody answers on the owner's socket."""
    return (data / "owner.sock").exists() and _answers(data / "owner.sock")


def assert_settings(data: Path) -> None:
    """Open the store, which nobody owns, and read back the settings that exactly-once depends on."""
    from sinks.clickhouse import Store
    from sinks.lock import DirectoryLock

    with DirectoryLock(data):
        opened = Store.open("chdb", data)
        try:
            opened.assert_settings()
        finally:
            opened.close()


def store(query: Query, settings: Callable[[], None] | None) -> Iterator[Finding]:
    """The store answers; then what it says about masters, waiting events and the clock.

    `settings` raises when a setting of the store is not as it must be; None: its owner has looked.
    """
    try:
        query("SELECT 1 AS one")
        if settings is not None:
            settings()
        yield ok("store", t("doctor.store.ok") if settings is not None else t("doctor.store.asked"))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        yield fail("store", _why(error), t("doctor.store.cure"))
        return
    for check, look in (("masters", masters), ("waiting", waiting), ("clock", clock)):
        try:
            yield look(query)
        except Exception as error:  # noqa: BLE001
            yield warn(check, t("doctor.unknown", why=_why(error)), t("doctor.unknown.cure"))


def masters(query: Query) -> Finding:
    """Items and sites that the ledger made because an event named them."""
    rows = query(
        "SELECT name, count() OVER () AS n FROM (SELECT item AS name FROM core.item FINAL WHERE auto"
        " UNION ALL SELECT site FROM core.site FINAL WHERE auto) ORDER BY name LIMIT 6"
    )
    if not rows:
        return ok("masters", t("doctor.masters.none"))
    return warn("masters", t("doctor.masters.found", **_listed(rows)), t("doctor.masters.cure"))


def waiting(query: Query) -> Finding:
    """Events that wait for one they refer to."""
    rows = query(
        "SELECT waits_for AS name, count() OVER () AS n FROM core.waiting FINAL WHERE state = 'waiting'"
        " ORDER BY since LIMIT 6"
    )
    if not rows:
        return ok("waiting", t("doctor.waiting.none"))
    return warn("waiting", t("doctor.waiting.found", **_listed(rows)), t("doctor.waiting.cure"))


def clock(query: Query) -> Finding:
    """The system's time against the last arrival: a ledger's recorded_at never goes back."""
    rows = query("SELECT toUnixTimestamp64Milli(max(recorded_at)) AS last FROM core.movement")
    last = int(rows[0]["last"] or 0) if rows else 0
    if last <= 0:
        return ok("clock", t("doctor.clock.empty"))
    at = datetime.fromtimestamp(last / 1000, UTC)
    if datetime.now(UTC) < at:
        return fail("clock", t("doctor.clock.behind", last=_rfc3339(at)), t("doctor.clock.cure"))
    return ok("clock", t("doctor.clock.ok"))


def _listed(rows: list[dict[str, Any]]) -> dict[str, str]:
    names = [str(row["name"]) for row in rows[:_SHOWN]]
    return {"n": str(rows[0]["n"]), "names": ", ".join(names) + (" …" if len(rows) > _SHOWN else "")}


def _why(error: BaseException) -> str:
    """One line of an error."""
    told = as_error(error)
    text = told.what if told else str(error) or type(error).__name__
    return text.splitlines()[0][:200]
