"""Delimited text: the block way of finding records and fields equals the slow way."""

import csv
import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.maps.reading.fields import gather, line_end, record_ends, split_block, split_record

PIECES = [
    b'"',
    b",",
    b"\n",
    b"\r\n",
    b"a",
    b"bc",
    b'""',
    b' "',
    b"\r",
    b",,",
    b'","',
    b'"x\ny"',
    b"\xe4\xb8\xad",
]


def slow_ends(data, limit=1 << 20):
    """Records by the rule of the docstring, character by character."""
    ends, at = [], 0
    while at < len(data):
        end = _well_formed(data, at)
        if end is None:
            end = data.find(b"\n", at) + 1 or len(data)
        ends.append(end)
        at = end
    return ends


def _well_formed(data, at):
    while True:
        if data[at : at + 1] == b'"':
            at += 1
            while True:
                if at >= len(data):
                    return None
                if data[at : at + 2] == b'""':
                    at += 2
                elif data[at : at + 1] == b'"':
                    at += 1
                    break
                else:
                    at += 1
        else:
            while at < len(data) and data[at : at + 1] not in (b",", b"\n"):
                at += 1
        if at == len(data) or data[at:] == b"\r":
            return len(data)
        if data[at : at + 1] == b"\n" or data[at : at + 2] == b"\r\n":
            return data.index(b"\n", at) + 1
        if data[at : at + 1] != b",":
            return None
        at += 1


def ends_of(data, delimiter=",", limit=1 << 20, final=True):
    return record_ends(np.frombuffer(data, dtype=np.uint8), delimiter, final, limit).tolist()


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map(b"".join))
@example(b'1,"a\nb",c\n2,d\n')
@example(b'1,"never closed\n2,d\n3,"e"\n')
@example(b'1,5" PIPE,c\n2,"q""q",d\n')
def test_records_of_a_block(data):
    assert ends_of(data) == slow_ends(data)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20).map(b"".join), st.integers(1, 9))
def test_records_do_not_depend_on_blocks(data, block):
    found, carry, at = [], b"", 0
    for start in range(0, len(data) + 1, block):
        carry += data[start : start + block]
        final = start + block > len(data)
        for end in ends_of(carry, final=final):
            found.append(at + end)
        if found:
            carry, at = carry[found[-1] - at :], found[-1]
    assert found == slow_ends(data)


def test_an_open_quote_ends_with_its_line_after_the_limit():
    data = b'1,"open\n' + b"2,x\n" * 10
    assert ends_of(data, limit=1000, final=False) == []
    assert ends_of(data, limit=20, final=False)[:2] == [8, 12]


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join), min_size=1, max_size=6),
    st.integers(1, 4),
)
def test_fields_of_a_block(records, fields):
    bounds = np.cumsum([0, *map(len, records)])
    buf = np.frombuffer(b"".join(records), dtype=np.uint8)
    if not len(buf):
        return
    split = split_block(buf, bounds, fields, ord(","))
    columns = [gather(buf, split.starts[:, k], split.ends[:, k]).to_pylist() for k in range(fields)]
    rows = dict(zip(split.rows.tolist(), zip(*columns, strict=True), strict=True))
    for n, record in enumerate(records):
        wanted = split_record(line_end(record).decode(), ",")
        if n in rows:
            assert [f.decode() for f in rows[n]] == wanted
        elif wanted is not None and len(wanted) == fields:
            assert b'"' in record  # only quotes may send a good record to the slow way


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet='a,"\n\r 中', max_size=6), min_size=2, max_size=5))
def test_what_a_csv_writer_writes_is_read_back(fields):
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow(fields)
    data = out.getvalue().encode()
    assert ends_of(data) == [len(data)]
    assert split_record(line_end(data).decode(), ",") == fields


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a,b", ["a", "b"]),
        ('"a,b",c', ["a,b", "c"]),
        ('"a""b",""', ['a"b', ""]),
        ('5" PIPE,b"', ['5" PIPE', 'b"']),
        ('"a"x,b', None),
        ('"a,b', None),
        ("", [""]),
        (",", ["", ""]),
    ],
)
def test_one_record(text, fields):
    assert split_record(text, ",") == fields
