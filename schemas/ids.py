"""Identifiers with a check digit: GTIN, GLN, SSCC (GS1) and the unified social credit code (GB 32100).

`check(kind, text)` gives the normalised form or raises `BadIdentifier` with the place, the fact and the
cure. A GTIN of any length becomes 14 digits, so that 8, 12, 13 and 14 digits of one article are equal.

**Source** GS1 General Specifications 7.9 (modulo 10, weights 3 1 from the right); GB 32100-2015 (modulo
31, weights 3^i).
"""

from __future__ import annotations

from schemas.reasons import Reason

GTIN_LENGTHS = (8, 12, 13, 14)

_GS1_LENGTHS: dict[str, tuple[int, ...]] = {
    "gtin": GTIN_LENGTHS,
    "gtin8": (8,),
    "gtin12": (12,),
    "gtin13": (13,),
    "gtin14": (14,),
    "gln": (13,),
    "sscc": (18,),
}

KINDS: tuple[str, ...] = (*_GS1_LENGTHS, "uscc")

_USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_LENGTH = 18


class BadIdentifier(ValueError):
    """An identifier that cannot be: `kind`, `text` and `problem` are the facts, `reason` the refusal."""

    reason = Reason.BAD_IDENTIFIER

    def __init__(self, kind: str, text: str, problem: str) -> None:
        self.kind = kind
        self.text = text
        self.problem = problem
        super().__init__(f"{kind} {text!r}: {problem}; scan it again or look it up")


def gs1_check_digit(body: str) -> str:
    """The digit that follows `body` (ASCII digits, without the check digit): GS1 modulo 10.

    >>> gs1_check_digit("629104150021")
    '3'
    """
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(body)))
    return str(-total % 10)


def uscc_check_character(body: str) -> str:
    """The 18th character of a unified social credit code; `ValueError` for a sign that cannot occur.

    `body`: its first 17 characters.
    """
    total = sum(_USCC_SIGNS.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return _USCC_SIGNS[-total % 31]


def _digits_only(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _check_gs1(kind: str, text: str) -> str:
    lengths = _GS1_LENGTHS[kind]
    if not _digits_only(text):
        raise BadIdentifier(kind, text, "has characters other than the digits 0-9")
    if len(text) not in lengths:
        wanted = " or ".join(str(n) for n in lengths)
        raise BadIdentifier(kind, text, f"has {len(text)} digits where {wanted} are needed")
    wanted_digit = gs1_check_digit(text[:-1])
    if text[-1] != wanted_digit:
        raise BadIdentifier(kind, text, f"check digit is {text[-1]}, should be {wanted_digit}")
    return text.zfill(14) if kind.startswith("gtin") else text


def _check_uscc(text: str) -> str:
    if len(text) != _USCC_LENGTH:
        raise BadIdentifier("uscc", text, f"has {len(text)} characters where {_USCC_LENGTH} are needed")
    strange = sorted(set(text) - set(_USCC_SIGNS))
    if strange:
        raise BadIdentifier("uscc", text, f"has characters that do not occur: {''.join(strange)}")
    wanted = uscc_check_character(text[:-1])
    if text[-1] != wanted:
        raise BadIdentifier("uscc", text, f"check character is {text[-1]}, should be {wanted}")
    return text


def check(kind: str, text: str) -> str:
    """The normalised identifier: GTINs as 14 digits, the others as they are.

    `kind`: one of `KINDS` (`ValueError` for another). Raises `BadIdentifier` for wrong characters, length
    or check digit. Nothing is repaired: a lost leading zero is a wrong length.
    """
    if kind == "uscc":
        return _check_uscc(text)
    if kind not in _GS1_LENGTHS:
        raise ValueError(f"no identifier is called {kind!r}; known: {', '.join(KINDS)}")
    return _check_gs1(kind, text)


def is_valid(kind: str, text: str) -> bool:
    """Whether `check` would accept it."""
    try:
        check(kind, text)
    except BadIdentifier:
        return False
    return True


def short_gtin(gtin14: str) -> str:
    """A normalised GTIN as it is printed: the shortest of 8, 12, 13, 14 digits that holds it."""
    significant = len(gtin14.lstrip("0"))
    return gtin14[-min(n for n in GTIN_LENGTHS if n >= significant) :]
