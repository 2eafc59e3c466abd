"""Which statements may be asked through the owner's socket: one, that only reads, and only the store.

The engine's read-only mode refuses writing, other settings and reading from outside by table functions; it
lets through several statements, `INTO OUTFILE`, and functions that read files. Those are refused here.
"""

from __future__ import annotations

import re

_FIRST = ("SELECT", "WITH", "DESCRIBE", "DESC", "SHOW", "EXISTS", "EXPLAIN")
# Functions that reach outside the store (files, network, other programs, other stores). By name, since some
# of them exist both as table functions and as plain ones.
_OUTSIDE = re.compile(
    r"(file|url|s3|gcs|oss|cosn|hdfs|azure\w*|abfs\w*|remote|cluster\w*|mysql|postgresql|mongodb|redis|sqlite|odbc|"
    r"jdbc|iceberg\w*|deltalake\w*|hudi\w*|paimon\w*|python|executable|executableudf|input|arrowflight|ytsaurus|"
    r"dictionary|catboostevaluate|loop|fuzzjson|fuzzquery|hive|nats|kafka|merge|"
    r"(file|url|s3|gcs|hdfs|remote|azureblobstorage)(cluster|secure|gsi)|\w+cluster)",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"""
    (?P<skip>\s+|--[^\n]*|\#[ !][^\n]*|/\*.*?\*/)
  | (?P<text>'(?:[^'\\]|\\.|'')*'|\$(?P<tag>[A-Za-z0-9_]*)\$.*?\$(?P=tag)\$)
  | (?P<name>"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`|[^\W\d][\w$]*)
  | (?P<other>\d[\w.]*|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class StatementRefused(ValueError):
    """A statement that the socket does not serve: what was found, and what is allowed."""


def check(sql: str) -> str:
    """`sql` without a `;` at its end; StatementRefused unless it is one that only reads the store."""
    tokens = [(m.lastgroup, m.group()) for m in _TOKEN.finditer(sql) if m.lastgroup not in ("skip", "tag")]
    ends = [i for i, (_, text) in enumerate(tokens) if text == ";"]
    if ends and any(text != ";" for _, text in tokens[ends[0] :]):
        raise StatementRefused("more than one statement: ask them one by one")
    tokens = tokens[: ends[0]] if ends else tokens
    words = [text.strip('"`').upper() if kind == "name" else text for kind, text in tokens]
    first = next((w for w in words if w != "("), "")
    if first not in _FIRST:
        raise StatementRefused(f"{first or 'nothing'}: only reading is served here: {', '.join(_FIRST)}")
    if any(kind == "name" and text[0] in '"`' and "\\" in text for kind, text in tokens):
        raise StatementRefused("a name with a \\ in it: write the name itself")
    for kind, word, following in zip([k for k, _ in tokens], words, [*words[1:], ""], strict=True):
        if kind == "name" and following == "(" and _OUTSIDE.fullmatch(word):
            raise StatementRefused(f"{word.lower()}(): reads from outside the store; not served here")
        if word == "INTO" and following in ("OUTFILE", "'"):
            raise StatementRefused("INTO OUTFILE: files are not written here; use -o csv and redirect")
    if len(words) > 2 and words[-2] == "FORMAT":
        raise StatementRefused("FORMAT: leave it out and say -o table, json or csv")
    return sql[: sql.rindex(";")] if ends and sql.rstrip().endswith(";") else _until_end(sql, bool(ends))


def _until_end(sql: str, ended: bool) -> str:
    """`sql` up to a `;` that only a comment follows."""
    if not ended:
        return sql
    end = next(m.start() for m in _TOKEN.finditer(sql) if m.group() == ";" and m.lastgroup == "other")
    return sql[:end]
