"""Numbered migrations of the tables, and the faces over them.

A migration is a file `migrations/NNNN_name.sql`, frozen once released: the store remembers its checksum.
The first one is written from the typed tables (`python -m sinks.migrate`); later ones are written by hand,
and after each run the columns found must be those that the typed tables state. Faces are views: they are
replaced whenever their text changed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.tables import DATABASES, TABLES
from schemas.tables.definition import quote
from sinks.faces import FOLDER as VIEWS
from sinks.faces import load_faces

if TYPE_CHECKING:
    from sinks.clickhouse import Store

FOLDER = Path(__file__).parent / "migrations"
FIRST = "0001_tables"


class MigrationError(RuntimeError):
    """Tables and release do not fit: names the migration or the column, and the cure."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of statements; `number` from its name."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """sha256 of the text, hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def statements(self) -> list[str]:
        """The statements, in order."""
        lines = [line for line in self.text.splitlines() if not line.startswith("--")]
        return [s.strip() for s in "\n".join(lines).split(";\n") if s.strip()]


def load_migrations(folder: Path = FOLDER) -> list[Migration]:
    """All migrations in order of their number; MigrationError when a number is missing or doubled."""
    found = [
        Migration(int(path.stem[:4]), path.stem, path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    ]
    for expected, migration in enumerate(found, start=1):
        if migration.number != expected:
            raise MigrationError(
                f"{folder.name}/{migration.name}.sql: number {expected:04} was expected here"
            )
    return found


def apply(store: Store, migrations: list[Migration] | None = None, faces: Path = VIEWS) -> list[str]:
    """Bring `store` to the given (default: this release's) migrations and faces; names of what was done."""
    migrations = load_migrations() if migrations is None else migrations
    for name, text in DATABASES.items():
        store.command(f"CREATE DATABASE IF NOT EXISTS {name} COMMENT {quote(text)}")
    store.command(TABLES["meta.migration"].ddl())
    rows = store.query(
        "SELECT number, name, checksum FROM meta.migration ORDER BY number, applied_at"
    ).to_pylist()
    known = {row["number"]: row for row in rows}
    _check_known(migrations, known)
    done = []
    for migration in migrations:
        if migration.number not in known:
            for statement in migration.statements():
                store.command(statement)
            _remember(store, migration.number, migration.name, migration.checksum)
            done.append(migration.name)
    if done:
        _check_columns(store)
    checksum = _checksum(faces)
    if done or known.get(0, {}).get("checksum") != checksum:
        loaded = load_faces(faces)
        for face in loaded:
            store.command(face.ddl(loaded))
        _remember(store, 0, "faces", checksum)
        done.append("faces")
    return done


def _check_known(migrations: list[Migration], known: dict[int, dict[str, str]]) -> None:
    ours = {m.number: m for m in migrations}
    for number, row in known.items():
        if number == 0:
            continue
        if number not in ours:
            raise MigrationError(
                f"the store has migration {row['name']}, unknown to this release: use the newer release"
            )
        if ours[number].checksum != row["checksum"]:
            raise MigrationError(
                f"migrations/{ours[number].name}.sql was changed after it was applied "
                f"({row['checksum'][:12]} -> {ours[number].checksum[:12]}): restore it, add a new one"
            )


def _check_columns(store: Store) -> None:
    found = store.query(
        "SELECT concat(database, '.', table) AS full_name, "
        "groupArray(tuple(name, replaceAll(type, ' ', ''))) AS columns "
        "FROM (SELECT * FROM system.columns ORDER BY position) "
        "WHERE database IN ('raw', 'core', 'ops', 'meta') GROUP BY full_name"
    ).to_pylist()
    stored = {row["full_name"]: [tuple(c.values()) for c in row["columns"]] for row in found}
    for name, table in TABLES.items():
        wanted = [(c.name, c.type.replace(" ", "")) for c in table.columns]
        if stored.get(name) != wanted:
            differing = sorted({n for n, _ in set(wanted) ^ set(stored.get(name, []))}) or [
                "order of columns"
            ]
            raise MigrationError(
                f"{name}: the migrations give other columns than the typed tables ({', '.join(differing)}): "
                "write a migration, or `python -m sinks.migrate` before the first release"
            )


def _checksum(faces: Path) -> str:
    """sha256 over the files of all faces: reading their papers takes longer than opening the store."""
    digest = hashlib.sha256()
    for path in sorted(faces.glob("*/*.*")):
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _remember(store: Store, number: int, name: str, checksum: str) -> None:
    row = f"({number}, {quote(name)}, {quote(checksum)})"
    store.command(f"INSERT INTO meta.migration (number, name, checksum) VALUES {row}")  # noqa: S608 -- quoted


def first_migration() -> str:
    """The text of migration 1, from the typed tables."""
    tables = [t for name, t in TABLES.items() if name != "meta.migration"]
    return "-- Written from schemas/tables; frozen once released.\n" + "".join(
        f"{t.ddl()};\n\n" for t in tables
    )


if __name__ == "__main__":
    (FOLDER / f"{FIRST}.sql").write_text(first_migration(), encoding="utf-8")
