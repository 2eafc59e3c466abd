"""The store's words about a question as what and cure: its code, its scope and its grammar are left out.

From `Code: 47. DB::Exception: Unknown expression identifier `itm`. Maybe you meant: ['item']. In scope …`
comes `SQL: Unknown expression identifier `itm`; did you mean "item"?`.
"""

from __future__ import annotations

import re

from pipelines.runtime.i18n import t

_CODE = re.compile(r"(?:Code: \d+\. DB::Exception: )+")
_NAME = re.compile(r"[. ]*\((?:(?P<name>[A-Z][A-Z0-9_]{3,})|version [^)]*)\)[. ]*$")
_MEANT = re.compile(r"\.? ?Maybe you meant:? \[?'?(?P<word>[\w.]+)'?[^.?]*[.?]*")
_NOISE = re.compile(
    r"[.:]* (?:In scope|Expected one of|While processing|While executing)\b.*", re.DOTALL | re.IGNORECASE
)
_CURES = {
    "UNKNOWN_TABLE": "error.sql.table",
    "UNKNOWN_DATABASE": "error.sql.broken",
    "EMPTY_LIST_OF_COLUMNS_QUERIED": "error.sql.parameters",
    "UNKNOWN_QUERY_PARAMETER": "error.sql.parameters",
    "SYNTAX_ERROR": "error.sql.syntax",
    "TOO_MANY_ROWS_OR_BYTES": "error.sql.narrow",
    "TIMEOUT_EXCEEDED": "error.sql.narrow",
    "MEMORY_LIMIT_EXCEEDED": "error.sql.narrow",
    "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO": "error.sql.parameters",
    "READONLY": "error.sql.read",
    "ACCESS_DENIED": "error.sql.read",
}


def read(text: str) -> tuple[str, str] | None:
    """(what, cure) of a refused question; None where the text is not the engine's answer to one."""
    if " cannot be opened: " in text:  # the engine's reason is empty where another process or a damage is
        return text.split(": Code:", maxsplit=1)[0].strip(), t("error.sql.broken")
    code = _CODE.match(text)
    if code is None:
        return None
    rest, name = text[code.end() :], ""
    while tail := _NAME.search(rest):
        rest, name = rest[: tail.start()], tail["name"] or name
    what = _NOISE.sub("", rest).strip().rstrip(".:")
    if meant := _MEANT.search(what):
        return _MEANT.sub("", what).strip(), t("error.mean", name=meant["word"])
    return what, t(_CURES.get(name, "error.sql.other"))
