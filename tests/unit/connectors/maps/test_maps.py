"""A map's reading of rows: encodings, numbers, rules, lookups, ids, headers."""

import json
from decimal import Decimal

import pytest

from connectors.maps.errors import MapError
from connectors.maps.reading import decimals
from connectors.pos import Mapper, PosSource, cut_array
from tests.unit.connectors.maps.till_map import BASE, GOOD, HEADER, batch, both, decode, line, mapper


def test_a_row():
    assert both(mapper(), [line()]) == [[{
        "type": "sale.delivery", "id": "ffffffffffffffff-0", "seq": "0", "source": "till", "entity": "shop",
        "site": "S1", "time": "2025-01-01T19:04:05Z", "item": "7", "qty": "2", "unit_price": "1.5",
        "channel": "shop", "document": "X-李", "lot": "A",
    }]]  # fmt: skip


def test_one_row_two_events():
    events = both(mapper(), [line(), line(cost="0.70")])[1]
    assert [(e["type"], e["id"], e["seq"]) for e in events] == [
        ("stock.receipt", "ffffffffffffffff-1.1", "1"), ("sale.delivery", "ffffffffffffffff-1.2", "1"),
    ]  # fmt: skip
    assert (events[0]["unit_cost"], events[0]["supplier"], events[1]["tax"]) == ("0.7", "李", "1.4")
    assert "unit_price" not in events[0]


def test_a_given_id_needs_no_row_number():
    one = mapper(columns={**BASE["columns"], "id": "note"})
    first, second, third = both(one, [line(note="T-1"), line(note=" "), line(note="T-2", cost="1")])
    assert (first[0]["id"], "seq" in first[0]) == ("T-1", False)
    assert (second[0]["id"], second[0]["seq"]) == ("ffffffffffffffff-1", "1")
    assert [e["id"] for e in third] == ["T-2.1", "T-2.2"]


@pytest.mark.parametrize(
    ("cells", "reason", "detail"),
    [
        ({"n": "two"}, "no_rule", "rules"),
        ({"n": "2000000"}, "no_rule", "rules"),
        ({"price": "1,50"}, "bad_type", "columns: 12 ≠ 11"),
        ({"price": '"1,50"'}, "bad_type", "price: '1,50' ≠ decimal"),
        ({"price": "£1"}, "bad_type", "price"),
        ({"price": "1e999"}, "range", "price"),
        ({"price": "9" * 200}, "range", "price"),
        ({"when": "2025-02-30 00:00:00"}, "bad_time", "when"),
        ({"when": "yesterday"}, "bad_time", "≠ '%Y-%m-%d %H:%M:%S', '%d/%m/%Y'"),
        ({"lot": "c"}, "bad_type", "lot: 'c' ∉ l.csv"),
        ({"note": '"open'}, "bad_type", '"…'),
        ({"sku": "POST", "n": "x"}, "bad_type", "n: 'x' ≠ decimal"),
    ],
)
def test_refusals(cells, reason, detail):
    good, bad, again = both(mapper(), [line(), line(**cells), line()])
    assert (bad.reason, detail in bad.detail) == (reason, True), bad
    assert len(good) == len(again) == 1


def test_empty_is_absent_and_nothing_is_invented():
    event = both(mapper(), [line(price="", lot=" ", ch="")])[0][0]
    assert not {"unit_price", "lot", "channel"} & event.keys()
    assert "amount" not in both(mapper(), [line(sku="POST", price="")])[0][0]


def test_numbers_are_exact_however_large():
    rows = [
        line(sku="POST", n=n, price=p)
        for n, p in [("3", "0.1"), ("-7", "123456789012.123456"), ("1" * 30, "0.007")]
    ]
    amounts = [e[0]["amount"] for e in both(mapper(), rows)]
    assert [Decimal(a) for a in amounts] == [
        Decimal("-0.2"), Decimal("-864197523085.364192"), Decimal("777777777777777777777777777.277"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "spelt"),
    [("1.50", "1.5"), ("+2", "2"), (".5", "0.5"), ("5.", "5"), ("-0.0", "0"), ("1e3", "1000"),
     ("12E-3", "0.012"), ("007", "7"), ("-0", "0"), ("100", "100"), ("0.10", "0.1"), ("-00.50", "-0.5")],
)  # fmt: skip
def test_spelling(text, spelt):
    assert decimals.respell(text, "x") == spelt


# encodings


def test_bad_bytes_refuse_their_row_only():
    rows = [
        line(),
        line(who="\udcff").decode("utf-8", "ignore").encode()
        if False
        else line().replace("李".encode(), b"\xff"),
        line(),
    ]
    good, bad, again = both(mapper(), rows)
    assert (bad.reason, good[0]["document"], again[0]["document"]) == ("bad_encoding", "X-李", "X-李")


