"""What is derived: JSON Schemas that accept and reject rightly, Arrow schemas, files that are up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.derive import arrow_schema, event_arrow_schema, json_schema, main, markdown_page, written
from schemas.examples import example
from schemas.fields import DECIMALS, Kind
from schemas.json_schema import decimal, union_schema
from schemas.registry import ENVELOPE, EVENT_COLUMNS, EVENT_TYPES

VALIDATORS = {name: Draft202012Validator(json_schema(name)) for name in EVENT_TYPES}


def accepts(event: dict[str, Any]) -> bool:
    return VALIDATORS[event["type"]].is_valid(event)


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_a_schema_is_one_and_takes_its_example(name: str) -> None:
    Draft202012Validator.check_schema(json_schema(name))
    VALIDATORS[name].validate(example(name))
    assert json_schema(name)["examples"] == [example(name)]


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_an_unknown_field_is_rejected(name: str) -> None:
    assert not accepts({**example(name), "colour": "red"})


@pytest.mark.parametrize(
    ("name", "field"),
    [
        (n, f.name)
        for n, t in EVENT_TYPES.items()
        for f in (*ENVELOPE, *t.fields)
        if f.required and f.name != "type"
    ],
)
def test_a_missing_required_field_is_rejected(name: str, field: str) -> None:
    event = example(name)
    del event[field]
    assert not accepts(event)


def test_a_row_of_a_file_may_lack_its_id() -> None:
    event = example("sale.delivery")
    del event["id"]
    assert accepts(event)


def test_one_of_a_group_is_enough_and_none_is_too_few() -> None:
    receipt = example("stock.receipt")
    del receipt["unit_cost"]
    assert not accepts(receipt)
    assert accepts({**receipt, "amount": "576"})
    goods_back = example("sale.return")
    del goods_back["returns"]
    assert not accepts(goods_back)
    assert not accepts({**goods_back, "item": "TEA-500"})
    assert accepts({**goods_back, "item": "TEA-500", "site": "S1"})


@pytest.mark.parametrize(
    ("name", "change", "good"),
    [
        ("stock.count", {"qty": "0"}, True),
        ("stock.count", {"qty": 0}, True),
        ("stock.issue", {"qty": "0"}, False),
        ("stock.issue", {"qty": "0.000"}, False),
        ("stock.issue", {"qty": 0}, False),
        ("stock.issue", {"qty": "-1"}, False),
        ("stock.issue", {"qty": "0.000001"}, True),
        ("stock.issue", {"qty": "0.0000001"}, False),
        ("stock.issue", {"qty": "1.50000000"}, True),
        ("stock.issue", {"qty": "999999999999"}, True),
        ("stock.issue", {"qty": "1000000000000"}, False),
        ("stock.issue", {"qty": 2.5}, True),
        ("stock.issue", {"qty": True}, False),
        ("stock.issue", {"qty": "1e3"}, False),
        ("stock.issue", {"qty": "+1"}, False),
        ("stock.issue", {"reason": "stolen"}, False),
        ("sale.charge", {"amount": "-6.5"}, True),
        ("sale.charge", {"amount": -6.5}, True),
        ("sale.delivery", {"amount": "-6.5"}, False),
        ("stock.receipt", {"unit_cost": "0.00000001"}, True),
        ("stock.receipt", {"unit_cost": "0.000000001"}, False),
        ("stock.receipt", {"time": "2025-01-02T09:30:00"}, False),
        ("stock.receipt", {"time": "2025-01-02T09:30:00.123Z"}, True),
        ("stock.receipt", {"time": 1735781400000}, False),
        ("stock.receipt", {"seq": -1}, False),
        ("stock.receipt", {"trust": "blue"}, False),
        ("stock.receipt", {"item": "a\u0000b"}, False),
        ("stock.receipt", {"item": ""}, False),
        ("stock.receipt", {"item": "x" * 257}, False),
        ("stock.receipt", {"type": "stock.receipts"}, False),
        ("master.item", {"uoms": {"箱": "0"}}, False),
        ("master.item", {"uoms": {"箱": 24, "kg": "0.5"}}, True),
        ("master.item", {"name": {"de": "Tee"}}, False),
        ("cost.landed", {"receipts": []}, False),
    ],
)
def test_values(name: str, change: dict[str, Any], good: bool) -> None:
    validator = VALIDATORS[name]
    assert validator.is_valid({**example(name), **change}) is good


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**9), max_value=10**9))
def test_a_decimal_is_accepted_exactly_when_it_can_be_kept(value: Any) -> None:
    for places in (4, 6, 8):
        fits = value == round(value, places)
        text = f"{value:f}"
        assert Draft202012Validator(decimal(places, True, False)).is_valid(text) is fits
        assert Draft202012Validator(decimal(places, False, False)).is_valid(text) is (
            fits and not text.startswith("-")
        )
        assert Draft202012Validator(decimal(places, False, True)).is_valid(text) is (fits and value > 0)


def test_the_union_covers_every_type() -> None:
    schema = union_schema()
    Draft202012Validator.check_schema(schema)
    assert [b["then"]["$ref"] for b in schema["allOf"]] == [f"{n}.json" for n in EVENT_TYPES]


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_arrow_schema_of_a_type(name: str) -> None:
    schema = arrow_schema(name)
    t = EVENT_TYPES[name]
    assert schema.names == [f.name for f in (*ENVELOPE, *t.fields)]
    for f in (*ENVELOPE, *t.fields):
        column = schema.field(f.name)
        assert column.nullable is not f.required
        assert not pa.types.is_floating(column.type)
        if f.kind in DECIMALS:
            assert column.type == pa.decimal128(18, DECIMALS[f.kind])
        if f.kind is Kind.TIME:
            assert column.type == pa.timestamp("ms", tz="UTC")
        assert f.en in column.metadata[b"comment"].decode()


def test_the_event_batch() -> None:
    schema = event_arrow_schema()
    assert tuple(schema.names) == EVENT_COLUMNS
    assert {c.name for c in schema if c.nullable} == {
        "seq", "qty", "price", "amount", "discount", "tax", "expiry",
    }  # fmt: skip
    assert schema.field("type").type == pa.int16()
    assert schema.field("trust").type == pa.int8()
    assert {c.name for c in schema if c.type == pa.int64()} == {
        "rec", "seq", "time", "recorded_at", "qty", "price", "amount", "discount", "tax", "expiry",
    }  # fmt: skip
    assert {c.type for c in schema} == {pa.int64(), pa.int16(), pa.int8(), pa.string()}
    assert schema.field("qty").metadata[b"unit"] == b"1e-6 uom"


def test_written_files_are_up_to_date(root: Path) -> None:
    docs, schemas = root / "docs" / "reference", root / "schemas" / "json"
    assert main(["--check", str(docs), str(schemas)]) == 0, "run python -m schemas.derive --write"
    wanted = {p.name for p in written(docs, schemas) if p.parent == schemas}
    families = {name.split(".")[0] for name in EVENT_TYPES}
    found = {p.name for p in schemas.glob("*.json") if p.name.split(".")[0] in families}
    assert found == wanted, "a schema of a type that is no more"


def test_the_command_writes_and_finds_what_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    docs, schemas = str(tmp_path / "docs"), str(tmp_path / "json")
    assert main(["--check", docs, schemas]) == 1
    assert main(["--write", docs, schemas]) == 0
    assert main(["--check", docs, schemas]) == 0
    capsys.readouterr()
    changed = tmp_path / "json" / "stock.issue.json"
    changed.write_text("{}", encoding="utf-8")
    assert main(["--check", docs, schemas]) == 1
    assert capsys.readouterr().err.count("stock.issue.json") == 1
    assert main(["--write", docs, schemas]) == 0
    assert json.loads(changed.read_text(encoding="utf-8"))["title"] == "stock.issue"
    assert main([]) == 2


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_names_everything(lang: str) -> None:
    page = markdown_page(lang)
    for name, t in EVENT_TYPES.items():
        assert f"### {name}\n" in page
        assert (t.zh if lang == "zh" else t.en) in page
    for table in ("| `@supplier/S` |", "| `negative_stock` |", "| `KGM` |"):
        assert table in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)
