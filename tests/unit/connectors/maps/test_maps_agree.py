"""The block way of reading rows equals the row way, on rows bent in many ways."""

import json
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.maps.reading import expr
from tests.unit.connectors.maps.till_map import BASE, GOOD, HEADER, both, line, mapper

CELL = st.sampled_from(
    ["", " ", "1", "-1", "-2.50", "3.10", "0", "+4", "1e2", "1000001", "x", "a", "b", "POST",
     "FEE", "R1", "2025-01-02 03:04:05", "02/01/2025", "2025-02-30 00:00:00", '"q"', '"a,b"', '"a""b"',
     '"nl\nx"', 'st"ray', '"open', "李", "0012", "9" * 20, "123456789012.654321", "2",
     "\ufeff", "e\u0301", "\u00a0x\u00a0", "\x00"]
)  # fmt: skip


@st.composite
def mutated(draw):
    cells = list(GOOD)
    for _ in range(draw(st.integers(0, 4))):
        cells[draw(st.integers(0, len(cells) - 1))] = draw(CELL)
    if draw(st.integers(0, 9)) == 0:
        cells = cells[: draw(st.integers(0, len(cells)))]
    data = (",".join(cells)).encode() + draw(st.sampled_from([b"\n", b"\r\n", b"", b"\n"]))
    if draw(st.integers(0, 9)) == 0 and data:
        at = draw(st.integers(0, len(data) - 1))
        data = data[:at] + draw(st.sampled_from([b"\xff", b"", b'"', b",", b"\xef\xbb\xbf"])) + data[at + 1 :]
    return data


@settings(max_examples=400, deadline=None)
@given(st.lists(mutated(), min_size=1, max_size=12), st.sampled_from(["utf-8", "gb18030"]))
def test_the_block_way_is_the_row_way(records, encoding):
    both(mapper(encoding=encoding), records)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(HEADER), CELL | st.none() | st.integers() | st.booleans()),
        min_size=1,
        max_size=8,
    )
)
def test_the_block_way_is_the_row_way_for_json(rows):
    cells = dict(zip(HEADER, GOOD, strict=True))
    both(mapper(format="ndjson"), [json.dumps(cells | r).encode() + b"\n" for r in rows])


NUMBER = st.decimals(
    allow_nan=False, allow_infinity=False, places=4, min_value=-(10**13), max_value=10**13
).map(str) | st.sampled_from(["", "x"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=20),
    st.sampled_from(
        [
            "n * price",
            "-n * price",
            "n - price * 2",
            "abs(n) * (price + 0.001)",
            "n * n * price",
            "-(n - -price)",
        ]
    ),
)
def test_expressions_are_exact(pairs, formula):
    rules = [{"emit": "sale.charge", "set": {"code": "X", "amount": formula}}]
    one = mapper(columns={"time": BASE["columns"]["time"]}, rules=rules)
    both(one, [line(n=n, price=p) for n, p in pairs])


def test_expression_order():
    value = expr.evaluate(
        expr.parse("2 - 3 * -abs(n) - {a b}"), {"n": Decimal(-4), "a b": Decimal(1)}.__getitem__
    )
    assert value == 13
    assert expr.columns(expr.parse("n * {a b} + n")) == ["n", "a b"]
