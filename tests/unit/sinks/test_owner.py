"""The owner's socket: reads only, exact answers, several clients, clear words when it cannot."""

import socket
import stat
import subprocess
import sys
import threading
from contextlib import suppress
from decimal import Decimal

import pyarrow as pa
import pytest

from sinks.clickhouse import StoreError
from sinks.lock import DirectoryLock, StoreLocked
from sinks.serving import client, frames
from sinks.serving.owner import OwnerServer
from sinks.serving.statement import StatementRefused, check
from tests.unit.sinks.test_store import movements


@pytest.fixture
def owner(store, tmp_path):
    with OwnerServer(
        store, tmp_path / "owner.sock", {"max_execution_time": "2", "max_result_rows": "1000"}
    ) as server:
        yield server


def test_answers_are_exact_and_from_mart(store, owner, tmp_path):
    store.insert("core.movement", movements(1, 2), "owner-exact")
    rows = client.query(
        tmp_path, "SELECT version, qty, value_amt FROM v_movement ORDER BY version;"
    ).to_pylist()
    assert rows[0] == {"version": 1, "qty": Decimal("1.500000"), "value_amt": Decimal("-12.3400")}
    assert client.query(tmp_path, "SELECT count() AS n FROM mart.v_sale").to_pylist() == [{"n": 0}]
    assert client.query(tmp_path, "SELECT * FROM v_sale").num_rows == 0
    assert client.query(tmp_path, "EXISTS TABLE core.movement").num_rows == 1
    assert "v_sale" in client.query(tmp_path, "SHOW TABLES").to_pydict()["name"]


def test_a_poll_is_answered_once_until_something_is_written(store, owner, tmp_path, monkeypatch):
    monkeypatch.setattr("sinks.serving.owner._SAME_S", 30)
    asked = []
    real = owner._readers.queue[0].__class__.query
    monkeypatch.setattr(
        owner._readers.queue[0].__class__, "query", lambda r, sql: asked.append(sql) or real(r, sql)
    )
    count = "SELECT count() AS n FROM core.movement WHERE entity = 'POLL'"
    assert [client.query(tmp_path, count).to_pylist() for _ in range(3)] == [[{"n": 0}]] * 3
    assert len(asked) == 1
    polled = pa.array(["POLL"] * 2).dictionary_encode()
    store.insert("core.movement", movements(1, 2, entity=polled), "owner-poll")
    assert client.query(tmp_path, count).to_pylist() == [{"n": 2}]
    assert len(asked) == 2


def test_only_the_owner_of_the_files_may_ask(owner):
    assert stat.S_IMODE(owner.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT * FROM no_such", "no_such"),
        ("SELECT number FROM numbers(100000)", "max rows"),
        ("SELECT sum(sipHash64(number)) FROM numbers(1000000000000)", "imeout"),
        ("SELECT 1 SETTINGS readonly = 0", "readonly"),
        ("SELECT * FROM default.`/etc/hostname`", "readonly|UNKNOWN"),
    ],
)
def test_the_engine_refuses_and_the_next_answer_is_whole(owner, tmp_path, sql, words):
    with pytest.raises(StoreError, match=words):
        client.query(tmp_path, sql)
    for _ in range(5):
        assert client.query(tmp_path, "SELECT 5 AS five").to_pylist() == [{"five": 5}]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO core.movement (version) VALUES (1)",
        "DROP TABLE core.movement",
        "SELECT 1; DROP TABLE core.movement",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SELECT file('/etc/hostname')",
        "SELECT \"file\"('/etc/hostname')",
        "SELECT * FROM url('http://localhost', CSV)",
        "SELECT * FROM /* x */ s3 ('a')",
        "DESCRIBE TABLE remote('a', b.c)",
        "SELECT a$$ , file('/etc/hostname'), $$b",
        "SELECT * FROM Python(x)",
        "SELECT * FROM executable('id', TSV, 'a String')",
        "SELECT `fi\\x6ce`('/etc/hostname')",
        "SELECT \"fi\\x6ce\"('/etc/hostname')",
        "SELECT * FROM file/**/('/etc/hostname')",
        "EXPLAIN SELECT * FROM file('/etc/hostname')",
        "FROM file('/etc/hostname') SELECT *",
        "SELECT 1 INTO /**/ OUTFILE '/tmp/x'",
        "select 1 into\noutfile '/tmp/x' format CSV",
        "SELECT * FROM view(SELECT * FROM url('http://localhost'))",
        "SELECT * FROM clusterAllReplicas('default', 'system', 'one')",
        "SELECT * FROM remoteSecure('h', 'a', 'b')",
        "SELECT * FROM dictionary('d')",
        "SELECT * FROM merge('system', '.*')",
        "SELECT catboostEvaluate('/x', 1)",
        "CREATE TEMPORARY TABLE t (a Int8)",
        "BACKUP DATABASE core TO Disk('x', 'y')",
        "KILL QUERY WHERE 1",
        "SYSTEM SHUTDOWN",
        "SET readonly = 0",
        "SELECT 1 FORMAT CSV",
        "-- nothing",
        "",
    ],
)
def test_statements_that_do_more_than_read_the_store_are_refused(sql):
    with pytest.raises(StatementRefused):
        check(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT ';' AS a -- ; file(",
        "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
        "(SELECT 1) UNION ALL (SELECT 2)",
        "SELECT 'it''s file(1)', \"from\" FROM numbers(3) /* ; */",
        "SELECT format('{}', 1), url AS format FROM t",
        "SELECT * FROM mart.v_stock_as_of(as_of='2025-01-01T00:00:00Z', known_at='now')",
        "EXPLAIN SELECT 1",
    ],
)
def test_statements_that_only_read_pass(sql):
    assert check(sql) == sql
    assert check(sql + "\n;").startswith(sql[:6])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT 1 SETTINGS max_memory_usage = 99999999999",
        "WITH 1 AS x INSERT INTO core.item SELECT x",
        "SELECT sleepEachRow(3) FROM numbers(50)",
        "SELECT dictGet('d', 'a', 1)",
        "SELECT number FROM numbers(9000000)",
    ],
)
def test_what_the_words_let_pass_the_engine_refuses(owner, tmp_path, sql):
    with pytest.raises(StoreError):
        client.query(tmp_path, sql)
    assert client.query(tmp_path, "SELECT 1 AS a").to_pylist() == [{"a": 1}]


