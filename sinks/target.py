"""Where the store is: `chdb` (in the data directory), `chdb:///path`, `http://…` or `https://…`.

A password is never part of what is printed: it comes from the environment or from a file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PASSWORD_ENV = "STOCKTWIN_STORE_PASSWORD"  # noqa: S105 -- the name of a variable, not a password


class TargetError(ValueError):
    """A target that cannot be used: says which part, and what would be right."""


@dataclass(frozen=True, slots=True)
class Target:
    """`url` of the store; for a server also user, where its password is, and how TLS is checked.

    `password_env` names a variable; the same name with `_FILE` appended may name a file instead.
    `ca_cert`: path of a certificate authority's file. `verify`: False accepts any certificate.
    """

    url: str = "chdb"
    user: str = "default"
    password_env: str = PASSWORD_ENV
    ca_cert: str = ""
    verify: bool = True

    @property
    def embedded(self) -> bool:
        """True when the engine runs in this process."""
        return self.url == "chdb" or self.url.startswith("chdb://")

    def path(self, data_dir: Path) -> Path:
        """The directory of an embedded store."""
        if self.url == "chdb":
            return data_dir.resolve() / "store"
        path = Path(urlsplit(self.url).path)
        if not path.is_absolute():
            raise TargetError(
                f"store target {self.url!r}: the path must be absolute, e.g. chdb:///data/store"
            )
        return path

    def connection(self, data_dir: Path) -> dict[str, Any]:
        """Keyword arguments for clickhouse_connect.get_client. Contains the password: never log it."""
        if self.embedded:
            return {"dsn": f"chdb://{self.path(data_dir)}"}
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise TargetError(
                f"store target {_bare(self.url)!r}: use chdb, chdb:///path, http://host or https://host"
            )
        if parts.password is not None:
            raise TargetError(
                f"store target {_bare(self.url)!r}: no password in the address, use ${self.password_env}"
            )
        secure = parts.scheme == "https"
        return {
            "host": parts.hostname,
            "port": parts.port or (8443 if secure else 8123),
            "username": parts.username or self.user,
            "password": self._password(),
            "secure": secure,
            "verify": self.verify,
            **({"ca_cert": self.ca_cert} if self.ca_cert else {}),
        }

    def _password(self) -> str:
        file = os.environ.get(f"{self.password_env}_FILE")
        if file:
            try:
                return Path(file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise TargetError(
                    f"${self.password_env}_FILE: {file} cannot be read: {error.strerror}"
                ) from None
        return os.environ.get(self.password_env, "")

    def __str__(self) -> str:
        return _bare(self.url)


def _bare(url: str) -> str:
    """`url` without user and password."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
