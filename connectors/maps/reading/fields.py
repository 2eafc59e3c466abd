"""The grammar of delimited text, once per record and once for a whole block.

A record is fields joined by the delimiter, ended by LF or CR LF. A field that begins with a quote ends at the
next single quote, which the delimiter or the end must follow; a doubled quote inside it is one quote, and
newlines are content. Any other field is taken literally, quotes inside included. A record whose quoted field
is not closed is one line, and malformed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_QUOTE, _LF, _CR = 34, 10, 13


class Grammar(NamedTuple):
    """Compiled for one delimiter: `field` on text, `record` on bytes (with its line end)."""

    field: re.Pattern[str]
    record: re.Pattern[bytes]


@lru_cache
def grammar(delimiter: str) -> Grammar:
    """The grammar for a one-character ASCII delimiter."""
    d = re.escape(delimiter)
    quoted = rf'"(?:[^"]++|"")*+"(?={d}|\r?\n|\r?\Z)'
    record = rf'(?:{quoted}|(?!")[^{d}\n]*+)(?:{d}(?:{quoted}|(?!")[^{d}\n]*+))*+(?:\r?\n|\r?\Z)'
    return Grammar(re.compile(rf'"((?:[^"]++|"")*+)"(?={d}|\Z)|((?!")[^{d}]*+)'), re.compile(record.encode()))


def line_end(record: bytes) -> bytes:
    """The record without its LF or CR LF."""
    return record.removesuffix(b"\n").removesuffix(b"\r")


def split_record(text: str, delimiter: str) -> list[str] | None:
    """The fields of one record (without its line end); None when it is malformed."""
    if '"' not in text:
        return text.split(delimiter)
    field, fields, at = grammar(delimiter).field, [], 0
    while True:
        found = field.match(text, at)
        if found is None:
            return None
        quoted, plain = found.groups()
        fields.append(plain if quoted is None else quoted.replace('""', '"'))
        at = found.end()
        if at == len(text):
            return fields
        at += 1  # the delimiter: nothing else can stand here


def record_ends(buf: NDArray[np.uint8], delimiter: str, final: bool, limit: int) -> NDArray[np.int64]:
    """Where the records of `buf`, which begins at a record, end (int64, one past the newline).

    What follows the last end is unfinished. `final`: no more bytes will come, so everything is finished.
    A quote that stays open for more than `limit` bytes is malformed: its line is a record.
    """
    newlines = np.flatnonzero(buf == _LF)
    quotes = np.flatnonzero(buf == _QUOTE)
    if not len(quotes):
        ends = newlines + 1
        whole = len(ends) and ends[-1] == len(buf)
        return np.append(ends, len(buf)) if final and len(buf) and not whole else ends
    if _regular(buf, quotes, ord(delimiter)):
        inside = np.searchsorted(quotes, newlines) & 1
        ends = newlines[inside == 0] + 1
        last = int(ends[-1]) if len(ends) else 0
        is_open = len(quotes) & 1
        if not is_open or (not final and len(buf) - last <= limit):
            return np.append(ends, len(buf)) if final and last < len(buf) else ends
    return _scan(buf.tobytes(), delimiter, final, limit)


def _regular(buf: NDArray[np.uint8], quotes: NDArray[np.int64], delimiter: int) -> bool:
    """Whether every opening quote starts a field and every closing one ends it or is doubled."""
    before = np.where(quotes > 0, buf[quotes - 1], _LF)
    after = buf[np.minimum(quotes + 1, len(buf) - 1)]
    at_end = quotes == len(buf) - 1
    doubled = np.diff(quotes, prepend=-2) == 1
    even = np.arange(len(quotes)) & 1 == 0
    opens = (before == delimiter) | (before == _LF) | doubled
    next_lf = buf[np.minimum(quotes + 2, len(buf) - 1)] == _LF
    closes = (after == delimiter) | (after == _LF) | (after == _QUOTE) | at_end | ((after == _CR) & next_lf)
    return bool(np.where(even, opens, closes).all())


def _scan(data: bytes, delimiter: str, final: bool, limit: int) -> NDArray[np.int64]:
    """The same, record by record, for text that parity alone cannot read."""
    record, ends, at = grammar(delimiter).record, [], 0
    while at < len(data):
        found = record.match(data, at)
        line = data.find(b"\n", at) + 1
        unfinished = found is None or (found.end() == len(data) and data[-1] != _LF)
        if unfinished and not final and len(data) - at <= limit:
            may_go_on = found is not None or not line or _open(delimiter).match(data, at) is not None
            if may_go_on:
                break
        if found is not None and (final or not unfinished):
            at = found.end()
        elif line:
            at = line
        elif final:
            at = len(data)
        else:
            break
        ends.append(at)
    return np.array(ends, dtype=np.int64)


@lru_cache
def _open(delimiter: str) -> re.Pattern[bytes]:
    """Whole fields, then a quoted one that is open, or closed right at the end of what is known."""
    d = re.escape(delimiter)
    quoted = rf'"(?:[^"]++|"")*+"(?={d}|\r?\n)'
    plain = rf'(?!")[^{d}\n]*+'
    return re.compile(rf'(?:(?:{quoted}|{plain}){d})*+"(?:[^"]++|"")*+"?\r?\Z'.encode())


class Split(NamedTuple):
    """Fields of the records that the block path can read exactly.

    `rows`: int64[g], which records. `starts`, `ends`: int64[g, fields], quotes taken off.
    """

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def split_block(buf: NDArray[np.uint8], offsets: NDArray[np.int64], fields: int, delimiter: int) -> Split:
    """Fields of all plain records of a block; records left out of `rows` are for `split_record`.

    Left out: another number of fields, doubled or stray quotes. `offsets`: int64[n + 1], contiguous records.
    """
    if not len(buf):
        none = np.zeros((0, fields), dtype=np.int64)
        return Split(none[:, 0], none, none)
    begin, end = offsets[:-1], offsets[1:].copy()
    end -= (end > begin) & (buf[np.maximum(end - 1, 0)] == _LF)
    end -= (end > begin) & (buf[np.maximum(end - 1, 0)] == _CR)
    marks = np.flatnonzero(buf == delimiter)
    quotes = np.flatnonzero(buf == _QUOTE)
    good = np.ones(len(begin), dtype=np.bool_)
    if len(quotes):
        first = np.searchsorted(quotes, begin)
        count = np.searchsorted(quotes, offsets[1:]) - first
        of = np.repeat(np.arange(len(begin)), count)
        even = (np.arange(len(quotes)) - first[of]) & 1 == 0
        before = buf[np.maximum(quotes - 1, 0)]
        after = buf[np.minimum(quotes + 1, len(buf) - 1)]
        opens = (quotes == begin[of]) | (before == delimiter)
        closes = (quotes + 1 == end[of]) | (after == delimiter)
        good[of[~np.where(even, opens, closes)]] = False
        good[count & 1 == 1] = False
        of_mark = np.repeat(np.arange(len(begin)), np.diff(np.searchsorted(marks, offsets)))
        near = np.flatnonzero(count[of_mark] > 0)
        inside = (np.searchsorted(quotes, marks[near]) - first[of_mark[near]]) & 1 == 1
        marks = np.delete(marks, near[inside])
    at = np.searchsorted(marks, offsets)
    good &= np.diff(at) == fields - 1
    rows = np.flatnonzero(good)
    inner = marks[np.repeat(good, np.diff(at))].reshape(len(rows), fields - 1)
    starts = np.concatenate([begin[rows][:, None], inner + 1], axis=1)
    ends = np.concatenate([inner, end[rows][:, None]], axis=1)
    if len(quotes):
        is_quoted = (starts < ends) & (buf[np.minimum(starts, len(buf) - 1)] == _QUOTE)
        starts, ends = starts + is_quoted, ends - is_quoted
    return Split(rows, starts, ends)


def gather(buf: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> pa.LargeBinaryArray:
    """The slices `buf[starts[i]:ends[i]]` as one array; ascending and not overlapping."""
    if not len(starts):
        return pa.array([], type=pa.large_binary())
    bounds = np.empty(2 * len(starts), dtype=np.int64)
    bounds[0::2], bounds[1::2] = starts, ends
    every = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(bounds) - 1, [None, pa.py_buffer(bounds), pa.py_buffer(buf)]
    )
    return every.take(pa.array(np.arange(0, len(bounds), 2)))
