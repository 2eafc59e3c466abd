"""Rows as text: exact in every form."""

import datetime as dt
import json
from decimal import Decimal

import pyarrow as pa
import pytest

from sinks.format import render

ROWS = pa.table(
    {
        "amt": pa.array([Decimal("10.1000"), None], pa.decimal128(38, 4)),
        "version": pa.array([2**64 - 1, 0], pa.uint64()),
        "line": pa.array([1, 2], pa.uint32()),
        "at": pa.array([0, 1_735_689_600_007], pa.int64()).cast(pa.timestamp("ms", "UTC")),
        "name": ["绿茶, 一箱", 'say "hi"\n'],
        "rate": [float("nan"), 0.5],
        "list": pa.array([[1], []], pa.list_(pa.uint64())),
    }
)


def test_json_is_one_array_of_objects_with_exact_values():
    assert json.loads(render(ROWS, "json")) == [
        {"amt": "10.1000", "version": "18446744073709551615", "line": 1, "at": "1970-01-01T00:00:00.000Z",
         "name": "绿茶, 一箱", "rate": None, "list": ["1"]},
        {"amt": None, "version": "0", "line": 2, "at": "2025-01-01T00:00:00.007Z",
         "name": 'say "hi"\n', "rate": 0.5, "list": []},
    ]  # fmt: skip
    assert "NaN" not in render(ROWS, "json")


def test_csv_quotes_what_must_be_quoted():
    lines = render(ROWS, "csv").split("\r\n")
    assert lines[0] == "amt,version,line,at,name,rate,list"
    assert lines[1] == '10.1000,18446744073709551615,1,1970-01-01T00:00:00.000Z,"绿茶, 一箱",,"[""1""]"'
    assert lines[2].startswith(',0,2,2025-01-01T00:00:00.007Z,"say ""hi""\n"')


def test_a_table_lines_up_with_wide_characters():
    text = render(pa.table({"name": ["绿茶", "x"], "qty": pa.array([1, 20], pa.int64())}), "table")
    assert text == "name  qty\n----  ---\n绿茶    1\nx      20\n"


def test_control_characters_do_not_reach_the_terminal():
    assert "\x1b" not in render(pa.table({"a": ["\x1b[2J"]}), "table")


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_no_rows_is_no_error(form):
    text = render(ROWS.slice(0, 0), form)
    assert text.endswith("\n")
    if form == "json":
        assert json.loads(text) == []


def test_an_unknown_form_is_named():
    with pytest.raises(ValueError, match="-o xml: unknown; use table, json, csv"):
        render(ROWS, "xml")


def test_a_time_without_zone_counts_as_utc_and_seconds_get_milliseconds():
    rows = pa.table({"t": [dt.datetime(2025, 1, 1)], "d": [dt.date(2025, 1, 2)]})  # noqa: DTZ001
    assert json.loads(render(rows, "json")) == [{"t": "2025-01-01T00:00:00.000Z", "d": "2025-01-02"}]


def test_texts_may_be_any_bytes() -> None:
    raw = pa.array([b"a\xff", None]).cast(pa.binary())
    text = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    rows = pa.table({"raw": text, "many": pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), text)})
    assert json.loads(render(rows, "json")) == [
        {"raw": "a\ufffd", "many": ["a\ufffd"]},
        {"raw": None, "many": [None]},
    ]
    assert "a\ufffd" in render(rows)
