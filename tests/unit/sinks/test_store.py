"""The store: migrations, settings that are read back, inserts that collapse, clients per thread."""

import threading

import pyarrow as pa
import pytest

from schemas.tables import TABLES, TableError
from sinks import migrate
from sinks.clickhouse import Store, StoreError
from sinks.faces import load_faces
from sinks.migrate import Migration, MigrationError
from sinks.target import PASSWORD_ENV, Target, TargetError


def movements(first, count, **more):
    versions = range(first, first + count)
    return pa.table(
        {
            "entity": pa.array(["E1"] * count).dictionary_encode(),
            "version": pa.array(versions, pa.uint64()),
            "line": pa.array([1] * count, pa.uint32()),
            "event_id": [f"e{v}" for v in versions],
            "event_at": pa.array([1_735_689_600_000 + v for v in versions], pa.int64()),
            "item": ["tea"] * count,
            "qty": pa.array([1_500_000] * count, pa.int64()),
            "value_amt": pa.array([-123_400] * count, pa.int64()),
            **more,
        }
    )


def test_the_first_migration_is_what_the_typed_tables_say():
    stored = (migrate.FOLDER / f"{migrate.FIRST}.sql").read_text(encoding="utf-8")
    assert stored == migrate.first_migration(), "run: python -m sinks.migrate"


def test_a_second_migration_run_changes_nothing(store):
    assert store.migrate() == []
    store.assert_settings()


def test_a_released_migration_that_changed_is_an_error(store):
    ours = migrate.load_migrations()
    changed = [Migration(1, ours[0].name, ours[0].text + "\n-- later thought"), *ours[1:]]
    with pytest.raises(MigrationError, match=r"0001_tables\.sql was changed after it was applied"):
        migrate.apply(store, changed)


def test_a_store_of_a_newer_release_is_refused(store):
    with pytest.raises(MigrationError, match="unknown to this release"):
        migrate.apply(store, [])


def test_a_new_migration_is_applied_once(store):
    new = Migration(2, "0002_probe", "CREATE TABLE ops.probe (a UInt8) ENGINE = Memory;\n")
    try:
        assert migrate.apply(store, [*migrate.load_migrations(), new]) == ["0002_probe", "faces"]
        assert migrate.apply(store, [*migrate.load_migrations(), new]) == []
    finally:
        store.command("DROP TABLE ops.probe")
        store.command("DELETE FROM meta.migration WHERE number = 2 SETTINGS mutations_sync = 1")


def test_a_table_that_forgets_tokens_is_named(store):
    store.command("ALTER TABLE core.movement MODIFY SETTING non_replicated_deduplication_window = 10")
    try:
        with pytest.raises(StoreError, match=r"core\.movement remembers 10 inserts, must be 10000"):
            store.assert_settings()
    finally:
        store.command("ALTER TABLE core.movement MODIFY SETTING non_replicated_deduplication_window = 10000")
    store.assert_settings()


def test_what_was_inserted_is_there_exactly(store):
    store.insert("core.movement", movements(1, 3), "exact")
    rows = store.query("SELECT * FROM core.movement ORDER BY version")
    assert rows.num_rows == 3
    first = rows.slice(0, 1).to_pylist()[0]
    assert str(first["qty"]) == "1.500000"
    assert str(first["value_amt"]) == "-12.3400"
    assert first["event_at"].isoformat() == "2025-01-01T00:00:00.001000+00:00"
    assert first["lot"] == first["owner"] == first["reason"] == ""


def test_the_same_token_again_changes_neither_table_nor_view(store):
    store.command("CREATE TABLE ops.seen (item String, n UInt64) ENGINE = SummingMergeTree ORDER BY item")
    store.command(
        "CREATE MATERIALIZED VIEW ops.mv_seen TO ops.seen AS "
        "SELECT item, count() AS n FROM core.movement GROUP BY item"
    )
    store.command("ALTER TABLE ops.seen MODIFY SETTING non_replicated_deduplication_window = 10000")
    try:
        for _ in range(3):
            store.insert("core.movement", movements(1, 5), "token-1")
        store.insert("core.movement", movements(1, 5), "token-2")
        assert store.query("SELECT count() AS n FROM core.movement").to_pylist() == [{"n": 10}]
        assert store.query("SELECT sum(n) AS n FROM ops.seen").to_pylist() == [{"n": 10}]
    finally:
        store.command("DROP VIEW ops.mv_seen")
        store.command("DROP TABLE ops.seen")


