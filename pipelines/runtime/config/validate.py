"""Pydantic's findings in the words of this project: position, path, what, cure; values are not echoed."""

from __future__ import annotations

import difflib
import json
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from pipelines.runtime.config.marks import Marked, Path, Unset, render
from pipelines.runtime.config.models import Jobs
from pipelines.runtime.errors import Problem, suggest
from pipelines.runtime.i18n import t

# pydantic's type of error -> our text; what is not here is told in pydantic's words
_KINDS = {
    "string_type": "config.text",
    "int_type": "config.int",
    "int_from_float": "config.int",
    "bool_type": "config.bool",
    "list_type": "config.list",
    "dict_type": "config.mapping",
    "model_type": "config.mapping",
    "model_attributes_type": "config.mapping",
    "string_too_short": "config.blank",
    "string_too_long": "config.long",
    "too_short": "config.none",
}
_BOUNDS = {"greater_than_equal": ("ge", "≥"), "less_than_equal": ("le", "≤"), "less_than": ("lt", "<")}
_PATTERNS = {"url": "config.url", "retention": "config.retention"}


def validate(marked: Marked) -> Jobs | None:
    """The model, or None; findings are appended to `marked.problems`, none where one is already told."""
    told = {problem.path for problem in marked.problems}
    try:
        return Jobs.model_validate(marked.data)
    except ValidationError as error:
        for finding in error.errors(include_url=False):
            problem = _problem(finding, marked)
            if problem is not None and problem.path not in told:
                marked.problems.append(problem)
    return None


def _problem(finding: Any, marked: Marked) -> Problem | None:
    kind, loc = finding["type"], tuple(finding["loc"])
    if isinstance(finding["input"], Unset):
        return None
    if loc and loc[-1] == "[key]":
        return _at(marked.at_key(loc[:-1]), loc[:-1], t("config.name"), t("config.name.cure"))
    if kind == "extra_forbidden":
        known = _keys(_model(loc[:-1]))
        return _at(marked.at_key(loc), loc, t("config.unknown_key"), suggest(str(loc[-1]), known))
    if kind == "missing":
        key, parent = str(loc[-1]), loc[:-1]
        what = t("config.missing", key=key)
        return _at(
            marked.at_key(parent), parent, what, t("config.missing.cure", example=_example(parent, key))
        )
    what, cure = _wrong_value(kind, finding, loc, marked)
    return _at(marked.at_value(loc), loc, what, cure)


def _wrong_value(kind: str, finding: Any, loc: Path, marked: Marked) -> tuple[str, str]:
    facts = finding.get("ctx") or {}
    if finding["input"] is None:
        return t("config.empty"), t("config.empty.cure")
    if kind == "literal_error":
        return _choice(finding["input"], loc, marked)
    if kind == "too_long" and loc[0] == "rules":
        return t("config.rules"), t("config.rules.cure")
    if kind in _BOUNDS:
        name, sign = _BOUNDS[kind]
        return t("config.bound", bound=f"{sign} {facts[name]}"), t("config.bound.cure")
    if kind == "string_pattern_mismatch":
        msgid = _PATTERNS.get(str(loc[-1]), "config.name")
        return t(msgid), t(f"{msgid}.cure")
    if kind in _KINDS:
        msgid = _KINDS[kind]
        return t(msgid), t(f"{msgid}.cure", example=_example(loc[:-1], str(loc[-1])) if loc else "version: 1")
    return str(finding["msg"]), t("config.other.cure")


def _choice(value: object, loc: Path, marked: Marked) -> tuple[str, str]:
    """A word that is none of a few; it is shown only if it was typed in the file."""
    model, key = _model(loc[:-1]), str(loc[-1])
    field = model.model_fields[key] if model else None
    choices = [str(c) for c in _literals(field.annotation)] if field else []
    if str(value) in choices:  # the right number as text
        return t("config.int"), t("config.int.cure", example=_example(loc[:-1], key))
    shown = isinstance(value, str | int) and loc not in marked.hidden and len(str(value)) <= 32
    what = t("config.choice", value=value) if shown else t("config.choice_hidden")
    near = difflib.get_close_matches(str(value), choices, n=1, cutoff=0.6) if shown else []
    cure = t("error.mean", name=near[0]) if near else t("error.known", names=", ".join(choices))
    return what, cure


def _literals(annotation: Any) -> list[object]:
    """The members of a Literal, also inside `X | None`."""
    found: list[object] = []
    for member in get_args(annotation):
        nested = _literals(member) if get_args(member) else [member]
        found += [one for one in nested if one is not type(None)]
    return found


def _model(loc: Path) -> type[BaseModel] | None:
    """The model that stands at a path, or None (a dictionary of entries, a scalar)."""
    model: Any = Jobs
    for part in loc:
        if isinstance(model, type) and issubclass(model, BaseModel):
            fields = {(f.alias or name): f for name, f in model.model_fields.items()}
            model = fields[str(part)].annotation if part in fields else None
        else:
            args = get_args(model)
            model = args[-1] if args else None
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def _keys(model: type[BaseModel] | None) -> list[str]:
    return [f.alias or name for name, f in model.model_fields.items()] if model else []


def _example(parent: Path, key: str) -> str:
    """`steps: ["intake.decode", "ledger.post"]`, from the field's own example; of a list's item, the item."""
    if key.isdigit() and parent:
        return _example(parent[:-1], str(parent[-1])).partition(": ")[2]
    model = _model(parent)
    for name, field in (model.model_fields if model else {}).items():
        if key == (field.alias or name) and field.examples:
            one = field.examples[0]
            return f"{key}: {one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)}"
    return f"{key}: …"


def _at(mark: tuple[int, int], path: Path, what: str, cure: str) -> Problem:
    return Problem(mark[0], mark[1], render(path), what, cure)
