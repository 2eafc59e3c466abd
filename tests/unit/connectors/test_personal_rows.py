"""Persons in mapped rows: the sealed map reads the sealed row as the map read the row, with pseudonyms."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.maps.compiling import compile_map
from connectors.maps.errors import Refused
from connectors.personal.pseudonyms import VARIABLE, Pseudonyms
from connectors.pos import Mapper, PosSource

HEADER = ["when", "sku", "n", "who", "note", "cashier"]
GOOD = ["2025-01-02 03:04:05", "007", "2", "17850.0", "x", "王芳"]
BASE: dict[str, Any] = {
    "entity": "shop",
    "source": "till",
    "tz": "Asia/Shanghai",
    "site": "S1",
    "header": HEADER,
    "personal": ["cashier"],
    "columns": {
        "time": {"column": "when", "format": "%Y-%m-%d %H:%M:%S"},
        "item": "sku",
        "qty": "n",
        "document": "note",
        "customer": {"column": "who", "strip": r"\.0$|^#"},
    },
    "rules": [
        {"when": {"n": {"lt": 0}}, "emit": "sale.return", "set": {"qty": "-n"}},
        {"when": {"who": ".+"}, "emit": "sale.delivery"},
        {"emit": "sale.delivery", "set": {"customer": None}},
    ],
}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Pseudonyms:
    return Pseudonyms(tmp_path_factory.mktemp("names"), {VARIABLE: "k" * 32})


def line(**cells: str) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(
        [cells.get(h, g) for h, g in zip(HEADER, GOOD, strict=True)]
    )
    return out.getvalue()


def seal(one: Mapper, raws: list[bytes], names: Pseudonyms) -> list[bytes]:
    found: list[bytes] = one.sealer(names).seal(pa.array(raws, pa.large_binary())).to_pylist()
    return found


def assert_law(one: Mapper, raws: list[bytes], names: Pseudonyms) -> list[bytes]:
    sealed = seal(one, raws, names)
    for n, (raw, row) in enumerate(zip(raws, sealed, strict=True)):
        before, after = one.decode_row(raw, n, "f"), one.sealed.decode_row(row, n, "f")
        if isinstance(before, Refused) or isinstance(after, Refused):
            assert isinstance(before, Refused) == isinstance(after, Refused), (raw, row)
            continue
        assert after == [
            e | ({"customer": names.of(e["customer"])} if "customer" in e else {}) for e in before
        ], raw
    return sealed


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_cells_become_pseudonyms_and_nothing_else_changes(encoding: str, names: Pseudonyms) -> None:
    one = Mapper.from_dict({**BASE, "encoding": encoding})
    rows = [
        line(),
        line(who="#17850"),
        line(who=""),
        line(who='a "b", c'),
        line(who=" 李 ", note="李,二"),
        line(n="-1"),
    ]
    raws = [r.encode(encoding) for r in rows]
    sealed = [r.decode(encoding) for r in assert_law(one, raws, names)]
    assert sealed[0] == line(who=names.of("17850"), cashier=names.of("王芳"))
    assert sealed[1] == sealed[0], "the same person, however the till writes it"
    assert sealed[2] == line(who="", cashier=names.of("王芳"))
    assert sealed[4] == line(who=names.of("李"), note="李,二", cashier=names.of("王芳"))
    assert not any("17850" in r or "王芳" in r for r in sealed)
    assert 'a ""b""' not in sealed[3]


def test_the_map_that_is_archived_holds_no_rule_of_reading(names: Pseudonyms) -> None:
    one = Mapper.from_dict(BASE)
    assert one.sealed.document["columns"]["customer"] == {"column": "who"}  # type: ignore[index]
    assert one.sealed.decoder != one.decoder
    assert Mapper.from_dict(json.loads(json.dumps(one.sealed.document))).digest == one.sealed.digest
    plain = Mapper.from_dict(
        {
            **BASE,
            "personal": [],
            "columns": {**BASE["columns"], "customer": {"const": "cash"}},
            "rules": [{"emit": "sale.delivery"}],
        }
    )
    assert plain.sealed is plain
    assert seal(plain, [line().encode()], names) == [line().encode()]


@pytest.mark.parametrize(
    "raw",
    [
        b"2025-01-02 03:04:05,007,2,17850.0\n",
        b"2025-01-02 03:04:05,007,2,17850.0,a,b,c\n",
        b"2025-01-02 03:04:05,007,2,17850",
        b'2025-01-02 03:04:05,007,2,"17850.0,x,y\n',
        b'2025-01-02 03:04:05,"007,2,17850.0,x,y\n',
        b'2025-01-02,a"b,2,17850.0,x"y,z\n',
        b"2025-01-02 03:04:05,a,b,2,17850.0,x,y\n",
        b"2025-01-02 03:04:05,2,17850.0,x,y\n",
        b"2025-01-02 03:04:05,007,2,\xff17850,x,y\n",
        b"\xff2025-01-02 03:04:05,007,2,17850.0,x,y\n",
        b'2025-01-02 03:04:05,007,2,"17850"0,x,y\n',
        b"17850",
        b"",
        b"\n",
        b"2025-01-02 03:04:05,007,2,17850.0,x,y" + b" " * (1 << 20),
    ],
    ids=range(15),
)
def test_damaged_rows(raw: bytes, names: Pseudonyms) -> None:
    (sealed,) = assert_law(Mapper.from_dict(BASE), [raw], names)
    assert raw == b"17850" or b"17850" not in sealed, "a row of one cell has no customer"
    assert sealed.endswith(b"\n") == raw.endswith(b"\n")


CELL = st.sampled_from(
    ["", " ", "17850", "17850.0", "李", '"', 'a"b', "a,b", "a\nb", "x" * 300, "\x00", "é", "e\u0301", "#1"]
)
BENT = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from([b'"', b",", b"\xff", b"", b"\n", b"\x81"])), max_size=3
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.lists(CELL, min_size=6, max_size=6), BENT), min_size=1, max_size=6),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
)
def test_the_law_on_bent_rows(rows: Any, encoding: str, names: Pseudonyms) -> None:
    raws = []
    for cells, bends in rows:
        good = [g if n < 3 else c for n, (g, c) in enumerate(zip(GOOD, cells, strict=True))]
        raw = line(**dict(zip(HEADER, good, strict=True))).encode(encoding)
        for at, byte in bends:
            raw = raw[: at % len(raw)] + byte + raw[at % len(raw) + 1 :] or b"x"
        raws.append(raw)
    assert_law(Mapper.from_dict({**BASE, "encoding": encoding}), raws, names)


def test_json_rows(names: Pseudonyms) -> None:
    document = {
        **BASE,
        "format": "ndjson",
        "personal": ["tel"],
        "columns": {**BASE["columns"], "customer": {"column": "who.id", "strip": r"\.0$"}},
        "rules": [{"emit": "sale.delivery"}],
    }
    del document["header"]
    one = Mapper.from_dict(document)
    good = dict(zip(HEADER, GOOD, strict=True))
    values: list[Any] = ["17850.0", 17850, 17850.0, "李", "", None, True, ["17850"], {"x": "17850"}, "a\nb"]
    raws = [
        json.dumps({**good, "who": {"id": v}, "tel": 17850}, ensure_ascii=n % 2 == 0).encode() + b"\n"
        for n, v in enumerate(values)
    ]
    raws += [b'{"who":{"id":"17850"', b'{"id":17850,"x"', b"[1]", b'{"who":{"id":"\xff17850"}}']
    sealed = assert_law(one, raws, names)
    for raw, row in zip(raws, sealed, strict=True):
        assert b"17850" not in row or b'{"x": "17850"}' in raw, row


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"columns": {**BASE["columns"], "customer": {"template": "{who}-{note}"}}},
            "customer names a person: it comes whole from one column",
        ),
        (
            {
                "columns": {
                    **BASE["columns"],
                    "customer": {"lookup": "x", "key": "who", "value": "v", "table": {"a": "b"}},
                }
            },
            "names a person: it comes",
        ),
        (
            {"columns": {**BASE["columns"], "document": "who"}},
            "document would show who, which names a person; take it from another column",
        ),
        (
            {"rules": [{"when": {"who": "1.*"}, "emit": "sale.delivery"}]},
            "names a person: a rule sees a pseudonym there",
        ),
        (
            {
                "rules": [
                    {"emit": "sale.delivery"},
                    {"when": {"n": "1"}, "emit": "sale.delivery", "set": {"customer": "{who}"}},
                ]
            },
            "read in two ways",
        ),
        ({"personal": "who"}, "not a list of columns"),
    ],
)
def test_maps_that_would_show_a_person(change: dict[str, Any], message: str) -> None:
    _, mistakes = compile_map("m", {**BASE, **change}, None)
    assert any(message in str(m) for m in mistakes), [str(m) for m in mistakes]


def test_a_door_with_pseudonyms(tmp_path: Path, names: Pseudonyms) -> None:
    path = tmp_path / "t.csv"
    path.write_text(",".join(HEADER) + "\n" + line() + line(who="9"), "utf-8")
    document = {k: v for k, v in BASE.items() if k != "header"}
    source = PosSource("till", [str(path)], Mapper.from_dict(document))
    source.pseudonyms = names
    part = source.build(str(path), None)
    batch = part.next_batch(10, 1 << 20)
    assert batch is not None
    found = source.mappers[batch.decoder].decode(batch.data, batch.offsets, "f")
    assert found.events["customer"].to_pylist() == [names.of("17850"), names.of("9")]
    assert b"17850" not in b"".join(batch.data.to_pylist())
    part.close()
