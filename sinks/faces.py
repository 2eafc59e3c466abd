"""Faces: the views that people and reports read, each a `.sql` (a SELECT) beside a `.yml` (its papers).

The `.yml` states grain, columns (type, zh, en, unit, source), identities (queries that must find no row) and
an example: `given` rows of tables, `expect` rows of the face. Tests run all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from schemas.tables.definition import Column, column_ddl, comment, quote

FOLDER = Path(__file__).parent / "views"
# Where the data dictionary takes in the columns of faces with parameters: the engine lists none.
PARAMETERISED = "/* columns of faces with parameters */"


class FaceError(ValueError):
    """Papers of a face that cannot be read: names the file and what is missing."""


@dataclass(frozen=True, slots=True)
class Face:
    """A view with its papers. `name` is the full name, `parameters` those a caller must give."""

    name: str
    sql: str
    zh: str
    en: str
    grain: str
    columns: tuple[Column, ...]
    parameters: tuple[str, ...]
    after: tuple[str, ...]
    identities: dict[str, str]
    given: dict[str, list[dict[str, Any]]]
    expect: list[dict[str, Any]]

    def ddl(self, faces: list[Face]) -> str:
        """The CREATE statement; `faces` are all faces, for the data dictionary."""
        sql = self.sql.replace(PARAMETERISED, _parameterised(faces))
        # Columns are stated, so that types and comments are as the papers say; with parameters the engine
        # takes types from the SELECT.
        columns = "" if self.parameters else " (" + ", ".join(column_ddl(c) for c in self.columns) + ")"
        text = quote(comment(self.zh, self.en))
        return f"CREATE OR REPLACE VIEW {self.name}{columns} AS\n{sql}\nCOMMENT {text}"


def load_faces(folder: Path = FOLDER) -> list[Face]:
    """All faces, those first that others build on. FaceError when papers are missing or incomplete."""
    faces = [load_face(path) for path in sorted(folder.glob("*/*.yml")) if not path.stem.startswith("board_")]
    by_name = {f.name: f for f in faces}

    def depth(face: Face) -> int:
        return 1 + max((depth(by_name[name]) for name in face.after), default=0)

    return sorted(faces, key=lambda f: (depth(f), f.name))


def load_face(path: Path) -> Face:
    """The face whose papers are at `path`."""
    place = f"{path.parent.name}/{path.name}"
    papers = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    missing = {"face", "zh", "en", "grain", "columns"} - set(papers)
    if missing:
        raise FaceError(f"views/{place}: {', '.join(sorted(missing))} missing")
    sql = path.with_suffix(".sql").read_text(encoding="utf-8").strip()
    columns = tuple(Column(name, *(str(v) for v in values)) for name, values in papers["columns"].items())
    return Face(
        name=papers["face"],
        sql=sql,
        zh=papers["zh"],
        en=papers["en"],
        grain=papers["grain"],
        columns=columns,
        parameters=tuple(papers.get("parameters", ())),
        after=tuple(papers.get("after", ())),
        identities=dict(papers.get("identities", {})),
        given=dict(papers.get("given", {})),
        expect=list(papers.get("expect", [])),
    )


def _parameterised(faces: list[Face]) -> str:
    rows = [
        f"SELECT {quote(face.name)}, toUInt64({number}), {quote(c.name)}, {quote(c.type)}, {quote(c.comment)}"
        for face in faces
        if face.parameters
        for number, c in enumerate(face.columns, start=1)
    ]
    return "".join(f"\nUNION ALL {row}" for row in rows)
