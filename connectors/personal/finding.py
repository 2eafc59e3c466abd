"""Looking for the members that name a person in a whole block of JSON records, byte by byte."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.kernels.compiled import kernel

I64 = NDArray[np.int64]
_U = np.uint64  # an unsigned index needs no look at its sign
NOTHING, PLAIN, CAREFUL = 0, 1, 2
"""What a record needs: nothing, its plain values replaced, or a careful look at all of it."""


@kernel
def _past_space(buf, i, b):  # type: ignore[no-untyped-def]
    while i < b and (buf[_U(i)] == 32 or buf[_U(i)] == 9 or buf[_U(i)] == 10 or buf[_U(i)] == 13):
        i += 1
    return i


@kernel
def _string_end(buf, i, b):  # type: ignore[no-untyped-def]
    """(where the closing quote is, or -1; whether nothing in it needs a careful look)."""
    plain = True
    while i < b and buf[_U(i)] != 34:
        if buf[_U(i)] == 92:
            plain = False
            i += 1
        elif buf[_U(i)] < 32 or buf[_U(i)] == 127:
            plain = False
        i += 1
    return (i, plain) if i < b else (np.int64(-1), False)


@kernel
def _named(buf, a, b, names, ends):  # type: ignore[no-untyped-def]
    """Whether buf[a:b] begins with one of the names; the length of that name, or 0."""
    first = np.int64(0)
    for k in range(ends.shape[0]):
        n = ends[k] - first
        if b - a >= n:
            j = np.int64(0)
            while j < n and buf[_U(a + j)] == names[_U(first + j)]:
                j += 1
            if j == n:
                return n
        first = ends[k]
    return np.int64(0)


@kernel
def _walk(buf, a, b, begins, names, ends, starts, stops, count):  # type: ignore[no-untyped-def]
    """(what the record needs, how many spans there are now). Spans of a record in doubt are of no use."""
    i, found = a, np.int64(0)
    while i < b:
        if buf[_U(i)] != 34:
            i += 1
            continue
        close, plain = _string_end(buf, i + 1, b)
        if close < 0:
            return CAREFUL, count
        k = _past_space(buf, close + 1, b)
        if k >= b or buf[_U(k)] != 58:  # a value
            i = close + 1
            continue
        n = _named(buf, i + 1, close, names, ends)
        if not plain or (n > 0 and n != close - i - 1):
            return CAREFUL, count
        i = _past_space(buf, k + 1, b)
        if n == 0:
            continue
        found += 1
        if i < b and buf[_U(i)] == 110:  # null names nobody
            continue
        if i >= b or buf[_U(i)] != 34 or count >= starts.shape[0]:
            return CAREFUL, count
        close, plain = _string_end(buf, i + 1, b)
        if not plain:
            return CAREFUL, count
        starts[count], stops[count] = i + 1, close
        count += 1
        i = close + 1
    seen, p = np.int64(0), a
    while p < b:  # a name that stands anywhere else: in a value, or in what is no JSON
        if begins[buf[_U(p)]] != 0:
            seen += _named(buf, p, b, names, ends) > 0
        p += 1
    if seen != found:
        return CAREFUL, count
    return (PLAIN if found else NOTHING), count


@kernel
def _mentioned(buf, bounds, heads, marks):  # type: ignore[no-untyped-def]
    """Mark the records in which the first four bytes of a name, or of an escaped letter, stand somewhere."""
    for i in range(marks.shape[0]):
        part, n = buf[bounds[i] : bounds[i + 1]], bounds[i + 1] - bounds[i] - 3
        hit = np.uint8(0)
        for k in range(heads.shape[0]):
            c, d, e, f = heads[k, 0], heads[k, 1], heads[k, 2], heads[k, 3]
            for p in range(n):  # without a branch: many bytes at a time
                same = (part[p] == c) & (part[p + 1] == d) & (part[p + 2] == e) & (part[p + 3] == f)
                hit |= np.uint8(same)
        marks[i] = hit


@kernel
def _walk_all(buf, bounds, marks, begins, names, ends, starts, stops, rows, needs):  # type: ignore[no-untyped-def]
    count = np.int64(0)
    for i in range(needs.shape[0]):
        needs[i] = NOTHING
        if marks[i] == 0:
            continue
        before = count
        needs[i], count = _walk(buf, bounds[i], bounds[i + 1], begins, names, ends, starts, stops, count)
        if needs[i] == CAREFUL:
            count = before
        for k in range(before, count):
            rows[k] = i
    return count


def find(
    buf: NDArray[np.uint8], bounds: I64, names: Sequence[bytes]
) -> tuple[I64, I64, I64, NDArray[np.int8]]:
    """(starts, ends, records) of the plain values to replace, int64[m]; what each record needs, int8[n]."""
    heads = np.array([list(word[:4]) for word in (*names, b"\\u00")], np.uint8)
    marks, needs = np.empty(len(bounds) - 1, np.uint8), np.zeros(len(bounds) - 1, np.int8)
    _mentioned(buf, bounds, heads, marks)
    many = int(np.count_nonzero(marks))
    spans = np.empty((3, 2 * many), np.int64)
    if many:
        begins = np.zeros(256, np.uint8)
        begins[[word[0] for word in names]] = 1
        words = np.frombuffer(b"".join(names), np.uint8)
        ends = np.cumsum(np.fromiter(map(len, names), np.int64, len(names)))
        many = _walk_all(buf, bounds, marks, begins, words, ends, spans[0], spans[1], spans[2], needs)
    return spans[0, :many], spans[1, :many], spans[2, :many], needs