def test_gb18030():
    one = mapper(encoding="gb18030")
    rows = [line(who=w).decode().encode("gb18030") for w in ("李", "𠮷乸", "a")] + [
        line().replace("李".encode(), b"\x81")
    ]
    found = both(one, rows)
    assert [f[0]["document"] for f in found[:3]] == ["X-李", "X-𠮷乸", "X-a"]
    assert found[3].reason == "bad_encoding"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-bom", "gb18030"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_file_with_and_without_a_byte_order_mark(tmp_path, encoding, mark):
    path = tmp_path / "t.csv"
    text = mark + ",".join(HEADER) + "\r\n" + line().decode() + line(note='"two\nlines, ""q"""').decode()
    codec = "gb18030" if encoding == "gb18030" else "utf-8"
    path.write_bytes(text.encode(codec))
    document = {**BASE, "encoding": encoding}
    source = PosSource("till", [str(path)], Mapper.from_dict(document))
    part = source.build(str(path), None)
    found = part.next_batch(99, 1 << 20)
    assert len(found) == 2
    assert found.data[1].as_py().endswith(b'"two\nlines, ""q"""\n')
    part.close()
    events = decode(source.mappers[found.decoder], found.data.to_pylist())
    assert [e[0]["document"] for e in events] == ["X-李", "X-李"]
    resumed = source.build(str(path), 1)
    assert resumed.next_batch(9, 99).offsets.tolist() == [1]
    resumed.close()


def test_a_file_without_header_and_with_a_mark(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbf" + line() + line())
    part = PosSource("till", [str(path)], mapper()).build(str(path), None)
    assert [e[0]["qty"] for e in both(mapper(), part.next_batch(9, 999).data.to_pylist())] == ["2", "2"]
    part.close()


# json


def test_json_rows():
    one = mapper(format="ndjson", columns={**BASE["columns"], "customer": "who.id"})
    cells = dict(zip(HEADER, GOOD, strict=True))
    rows = [
        {**cells, "n": 2, "price": 1.5, "who": {"id": 7}, "note": [1]},
        {**cells, "n": None},
        {**cells, "lot": ["a"]},
    ]
    raw = [json.dumps(r).encode() + b"\n" for r in rows]
    raw += [b"[]", b'{"n":NaN}', b'{"n":1,"n":2}', b"{", b'{"sku":"\\ud800"}', b"\xff", b"[" * 100_000]
    raw += [raw[0].replace(b"1.5", b"0.12345678901234567891")]
    found = both(one, raw)
    assert (found[0][0]["qty"], found[0][0]["unit_price"], found[0][0]["customer"]) == ("2", "1.5", "7")
    assert found[-1][0]["unit_price"] == "0.12345678901234567891"
    assert [f.reason for f in found[1:-1]] == [
        "no_rule", "bad_type", "not_json", "not_json", "duplicate_key", "not_json", "bad_encoding",
        "bad_encoding", "too_deep",
    ]  # fmt: skip


def test_an_array_of_objects(tmp_path):
    path = tmp_path / "t.json"
    cells = [dict(zip(HEADER, GOOD, strict=True)) | {"note": note} for note in ('a"]}', "中")]
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(cells, ensure_ascii=False, indent=1).encode())
    one = mapper(format="json")
    part = PosSource("till", [str(path)], one).build(str(path), None)
    found = part.next_batch(9, 1 << 20)
    assert (len(found), part.next_batch(9, 9), part.eof) == (2, None, True)
    assert [e[0]["document"] for e in both(one, found.data.to_pylist())] == ["X-李", "X-李"]
    part.close()


def test_cutting_arrays():
    assert cut_array(b' [ {"a":1} , 2,"x]"\n]\n') == [b'{"a":1}', b"2", b'"x]"']
    assert cut_array(b'[{"a":1},{"b":') == [b'{"a":1}', b'{"b":']
    assert cut_array(b"[] x") == [b"x"]
    assert cut_array(b'{"a":1}') == [b'{"a":1}']
    assert cut_array(b" ") == []


# masters, headers, replay


def test_the_document_alone_rebuilds_the_mapper():
    one = mapper()
    again = Mapper.from_dict(json.loads(json.dumps(one.document)), one.name)
    assert (again.digest, again.decoder) == (one.digest, one.decoder)
    assert decode(again, [line()]) == decode(one, [line()])
    assert mapper(site="S2").digest != one.digest


def test_a_file_that_does_not_fit_its_map(tmp_path):
    path = tmp_path / "t.csv"
    cases = [
        (b"when,sku,nn,price,ch,shop,who,lot,kind,cost\n", "has no column 'n'; did you mean \"nn\"?"),
        (b"when,sku,n,n,price,ch,shop,who,lot,kind,cost\n", "has the column 'n' twice"),
        (b"", "no header"),
        (b"\xff\xfe\n", "the header is not utf-8"),
    ]
    for data, told in cases:
        path.write_bytes(data)
        with pytest.raises(MapError) as caught:
            PosSource("till", [str(path)], Mapper.from_dict(BASE)).build(str(path), None)
        assert told in str(caught.value)
        assert caught.value.place == f"{path}:1"


def test_an_unbound_map_decodes_nothing():
    with pytest.raises(ValueError, match="not bound to a header"):
        Mapper.from_dict(BASE).decode(*batch([b"x"]), "")


def test_an_empty_block():
    found = mapper().decode(*batch([]), "")
    assert (found.events.num_rows, found.rec.tolist(), found.refused) == (0, [], [])
