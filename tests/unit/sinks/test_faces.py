"""Each face does what its papers say: columns, identities, and the example `given` -> `expect`."""

import json

import pyarrow as pa
import pytest

from schemas.tables import TABLES
from sinks.faces import load_faces
from sinks.format import render

FACES = load_faces()
NAMES = [face.name for face in FACES]


def table_of(name, rows):
    """Rows of a paper as Arrow: text cast to the column's own type, absent = default."""
    arrays = {}
    for column in {key: None for row in rows for key in row}:
        kind = TABLES[name].column(column).arrow
        if pa.types.is_list(kind):
            arrays[column] = pa.array([row.get(column) or [] for row in rows], kind)
            continue
        texts = pa.array([None if row.get(column) is None else str(row[column]) for row in rows])
        if pa.types.is_dictionary(kind) or pa.types.is_string(kind):
            arrays[column] = texts.fill_null("")
        elif pa.types.is_decimal(kind):
            arrays[column] = texts.fill_null("0").cast(pa.decimal128(kind.precision, kind.scale))
        else:
            nothing = "1970-01-01T00:00:00Z" if pa.types.is_timestamp(kind) else "0"
            arrays[column] = texts.fill_null(nothing).cast(kind)
    return pa.table(arrays)


@pytest.mark.parametrize("face", FACES, ids=NAMES)
def test_the_example_of_a_face_holds(store, face):
    assert face.given, f"{face.name}: a face needs an example"
    for number, (table, rows) in enumerate(face.given.items()):
        store.insert(table, table_of(table, rows), f"{face.name}:{number}")
    for example in face.expect:
        select = example["select"]
        source = "" if " FROM " in select else f" FROM {face.name}"
        found = json.loads(render(store.query(f"SELECT {select}{source}"), "json"))
        assert sorted(found, key=str) == sorted(example["rows"], key=str)
    for sentence, sql in face.identities.items():
        assert store.query(sql).to_pylist() == [], sentence


@pytest.mark.parametrize(
    "face", [f for f in FACES if not f.parameters], ids=[f.name for f in FACES if not f.parameters]
)
def test_a_face_has_the_columns_of_its_papers_and_no_float(store, face):
    stored = store.query(f"DESCRIBE TABLE {face.name}").to_pylist()
    assert [(r["name"], r["type"].replace(" ", "")) for r in stored] == [
        (c.name, c.type) for c in face.columns
    ]
    for row in stored:
        assert "Float" not in row["type"]
        assert row["comment"].count(" | ") >= 1


WITH_PARAMETERS = [f for f in FACES if f.parameters]
ARGUMENTS = {
    "as_of": "'2025-01-01T00:00:00Z'",
    "known_at": "'now'",
    "known_version": "7",
    "entity": "'E'",
    "item": "'i'",
}


@pytest.mark.parametrize("face", WITH_PARAMETERS, ids=[f.name for f in WITH_PARAMETERS])
def test_a_face_with_parameters_has_the_columns_of_its_papers(store, face):
    given = ", ".join(f"{name}={ARGUMENTS[name]}" for name in face.parameters)
    found = store.query(f"SELECT * FROM {face.name}({given})")
    assert found.column_names == [c.name for c in face.columns]


@pytest.mark.parametrize(
    ("as_of", "known_at", "words"),
    [
        ("2025-01-02T00:00:00", "now", "as_of: a time with offset"),
        ("2025-01-02T00:00:00Z", "2025-01-02", "known_at: now, or a time with offset"),
        ("now", "now", "as_of"),
    ],
)
def test_a_moment_without_offset_is_refused(store, as_of, known_at, words):
    entry = {"account": 1, "entity": "E", "event_at": "2025-01-01T00:00:00Z"}
    store.insert("core.entry", table_of("core.entry", [entry]), f"entry:{as_of}:{known_at}")
    account = {"account": 1, "entity": "E", "place": "S"}
    store.insert("core.account", table_of("core.account", [account]), f"account:{as_of}:{known_at}")
    with pytest.raises(RuntimeError, match=words):
        store.query(f"SELECT * FROM mart.v_stock_as_of(as_of='{as_of}', known_at='{known_at}')")


def test_the_share_of_a_cell_is_half_even_and_sums_up(store):
    # 0.05 over 2 rows: 0.025 each, half-even 0.02, the last takes 0.03; a row at 0 takes nothing
    accounts = [
        {"account": n, "cell": 1, "entity": "E", "place": place, "item": "i"}
        for n, place in enumerate("ABCZ", 1)
    ]
    stock = [
        {
            "entity": "E",
            "account": n,
            "cell": 1,
            "qty": qty,
            "cell_qty": 2,
            "cell_value_amt": "0.05",
            "version": n,
        }
        for n, qty in enumerate([1, 0, 1, 0], 1)
    ]
    store.insert("core.account", table_of("core.account", accounts), "h1")
    store.insert("core.stock", table_of("core.stock", stock), "h2")
    rows = store.query(
        "SELECT site, toString(value_amt) AS v FROM mart.v_stock_now ORDER BY site"
    ).to_pylist()
    assert [(r["site"], r["v"]) for r in rows] == [("A", "0.02"), ("B", "0"), ("C", "0.03"), ("Z", "0")]


def test_large_values_are_shared_exactly(store):
    accounts = [{"account": n, "cell": 1, "entity": "E", "place": f"S{n}", "item": "i"} for n in (1, 2, 3)]
    stock = [
        {
            "entity": "E",
            "account": n,
            "cell": 1,
            "qty": "700000000000.000001",
            "cell_value_amt": "11258999068426.23",
        }
        for n in (1, 2, 3)
    ]
    store.insert("core.account", table_of("core.account", accounts), "l1")
    store.insert("core.stock", table_of("core.stock", stock), "l2")
    rows = store.query("SELECT value_amt FROM mart.v_stock_now ORDER BY site").column("value_amt").to_pylist()
    assert [str(v) for v in rows] == ["3752999689475.4100"] * 3
