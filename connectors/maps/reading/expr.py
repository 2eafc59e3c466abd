"""Exact expressions over columns: `Quantity * UnitPrice`, `-Quantity`, `abs(Qty)`, `{Unit price} - Rebate`.

Grammar: `+ - *`, unary minus, `abs( )`, brackets, decimal literals, and columns by name (in braces when the
name is no plain word). An empty column makes the whole value absent. There is no division: it would round.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from connectors.maps.reading.decimals import EXACT

_TOKEN = re.compile(
    r"\s*(?:(?P<num>[0-9]+(?:\.[0-9]+)?)|\{(?P<brace>[^{}]+)\}|(?P<name>[^\W\d]\w*)|(?P<op>[-+*()]))"
)
_SAFE = 4.0e18  # well inside int64, with room for the error of the float estimate
_MAX_PLACES = 18
_MAX_DEPTH = 50
_MAX_TOKENS = 200


@dataclass(frozen=True, slots=True)
class Num:
    """A literal."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Col:
    """The number in a column."""

    name: str


@dataclass(frozen=True, slots=True)
class Op:
    """`neg`, `abs` of `a`, or `*`, `+`, `-` of `a` and `b`."""

    kind: str
    a: Expr
    b: Expr | None = None


Expr = Num | Col | Op


class Numbers(NamedTuple):
    """A column of exact numbers: `ints` x 10^-`places`; `absent` where empty; `doubt` where not provable."""

    ints: NDArray[np.int64]
    places: int
    absent: NDArray[np.bool_]
    doubt: NDArray[np.bool_]


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise ValueError(f"cannot read {text[at:].strip()[:20]!r}")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        if len(self.tokens) > _MAX_TOKENS:
            raise ValueError("too long")
        self.tokens.append(("end", ""))
        self.at = 0

    def take(self, *wanted: str) -> str | None:
        kind, text = self.tokens[self.at]
        if kind != "op" or text not in wanted:
            return None
        self.at += 1
        return text

    def sum(self, depth: int = 0) -> Expr:
        if depth > _MAX_DEPTH:
            raise ValueError("too deep")
        left = self.product(depth)
        while op := self.take("+", "-"):
            left = Op(op, left, self.product(depth))
        return left

    def product(self, depth: int) -> Expr:
        left = self.atom(depth)
        while self.take("*"):
            left = Op("*", left, self.atom(depth))
        return left

    def atom(self, depth: int) -> Expr:
        if self.take("-"):
            if depth > _MAX_DEPTH:
                raise ValueError("too deep")
            return Op("neg", self.atom(depth + 1))
        if self.take("("):
            inner = self.sum(depth + 1)
            self.close()
            return inner
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "num":
            return Num(Decimal(text))
        if kind == "brace":
            return Col(text.strip())
        if kind == "name":
            if text == "abs" and self.take("("):
                inner = self.sum(depth + 1)
                self.close()
                return Op("abs", inner)
            return Col(text)
        raise ValueError(f"a number or a column is missing{f' before {text!r}' if text else ' at the end'}")

    def close(self) -> None:
        if not self.take(")"):
            raise ValueError("a bracket is not closed")


def parse(text: str) -> Expr:
    """The expression written in `text`; `ValueError` says what cannot be read."""
    parser = _Parser(text)
    found = parser.sum()
    if parser.tokens[parser.at][0] != "end":
        raise ValueError(f"{parser.tokens[parser.at][1]!r} is not expected here")
    return found


def columns(expr: Expr) -> list[str]:
    """The columns it reads, in order of appearance, each once."""
    if isinstance(expr, Col):
        return [expr.name]
    if isinstance(expr, Num):
        return []
    names = columns(expr.a) + (columns(expr.b) if expr.b is not None else [])
    return list(dict.fromkeys(names))


def evaluate(expr: Expr, get: Callable[[str], Decimal]) -> Decimal:
    """The exact value, column by column; raises `decimal.DecimalException` rather than round."""
    if isinstance(expr, Num):
        return expr.value
    if isinstance(expr, Col):
        return get(expr.name)
    a = evaluate(expr.a, get)
    if expr.b is None:
        return EXACT.minus(a) if expr.kind == "neg" else EXACT.abs(a)
    b = evaluate(expr.b, get)
    if expr.kind == "*":
        return EXACT.multiply(a, b)
    return EXACT.add(a, b) if expr.kind == "+" else EXACT.subtract(a, b)


def _rescale(x: Numbers, places: int) -> Numbers:
    factor = 10 ** (places - x.places)
    if factor == 1:
        return x
    doubt = x.doubt | (np.abs(x.ints.astype(np.float64)) * float(factor) > _SAFE)
    return Numbers(np.where(doubt, 0, x.ints) * np.int64(factor), places, x.absent, doubt)


def vector(expr: Expr, get: Callable[[str], Numbers], rows: int) -> Numbers:
    """`evaluate` for `rows` rows at once; a row that int64 may not hold is marked `doubt`, never wrong."""
    if isinstance(expr, Num):
        places = max(0, -int(expr.value.as_tuple().exponent))
        value = int(expr.value.scaleb(places, EXACT))
        off = abs(value) > _SAFE or places > _MAX_PLACES
        none = np.zeros(rows, dtype=np.bool_)
        return Numbers(
            np.full(rows, 0 if off else value, dtype=np.int64), min(places, _MAX_PLACES), none, none | off
        )
    if isinstance(expr, Col):
        return get(expr.name)
    a = vector(expr.a, get, rows)
    if expr.b is None:
        return a._replace(ints=-a.ints if expr.kind == "neg" else np.abs(a.ints))
    b = vector(expr.b, get, rows)
    if expr.kind != "*":
        places = max(a.places, b.places)
        a, b = _rescale(a, places), _rescale(b, places)
        near = np.abs(a.ints.astype(np.float64)) + np.abs(b.ints.astype(np.float64))
    else:
        places = a.places + b.places
        near = np.abs(a.ints.astype(np.float64)) * np.abs(b.ints.astype(np.float64))
    doubt = a.doubt | b.doubt | (near > _SAFE)
    if places > _MAX_PLACES:
        doubt = np.ones(rows, dtype=np.bool_)
    left, right = np.where(doubt, 0, a.ints), np.where(doubt, 0, b.ints)
    ints = left * right if expr.kind == "*" else left + right if expr.kind == "+" else left - right
    return Numbers(ints, places, a.absent | b.absent, doubt)
