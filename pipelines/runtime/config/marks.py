"""YAML text -> plain data, with the position of every key and value; all findings at once, no value echoed.

The node tree is walked here instead of by a constructor, so that duplicate keys, tags and bad variables
are collected with their line and column instead of ending the reading, and so that a variable is put in
after parsing: whatever it holds stays one value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from pipelines.runtime.config.variables import Substitution, substitute
from pipelines.runtime.errors import Problem
from pipelines.runtime.i18n import t

Path = tuple[str | int, ...]

MAX_BYTES = 1 << 20
_MAX_NODES = 100_000  # aliases can multiply a small text without end
_TAG = "tag:yaml.org,2002:"
_SCALARS = {"null", "bool", "int", "float", "str", "timestamp"}


@dataclass(slots=True)
class Marked:
    """Plain data of a YAML text. Positions are (line, column) from 1, by path."""

    data: Any = None
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    hidden: set[Path] = field(default_factory=set)  # values that came from a variable: never echoed
    problems: list[Problem] = field(default_factory=list)

    def at_key(self, path: Path) -> tuple[int, int]:
        """Where the key of `path` stands, or that of its nearest parent that has one."""
        while path and path not in self.keys:
            path = path[:-1]
        return self.keys.get(path, self.values.get((), (1, 1)))

    def at_value(self, path: Path) -> tuple[int, int]:
        """Where the value of `path` stands, or the key of its nearest parent."""
        return self.values.get(path) or self.at_key(path)


def render(path: Path) -> str:
    """`jobs.stock-live.in[0]`.

    >>> render(("jobs", "stock-live", "in", 0))
    'jobs.stock-live.in[0]'
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            shown = part if part.isprintable() and len(part) <= 64 else f"{part[:32]!a}…"
            text += f".{shown}" if text else shown
    return text


def read(raw: bytes, environ: Mapping[str, str]) -> Marked:
    """Parse `raw`; the problems found are in the result, whose data is then as complete as it can be."""
    out = Marked()
    text = _text(raw, out)
    if text is None:
        return out
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
    except (MarkedYAMLError, ReaderError) as error:
        out.problems.append(_syntax(error, text))
        return out
    except RecursionError:
        out.problems.append(Problem(1, 1, "", t("yaml.deep"), t("yaml.deep.cure")))
        return out
    if root is None:
        out.problems.append(Problem(1, 1, "", t("yaml.empty"), t("yaml.empty.cure")))
        return out
    out.data = _Walk(yaml, out, environ).value(root, ())
    return out


def _text(raw: bytes, out: Marked) -> str | None:
    if len(raw) > MAX_BYTES:
        out.problems.append(Problem(0, 0, "", t("yaml.large", limit=MAX_BYTES), t("yaml.large.cure")))
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        head = error.object[: error.start]
        line, column = head.count(b"\n") + 1, error.start - (head.rfind(b"\n") + 1) + 1
        out.problems.append(Problem(line, column, "", t("yaml.encoding"), t("yaml.encoding.cure")))
        return None


def _syntax(error: MarkedYAMLError | ReaderError, text: str) -> Problem:
    """The one finding of the parser, without the snippet it would show: it may hold a secret."""
    if isinstance(error, ReaderError):
        head = text[: error.position]
        line, column = head.count("\n") + 1, len(head) - (head.rfind("\n") + 1) + 1
        return Problem(line, column, "", t("yaml.control"), t("yaml.control.cure"))
    said = error.problem or ""
    msgid = next((text for found, text in _SYNTAX.items() if found in said), "")
    mark = error.problem_mark or error.context_mark
    if msgid == "yaml.open" and error.context_mark is not None:
        mark = error.context_mark  # the bracket, not where its absence was noticed
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    row = text.split("\n")[line - 1] if line <= text.count("\n") + 1 else ""
    if "\t" in row[: column + 1] and not row[: column - 1].strip():
        return Problem(line, row.index("\t") + 1, "", t("yaml.tab"), t("yaml.tab.cure"))
    if msgid in ("yaml.open", "yaml.colon") and _bare_variable(row):
        return Problem(line, row.index("${") + 1, "", t("yaml.variable"), t("yaml.variable.cure"))
    if msgid:
        return Problem(line, column, "", t(msgid), t(f"{msgid}.cure"))
    return Problem(line, column, "", t("yaml.syntax", said=said), t("yaml.syntax.cure"))