def test_a_large_block_collapses_as_one(store):
    big = movements(1, 60_000)
    for _ in range(2):
        store.insert("core.movement", big, "big")
    assert store.query("SELECT count() AS n, uniqExact(version) AS u FROM core.movement").to_pylist() == [
        {"n": 60_000, "u": 60_000}
    ]


def test_a_stated_zero_is_not_taken_for_the_default(store):
    rows = pa.table(
        {"entity": ["JP"], "version": pa.array([1], pa.uint64()), "minor_digits": pa.array([0], pa.uint8())}
    )
    store.insert("core.entity", rows, "jp")
    assert store.query("SELECT minor_digits FROM core.entity").to_pylist() == [{"minor_digits": 0}]


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("no_such", ["a"], r"core\.movement: no column 'no_such'"),
        ("lot", pa.array([None], pa.string()), r"core\.movement\.lot: 1 nulls"),
        ("qty", ["x"], r"core\.movement\.qty: string is no Decimal\(18,6\)"),
    ],
)
def test_rows_that_do_not_fit_name_the_column(store, column, values, words):
    with pytest.raises(TableError, match=words):
        store.insert("core.movement", movements(1, 1, **{column: values}), "bad")


def test_a_query_that_fails_leaves_nothing_for_the_next(store):
    for _ in range(3):
        with pytest.raises(StoreError, match="chdb: query: "):
            store.query("SELECT throwIf(number = 100000, 'half way') AS a, number AS b FROM numbers(200000)")
        assert store.query("SELECT 7 AS only").to_pylist() == [{"only": 7}]


def test_threads_have_clients_of_their_own(store):
    found = []

    def ask(number):
        for _ in range(5):
            found.append((number, store.query(f"SELECT {number} AS n").to_pylist()[0]["n"]))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    assert all(asked == got for asked, got in found)


def test_every_column_says_what_it_means_in_two_languages(store):
    rows = store.query("SELECT * FROM meta.data_dictionary").to_pylist()
    named = {r["full_name"] for r in rows}
    assert set(TABLES) <= named
    assert {f.name for f in load_faces()} <= named
    assert [r for r in rows if not r["zh"] or not r["en"]] == []


def test_a_closed_store_says_so(store, engine):
    other = Store(Target("chdb"), engine.data_dir)
    other.close()
    with pytest.raises(StoreError, match="the store is closed"):
        other.query("SELECT 1")


def test_a_password_is_never_in_the_address_nor_shown(monkeypatch, tmp_path):
    with pytest.raises(TargetError, match="no password in the address") as refused:
        Target("https://ann:secret@db:8443").connection(tmp_path)
    assert "secret" not in str(refused.value)
    monkeypatch.setenv(PASSWORD_ENV, "hush")
    target = Target("https://ann@db:9000")
    assert target.connection(tmp_path)["password"] == "hush"
    assert "hush" not in repr(target)
    assert str(target) == "https://db:9000"
    (tmp_path / "pw").write_text("from-file\n", encoding="utf-8")
    monkeypatch.setenv(f"{PASSWORD_ENV}_FILE", str(tmp_path / "pw"))
    assert target.connection(tmp_path)["password"] == "from-file"


@pytest.mark.parametrize("url", ["ftp://x", "chdb", "http://"])
def test_targets_other_than_the_three_kinds_are_refused(url, tmp_path):
    if url == "chdb":
        assert Target(url).connection(tmp_path)["dsn"].endswith("/store")
        return
    with pytest.raises(TargetError, match="use chdb, chdb:///path, http://host or https://host"):
        Target(url).connection(tmp_path)
