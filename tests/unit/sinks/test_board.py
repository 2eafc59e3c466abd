"""The board's server: locks, headers, one round for all clients, only changes sent, errors on the card."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pytest
from starlette.datastructures import Headers

from sinks.serving.board import Board, BoardError, address_of, running
from sinks.serving.board_guard import ANY_ADDRESS, LOOPBACK, Guard
from sinks.serving.boards import Card, CardFile

NOW = 1_800_000_000_000


def card(
    name: str, sql: str, *columns: str, page: str = "now", params: tuple[str, ...] = (), **more: Any
) -> Card:
    """A card made by hand, asked at every round."""
    shown = [
        {"name": column, "zh": column, "en": column, "format": "rate" if column.endswith("_rate") else "text"}
        for column in columns
    ]
    file = CardFile.model_validate(
        {
            "title": {"zh": name, "en": name},
            "kind": "table",
            "refresh": 0.2,
            "page": page,
            "columns": shown,
            **more,
        }
    )
    return Card(name, "room", sql, file, params, frozenset())


class Store:
    """A fake query function that counts what it was asked."""

    def __init__(self) -> None:
        self.value, self.asked = "1", []  # type: str, list[tuple[str, dict[str, object]]]

    def query(self, sql: str, parameters: dict[str, object]) -> pa.Table:
        self.asked.append((sql, parameters))
        if sql == "bad":
            raise RuntimeError("Code: 60. no such face")
        return pa.table({"a": [self.value], "b_rate": [len(self.asked)]})


CARDS = [card("one", "good", "a"), card("two", "bad", "a"), card("far", "far", "a", page="stock"),
         card("drill", "drill", "a", page="item", params=("item",))]  # fmt: skip


@contextmanager
def board(
    store: Store,
    submit: Callable[[dict[str, str]], dict[str, object]] | None = None,
    cards: list[Card] | None = None,
) -> Iterator[str]:
    """A running board; gives host:port."""
    with running(
        Board(store.query, submit, lambda: NOW, interval_s=0.2, cards=cards or CARDS), port=0
    ) as url:
        yield urlsplit(url).netloc


def ask(
    netloc: str, path: str, method: str = "GET", body: object = None, **headers: str
) -> tuple[int, dict[str, str], str]:
    """One request: status, headers (lower case), body. `_` in a header's name stands for `-`."""
    connection = http.client.HTTPConnection(netloc, timeout=10)
    connection.request(
        method,
        path,
        None if body is None else json.dumps(body),
        {name.replace("_", "-"): value for name, value in headers.items()},
    )
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    return reply.status, {name.lower(): value for name, value in reply.getheaders()}, text


class Stream:
    """A reader of server-sent events."""

    def __init__(self, netloc: str, **headers: str) -> None:
        self.connection = http.client.HTTPConnection(netloc, timeout=10)
        self.connection.request(
            "GET",
            "/api/stream?page=now",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        self.reply = self.connection.getresponse()

    def next(self, kind: str) -> dict[str, Any]:
        """The next event of a kind, its id among the data; others are passed over."""
        found: dict[str, str] = {}
        while True:
            line = self.reply.readline().decode().strip()
            if line:
                name, _, value = line.partition(": ")
                found[name] = value
            elif found.get("event") == kind:
                return {**json.loads(found["data"]), "id": found.get("id", "")}
            else:
                found = {}

    def close(self) -> None:
        self.reply.close()
        self.connection.close()


def test_every_answer_is_locked_down() -> None:
    with board(Store()) as at:
        for path in ("/", "/api/board", "/static/board.js", "/nowhere"):
            status, headers, _ = ask(at, path)
            assert status == (404 if path == "/nowhere" else 200)
            assert headers["content-security-policy"].startswith("default-src 'self'")
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "x@127.0.0.1", "127.0.0.1.evil.example", "", "[::1"]
)
def test_a_name_that_points_here_is_refused(host: str) -> None:
    with board(Store()) as at:
        status, headers, _ = ask(at, "/api/board", Host=host)
        assert status in (400, 421)
        assert status == 400 or "content-security-policy" in headers


def test_a_board_for_other_machines_answers_to_addresses_but_not_to_names() -> None:
    app = Guard(None, "token", (*LOOPBACK, ANY_ADDRESS, "till-1"))  # type: ignore[arg-type] # never reached
    for host, known in (
        ("192.168.1.5:8642", True), ("[fe80::1]:8642", True), ("till-1:8642", True), ("localhost", True),
        ("evil.example:8642", False), ("192.168.1.5.evil.example", False), ("", False),
    ):  # fmt: skip
        assert (app._refuse("GET", Headers({"host": host})) is None) == known, host
    assert Guard(None, "token", LOOPBACK)._refuse("GET", Headers({"host": "192.168.1.5"}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("host", "opened"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "[::1]")],
)
def test_the_printed_address_opens_in_a_browser(host: str, opened: str) -> None:
    assert address_of(host) == opened


def test_requests_of_other_sites_are_refused() -> None:
    with board(Store()) as at:
        assert ask(at, "/api/board", sec_fetch_site="cross-site", sec_fetch_mode="cors")[0] == 403
        assert ask(at, "/", sec_fetch_site="cross-site", sec_fetch_mode="navigate")[0] == 200
        assert ask(at, "/api/board", "PUT")[0] == 405


