"""One row of an examination."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from pipelines.runtime.i18n import t

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`check`: msgid of what was looked at. `found`: what is there. `cure`: what to do; empty when ok."""

    check: str
    state: State
    found: str
    cure: str = ""

    @property
    def title(self) -> str:
        """The check in the reader's language."""
        return t(f"doctor.{self.check}")

    def as_dict(self) -> dict[str, str]:
        """For JSON: the check by its name, so that a program can look for it."""
        return {name: str(value) for name, value in asdict(self).items()}


def ok(check: str, found: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", found)


def warn(check: str, found: str, cure: str) -> Finding:
    """Works, but somebody should look."""
    return Finding(check, "warn", found, cure)


def fail(check: str, found: str, cure: str) -> Finding:
    """Does not work."""
    return Finding(check, "fail", found, cure)
