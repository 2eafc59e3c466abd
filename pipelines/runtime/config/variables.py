"""`${VAR}`, `${VAR:-default}`, `${VAR:?why}` in a value; `$${` stands for a literal `${`.

An empty variable counts as unset for `:-` and `:?`, as in a shell. The text put in is not looked into again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.runtime.i18n import t

_USE = re.compile(r"\$\$\{|\$\{(?P<body>[^{}]*)(?P<end>\}?)")
_BODY = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<how>:-|:\?)(?P<rest>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Substitution:
    """`replaced`: some variable of the environment was put in, so the text may be a secret."""

    text: str
    replaced: bool
    problems: tuple[tuple[str, str], ...]


def substitute(text: str, environ: Mapping[str, str]) -> Substitution:
    """Put the variables in.

    >>> substitute("${HOST:-here}:${PORT}", {"PORT": "1"}).text
    'here:1'
    >>> substitute("$${x}", {}).text
    '${x}'
    """
    problems: list[tuple[str, str]] = []
    replaced = False

    def put(match: re.Match[str]) -> str:
        nonlocal replaced
        if match["body"] is None:
            return "${"
        body = _BODY.fullmatch(match["body"]) if match["end"] else None
        if body is None:
            problems.append((t("var.syntax"), t("var.syntax.cure")))
            return ""
        value = environ.get(body["name"])
        if value or (value is not None and body["how"] is None):
            replaced = True
            return value
        if body["how"] == ":-":
            return str(body["rest"])
        why = str(body["rest"] or "") if body["how"] == ":?" else ""
        what = t("var.unset_why", name=body["name"], why=why) if why else t("var.unset", name=body["name"])
        problems.append((what, t("var.unset.cure", name=body["name"])))
        return ""

    done = _USE.sub(put, text)
    return Substitution(done, replaced, tuple(problems))
