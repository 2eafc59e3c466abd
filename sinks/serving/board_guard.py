"""What stands before every request: host check, security headers, and the locks on POST.

The board listens on the machine itself and has no users, so a page on another site is the danger: it could
point a name of its own at 127.0.0.1 (refused by the Host check) or post a form to it (refused by origin and
token). The token is made at start and given only to pages of the board's own origin.
"""

import secrets
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 -- named to be recognised
ANY_ADDRESS = "*"  # in a Guard's hosts: any numeric address, which no name of another site can stand for
BODY_LIMIT = 64 * 1024
_HOST = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]")
HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """ASGI middleware around the board; `hosts` are names (without port) it answers to."""

    def __init__(self, app: ASGIApp, token: str, hosts: tuple[str, ...] = LOOPBACK) -> None:
        self.app, self.token, self.hosts = app, token, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on one request; every answer carries the security headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-cache")
            await send(message)

        why = self._refuse(scope["method"], Headers(scope=scope))
        if why:
            status, text = why
            await JSONResponse({"error": text}, status_code=status)(scope, receive, with_headers)
            return
        await self.app(scope, receive, with_headers)

    def _known(self, name: str) -> bool:
        return name in self.hosts or (ANY_ADDRESS in self.hosts and is_address(name))

    def _refuse(self, method: str, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not self._known(host_name(host)):
            return 421, f"Host {host!r} is not this board; open it as http://127.0.0.1:PORT"
        if (
            headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
            and headers.get("sec-fetch-mode") != "navigate"
        ):
            return 403, "requests from other sites are refused"
        if method in ("GET", "HEAD"):
            return None
        if method != "POST":
            return 405, f"{method} is not used here"
        if headers.get("origin") not in (f"http://{host}", f"https://{host}"):
            return 403, "a post must come from the board's own page (Origin)"
        if not secrets.compare_digest(headers.get("x-board-token", "").encode(), self.token.encode()):
            return 403, "the page's token is missing or old; reload the page"
        if headers.get("content-type", "").split(";")[0].strip() != "application/json":
            return 415, "a post must be application/json"
        size = headers.get("content-length", "")
        if not size.isdigit() or int(size) > BODY_LIMIT:
            return 413, f"a post needs a length of at most {BODY_LIMIT} bytes"
        return None


def is_address(name: str) -> bool:
    """Whether a host's name is a numeric address."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def host_name(host: str) -> str:
    """The name in a Host header, without port and brackets; empty when it is malformed."""
    if not set(host) <= _HOST:
        return ""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
