"""Bent fields: values that are none, strange words, forgotten fields. See `tests.sim.bent.mutations`."""

from __future__ import annotations

from schemas.fields import FUTURE_MS
from schemas.registry import EVENT_TYPES
from tests.sim.bent.mutations import Bender, bare, kind, one_of

one_of("newer", "newer_schema", "schema", [2, 99])
one_of("schema_is_no_number", "bad_type", "schema", ["x", True, "1"])
one_of("strange_type", "unknown_type", "type", ["stock.theft", "Stock.issue", "stock.issue.", "库存"])
one_of("type_is_no_text", "bad_type", "type", [5, ["stock.issue"], True])
one_of("type_is_absent", "missing_field", "type", [None])


@kind("unknown_field")
def strange_field(b: Bender) -> bytes:
    return b.field(
        b.rng.choice(["colour", "Item", "qty ", "supplier", "code", "客户"]), b.rng.choice(["x", 1, None, {}])
    )


@kind("missing_field")
def required_is_absent(b: Bender) -> bytes:
    name = b.rng.choice([n for n, t in EVENT_TYPES.items() if t.status == "posted" and n != "stock.count"])
    event = b.event(name)
    needed = ["source", "time", "entity", *EVENT_TYPES[name].required]
    field = b.rng.choice(needed)
    how = b.rng.random()
    if how < 0.5:
        del event[field]
    else:
        event[field] = (
            None if how < 0.8 or field in ("qty", "time", "unit_cost", "rate", "amount", "reason") else " "
        )
    return b.dump(event)


@kind("missing_field")
def no_id(b: Bender) -> bytes:
    """Only rows of a file may lack it."""
    return b.field("id", b.rng.choice([None, "", " "]))


@kind("missing_field")
def none_of_a_group(b: Bender) -> bytes:
    name, gone = b.rng.choice([("stock.receipt", "unit_cost"), ("sale.return", "returns")])
    event = b.event(name)
    del event[gone]
    return b.dump(event)


one_of(
    "no_number",
    "bad_type",
    "qty",
    ["", "abc", True, [], {}, "1,5", "１", "NaN", "Infinity", "0x10", " 1", "--1", "1e"],
)
one_of(
    "no_text",
    "bad_type",
    "item",
    [5, 1.5, True, ["TEA"], {"a": 1}, "a\x00b", "a\x01b", "a\x7fb", "\x1fa", "a\nb", "a\x85b"],
)
one_of("no_time", "bad_type", "time", [1735781400000, True, ["2026-01-01T00:00:00Z"], {}])
one_of("seq_is_text", "bad_type", "seq", ["5", True, []])
one_of("no_flag", "bad_type", "whole", ["yes", 1, "true", []], "master.item")
one_of(
    "too_fine",
    "scale",
    "qty",
    ["0.0000001", 1e-7, "1." + "0" * 40 + "1", "1e-999999999", "123456789012.1234567"],
)
one_of("price_too_fine", "scale", "unit_cost", ["0.000000001", "1e-9"], "stock.receipt")
one_of("money_too_fine", "scale", "amount", ["0.00001", "1.23456"], "sale.charge")
bare(
    "too_fine_bare",
    "scale",
    "qty",
    ["0.0000001", "1e-999999999", "0." + "1" * 40, "1.00000000000000000000000000000000001"],
)
bare(
    "too_big_bare",
    "range",
    "qty",
    [str(2**63), str(2**64), "9" * 40, "1e999999999", "1E+400", "-" + "9" * 40, "1e12"],
)
one_of(
    "too_big",
    "range",
    "qty",
    ["1000000000000", "9" * 40, "1e999999999", "9" * 4000, str(2**63), "0", "-1", "-0.5", 0, "0e9"],
)
one_of("seq_out_of_range", "range", "seq", [-1, 2**63, 10**18, 10**40])
one_of("cost_below_nothing", "range", "unit_cost", ["-1", "-0.00000001"], "stock.receipt")
one_of("too_long", "range", "item", ["x" * 257, "é" * 129, "乌" * 86, "x" * 5000])
one_of("no_such_word", "range", "reason", ["stolen", "Damaged", "write off"])
one_of("no_such_trust", "range", "trust", ["blue", "GREEN", "0"])
one_of(
    "ancient_or_never",
    "range",
    "time",
    [
        "1969-12-31T23:59:59.999Z",
        "0001-01-01T00:00:00Z",
        "1066-10-14T09:00:00+00:00",
        "1970-01-01T00:00:00+08:00",
        "2200-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ],
)
one_of(
    "no_such_time",
    "bad_time",
    "time",
    [
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "x",
        "2026-01-01T00:00:60Z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+0800",
        "0000-01-01T00:00:00Z",
        "2026-01-01T00:00:00.Z",
        "20260101T000000Z",
        "2026-01-01",
        "2026-1-1T0:0:0Z",
        "01/02/2026",
        "２026-01-01T00:00:00Z",
    ],
)
one_of(
    "naive",
    "naive_time",
    "time",
    ["2026-01-01T00:00:00", "2026-01-01T00:00:00.5", "1999-12-31T23:59:59.999999999"],
)
one_of(
    "bad_barcode",
    "bad_identifier",
    "gtin",
    ["06291041500214", "6291041500219", "73513530", "1234567", "62910415002l3"],
    "master.item",
)
one_of(
    "bad_zone",
    "bad_identifier",
    "tz",
    ["Mars/Phobos", "+08:00", "Asia", "../../etc/passwd", "CST6MDT5"],
    "master.site",
)
one_of("bad_currency", "bad_identifier", "currency", ["cny", "¥", "RMBX"], "master.entity")
one_of("an_account_as_site", "bad_identifier", "site", ["@loss/unknown", "@", "/A", "A/", "@S1"])
one_of("an_account_as_item", "bad_identifier", "item", ["@supplier", "@"])


YEAR_S = 366 * 86_400
"""Longer than any stream lasts."""


@kind("future")
def tomorrow(b: Bender) -> bytes:
    ahead = FUTURE_MS / 1000 + b.rng.choice([0.001, 60, 86_400, 40_000_000])
    if b.rng.random() < 0.3:
        return b.field("recordedtime", b.time(YEAR_S))
    return b.field("time", b.time(ahead + YEAR_S))


@kind("not_yet")
def later_types(b: Bender) -> bytes:
    later = [n for n, t in EVENT_TYPES.items() if t.status == "not_yet"]
    return b.dump(b.event(b.rng.choice(later)))
