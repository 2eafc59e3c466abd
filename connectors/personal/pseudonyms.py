"""Pseudonyms: a keyed hash of what names a person, the same for the same person as long as the key is.

**Key** `STOCKTWIN_PSEUDONYM_KEY`, the file `STOCKTWIN_PSEUDONYM_KEY_FILE`, else `pseudonym.key` in the data
directory, made at first use (0600). Without the key nobody can tell who a pseudonym is, nor try names. What
the key was is remembered by a fingerprint: with another key the same customer would be somebody else, and the
same record a conflict. **Source** HMAC-SHA256 (RFC 2104), the first 128 bits.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from schemas.fields import MAX_TEXT_BYTES
from schemas.reasons import Reason
from schemas.texts import BadText, clean

VARIABLE = "STOCKTWIN_PSEUDONYM_KEY"
KEY_FILE, ID_FILE = "pseudonym.key", "pseudonym.id"
LENGTH = 23
"""Characters of a pseudonym."""

_LEAST_BYTES = 16
_REMEMBERED = 1 << 16


class KeyFault(Exception):
    """A key that cannot be used: `place`, `what`, `cure`."""

    exit_code = 78

    def __init__(self, place: str, what: str, cure: str) -> None:
        super().__init__(f"{place}: {what}; {cure}")
        self.place, self.what, self.cure = place, what, cure


class Pseudonyms:
    """Gives pseudonyms; reads or makes its key when the first is asked for."""

    def __init__(self, data: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._data, self._environ = data, environ
        self._key = b""
        self._known: dict[str, str] = {}

    def of(self, text: str) -> str:
        """The pseudonym of a text as it stands on the wire; "" (absent) has none.

        A text that intake would refuse gets one that it refuses for the same reason.
        """
        found = self._known.get(text)
        if found is None:
            found = self._made(text)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[text] = found
        return found

    def number(self, text: str) -> int:
        """The same for a bare number, which stays a number (and is refused as one)."""
        return int.from_bytes(self._digest(text)[:6], "big")

    def _made(self, text: str) -> str:
        try:
            kept = clean(text)
        except BadText as bad:
            name = self._name(text)
            if bad.reason is Reason.RANGE:
                return name.ljust(MAX_TEXT_BYTES + 1, "_")
            control = "\n" if "\n" in text else "\x01"  # `.+` in a rule of a map does not pass a line end
            return name + ("\ud800" if bad.reason is Reason.BAD_ENCODING else control) + name
        return self._name(kept) if kept else ""

    def _name(self, text: str) -> str:
        return "p" + base64.urlsafe_b64encode(self._digest(text)[:16]).decode().rstrip("=")

    def _digest(self, text: str) -> bytes:
        self._key = self._key or _key(self._data, self._environ)
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")


def _key(data: Path, environ: Mapping[str, str]) -> bytes:
    """The key, checked against the fingerprint of the one that this directory began with."""
    own, named = data / KEY_FILE, environ.get(f"{VARIABLE}_FILE", "")
    fingerprint = data / ID_FILE
    if environ.get(VARIABLE):
        place, key = f"${VARIABLE}", environ[VARIABLE].strip().encode()
    elif named or own.exists():
        place = named or str(own)
        try:
            key = Path(place).read_bytes().strip()
        except OSError as error:
            cure = f"check ${VARIABLE}_FILE and who may read the file" if named else "let its owner run this"
            raise KeyFault(place, f"cannot be read: {error.strerror}", cure) from error
    elif fingerprint.exists():
        what = "the key of this directory's pseudonyms is gone"
        raise KeyFault(str(own), what, f"put the file back, or give the key in ${VARIABLE}")
    else:
        place, key = str(own), _new(own)
    if len(key) < _LEAST_BYTES:
        raise KeyFault(
            place, f"a key of {len(key)} bytes", f"use at least {_LEAST_BYTES}, as of openssl rand -hex 32"
        )
    mark = hashlib.sha256(b"stocktwin pseudonyms\0" + key).hexdigest()[:16]
    if not fingerprint.exists():
        fingerprint.write_text(mark + "\n", "ascii")
    elif fingerprint.read_text("ascii").strip() != mark:
        what = "not the key that this directory's pseudonyms were made with"
        raise KeyFault(place, what, f"give the first key; {fingerprint} holds its fingerprint")
    return key


def _new(path: Path) -> bytes:
    """A key of 256 random bits in a file that only its owner can read."""
    key = secrets.token_hex(32).encode()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return key
