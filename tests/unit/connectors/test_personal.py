"""Persons are pseudonymised in whatever came, and intake judges the record as it would have judged it."""

from __future__ import annotations

import json
import random
import stat
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.personal.members import is_json, members
from connectors.personal.pseudonyms import ID_FILE, KEY_FILE, LENGTH, VARIABLE, KeyFault, Pseudonyms
from connectors.personal.records import seal, seal_record
from pipelines.intake.parsing import Refused
from pipelines.intake.strict import Row, decode_row
from pipelines.kernels.splice import spliced
from tests.sim.bent.mistakes import stream
from tests.sim.bent.mutations import ARRIVED, Bender

KEY = {VARIABLE: "k" * 32}


@pytest.fixture
def names(tmp_path: Path) -> Pseudonyms:
    return Pseudonyms(tmp_path, KEY)


def sold(customer: str, **more: object) -> bytes:
    """A delivery whose customer stands there as the token given."""
    raw = json.dumps(Bender(1).event("sale.delivery", customer="@@", **more), ensure_ascii=False)
    return raw.replace('"@@"', customer).encode()


def verdict(raw: bytes) -> Row | str:
    try:
        return decode_row(raw, ARRIVED)
    except Refused as refused:
        return str(refused.reason)


def block(records: list[bytes], names: Pseudonyms) -> list[bytes]:
    found: list[bytes] = seal(pa.array(records, pa.large_binary()), names).to_pylist()
    return found


def test_a_pseudonym_is_the_same_for_the_same_person(names: Pseudonyms, tmp_path: Path) -> None:
    one = names.of("17850")
    assert len(one) == LENGTH
    assert one == names.of(" 17850\t") == Pseudonyms(tmp_path, KEY).of("17850")
    assert one != names.of("17851")
    assert names.of("é") == names.of("e\u0301")
    assert names.of("") == names.of("  ") == ""


def test_another_key_gives_other_pseudonyms(
    names: Pseudonyms, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Pseudonyms(tmp_path_factory.mktemp("other"), {VARIABLE: "another key, long enough"})
    assert other.of("17850") != names.of("17850")


@pytest.mark.parametrize(
    "token",
    [
        '"17850"',
        '"张三"',
        '"1\\u0037850"',
        '" 17850 "',
        '"a\\"b"',
        "17850",
        "-1.5e3",
        '"\\ud800x"',
        '"a\\u0001b"',
        '"' + "z" * 300 + '"',
        '{"name":"17850","tel":["17850"]}',
        '["17850",{"customer":"17850"}]',
        "true",
        "null",
        '""',
        '" "',
        '"17850',
        "17850}",
        '"178\x0150"',
        '"a\x7fb"',
        '"\u0085"',
    ],
)
def test_the_verdict_stays_and_the_person_goes(token: str, names: Pseudonyms) -> None:
    raw = sold(token)
    (sealed,) = block([raw], names)
    assert sealed == seal_record(raw, names) or verdict(sealed) == verdict(seal_record(raw, names))
    for word in (b"17850", "张三".encode(), b"zzz", b"1\\u0037850", b'a\\"b'):
        assert word not in sealed
    before, after = verdict(raw), verdict(sealed)
    if isinstance(before, str):
        assert after == before
    else:
        assert isinstance(after, dict)
        assert {k: v for k, v in after.items() if k != "customer"} == {
            k: v for k, v in before.items() if k != "customer"
        }
        assert after.get("customer", "") == names.of(str(before.get("customer", "")))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"customer":"17850"',
        b'{"customer":"17850","x":',
        b'{"id":"1,"customer":"17850","x":"y}',
        b"customer: 17850",
        b"customer=17850;x",
        b'{"customer":17850,}',
        b'{"customer" : "17850"}{"customer":"17850"}',
        b'{"customer":"17850","customer":"17850"}',
        b'{"customer_name":"17850","operator":"17850"}',
        b'{"\\u0063ustomer":"17850"}',
        b'{"set":{"customer":"17850"}}',
        b'[{"customer":"17850"}]',
        b'\xff{"customer":"17850"}',
        b'{"customer":"17850\xff"}',
        b'\xef\xbb\xbf{"customer":"17850"}',
        b"{'customer':'17850'}",
        b'{"customer":{"a":"17850"',
        b'{"customer":["17850"',
        b'"customer":"17850"',
    ],
)
def test_damaged_records_name_nobody_either(raw: bytes, names: Pseudonyms) -> None:
    (sealed,) = block([raw + b"\n"], names)
    assert b"17850" not in sealed
    assert sealed.endswith(b"\n")
    assert verdict(sealed) == verdict(raw)


