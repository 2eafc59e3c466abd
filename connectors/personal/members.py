"""Where the values of an object's members stand in its JSON text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class Member(NamedTuple):
    """A member of an object: the names from the outermost in, and where its value stands in the text."""

    path: tuple[str, ...]
    start: int
    end: int


def is_json(text: str) -> bool:
    """Whether the text is one JSON value and nothing else (NaN and its kind are none)."""
    try:
        json.loads(text, parse_constant=_no_constant, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


def _no_constant(word: str) -> NoReturn:
    raise ValueError(word)


def members(text: str) -> Iterator[Member]:
    """Every member at every depth of a valid JSON text, containers after what is in them."""
    stack: list[tuple[str, str | None, int]] = []  # bracket, name of the member it is in, where it began
    names: list[str] = []
    name: str | None = None
    pending: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        word = token.group()
        if pending is not None:
            if word == ":":
                name = json.loads(pending.group())
            else:
                yield from _scalar(names, name, pending)
                name = None
            pending = None
        if word in "{[":
            stack.append((word, name, token.start()))
            if name is not None:
                names.append(name)
            name = None
        elif word in "}]":
            _, name, start = stack.pop()
            if name is not None:
                yield Member(tuple(names), start, token.end())
                names.pop()
            name = None
        elif word[0] == '"':
            pending = token
        elif word not in ",:":
            yield from _scalar(names, name, token)
            name = None


def _scalar(names: list[str], name: str | None, token: re.Match[str]) -> Iterator[Member]:
    if name is not None:
        yield Member((*names, name), token.start(), token.end())
