"""A columnar scanner of canonical NDJSON: exact, strict, and sure of what it accepts.

It accepts a record only if it is a flat JSON object of known fields for its type, with plain strings and
plain decimals; anything else (escapes, exponents, nulls, unusual characters, every kind of mistake) it leaves
to the strict row path (`pipelines.intake.strict`), which alone gives verdicts. So a bad row costs its own
time and never its batch's. Law: a row that the scanner accepts gets the same values from the row path.
"""

from __future__ import annotations

import numpy as np

from pipelines.intake.layout import COLUMN, DECIMAL, INT, NAME, SCHEMA, STRING, TIME, TRUST_KIND, TYPE
from pipelines.kernels.compiled import kernel
from pipelines.kernels.exact import NONE
from schemas.fields import FUTURE_MS, MAX_RECORD_BYTES, MAX_TEXT_BYTES, TIME_MAX_MS

_TYPE_COL, _TIME_COL, _REC_AT = COLUMN["type"], COLUMN["time"], COLUMN["recorded_at"]
_U = np.uint64  # an unsigned index spares Numba the test for a negative one
SPAN_BITS = 16  # a string is (start << 16 | length) into the batch's bytes


@kernel
def skip_space(buf, i, b):  # type: ignore[no-untyped-def]
    """The next position that is not JSON white space."""
    while i < b and (buf[_U(i)] == 32 or buf[_U(i)] == 10 or buf[_U(i)] == 13 or buf[_U(i)] == 9):
        i += 1
    return i


@kernel
def plain_text_end(buf, i, b):  # type: ignore[no-untyped-def]
    """End of a run of characters that need no escape and are NFC whatever stands beside them; -1 if
    unsure.
    """
    start = i
    while i < b:
        c = buf[_U(i)]
        if c == 34:
            break
        if c < 32 or c == 92 or c == 127:
            return -1
        if c < 127:
            i += 1
        elif 0xC3 <= c <= 0xC9 and i + 1 < b and 0x80 <= buf[_U(i + 1)] <= (0x8F if c == 0xC9 else 0xBF):
            i += 2  # U+00C0 .. U+024F
        elif (
            0xE4 <= c <= 0xE9
            and i + 2 < b
            and 0x80 <= buf[_U(i + 1)] <= 0xBF
            and 0x80 <= buf[_U(i + 2)] <= 0xBF
        ):
            if c == 0xE4 and buf[_U(i + 1)] < 0xB8:
                return -1  # U+4000 .. U+4DFF: not looked at
            i += 3  # U+4E00 .. U+9FFF
        else:
            return -1
        if i - start > MAX_TEXT_BYTES:
            return -1
    if i == start or i - start > MAX_TEXT_BYTES or buf[_U(start)] == 32 or buf[_U(i - 1)] == 32:
        return -1
    return i  # at a quote, or at the end of a cell


@kernel
def decimal(buf, i, b, scale):  # type: ignore[no-untyped-def]
    """(value x 10^scale, end, ok) of a plain decimal in buf[i:b]."""
    negative = i < b and buf[_U(i)] == 45
    if negative:
        i += 1
    start, v = i, np.int64(0)
    while i < b and 48 <= buf[_U(i)] <= 57 and i - start < 18:
        v = v * 10 + (buf[_U(i)] - 48)
        i += 1
    n = i - start
    if n == 0 or (n > 1 and buf[_U(start)] == 48):
        return v, i, False
    d = 0
    if i < b and buf[_U(i)] == 46:
        i += 1
        first = i
        while i < b and 48 <= buf[_U(i)] <= 57 and i - first < scale:
            v = v * 10 + (buf[_U(i)] - 48)
            i += 1
        d = i - first
        if d == 0:
            return v, i, False
    if n + scale > 18 or (
        i < b and (48 <= buf[_U(i)] <= 57 or buf[_U(i)] == 46 or buf[_U(i)] == 101 or buf[_U(i)] == 69)
    ):
        return v, i, False
    for _ in range(scale - d):
        v *= 10
    if negative:
        if v == 0:
            return v, i, False
        v = -v
    return v, i, True


