"""What goes over the owner's socket: length, kind, bytes; and paths too long for a socket address."""

from __future__ import annotations

import os
import socket
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ASK, ROWS, ERROR = b"Q", b"A", b"E"
MAX_STATEMENT = 1 << 20
_FRAME = struct.Struct("<cQ")
# The kernel's sockaddr_un holds 108 bytes, the closing zero included.
_LONGEST = 107


class FrameError(ConnectionError):
    """The other side closed in the middle, or sent something that is no frame of ours."""


def send(link: socket.socket, kind: bytes, body: bytes) -> None:
    """Send one frame."""
    link.sendall(_FRAME.pack(kind, len(body)))
    link.sendall(body)


def receive(link: socket.socket, limit: int | None = None) -> tuple[bytes, bytes] | None:
    """One frame as (kind, body); None when the other side has closed. FrameError above `limit` bytes."""
    head = _exactly(link, _FRAME.size)
    if head is None:
        return None
    kind, size = _FRAME.unpack(head)
    if kind not in (ASK, ROWS, ERROR) or (limit is not None and size > limit):
        raise FrameError(f"frame of kind {kind!r} and {size} bytes; at most {limit} are taken")
    body = _exactly(link, size) if size else b""
    if body is None:
        raise FrameError("closed in the middle of a frame")
    return kind, body


def _exactly(link: socket.socket, size: int) -> bytes | None:
    data = bytearray(size)
    view, got = memoryview(data), 0
    while got < size:
        count = link.recv_into(view[got:])
        if count == 0:
            if got:
                raise FrameError("closed in the middle of a frame")
            return None
        got += count
    return bytes(data)


@contextmanager
def short(path: Path) -> Iterator[str]:
    """An address for `path` that fits into a socket address, valid within the block.

    A long path goes through the descriptor of its directory, or through a link in a private directory where
    the system has no /proc.
    """
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    if Path("/proc/self/fd").is_dir():
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield f"/proc/self/fd/{folder}/{path.name}"
        finally:
            os.close(folder)
        return
    with tempfile.TemporaryDirectory(prefix="stk") as private:
        link = Path(private) / "d"
        link.symlink_to(path.parent.resolve(), target_is_directory=True)
        yield str(link / path.name)
