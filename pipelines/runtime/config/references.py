"""What one entry of `jobs.yaml` says about another, or about a file of this installation.

Works on the plain data and is patient with wrong types, so that its findings stand beside those of the
models and everything is told at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path as File
from typing import Any

from pipelines.runtime.config.marks import Marked, Path, render
from pipelines.runtime.config.steps import SPINE, Flow, find_step, in_order, missing, too_early
from pipelines.runtime.errors import Problem, suggest
from pipelines.runtime.i18n import t

_EVERY = {"connector", "entity", "trust", "unknown_master", "topic"}
# what an entry may say beside the keys of every source; a connector that is not here may say everything
_OPTIONS: dict[str, set[str]] = {
    "ndjson": {"path"},
    "pos": {"path", "map"},
    "archive": {"path"},
    "mock": {"seed", "speed"},
}
_NO_DOORS = {"contract", "files", "maps"}
_NO_ROOMS = {"runtime", "kernels"}
_STEP = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Installed:
    """What this installation offers: names of connectors, maps and schemas, and steps with their tables.

    `spine`: the steps that every job over a source takes.
    """

    connectors: frozenset[str]
    steps: Mapping[str, Flow]
    maps: frozenset[str]
    schemas: frozenset[str]
    spine: tuple[str, ...] = ()

    @staticmethod
    def find() -> Installed:
        """Look into the packages without importing a step or a door."""
        return Installed(
            connectors=frozenset(_modules("connectors") - _NO_DOORS),
            steps={
                f"{room.name}.{step}": flow
                for room in _folders("pipelines")
                if room.name not in _NO_ROOMS
                for step in sorted(_modules(f"pipelines.{room.name}"))
                if (flow := find_step(room, step)) is not None
            },
            maps=frozenset(p.stem for p in (_home("connectors") / "maps").glob("*.y*ml")),
            schemas=frozenset(_schemas()),
            spine=SPINE,
        )


def check(marked: Marked, installed: Installed, folder: File) -> None:
    """Append what does not fit together to `marked.problems`. `folder`: where jobs.yaml stands."""
    data = marked.data if isinstance(marked.data, dict) else {}
    _Check(data, marked, installed, folder).run()


class _Check:
    def __init__(self, data: Mapping[str, Any], marked: Marked, installed: Installed, folder: File) -> None:
        self._marked, self._installed, self._folder = marked, installed, folder
        self._data = data
        self._told = {problem.path for problem in marked.problems}

    def run(self) -> None:
        for name in sorted(set(self._section("sources")) & set(self._section("topics"))):
            self._problem(("topics", name), t("ref.clash"), t("ref.clash.cure"), key=True)
        for name, source in self._entries("sources"):
            self._source(("sources", name), source)
        for name, topic in self._entries("topics"):
            path = ("topics", name, "schema")
            self._one_of(path, topic.get("schema"), self._installed.schemas, "ref.schema")
        for name, job in self._entries("jobs"):
            self._job(("jobs", name), job)
        defaults = self._section("defaults")
        self._one_of(("defaults", "target"), defaults.get("target"), self._targets(), "ref.target")

    def _source(self, path: Path, source: Mapping[str, Any]) -> None:
        connector = source.get("connector")
        self._one_of((*path, "connector"), connector, self._installed.connectors, "ref.connector")
        if connector in _OPTIONS:
            from pipelines.runtime.config.models import Source

            for key in sorted(set(source) & set(Source.model_fields) - _EVERY - _OPTIONS[str(connector)]):
                owners = ", ".join(c for c, keys in sorted(_OPTIONS.items()) if key in keys)
                cure = t("ref.option.cure", owners=owners)
                self._problem((*path, key), t("ref.option", connector=connector), cure, key=True)
        name = source.get("map")
        if isinstance(name, str) and not self._is_map(name):
            self._one_of((*path, "map"), name, self._installed.maps, "ref.map")
        self._one_of((*path, "topic"), source.get("topic"), self._section("topics"), "ref.topic")

    def _is_map(self, name: str) -> bool:
        """A map by name, or a file beside jobs.yaml or in the working directory."""
        return name in self._installed.maps or (self._folder / name).is_file() or File(name).is_file()

    def _job(self, path: Path, job: Mapping[str, Any]) -> None:
        inputs = [*self._section("sources"), *self._section("topics")]
        read = self._list((*path, "in"), job.get("in"))
        for at, name in read:
            self._one_of((*path, "in", at), name, inputs, "ref.in")
        self._steps((*path, "steps"), job.get("steps"), {name for _, name in read})
        out = job.get("out")
        if not isinstance(out, dict):
            return
        self._one_of((*path, "out", "target"), out.get("target"), self._targets(), "ref.target")
        topics = out.get("topics")
        for schema, topic in topics.items() if isinstance(topics, dict) else ():
            here = (*path, "out", "topics", schema)
            self._one_of(here, topic, self._section("topics"), "ref.topic")
            if topic in [name for _, name in read]:
                self._problem(here, t("ref.loop"), t("ref.loop.cure"))

    def _steps(self, path: Path, value: object, inputs: set[str]) -> None:
        """Steps that exist, each behind the makers of what it reads, and none missing.

        A job fed by topics alone may take any: a table may come from a topic.
        """
        named, known = self._list(path, value), self._installed.steps
        for at, step in named:
            if not _STEP.fullmatch(step):
                self._problem((*path, at), t("ref.step_form"), t("ref.step_form.cure"))
            else:
                self._one_of((*path, at), step, known, "ref.step")
        steps = [step for _, step in named]
        if not steps or not inputs & set(self._section("sources")) or not set(steps) <= known.keys():
            return
        absent = missing(steps, known, self._installed.spine)
        cure = t("ref.step_order", steps=", ".join(in_order([*steps, *absent], known)))
        if absent:
            self._problem(path, t("ref.step_missing", steps=", ".join(absent)), cure)
        for at, maker, table in too_early(steps, known):
            self._problem((*path, named[at][0]), t("ref.step_early", maker=maker, table=table), cure)

    def _list(self, path: Path, value: object) -> list[tuple[int, str]]:
        """The texts of a list with their index; a text named twice is a problem."""
        texts = (
            [(at, one) for at, one in enumerate(value) if isinstance(one, str)]
            if isinstance(value, list)
            else []
        )
        seen: set[str] = set()
        for at, one in texts:
            if one in seen:
                self._problem((*path, at), t("ref.twice"), t("ref.twice.cure"))
            seen.add(one)
        return texts

    def _one_of(self, path: Path, value: object, known: Iterable[str], msgid: str) -> None:
        if not isinstance(value, str) or value in known:
            return
        shown = "…" if path in self._marked.hidden else value
        self._problem(path, t(msgid, name=shown), suggest("" if shown == "…" else value, known))

    def _targets(self) -> list[str]:
        return list(self._section("targets")) or ["local"]

    def _section(self, name: str) -> dict[str, Any]:
        section = self._data.get(name)
        return section if isinstance(section, dict) else {}

    def _entries(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        return [(key, entry) for key, entry in self._section(name).items() if isinstance(entry, dict)]

    def _problem(self, path: Path, what: str, cure: str, key: bool = False) -> None:
        if render(path) in self._told:
            return
        self._told.add(render(path))
        line, column = self._marked.at_key(path) if key else self._marked.at_value(path)
        self._marked.problems.append(Problem(line, column, render(path), what, cure))


def _home(package: str) -> File:
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return File(places[0]) if places else File("/nonexistent")


def _folders(package: str) -> list[File]:
    return sorted(p.parent for p in _home(package).glob("*/__init__.py"))


def _modules(package: str) -> set[str]:
    """Modules and packages right inside a package, by their files."""
    home = _home(package)
    files = {p.stem for p in home.glob("[a-z]*.py")}
    return files | {p.parent.name for p in home.glob("[a-z]*/__init__.py")}


def _schemas() -> set[str]:
    """What a topic may hold: any event, a family, a type, or a table's rows."""
    from schemas.registry import EVENT_TYPES, FAMILIES

    names = {"event", *EVENT_TYPES, *(family.name for family in FAMILIES)}
    if find_spec("schemas.tables") is not None:
        from schemas import tables

        names |= {str(name) for name in getattr(tables, "TABLES", ())}
    return names
