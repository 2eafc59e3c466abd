"""Where a field comes from: the forms of `columns` and `set`, read by the kind of the field.

A plain text is a column in `columns`, and in `set` an expression for a number or a template for a text
(`{InvoiceNo}-{Line}`). The long forms are `{const}`, `{column, strip}`, `{column, format}` for a time,
`{lookup, key, value, column, default}`, `{expr}` and `{template}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from connectors.maps.errors import nearest
from connectors.maps.loading import Path_
from connectors.maps.plan import Const, Lookup, Moment, Number, Template, Text, Value
from connectors.maps.reading import decimals, expr
from connectors.maps.reading.times import Clock, compile_format
from schemas.fields import Field, Kind

_NUMBERS = (Kind.QTY, Kind.PRICE, Kind.MONEY)
_TEXTS = (Kind.STRING, Kind.REF, Kind.ENUM, Kind.INT)
_FORMS = {
    "const": ("const",),
    "lookup": ("lookup", "key", "value", "column", "default", "table"),
    "expr": ("expr",),
    "template": ("template",),
    "column": ("column", "strip", "format"),
}
_PART = re.compile(r"\{([^{}]*)\}")

Wrong = Callable[[Path_, str, str], None]


class Values:
    """Compiles value specs; what is wrong goes to `wrong(path, what, cure)` and None comes back."""

    def __init__(self, zone: str, wrong: Wrong) -> None:
        self.zone = zone
        self.wrong = wrong

    def of_column(self, field: Field, spec: object, path: Path_, *, constant: bool) -> Value | None:
        """A spec of `columns`; `constant`: of the short keys at the top, whose plain text is literal."""
        if isinstance(spec, str):
            spec = {"const" if constant else "column": spec}
            return self._long(field, spec, path, ())
        return self._long(field, spec, path, None)

    def of_set(self, field: Field, spec: object, path: Path_) -> Value | None:
        """A spec of `set`."""
        if isinstance(spec, str):
            spec = {"expr" if field.kind in _NUMBERS else "template": spec}
            return self._long(field, spec, path, ())
        return self._long(field, spec, path, None)

    def _long(self, field: Field, spec: object, path: Path_, short: Path_ | None) -> Value | None:
        """`short`: () when the file has a plain text here, so that a place names no key it does not have."""
        if field.kind not in (*_NUMBERS, *_TEXTS, Kind.TIME):
            self.wrong(path, f"{field.name} cannot be set by a map", "only texts, numbers and times can")
            return None
        forms = [form for form in _FORMS if isinstance(spec, dict) and form in spec]
        if "lookup" in forms:
            forms = ["lookup"]
        if not isinstance(spec, dict) or len(forms) != 1:
            self.wrong(path, "not clear where the value comes from", f"one of {', '.join(_FORMS)}")
            return None
        form = forms[0]
        for key in spec:
            if key not in _FORMS[form]:
                cure = nearest(key, _FORMS[form]) or f"known are {', '.join(_FORMS[form])}"
                self.wrong((*path, key), "unknown key", cure)
        for key in set(spec) & {"const", "column", "expr", "template", "default", "key"}:
            if not isinstance(spec[key], str):
                self.wrong((*path, key), "a text is needed here", "put it in quotes")
                return None
        if form == "column" and (field.kind is Kind.TIME) != ("format" in spec):
            self._format_fault(field, spec, path)
            return None
        made: Value | None = getattr(self, f"_{form}")(
            field, spec, (*path, *((form,) if short is None else short))
        )
        return self._person(field, made, path) if field.personal else made

    def _person(self, field: Field, made: Value | None, path: Path_) -> Value | None:
        """Who it is comes whole from one column, so that the door can put a pseudonym there."""
        if isinstance(made, Template) and [text for text, _ in made.parts] == ["", ""]:
            made = Text(made.parts[0][1])
        if made is not None and not isinstance(made, Const | Text):
            what = f"{field.name} names a person: it comes whole from one column"
            self.wrong(path, what, "{column: …, strip: …}")
            return None
        return made

    def _format_fault(self, field: Field, spec: dict[str, str], path: Path_) -> None:
        if field.kind is Kind.TIME:
            column = spec["column"]
            self.wrong(path, f"{field.name} needs its format",
                       f'{{column: {column}, format: "%Y-%m-%d %H:%M:%S"}}')  # fmt: skip
        else:
            self.wrong((*path, "format"), f"{field.name} is no time", "leave the format out")

    def _const(self, field: Field, spec: dict[str, str], path: Path_) -> Value | None:
        text = spec["const"].strip()
        if field.kind in _NUMBERS:
            if not decimals.is_number(text):
                self.wrong(path, f"{text!r} is not a number", "")
                return None
            text = decimals.respell(text, field.name)
        if field.kind is Kind.ENUM and text not in field.enum:
            cure = nearest(text, field.enum) or f"one of {', '.join(field.enum)}"
            self.wrong(path, f"{text!r} is not allowed for {field.name}", cure)
            return None
        return Const(text)

    def _template(self, field: Field, spec: dict[str, str], path: Path_) -> Value | None:
        text = spec["template"]
        if "{" not in text and "}" not in text:
            return self._const(field, {"const": text}, path)
        if field.kind in (*_NUMBERS, Kind.TIME):
            self.wrong(
                path, f"{field.name} is no text", "use expr for a number, column and format for a time"
            )
            return None
        parts, at = [], 0
        for found in _PART.finditer(text):
            parts.append((text[at : found.start()], found[1].strip()))
            at = found.end()
        parts.append((text[at:], ""))
        if any("{" in literal or "}" in literal for literal, _ in parts) or not all(c for _, c in parts[:-1]):
            self.wrong(path, "a brace is not closed or empty", "{Column} between braces")
            return None
        return Template(tuple(parts))

    def _expr(self, field: Field, spec: dict[str, str], path: Path_) -> Value | None:
        if field.kind not in _NUMBERS:
            self.wrong(path, f"{field.name} is no number", "use column or template")
            return None
        try:
            return Number(expr.parse(spec["expr"]))
        except ValueError as error:
            self.wrong(path, f"not an expression: {error}", "columns, numbers, + - * abs( )")
            return None

    def _column(self, field: Field, spec: dict[str, object], path: Path_) -> Value | None:
        column = str(spec["column"])
        if field.kind is Kind.TIME:
            return self._moment(column, spec["format"], (*path[:-1], "format"))
        if "strip" in spec:
            if field.kind in _NUMBERS:
                self.wrong((*path[:-1], "strip"), f"{field.name} is a number", "numbers are read as they are")
                return None
            try:
                return Text(column, re.compile(str(spec["strip"])))
            except re.error as error:
                self.wrong((*path[:-1], "strip"), f"not a regular expression: {error}", "")
                return None
        return Number(expr.Col(column)) if field.kind in _NUMBERS else Text(column)

    def _moment(self, column: str, given: object, path: Path_) -> Value | None:
        formats = []
        for text in given if isinstance(given, list) else [given]:
            try:
                formats.append(compile_format(str(text)))
            except ValueError as error:
                self.wrong(path, f"{text!r}: {error}", "")
                return None
        if not self.zone and not all("%z" in f.text for f in formats):
            self.wrong(path, "a local time without a zone", "state `tz` at the top of the map")
            return None
        return Moment(column, Clock(tuple(formats), self.zone or "UTC"))

    def _lookup(self, field: Field, spec: dict[str, object], path: Path_) -> Value | None:
        table, column = spec.get("table"), spec.get("column", spec.get("key"))
        if not isinstance(table, dict) or not isinstance(column, str):
            self.wrong(
                path, "a lookup needs its file, key and value", "{lookup: sites.csv, key: store, value: site}"
            )
            return None
        default = spec.get("default")
        words = {str(k): str(v) for k, v in table.items()}
        return Lookup(column, words, str(spec["lookup"]), None if default is None else str(default))