@kernel
def _two(buf, i):  # type: ignore[no-untyped-def]
    h, t = np.int64(buf[_U(i)]) - 48, np.int64(buf[_U(i + 1)]) - 48
    if h < 0 or h > 9 or t < 0 or t > 9:
        return np.int64(-1000)
    return h * 10 + t


@kernel
def instant(buf, i, b):  # type: ignore[no-untyped-def]
    """(ms since 1970 UTC, ok) of RFC 3339 `YYYY-MM-DDTHH:MM:SS[.f{1,3}](Z|+HH:MM|-HH:MM)` in buf[i:b]."""
    n = b - i
    if (
        n < 20
        or buf[_U(i + 4)] != 45
        or buf[_U(i + 7)] != 45
        or buf[_U(i + 10)] != 84
        or buf[_U(i + 13)] != 58
        or buf[_U(i + 16)] != 58
    ):
        return np.int64(0), False
    y = _two(buf, i) * 100 + _two(buf, i + 2)
    mo, d = _two(buf, i + 5), _two(buf, i + 8)
    h, mi, s = _two(buf, i + 11), _two(buf, i + 14), _two(buf, i + 17)
    if (
        y < 1970
        or y > 2199
        or mo < 1
        or mo > 12
        or d < 1
        or h < 0
        or h > 23
        or mi < 0
        or mi > 59
        or s < 0
        or s > 59
    ):
        return np.int64(0), False
    leap = (y % 4 == 0 and y % 100 != 0) or y % 400 == 0
    last = 31
    if mo == 2:
        last = 29 if leap else 28
    elif mo == 4 or mo == 6 or mo == 9 or mo == 11:
        last = 30
    if d > last:
        return np.int64(0), False
    p, ms = i + 19, np.int64(0)
    if buf[_U(p)] == 46:
        p += 1
        first = p
        while p < b and 48 <= buf[_U(p)] <= 57 and p - first < 9:
            if p - first < 3:  # finer digits are cut off
                ms = ms * 10 + (buf[_U(p)] - 48)
            p += 1
        if p == first:
            return np.int64(0), False
        for _ in range(3 - (p - first)):
            ms *= 10
    shift = np.int64(0)
    if p + 1 == b and buf[_U(p)] == 90:
        pass
    elif p + 6 == b and (buf[_U(p)] == 43 or buf[_U(p)] == 45) and buf[_U(p + 3)] == 58:
        oh, om = _two(buf, p + 1), _two(buf, p + 4)
        if oh < 0 or oh > 23 or om < 0 or om > 59:
            return np.int64(0), False
        shift = (oh * 60 + om) * 60000
        if buf[_U(p)] == 45:
            shift = -shift
    else:
        return np.int64(0), False
    yy = y - (1 if mo <= 2 else 0)  # days from civil, the year beginning in March
    era = yy // 400
    yoe = yy - era * 400
    doy = (153 * (mo + (-3 if mo > 2 else 9)) + 2) // 5 + d - 1
    days = era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468
    t = ((days * 24 + h) * 60 + mi) * 60000 + s * 1000 + ms - shift
    return t, 0 <= t <= TIME_MAX_MS


@kernel
def lookup(buf, a, b, names, ends, slots):  # type: ignore[no-untyped-def]
    """The field called buf[a:b], or -1."""
    h = np.int64(b - a)
    for i in range(a, b):
        h = (h * 31 + buf[_U(i)]) & 0xFFFFFF
    s = h & 255
    while slots[s] >= 0:
        f = slots[s]
        if ends[f + 1] - ends[f] == b - a:
            same = True
            for j in range(b - a):
                if names[ends[f] + j] != buf[_U(a + j)]:
                    same = False
                    break
            if same:
                return f
        s = (s + 1) & 255
    return np.int64(-1)