@pytest.mark.parametrize(
    "raw",
    [
        sold('"x"').replace(b"customer", b"channel"),
        b'{"item":"customer"}',
        b"",
        b"{",
        b'{"item":"customer: 5"}',
    ],
)
def test_what_names_nobody_stays_as_it_is(raw: bytes, names: Pseudonyms, tmp_path: Path) -> None:
    assert block([raw], names) == [raw]
    assert not (tmp_path / ID_FILE).exists(), "no key is made where none is needed"


def test_the_bent_records_keep_their_verdicts(names: Pseudonyms, seed: int) -> None:
    rng = random.Random(seed)
    records = []
    for bent in stream(seed + 5, 3000, 0):
        at = bent.raw.find(b"{") + 1
        token = rng.choice([b'"17850"', b'"17850"', '"客户"'.encode(), b"17850", b'"a\\tb"', b"null"])
        records.append(
            bent.raw[:at] + b'"customer":' + token + b"," + bent.raw[at:]
            if at and rng.random() < 0.8
            else bent.raw
        )
    sealed = block(records, names)
    for before, after in zip(records, sealed, strict=True):
        assert b"17850" not in after.replace(b'"178', b"") or b"17850" not in before
        assert isinstance(verdict(before), str) == isinstance(verdict(after), str), before
        if isinstance(verdict(before), str):
            assert verdict(before) == verdict(after), before


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(), v, max_size=3),
    )
)
def test_members_are_where_they_are(value: object) -> None:
    text = json.dumps({"a": value, "b": [value]}, indent=1)
    assert is_json(text)
    for path, start, end in members(text):
        part = json.loads(text[start:end])
        assert path[0] in "ab"
        if path == ("a",):
            assert part == value


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=8), st.integers(0, 2**32))
def test_spliced_is_what_bytes_say(records: list[bytes], salt: int) -> None:
    rng, texts = random.Random(salt), [b"", b"x", b"longer than most"]
    buf = np.frombuffer(b"zz" + b"".join(records) + b"zz", np.uint8)
    bounds = np.cumsum([2, *map(len, records)]).astype(np.int64)
    starts, ends, which, wanted = [], [], [], []
    for n, original in enumerate(records):
        record = original
        a = rng.randint(0, len(record))
        b = rng.randint(a, len(record))
        if rng.random() < 0.6 and b > a:
            k = rng.randrange(3)
            starts.append(int(bounds[n]) + a)
            ends.append(int(bounds[n]) + b)
            which.append(k)
            record = record[:a] + texts[k] + record[b:]
        wanted.append(record)
    spans = [np.array(x, np.int64) for x in (starts, ends, which)]
    assert spliced(buf, bounds, spans[0], spans[1], texts, spans[2]).to_pylist() == wanted


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    one = Pseudonyms(tmp_path, {}).of("17850")
    key = tmp_path / KEY_FILE
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_bytes().strip()) == 64
    assert Pseudonyms(tmp_path, {}).of("17850") == one
    assert Pseudonyms(tmp_path, {VARIABLE: key.read_text()}).of("17850") == one
    assert Pseudonyms(tmp_path, {f"{VARIABLE}_FILE": str(key)}).of("17850") == one


def test_another_key_and_no_key_are_told(tmp_path: Path) -> None:
    Pseudonyms(tmp_path, {}).of("17850")
    with pytest.raises(KeyFault, match="not the key that this directory's pseudonyms were made with"):
        Pseudonyms(tmp_path, KEY).of("17850")
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(KeyFault, match="is gone; put the file back"):
        Pseudonyms(tmp_path, {}).of("17850")
    with pytest.raises(KeyFault, match="a key of 3 bytes"):
        Pseudonyms(tmp_path, {VARIABLE: "abc"}).of("17850")
    with pytest.raises(KeyFault, match="cannot be read"):
        Pseudonyms(tmp_path, {f"{VARIABLE}_FILE": str(tmp_path / "none")}).of("17850")
