"""The live board: a page on this machine that shows the faces and follows them within a second.

It needs three functions and nothing else: `query` runs one SELECT on the faces, `submit` posts one canonical
event by hand, `clock` tells the time. Cards are found by `boards`, asked by `board_feed`, guarded by
`board_guard`. No request leaves the machine; the page has no build step and no third-party code.
"""

import asyncio
import json
import secrets
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import structlog
import uvicorn
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from sinks.serving import board_words
from sinks.serving.board_feed import Feed
from sinks.serving.board_guard import ANY_ADDRESS, EVERYWHERE, LOOPBACK, Guard
from sinks.serving.board_post import FormError, event_of
from sinks.serving.boards import Card, discover, pages

STATIC = Path(__file__).resolve().parent / "static"
PULSE_S = 1.0
_LOG = structlog.get_logger(__name__)


class BoardError(Exception):
    """The board cannot start; the message gives place, what and cure."""


@dataclass(frozen=True)
class Board:
    """What the board shows and where it gets it.

    query(sql, parameters) -> Table: one SELECT on `mart`; parameters are bound as ClickHouse's `{name:Type}`.
        It is called from one worker thread at a time, never from the event loop.
    submit(event) -> {status: committed|refused|duplicate|waiting, reason, version}: posts an event;
        None makes the board read-only.
    clock() -> int: UTC milliseconds, the clock that stamped `recorded_at`.
    raw(event) -> bytes | None: the record as received for {entity, source, event_id}; None: not offered.
    tz: zone that says when a day begins for cards such as sales today. `cards`: default, those found.
    """

    query: Callable[[str, dict[str, object]], pa.Table]
    submit: Callable[[dict[str, str]], dict[str, object]] | None
    clock: Callable[[], int]
    raw: Callable[[dict[str, str]], bytes | None] | None = None
    tz: str = "Asia/Shanghai"
    interval_s: float = 1.0
    cards: list[Card] = field(default_factory=discover)


