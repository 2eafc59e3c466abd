"""Reading map files: YAML with the place of every value, lookup tables, maps that ship."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from connectors.maps.errors import MapError, nearest

SHIPPED = Path(__file__).parent
_MAX_DEPTH = 16

Path_ = tuple[str | int, ...]


class Marks(NamedTuple):
    """Where things stand in a file: path -> (line, column) from 1, of the key, or of an item of a list."""

    file: str
    at: Mapping[Path_, tuple[int, int]]


def dotted(path: Path_) -> str:
    """`rules[2].set.qty` for ("rules", 2, "set", "qty")."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def place(marks: Marks | None, name: str, path: Path_) -> str:
    """`file:line:column path`, or `map NAME path` for a map that is not from a file."""
    if marks is None:
        return f"map {name} {dotted(path)}".rstrip()
    known = path
    while known and known not in marks.at:
        known = known[:-1]
    line, column = marks.at.get(known, (1, 1))
    return f"{marks.file}:{line}:{column} {dotted(path)}".rstrip()


def find_map(path: str | Path) -> Path:
    """The file of a map: a path, or the name of one that ships; `MapError` when there is none."""
    file = Path(path)
    if file.is_file():
        return file
    shipped = {f.stem: f for f in sorted(SHIPPED.glob("*.yaml"))}
    if str(path) in shipped:
        return shipped[str(path)]
    known = ", ".join(shipped)
    raise MapError(str(path), "no such map", nearest(str(path), shipped) or f"name a file, or one of {known}")


def load_yaml(file: Path) -> tuple[dict[str, object], Marks]:
    """The map as plain data (every scalar but true, false and null as the text it is), with its marks."""
    try:
        root = YAML().compose(file.read_text(encoding="utf-8-sig"))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise MapError(f"{file}{where}", f"not YAML: {error.problem or error.context}") from error
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise MapError(str(file), f"cannot be read: {error}") from error
    at: dict[Path_, tuple[int, int]] = {}
    document = _plain(root, (), at, str(file)) if root is not None else None
    if not isinstance(document, dict):
        raise MapError(f"{file}:1:1", "a map is a YAML mapping", "begin with format, entity, columns, rules")
    return document, Marks(str(file), at)


def _plain(node: Node, path: Path_, at: dict[Path_, tuple[int, int]], file: str) -> object:
    at.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if len(path) > _MAX_DEPTH:
        raise MapError(place(Marks(file, at), "", path), "nested too deep")
    if isinstance(node, MappingNode):
        found: dict[str, object] = {}
        for key, value in node.value:
            here = (key.start_mark.line + 1, key.start_mark.column + 1)
            name = key.value if isinstance(key, ScalarNode) else ""
            if not isinstance(key, ScalarNode) or name in found:
                what = f"{name!r} stands here twice" if name in found else "a key is a plain word"
                raise MapError(f"{file}:{here[0]}:{here[1]} {dotted((*path, name))}", what)
            at[(*path, name)] = here
            found[name] = _plain(value, (*path, name), at, file)
        return found
    if isinstance(node, SequenceNode):
        return [_plain(value, (*path, n), at, file) for n, value in enumerate(node.value)]
    text, tag = str(node.value), str(node.tag)
    if tag.endswith(":null"):
        return None
    return text.lower() == "true" if tag.endswith(":bool") else text


def inline_lookups(document: dict[str, object], marks: Marks, folder: Path) -> dict[str, object]:
    """The document with the table of every `lookup` file beside its name, so that it stands alone."""
    found = _inline(document, (), marks, folder)
    if not isinstance(found, dict):
        raise TypeError("a map is a mapping")
    return found


def _inline(node: object, path: Path_, marks: Marks, folder: Path) -> object:
    if isinstance(node, list):
        return [_inline(value, (*path, n), marks, folder) for n, value in enumerate(node)]
    if not isinstance(node, dict):
        return node
    done = {key: _inline(value, (*path, key), marks, folder) for key, value in node.items()}
    if isinstance(done.get("lookup"), str) and "table" not in done:
        done["table"] = _table(done, path, marks, folder)
    return done


def _table(spec: dict[str, object], path: Path_, marks: Marks, folder: Path) -> dict[str, str]:
    file, key, value = (spec.get(k) for k in ("lookup", "key", "value"))
    here = place(marks, "", (*path, "lookup"))
    if not (isinstance(key, str) and isinstance(value, str)):
        raise MapError(here, "a lookup names two columns of its file", "add `key:` and `value:`")
    try:
        with (folder / str(file)).open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MapError(
            here, f"{file} cannot be read: {error}", "a CSV file in UTF-8, beside the map"
        ) from error
    table: dict[str, str] = {}
    for n, row in enumerate(rows, 2):
        word, meaning = row.get(key), row.get(value)
        if word is None or meaning is None:
            known = [name for name in row if name]
            missing = key if key not in row else value
            raise MapError(here, f"{file}:{n} has no column {missing!r}", nearest(missing, known))
        if table.setdefault(word.strip(), meaning.strip()) != meaning.strip():
            raise MapError(here, f"{file}:{n} gives {word!r} a second value", "a key has one value")
    return table
