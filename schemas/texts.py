"""What a text on the wire is, once for everybody: NFC, trimmed, no control characters, at most 256 bytes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from schemas.fields import MAX_TEXT_BYTES
from schemas.reasons import Reason

# White space of Unicode but the separators 1C-1F and NEL, which are control characters.
BLANK = " \t\r\n\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


class BadText(ValueError):
    """A text that is none; `reason` is the refusal, the message what was found, in no language."""

    def __init__(self, reason: Reason, problem: str) -> None:
        super().__init__(problem)
        self.reason = reason


def clean(text: str) -> str:
    """The text as it is kept; "" counts as absent. Raises `BadText`.

    >>> clean(" TEA 500 ")
    'TEA 500'
    """
    kept = unicodedata.normalize("NFC", text).strip(BLANK)
    try:
        size = len(kept.encode())
    except UnicodeEncodeError as error:
        raise BadText(Reason.BAD_ENCODING, "U+D800 … U+DFFF") from error
    if size > MAX_TEXT_BYTES:
        raise BadText(Reason.RANGE, f"> {MAX_TEXT_BYTES} bytes")
    if any(unicodedata.category(ch) == "Cc" for ch in kept):
        raise BadText(Reason.BAD_TYPE, "U+0000 … U+009F")
    return kept


def twice(pairs: Iterable[tuple[str, object]]) -> str:
    """The first name that an object has twice, as a detail (`"qty" 2×`); "" where each stands once."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return f'"{name[:64]}" 2×'
        seen.add(name)
    return ""