@kernel
def type_of(buf, a, b, names, ends, codes):  # type: ignore[no-untyped-def]
    """The code of the type called buf[a:b], or -1."""
    for t in range(codes.shape[0]):
        if ends[t + 1] - ends[t] == b - a and names[ends[t] + b - a - 1] == buf[_U(b - 1)]:
            same = True
            for j in range(b - a):
                if names[ends[t] + j] != buf[_U(a + j)]:
                    same = False
                    break
            if same:
                return codes[t]
    return np.int64(-1)


@kernel
def value(buf, i, b, quoted, col, kind, scale, row, tn, te, tc):  # type: ignore[no-untyped-def]
    """Read one value at buf[i:b] (behind the quote if quoted) into its column; (end, ok)."""
    if kind == DECIMAL:
        v, e, ok = decimal(buf, i, b, scale)
        row[col] = v
        return e, ok
    if kind == INT or kind == SCHEMA:
        if quoted:
            return i, False
        v, e, ok = decimal(buf, i, b, 0)
        if kind == SCHEMA:
            return e, ok and v == 1
        row[col] = v
        return e, ok and v >= 0
    if not quoted:
        return i, False
    e = plain_text_end(buf, i, b)
    if e < 0:
        return i, False
    if kind == STRING:
        row[col] = (np.int64(i) << SPAN_BITS) | (e - i)
        return e, True
    if kind == NAME:  # of an item or a place: plain unless it begins like an account, or may be half of one
        row[col] = (np.int64(i) << SPAN_BITS) | (e - i)
        return e, buf[_U(i)] != 64 and buf[_U(i)] != 47 and buf[_U(e - 1)] != 47
    if kind == TIME:
        t, ok = instant(buf, i, e)
        row[col] = t
        return e, ok
    if kind == TYPE:
        code = type_of(buf, i, e, tn, te, tc)
        row[col] = code
        return e, code >= 0
    n = e - i  # trust: green, yellow, red
    if (
        kind == TRUST_KIND
        and n == 5
        and buf[_U(i)] == 103
        and buf[_U(i + 1)] == 114
        and buf[_U(i + 2)] == 101
        and buf[_U(i + 4)] == 110
    ):
        row[col] = 0
        return e, buf[_U(i + 3)] == 101
    if (
        n == 6
        and buf[_U(i)] == 121
        and buf[_U(i + 1)] == 101
        and buf[_U(i + 2)] == 108
        and buf[_U(i + 3)] == 108
        and buf[_U(i + 4)] == 111
    ):
        row[col] = 1
        return e, buf[_U(i + 5)] == 119
    row[col] = 2
    return e, n == 3 and buf[_U(i)] == 114 and buf[_U(i + 1)] == 101 and buf[_U(i + 2)] == 100


@kernel
def complete(row, seen, arrival, allowed, required, one_of, sign, field):  # type: ignore[no-untyped-def]
    """Whether the fields seen are those of the type, with the right signs and believable times."""
    t = row[_TYPE_COL]
    if (seen & ~allowed[t]) != 0 or (seen & required[t]) != required[t] or required[t] == 0:
        return False
    for g in range(one_of.shape[1]):
        if one_of[t, g] != 0 and (seen & one_of[t, g]) == 0:
            return False
    for f in range(field.shape[0]):
        if sign[t, f] != 0 and (seen >> f) & 1 == 1:
            v = row[field[f, 0]]
            if v < 0 or (v == 0 and sign[t, f] == 2):
                return False
    if row[_TIME_COL] > arrival + FUTURE_MS:
        return False
    return row[_REC_AT] == NONE or row[_REC_AT] <= arrival


