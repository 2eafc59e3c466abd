"""From a map as plain data to a plan, with every mistake found on the way."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.maps.errors import MapError, nearest
from connectors.maps.loading import Marks, Path_, place
from connectors.maps.personal.columns import personal_columns
from connectors.maps.plan import Emit, Plan, Range, Rule, Test, Value
from connectors.maps.reading import decimals
from connectors.maps.values import Values
from schemas.fields import Field, Kind
from schemas.registry import ENVELOPE, EVENT_TYPES, FIELDS

KEYS = ("format", "encoding", "delimiter", "header", "entity", "source", "tz", "trust", "site", "channel",
        "columns", "rules", "masters", "personal", "about")  # fmt: skip
FORMATS = ("csv", "json", "ndjson")
ENCODINGS = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-8-bom": "utf-8", "utf-8-sig": "utf-8",
    "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030",
}  # fmt: skip
DELIMITERS = {
    ",": ",",
    ";": ";",
    "tab": "\t",
    "\\t": "\t",
    "\t": "\t",
    "|": "|",
    "comma": ",",
    "semicolon": ";",
}
_SHORT = ("entity", "source", "site", "channel", "trust")
_ENVELOPE = {f.name: f for f in ENVELOPE if f.name not in {"type", "schema"}}
_BOUNDS = ("gt", "ge", "lt", "le")


def compile_map(
    name: str, document: Mapping[str, object], marks: Marks | None
) -> tuple[Plan | None, list[MapError]]:
    """The plan of a map, and every mistake in it; the plan is None when there is one."""
    compiler = _Compiler(name, document, marks)
    plan = compiler.plan()
    return (None if compiler.errors else plan), compiler.errors


class _Compiler:
    def __init__(self, name: str, document: Mapping[str, object], marks: Marks | None) -> None:
        self.name, self.document, self.marks = name, document, marks
        self.errors: list[MapError] = []
        self.zone = self.time_zone()
        self.values = Values(self.zone, self.wrong)

    def wrong(self, path: Path_, what: str, cure: str = "") -> None:
        self.errors.append(MapError(place(self.marks, self.name, path), what, cure))

    def keys(self, node: Mapping[str, object], known: Iterable[str], path: Path_) -> None:
        known = tuple(known)
        for key in node:
            if key not in known:
                self.wrong(
                    (*path, key), "unknown key", nearest(key, known) or f"known are {', '.join(known)}"
                )

    def choice(self, key: str, known: Mapping[str, str], default: str) -> str:
        given = self.document.get(key, default)
        if not isinstance(given, str) or given.lower() not in known:
            cure = nearest(str(given).lower(), known) or f"one of {', '.join(dict.fromkeys(known))}"
            self.wrong((key,), f"{given!r} is not known", cure)
            return default
        return known[given.lower()]

    def time_zone(self) -> str:
        zone = self.document.get("tz", "")
        try:
            return ZoneInfo(str(zone)).key if zone else ""
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.wrong(("tz",), f"{zone!r} is no time zone", "an IANA name such as Asia/Shanghai")
            return ""

    def plan(self) -> Plan:
        doc = self.document
        self.keys(doc, KEYS, ())
        form = self.choice("format", {f: f for f in FORMATS}, "csv")
        encoding = self.choice("encoding", ENCODINGS, "utf-8")
        delimiter = self.choice("delimiter", DELIMITERS, ",")
        if encoding == "gb18030" and delimiter == "|":
            self.wrong(("delimiter",), "| may be half a character in GB18030", "use a comma or a tab")
        if encoding == "gb18030" and form == "json":
            what = "an array cannot be cut in GB18030, where brackets may be half a character"
            self.wrong(("format",), what, "use ndjson, or convert to UTF-8")
        header = self.header()
        entity, source = self.text("entity"), self.text("source")
        rules = self.rules()
        personal = personal_columns(rules, self.named_personal(), self.wrong)
        masters = self.masters(entity, source)
        return Plan(self.name, form, encoding, delimiter, header, entity, source, rules, masters, personal)

    def text(self, key: str) -> str:
        given = self.document.get(key)
        return given if isinstance(given, str) else ""

    def named_personal(self) -> list[str]:
        given = self.document.get("personal", [])
        if isinstance(given, list) and all(isinstance(n, str) for n in given):
            return given
        self.wrong(("personal",), "not a list of columns", "[name of a column, …]")
        return []

    def header(self) -> tuple[str, ...] | None:
        given = self.document.get("header", True)
        if given is True:
            return None
        if isinstance(given, list) and given and all(isinstance(n, str) for n in given):
            return tuple(given)
        self.wrong(
            ("header",), "neither true nor the list of the columns", "true when the first line names them"
        )
        return None

    def mapping(self, node: object, path: Path_) -> dict[str, object]:
        if node is None:
            return {}
        if isinstance(node, dict):
            return node
        self.wrong(path, "a mapping is needed here", "key: value")
        return {}

    # rules

    def rules(self) -> tuple[Rule, ...]:
        given = self.document.get("rules")
        if not isinstance(given, list) or not given:
            self.wrong(("rules",), "a map needs rules", "- {emit: sale.delivery}")
            return ()
        emits = [self.emitted(rule, ("rules", n)) for n, rule in enumerate(given)]
        types = list(dict.fromkeys(t for types in emits for t in types))
        shared = self.shared(types)
        return tuple(
            self.rule(self.mapping(rule, ("rules", n)), types_, shared, ("rules", n))
            for n, (rule, types_) in enumerate(zip(given, emits, strict=True))
        )

    def emitted(self, rule: object, path: Path_) -> list[str]:
        given = rule.get("emit") if isinstance(rule, dict) else None
        names = given if isinstance(given, list) else [given]
        known = []
        for name in names:
            if not isinstance(name, str) or name not in EVENT_TYPES:
                cure = nearest(str(name), EVENT_TYPES) or "see the table of types"
                self.wrong((*path, "emit"), f"{name!r} is no type of event", cure)
            elif name in known:
                self.wrong((*path, "emit"), f"{name} stands here twice", "a rule emits a type once")
            else:
                known.append(name)
        return known

    def shared(self, types: list[str]) -> dict[str, tuple[object, Path_, bool]]:
        """Targets for all rules: (spec, path, is it a constant by its form)."""
        found: dict[str, tuple[object, Path_, bool]] = {}
        for key in _SHORT:
            if key in self.document:
                found[key] = (self.document[key], (key,), True)
        possible = _ENVELOPE.keys() | {f.name for t in types for f in EVENT_TYPES[t].fields}
        for target, spec in self.mapping(self.document.get("columns"), ("columns",)).items():
            path = ("columns", target)
            if target in possible:
                found[target] = (spec, path, False)
            elif target in FIELDS:
                self.wrong(
                    path, "no type that this map emits has this field", f"emitted are {', '.join(types)}"
                )
            else:
                self.wrong(path, "unknown field", nearest(target, possible if types else FIELDS))
        return found

    def rule(
        self,
        rule: dict[str, object],
        types: list[str],
        shared: dict[str, tuple[object, Path_, bool]],
        path: Path_,
    ) -> Rule:
        self.keys(rule, ("when", "emit", "set", "about"), path)
        tests = self.mapping(rule.get("when"), (*path, "when"))
        when = [(column, self.test(test, (*path, "when", column))) for column, test in tests.items()]
        given = self.mapping(rule.get("set"), (*path, "set"))
        used: set[str] = set(types)
        emits = []
        for type_ in types:
            fields = {f.name: f for f in EVENT_TYPES[type_].fields} | _ENVELOPE
            own = self.mapping(given.get(type_), (*path, "set", type_))
            for target in own:
                if target not in fields:
                    self.wrong(
                        (*path, "set", type_, target), f"{type_} has no such field", nearest(target, fields)
                    )
            sets = {t: (spec, (*path, "set", t)) for t, spec in given.items() if t in fields}
            used |= sets.keys()
            sets |= {t: (spec, (*path, "set", type_, t)) for t, spec in own.items() if t in fields}
            emits.append(self.emit(type_, fields, shared, sets, path))
        for target in given.keys() - used:
            fields = {f.name: f for t in types for f in EVENT_TYPES[t].fields} | _ENVELOPE
            what = f"{' and '.join(types) or 'the rule'} has no such field"
            self.wrong((*path, "set", target), what, nearest(target, [*fields, *types]))
        return Rule(tuple((c, t) for c, t in when if t is not None), tuple(emits))

    def emit(
        self, type_: str, fields: Mapping[str, Field], shared: Mapping[str, tuple[object, Path_, bool]],
        sets: Mapping[str, tuple[object, Path_]], path: Path_,
    ) -> Emit:  # fmt: skip
        found: dict[str, Value] = {}
        for target, field in fields.items():
            value: Value | None = None
            if target in sets:
                spec, where = sets[target]
                value = None if spec is None else self.values.of_set(field, spec, where)
            elif target in shared:
                spec, where, constant = shared[target]
                value = self.values.of_column(field, spec, where, constant=constant)
            if value is not None:
                found[target] = value
        event = EVENT_TYPES[type_]
        needed = [(name,) for name in ("time", "entity", "source", *event.required)] + list(event.one_of)
        for group in needed:
            if not any(name in shared or name in sets for name in group):
                what = f"{type_} needs {' or '.join(group)}"
                self.wrong((*path, "emit"), what, f"say where {group[0]} comes from, in columns or in set")
        return Emit(type_, found)

    def test(self, test: object, path: Path_) -> Test | None:
        if isinstance(test, str):
            try:
                return re.compile(test)
            except re.error as error:
                self.wrong(path, f"not a regular expression: {error}")
            return None
        if isinstance(test, list) and test and all(isinstance(t, str) for t in test):
            return re.compile("|".join(re.escape(t) for t in test))
        if isinstance(test, dict) and test:
            self.keys(test, _BOUNDS, path)
            return Range(**{k: b for k in _BOUNDS if (b := self.bound(test, k, path)) is not None})
        self.wrong(path, "neither a pattern, a list of texts nor a range", "{gt: 0}, {ge: 1, le: 9}")
        return None

    def bound(self, test: dict[str, object], key: str, path: Path_) -> Decimal | None:
        given = test.get(key)
        if given is None:
            return None
        if not decimals.is_number(str(given)):
            self.wrong((*path, key), f"{given!r} is not a number")
            return None
        return decimals.parse(str(given), key)

    # masters

    def masters(self, entity: str, source: str) -> tuple[Mapping[str, object], ...]:
        given = self.document.get("masters") or []
        if not isinstance(given, list):
            self.wrong(("masters",), "a list of masters is needed", "- {type: master.entity, currency: CNY}")
            return ()
        return tuple(
            self.master(self.mapping(node, ("masters", n)), entity, source, ("masters", n))
            for n, node in enumerate(given)
        )

    def master(self, node: dict[str, object], entity: str, source: str, path: Path_) -> Mapping[str, object]:
        type_ = str(node.get("type", ""))
        masters = [t for t in EVENT_TYPES if t.startswith("master.")]
        if type_ not in masters:
            self.wrong(
                (*path, "type"), f"{type_!r} is no master", nearest(type_, masters) or ", ".join(masters)
            )
            return {}
        fields = {f.name: f for f in EVENT_TYPES[type_].fields}
        for key, value in node.items():
            if key not in {"type", *fields, *_ENVELOPE}:
                self.wrong((*path, key), f"{type_} has no such field", nearest(key, fields))
            elif key in fields and fields[key].kind is Kind.ENUM and value not in fields[key].enum:
                cure = nearest(str(value), fields[key].enum) or f"one of {', '.join(fields[key].enum)}"
                self.wrong((*path, key), f"{value!r} is not allowed", cure)
        for name in EVENT_TYPES[type_].required:
            if name not in node:
                self.wrong(path, f"{type_} needs {name}")
        event = {"source": source, "time": "1970-01-01T00:00:00Z", "entity": entity, **node}
        if not event["entity"] or not event["source"]:
            self.wrong(
                path, "a master needs an entity and a source", "state them here or at the top of the map"
            )
        content = json.dumps(event, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return {"id": f"master-{hashlib.sha256(content.encode()).hexdigest()[:16]}", **event}