@dataclass
class _Desk:
    """The handlers of one running board."""

    board: Board
    feed: Feed
    token: str
    epoch: str

    async def page(self, request: Request) -> Response:
        """The page itself."""
        return FileResponse(STATIC / "index.html")

    async def about(self, request: Request) -> Response:
        """Cards, pages, words, forms and the token: all that the page needs before the first number."""
        cards = self.board.cards
        return JSONResponse(
            {
                "cards": [card.public() for card in cards],
                "pages": pages(cards),
                "words": board_words.words(),
                "forms": board_words.forms() if self.board.submit else [],
                "raw": self.board.raw is not None,
                "token": self.token,
                "tz": self.board.tz,
            }
        )

    async def stream(self, request: Request) -> Response:
        """Server-sent events: `card` for every changed card of ?page=, `pulse` every second."""
        after = 0
        epoch, _, seen = request.headers.get("last-event-id", "").partition("-")
        if epoch == self.epoch and seen.isdigit():
            after = int(seen)
        page = request.query_params.get("page", "now")[:64]
        return EventSourceResponse(self._events(page, after), ping=3600)

    async def _events(self, page: str, after: int) -> AsyncIterator[dict[str, str]]:
        self.feed.join(page)
        pulsed = 0.0
        try:
            while not self.feed.closed:
                if time.monotonic() - pulsed >= PULSE_S:
                    pulsed = time.monotonic()
                    yield {"event": "pulse", "data": json.dumps({"now_ms": self.board.clock()})}
                for snap in await self.feed.changes(page, after, PULSE_S):
                    after = snap.seq
                    yield {
                        "event": "card",
                        "id": f"{self.epoch}-{snap.seq}",
                        "data": json.dumps(snap.body, ensure_ascii=False),
                    }
        finally:
            self.feed.leave(page)

    async def card(self, request: Request) -> Response:
        """One card asked now: a drill card with its parameters, or a table with a search text."""
        card = next((each for each in self.board.cards if each.name == request.path_params["name"]), None)
        if card is None:
            return JSONResponse({"error": "no such card"}, status_code=404)
        given = dict(request.query_params)
        missing = [name for name in card.params if name not in given]
        if missing or any(len(value.encode()) > 512 for value in given.values()):
            return JSONResponse(
                {"error": f"parameters needed, each of at most 512 bytes: {', '.join(card.params)}"},
                status_code=400,
            )
        return JSONResponse(await self.feed.ask(card, given))

    async def record(self, request: Request) -> Response:
        """The record of one event as it was received, as text; 404 when the archive does not have it."""
        wanted = {name: request.query_params.get(name, "") for name in ("entity", "source", "event_id")}
        found = await asyncio.to_thread(self.board.raw, wanted) if self.board.raw else None
        if found is None:
            return JSONResponse({"error": "no record"}, status_code=404)
        return JSONResponse({"raw": found.decode("utf-8", "replace"), "bytes": len(found)})

    async def post(self, request: Request) -> Response:
        """Post one event by hand and answer its verdict."""
        if self.board.submit is None:
            return JSONResponse({"error": "this board is read-only"}, status_code=405)
        try:
            form = json.loads(await request.body())
            event = event_of(form if isinstance(form, dict) else {}, self.board.clock())
        except (FormError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        try:
            verdict = await asyncio.to_thread(self.board.submit, event)
        except Exception as error:  # noqa: BLE001 -- the ledger's trouble is told on the form; the board lives on
            _LOG.exception("posting by hand failed")
            return JSONResponse({"error": f"not posted: {type(error).__name__}: {error}"}, status_code=503)
        return JSONResponse({"event": event, **verdict})


def build(board: Board, hosts: tuple[str, ...] = LOOPBACK) -> tuple[ASGIApp, Feed]:
    """The board as an ASGI app that answers to the names in `hosts`, and its feed."""
    feed = Feed(board.cards, board.query, board.clock, board.tz, board.interval_s)
    desk = _Desk(board, feed, secrets.token_urlsafe(24), secrets.token_hex(4))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        rounds = asyncio.create_task(feed.run())
        yield
        feed.close()
        rounds.cancel()
        with suppress(asyncio.CancelledError):
            await rounds

    app = Starlette(
        lifespan=lifespan,
        routes=[
            Route("/", desk.page),
            Route("/api/board", desk.about),
            Route("/api/stream", desk.stream),
            Route("/api/card/{name}", desk.card),
            Route("/api/record", desk.record),
            Route("/api/post", desk.post, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
    )
    return Guard(app, desk.token, hosts), feed


def serve(board: Board, host: str = "127.0.0.1", port: int = 8765) -> None:
    """Serve until interrupted. Raises BoardError when the address cannot be had."""
    server, listener = _server(board, host, port)
    with listener:
        server.run(sockets=[listener])


@contextmanager
def running(board: Board, host: str = "127.0.0.1", port: int = 8765) -> Iterator[str]:
    """Serve in a thread of this process and give the board's address; port 0 takes any free one.

    Raises BoardError when the address cannot be had.
    """
    server, listener = _server(board, host, port)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="board", daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://{address_of(host)}:{listener.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def address_of(host: str) -> str:
    """What to open in a browser on this machine for a board that listens at `host`."""
    if host in EVERYWHERE:
        return LOOPBACK[0]
    return f"[{host}]" if ":" in host else host


class _Server(uvicorn.Server):
    """uvicorn that ends the open streams first: they would otherwise hold the exit until it times out."""

    def __init__(self, config: uvicorn.Config, feed: Feed) -> None:
        super().__init__(config)
        self._feed = feed

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._feed.close()
        await super().shutdown(sockets)


def _server(board: Board, host: str, port: int) -> tuple[_Server, socket.socket]:
    listener = _listen(host, port)
    app, feed = build(
        board, (*LOOPBACK, host, *((ANY_ADDRESS, socket.gethostname()) if host in EVERYWHERE else ()))
    )
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=15,
        ws="none",
    )
    return _Server(config, feed), listener


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    with suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise BoardError(
            f"board {host}:{port}: {error.strerror or error}; another board may be open there: "
            f"close it, or choose another port with --port (0 takes any free one)"
        ) from error
    return listener