def test_the_closing_semicolon_goes_even_before_a_comment():
    assert check("SELECT ';' ; -- done; really").rstrip() == "SELECT ';'"


def test_a_refused_statement_comes_back_over_the_wire(owner):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.connect(str(owner.path))
        with pytest.raises(StoreError, match="only reading is served"):
            client.ask(link, "DROP TABLE core.movement")
        assert client.ask(link, "SELECT 1 AS a").to_pylist() == [{"a": 1}]
        link.sendall(b"garbage that is no frame at all")
        with suppress(ConnectionResetError):
            assert link.recv(1) == b""


def test_several_clients_at_once(owner, tmp_path):
    found = []

    def ask(number):
        for _ in range(4):
            sql = f"SELECT {number} AS n, sleep(0.01) AS s"
            found.append((number, client.query(tmp_path, sql).to_pylist()[0]["n"]))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 32
    assert all(asked == got for asked, got in found)


def test_a_path_longer_than_a_socket_address(store, tmp_path):
    folder = tmp_path / ("d" * 60) / ("e" * 60)
    folder.mkdir(parents=True)
    with OwnerServer(store, folder / "owner.sock"):
        assert client.query(folder, "SELECT 1 AS a").to_pylist() == [{"a": 1}]
    assert not (folder / "owner.sock").exists()


def test_without_proc_a_long_path_goes_through_a_link(tmp_path, monkeypatch):
    folder = tmp_path / ("d" * 100)
    folder.mkdir()
    monkeypatch.setattr(frames.Path, "is_dir", lambda _: False)
    with frames.short(folder / "owner.sock") as address, socket.socket(socket.AF_UNIX) as door:
        assert len(address) < 108
        door.bind(address)
    assert (folder / "owner.sock").is_socket()


def test_the_lock_names_its_owner(tmp_path):
    with DirectoryLock(tmp_path):
        run = subprocess.run(
            [sys.executable, "-c", f"from sinks.lock import DirectoryLock; DirectoryLock({str(tmp_path)!r})"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 1
        assert f"{tmp_path}/lock: store is owned by pid " in run.stderr
        assert " since 20" in run.stderr
    DirectoryLock(tmp_path).close()


HOLD = """
import sys, time
from sinks.lock import DirectoryLock
with DirectoryLock(sys.argv[1], guest=sys.argv[2] == "guest"):
    print("held", flush=True)
    time.sleep(float(sys.argv[3]))
"""


@pytest.mark.parametrize(("kind", "seconds", "waits"), [("guest", "0.4", True), ("owner", "60", False)])
def test_an_owner_waits_for_a_guest_and_for_nobody_else(tmp_path, kind, seconds, waits):
    words = [sys.executable, "-c", HOLD, str(tmp_path), kind, seconds]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        if waits:
            DirectoryLock(tmp_path).close()
            assert holder.wait(10) == 0
        else:
            with pytest.raises(StoreLocked, match=f"pid {holder.pid} "):
                DirectoryLock(tmp_path)
        holder.kill()


def test_an_owner_that_does_not_answer_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(client, "_PATIENCE_S", 0.1)
    (tmp_path / "store").mkdir()
    with DirectoryLock(tmp_path), pytest.raises(StoreLocked, match="store is owned by pid"):
        client.query(tmp_path, "SELECT 1")


def test_a_directory_without_a_store_says_what_to_do(tmp_path):
    with pytest.raises(StoreError, match="holds no store; run a job"):
        client.query(tmp_path, "SELECT 1")


ALONE = """
import sys
from sinks.clickhouse import Store
from sinks.format import render
from sinks.serving import client
store = Store.open("chdb", sys.argv[1])
store.migrate()
store.close()
rows = client.query(sys.argv[1], "SELECT toDecimal64('1.50', 2) AS a, count() AS n FROM v_sale")
print(render(rows, "json"))
"""


def test_without_an_owner_the_directory_is_opened(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", ALONE, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert run.stdout.strip() == '[{"a": "1.50", "n": "0"}]', run.stderr