@kernel
def _scan_one(  # type: ignore[no-untyped-def]
    buf, a, b, arrival, row, names, ends, slots, field, tn, te, tc, allowed, required, one_of, sign
):
    i = skip_space(buf, a, b)
    if i >= b or buf[_U(i)] != 123 or b - a > MAX_RECORD_BYTES:
        return False
    i = skip_space(buf, i + 1, b)
    seen = np.int64(0)
    while True:
        if i >= b or buf[_U(i)] != 34:
            return False
        k = i + 1
        i = k
        while i < b and buf[_U(i)] != 34:
            i += 1
        f = lookup(buf, k, i, names, ends, slots)
        if f < 0 or (seen >> f) & 1 == 1:
            return False
        seen |= np.int64(1) << f
        i = skip_space(buf, i + 1, b)
        if i >= b or buf[_U(i)] != 58:
            return False
        i = skip_space(buf, i + 1, b)
        quoted = i < b and buf[_U(i)] == 34
        if quoted:
            i += 1
        i, ok = value(buf, i, b, quoted, field[f, 0], field[f, 1], field[f, 2], row, tn, te, tc)
        if not ok:
            return False
        if quoted:
            if i >= b or buf[_U(i)] != 34:
                return False
            i += 1
        i = skip_space(buf, i, b)
        if i >= b:
            return False
        if buf[_U(i)] == 125:
            break
        if buf[_U(i)] != 44:
            return False
        i = skip_space(buf, i + 1, b)
    if skip_space(buf, i + 1, b) != b:
        return False
    return complete(row, seen, arrival, allowed, required, one_of, sign, field)


@kernel
def scan_json(  # type: ignore[no-untyped-def]
    buf, offs, arrival, rec, ok, names, ends, slots, field, tn, te, tc, allowed, required, one_of, sign
):
    """Scan n records: rec int64[n, WIDTH] gets the values, ok uint8[n] whether the scanner is sure."""
    for i in range(ok.shape[0]):
        row = rec[i]
        row[:] = NONE
        good = _scan_one(
            buf,
            offs[i],
            offs[i + 1],
            arrival,
            row,
            names,
            ends,
            slots,
            field,
            tn,
            te,
            tc,
            allowed,
            required,
            one_of,
            sign,
        )
        ok[i] = 1 if good else 0


@kernel
def scan_cells(buf, offs, present, field_no, rec, seen, ok, field, tn, te, tc):  # type: ignore[no-untyped-def]
    """One column of strings (a mapped file's) as values of one field: the same reading, without the JSON
    around it.
    """
    col, kind, scale = field[field_no, 0], field[field_no, 1], field[field_no, 2]
    for i in range(ok.shape[0]):
        if present[i] == 0 or ok[i] == 0:
            continue
        a, b = np.int64(offs[i]), np.int64(offs[i + 1])
        e, good = value(buf, a, b, kind != INT and kind != SCHEMA, col, kind, scale, rec[i], tn, te, tc)
        if not good or e != b:
            ok[i] = 0
        seen[i] |= np.int64(1) << field_no


@kernel
def complete_all(rec, seen, arrival, ok, allowed, required, one_of, sign, field):  # type: ignore[no-untyped-def]
    """`complete` over all rows that are still sure."""
    for i in range(ok.shape[0]):
        if ok[i] != 0 and not complete(rec[i], seen[i], arrival, allowed, required, one_of, sign, field):
            ok[i] = 0


@kernel
def text_lengths(spans, offs):  # type: ignore[no-untyped-def]
    """Offsets of a string column from spans (NONE = empty); returns the total."""
    total = np.int64(0)
    offs[0] = 0
    for i in range(spans.shape[0]):
        if spans[i] != NONE:
            total += spans[i] & 0xFFFF
        offs[i + 1] = total
    return total


@kernel
def text_gather(spans, buf, extra, out):  # type: ignore[no-untyped-def]
    """The bytes of a string column; a span that starts behind `buf` lies in `extra`."""
    p = np.int64(0)
    n = np.int64(buf.shape[0])
    for i in range(spans.shape[0]):
        if spans[i] != NONE:
            a = spans[i] >> SPAN_BITS
            src = buf
            if a >= n:
                src = extra
                a -= n
            for j in range(spans[i] & 0xFFFF):
                out[_U(p)] = src[_U(a + j)]
                p += 1
