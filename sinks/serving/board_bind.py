"""Values bound into the SQL of a card, for query functions that take a text only (the owner's socket).

ClickHouse's own parameters are `{name:Type}`. Here each becomes a quoted literal of its type, in one
pass over the SQL, so that a value is never read as SQL nor as another parameter.
"""

import re
from collections.abc import Mapping

_PARAM = re.compile(r"\{\s*([A-Za-z_]\w*)\s*:\s*([A-Za-z]\w*)\s*\}")
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\0": "\\0", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def bind(sql: str, parameters: Mapping[str, object]) -> str:
    """`sql` with every `{name:String}` and `{name:Int64}` replaced by a literal.

    Raises KeyError for a parameter without a value, ValueError for another type or a value that does
    not fit it.
    """

    def literal(found: re.Match[str]) -> str:
        name, kind = found.groups()
        if name not in parameters:
            raise KeyError(f"{name}: the SQL asks for it and no value was given")
        value = parameters[name]
        if kind == "Int64" and isinstance(value, int):
            return f"toInt64({value:d})"
        if kind == "String" and isinstance(value, str):
            return "'" + "".join(_ESCAPES.get(letter, letter) for letter in value) + "'"
        raise ValueError(f"{name}: {type(value).__name__} does not fit {kind}; cards take String and Int64")

    return _PARAM.sub(literal, sql)