def _bare_variable(row: str) -> bool:
    """A `${` without quotes inside brackets, where YAML takes the brace for one of its own."""
    return bool(re.search(r"""[\[{,:]\s*\$\{""", row)) and any(
        b in row.split("${", maxsplit=1)[0] for b in "[{"
    )


_SYNTAX = {
    "mapping values are not allowed": "yaml.colon",
    "could not find expected ':'": "yaml.no_colon",
    "but found '<block mapping start>'": "yaml.indent",
    "but found '-'": "yaml.indent",
    "found unexpected end of stream": "yaml.open",
    "expected ',' or": "yaml.open",
    "but found another document": "yaml.documents",
    "found undefined alias": "yaml.alias",
    "found duplicate anchor": "yaml.anchor",
}


class _Walk:
    """Turns nodes into data; `_open` are the nodes being walked, to find an alias inside its own anchor."""

    def __init__(self, yaml: YAML, out: Marked, environ: Mapping[str, str]) -> None:
        self._yaml, self._out, self._environ = yaml, out, environ
        self._open: set[int] = set()
        self._seen = 0

    def value(self, node: Node, path: Path) -> Any:
        self._seen += 1
        self._out.values.setdefault(path, _position(node))
        if id(node) in self._open or self._seen > _MAX_NODES:
            self._problem(node, path, "yaml.loop")
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            self._problem(node, path, "yaml.tag")
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, path)
            assert isinstance(node, SequenceNode)
            return self._sequence(node, path)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, child in node.value:
            if not isinstance(key, ScalarNode):
                self._problem(key, path, "yaml.key")
                continue
            if key.tag == f"{_TAG}merge":
                self._problem(key, path, "yaml.merge")
                continue
            here = (*path, str(key.value))
            if key.value in data:
                first = self._out.keys[here][0]
                self._problem(key, here, "yaml.duplicate", line=first)
                continue
            self._out.keys[here] = _position(key)
            if isinstance(child, ScalarNode) and child.style is None and not child.value:
                self._out.values[here] = _position(
                    key
                )  # nothing stands there: the parser marks the next line
            data[key.value] = self.value(child, here)
        return data

    def _sequence(self, node: SequenceNode, path: Path) -> list[Any]:
        for at, child in enumerate(node.value):
            self._out.keys[(*path, at)] = _position(child)
        return [self.value(child, (*path, at)) for at, child in enumerate(node.value)]

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        tag, text = str(node.tag), str(node.value)
        if "$" in text:
            done: Substitution = substitute(text, self._environ)
            for what, cure in done.problems:
                line, column = _position(node)
                self._out.problems.append(Problem(line, column, render(path), what, cure))
            if done.replaced:
                self._out.hidden.add(path)
            if done.problems:
                return Unset()
            return Variable(done.text)
        kind = tag.removeprefix(_TAG)
        if kind not in _SCALARS or not tag.startswith(_TAG):
            self._problem(node, path, "yaml.tag")
            return None
        if kind in ("str", "timestamp"):
            return text
        try:
            return self._yaml.constructor.construct_object(
                ScalarNode(tag, text, node.start_mark, node.end_mark)
            )
        except (ValueError, MarkedYAMLError):
            return text

    def _problem(self, node: Node, path: Path, msgid: str, **facts: object) -> None:
        line, column = _position(node)
        self._out.problems.append(
            Problem(line, column, render(path), t(msgid, **facts), t(f"{msgid}.cure", **facts))
        )


class Variable(str):
    """Text that came out of `${…}`: where a whole number is wanted, it may be one."""

    __slots__ = ()


class Unset:
    """Stands for a value whose variable failed: already reported, so nothing more is said about it."""


def _position(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