FORM = {"type": "stock.count", "entity": "E", "id": "i", "item": "milk", "site": "S1", "qty": "3"}


def test_a_post_needs_origin_token_and_form() -> None:
    posted: list[dict[str, str]] = []

    def submit(event: dict[str, str]) -> dict[str, object]:
        posted.append(event)
        return {"status": "committed", "reason": "", "version": 7}

    with board(Store(), submit) as at:
        token = json.loads(ask(at, "/api/board")[2])["token"]
        good = {"origin": f"http://{at}", "x_board_token": token, "content_type": "application/json"}
        wrongs = [
            {"origin": "http://evil.example"},
            {"origin": ""},
            {"x_board_token": "x"},
            {"x_board_token": "\u00e9"},
        ]
        wrongs += [{"sec_fetch_site": "cross-site"}, {"content_type": "text/plain"}]
        for wrong, status in zip(wrongs, [403] * 5 + [415], strict=True):
            assert ask(at, "/api/post", "POST", FORM, **{**good, **wrong})[0] == status
        assert ask(at, "/api/post", "POST", {**FORM, "note": "x" * 70_000}, **good)[0] == 413
        assert ask(at, "/api/post", "POST", {**FORM, "trust": "green"}, **good)[0] == 400
        assert ask(at, "/api/post", "POST", ["no form"], **good)[0] == 400
        assert not posted
        status, _, text = ask(at, "/api/post", "POST", FORM, **good)
        assert (status, json.loads(text)["version"]) == (200, 7)
        assert posted[0]["trust"] == "red"


def test_a_ledger_in_trouble_is_told_and_a_read_only_board_takes_nothing() -> None:
    def submit(event: dict[str, str]) -> dict[str, object]:
        raise OSError("disk full")

    for given, status in ((submit, 503), (None, 405)):
        with board(Store(), given) as at:
            token = json.loads(ask(at, "/api/board")[2])["token"]
            found = ask(
                at,
                "/api/post",
                "POST",
                FORM,
                origin=f"http://{at}",
                x_board_token=token,
                content_type="application/json",
            )
            assert found[0] == status


def test_nobody_looks_nothing_is_asked_and_all_share_one_round() -> None:
    store = Store()
    with board(store) as at:
        time.sleep(0.4)
        assert store.asked == []
        streams = [Stream(at) for _ in range(5)]
        assert [stream.next("card")["rows"] for stream in streams] == [[["1"]]] * 5
        before = len(store.asked)
        time.sleep(1)
        assert (
            len(store.asked) - before <= 2 * 6
        )  # two cards, at most six rounds, whatever the number of clients
        assert not [sql for sql, _ in store.asked if sql in ("far", "drill")]  # pages that nobody looks at
        for stream in streams:
            stream.close()


def test_only_changes_are_sent_and_a_client_that_returns_gets_what_it_missed() -> None:
    store = Store()
    with board(store) as at:
        stream = Stream(at)
        first, failed = stream.next("card"), stream.next("card")
        assert (first["card"], failed["card"]) == ("one", "two")
        assert failed["error"] == "RuntimeError: Code: 60. no such face"
        assert stream.next("pulse")["now_ms"] == NOW
        store.value = "2"
        changed = stream.next("card")
        assert (changed["card"], changed["rows"]) == ("one", [["2"]])
        back = Stream(at, last_event_id=failed["id"])
        assert back.next("card")["rows"] == [["2"]]
        fresh = Stream(at, last_event_id="other-99")
        assert {fresh.next("card")["card"], fresh.next("card")["card"]} == {"one", "two"}
        for each in (stream, back, fresh):
            each.close()


def test_growing_counters_become_a_rate() -> None:
    store = Store()
    with board(store, cards=[card("flow", "good", "b_rate")]) as at:
        stream = Stream(at)
        assert stream.next("card")["rows"] == [[None]]
        assert float(stream.next("card")["rows"][0][0]) > 0
        stream.close()


def test_a_drill_card_gets_its_parameters() -> None:
    store = Store()
    with board(store) as at:
        assert json.loads(ask(at, "/api/card/drill?item=a%27b&other=1")[2])["rows"] == [["1"]]
        assert store.asked == [("drill", {"item": "a'b"})]
        assert ask(at, "/api/card/drill")[0] == 400
        assert ask(at, "/api/card/drill?item=" + "x" * 600)[0] == 400
        assert ask(at, "/api/card/none")[0] == 404
        assert ask(at, "/api/record?event_id=x")[0] == 404


def test_a_taken_port_names_itself_and_the_cure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(BoardError, match=f"board 127.0.0.1:{port}: .*--port"),
            running(Board(Store().query, None, lambda: NOW, cards=CARDS), port=port),
        ):
            pass


def test_the_board_ends_while_streams_are_open() -> None:
    with board(Store()) as at:
        stream = Stream(at)
        stream.next("card")
        started = time.monotonic()
    assert time.monotonic() - started < 5
    stream.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "board"]
