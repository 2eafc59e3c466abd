"""Which columns of a map name a person, and the map of the rows once pseudonyms stand there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from connectors.maps.loading import Path_
from connectors.maps.plan import Rule, Text, reads
from schemas.registry import PERSONAL

Wrong = Callable[[Path_, str, str], None]
_IS_THERE = ("", ".+", ".*")


def personal_columns(rules: Iterable[Rule], named: Iterable[str], wrong: Wrong) -> Mapping[str, Text]:
    """Column -> how its text is read, of all personal targets and of the columns `named` besides.

    `wrong(path, what, cure)` is told where a rule would look into such a column, or reads it in two ways.
    """
    rules = tuple(rules)
    found: dict[str, Text] = {}
    for n, rule in enumerate(rules):
        for emit in rule.emits:
            for target, value in emit.fields.items():
                if (
                    target in PERSONAL
                    and isinstance(value, Text)
                    and found.setdefault(value.column, value) != value
                ):
                    what = f"{value.column} names a person and is read in two ways"
                    wrong(("rules", n), what, "say `strip` once, in `columns`")
    for column in named:
        found.setdefault(column, Text(column))
    for n, rule in enumerate(rules):
        for column, test in rule.when:
            if column in found and not (isinstance(test, re.Pattern) and test.pattern in _IS_THERE):
                what = "names a person: a rule sees a pseudonym there"
                wrong(("rules", n, "when", column), what, '".+" tells whether there is one')
        for emit in rule.emits:
            for target, value in emit.fields.items():
                both = found.keys() & set(reads(value))
                if both and target not in PERSONAL:
                    what = f"{target} would show {min(both)}, which names a person"
                    wrong(("rules", n), what, "take it from another column")
    return found


def sealed_document(document: Mapping[str, object]) -> dict[str, object]:
    """The map for rows that hold pseudonyms: what was stripped before is not stripped again."""
    rules = document.get("rules")
    done = {**document, "columns": _plain(document.get("columns"))}
    if isinstance(rules, list):
        done["rules"] = [_rule(rule) for rule in rules]
    return done


def _rule(rule: object) -> object:
    if not isinstance(rule, dict) or not isinstance(rule.get("set"), dict):
        return rule
    sets = {
        key: _plain(value) if isinstance(value, dict) and "." in key else value
        for key, value in rule["set"].items()
    }
    return {**rule, "set": _plain(sets)}


def _plain(targets: object) -> object:
    if not isinstance(targets, dict):
        return targets
    return {
        target: {"column": spec["column"]}
        if target in PERSONAL and isinstance(spec, dict) and "column" in spec
        else spec
        for target, spec in targets.items()
    }
