"""Local times: formats, zones, the two odd hours of a year, and both ways of reading alike."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.maps.errors import RowError
from connectors.maps.reading.times import Clock, compile_format

FULL = "%Y-%m-%d %H:%M:%S"


def clock(*formats, zone="Europe/London"):
    return Clock(tuple(compile_format(f) for f in formats), zone)


@pytest.mark.parametrize(
    ("form", "zone", "text", "instant"),
    [
        (FULL, "Europe/London", "2010-12-01 08:26:00", "2010-12-01T08:26:00Z"),
        (FULL, "Europe/London", "2011-07-01 08:26:00", "2011-07-01T07:26:00Z"),
        (FULL, "Asia/Shanghai", "2025-01-02 03:04:05", "2025-01-01T19:04:05Z"),
        ("%Y-%m-%d", "America/Chicago", "2012-01-31", "2012-01-31T06:00:00Z"),
        ("%m/%d/%Y %H:%M", "Europe/London", "12/1/2010 8:26", "2010-12-01T08:26:00Z"),
        ("%d.%m.%y %I:%M %p", "Europe/Berlin", "01.02.11 12:05 am", "2011-01-31T23:05:00Z"),
        ("%Y%m%d%H%M%S", "Asia/Shanghai", "20250102030405", "2025-01-01T19:04:05Z"),
        ("%Y-%m-%dT%H:%M:%S.%f", "UTC", "2025-01-02T03:04:05.120", "2025-01-02T03:04:05.12Z"),
        ("%Y-%m-%dT%H:%M:%S%z", "", "2025-01-02T03:04:05+08:00", "2025-01-01T19:04:05Z"),
        ("%Y年%m月%d日", "Asia/Shanghai", "2025年1月2日", "2025-01-01T16:00:00Z"),
    ],
)
def test_formats(form, zone, text, instant):
    assert clock(form, zone=zone).read(text, "t") == instant


def test_a_time_that_occurs_twice_takes_the_first():
    # 2011-10-30 in London: 02:00 BST becomes 01:00 GMT
    assert clock(FULL).read("2011-10-30 01:30:00", "t") == "2011-10-30T00:30:00Z"
    assert clock(FULL).read("2011-10-30 02:00:00", "t") == "2011-10-30T02:00:00Z"


def test_a_time_that_never_occurs_is_refused():
    with pytest.raises(RowError, match=r"bad_time: t: '2011-03-27 01:30:00' ∉ Europe/London"):
        clock(FULL).read("2011-03-27 01:30:00", "t")
    assert clock(FULL).read("2011-03-27 02:00:00", "t") == "2011-03-27T01:00:00Z"


@pytest.mark.parametrize(
    "text",
    ["2011-02-29 00:00:00", "2011-13-01 00:00:00", "2011-01-01 24:00:00", "2011-01-01 00:60:00", "2011-01-01",
     "2011-01-01T00:00:00", "٢٠١١-01-01 00:00:00", "0000-01-01 00:00:00", "2011-00-10 00:00:00",
     " 011-01-01 00:00:00"],
)  # fmt: skip
def test_no_times(text):
    with pytest.raises(RowError, match="bad_time"):
        clock(FULL).read(text, "t")
    assert clock(FULL).read_many([text] * 100) == [None] * 100


def test_several_formats_in_order():
    both = clock(FULL, "%m/%d/%Y %H:%M")
    assert both.read("12/1/2010 8:26", "t") == both.read("2010-12-01 08:26:00", "t")


@pytest.mark.parametrize(
    "form", ["%Y-%m", "%Q", "%Y-%m-%d %I", "%Y-%m-%d %p", "%Y %Y %m %d", "%H:%M", "%Y-%m-%d %"]
)
def test_no_formats(form):
    with pytest.raises(ValueError, match="%"):
        compile_format(form)


WALL = datetime.fromisoformat("2000-01-01")
ZONES = ["Europe/London", "America/Chicago", "Asia/Shanghai", "Australia/Lord_Howe", "America/St_Johns",
         "Africa/Monrovia", "Asia/Kathmandu", "Pacific/Apia", "America/Caracas", "UTC"]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from([FULL, "%d/%m/%Y %H:%M", "%Y%m%d", "%Y-%m-%d %H"]),
    st.integers(0, 2**31),
    st.sampled_from([13, 599, 3_607, 86_399, 7 * 86_400]),
)
def test_many_at_once_equal_one_by_one(zone, form, start, step):
    base = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=start)
    texts = sorted({(base + timedelta(seconds=n * step)).strftime(form) for n in range(400)})
    texts += ["", "x", "2011-02-29 00:00:00"]
    one = clock(form, zone=zone)

    def slowly(text):
        try:
            return one.read(text, "t")
        except RowError:
            return None

    assert clock(form, zone=zone).read_many(texts) == [slowly(t) for t in texts]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ZONES), st.datetimes(WALL.replace(year=1975), WALL.replace(year=2199)))
def test_an_instant_survives_the_wall_clock(zone, moment):
    instant = moment.replace(microsecond=0, tzinfo=UTC)
    local = instant.astimezone(ZoneInfo(zone))
    if local.fold:
        return
    assert clock(FULL, zone=zone).read(local.strftime(FULL), "t") == instant.strftime("%Y-%m-%dT%H:%M:%SZ")
