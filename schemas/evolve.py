"""Old payloads: each type has a schema version, and an upcaster per step lifts a payload to the newest one.

The envelope may carry `schema` (integer, absent = 1). A newer one than this system knows is refused
`newer_schema`: guessing would post something else than was meant. An upcaster is a pure function from the
payload of one version to that of the next; it never looks at other events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schemas.reasons import Reason
from schemas.registry import EVENT_TYPES

Event = dict[str, Any]
Upcaster = Callable[[Event], Event]


class NewerSchema(ValueError):
    """An event of a later version than is known: `event_type`, `found`, `known` are the facts."""

    reason = Reason.NEWER_SCHEMA

    def __init__(self, event_type: str, found: int, known: int) -> None:
        self.event_type = event_type
        self.found = found
        self.known = known
        super().__init__(
            f"{event_type}: schema {found} is newer than {known}; upgrade, then replay it from the archive"
        )


class Evolution:
    """The upcasters of all types, keyed (type, from version).

    The current version of a type is 1 + the number of its upcasters; they must follow one another.
    """

    def __init__(self) -> None:
        self._steps: dict[tuple[str, int], Upcaster] = {}
        self._current: dict[str, int] = {}

    def current(self, event_type: str) -> int:
        """The newest version known of a type."""
        return self._current.get(event_type, 1)

    def register(self, event_type: str, from_version: int) -> Callable[[Upcaster], Upcaster]:
        """Decorate the upcaster from `from_version` to the next; `ValueError` on a gap or a second one."""
        newest = self.current(event_type)
        if from_version != newest:
            raise ValueError(f"{event_type}: upcaster from {from_version} does not follow {newest}")

        def keep(step: Upcaster) -> Upcaster:
            self._steps[event_type, from_version] = step
            self._current[event_type] = from_version + 1
            return step

        return keep

    def upcast(self, event: Mapping[str, Any]) -> Event:
        """The event in the newest version of its type, without `schema`; the argument is not changed.

        `event`: canonical, `type` and `schema` already of the right kind. Raises `NewerSchema`, and
        `ValueError` for a version below 1.
        """
        lifted = dict(event)
        version = lifted.pop("schema", 1)
        name = lifted["type"]
        known = self.current(name)
        if version < 1:
            raise ValueError(f"{name}: schema {version} cannot be; versions count from 1")
        if version > known:
            raise NewerSchema(name, version, known)
        for step in range(version, known):
            lifted = self._steps[name, step](dict(lifted))
        return lifted


EVOLUTION = Evolution()
"""Upcasters of the types in the registry. All types are still at version 1."""


def versions() -> dict[str, int]:
    """Type -> newest version known, for every type of the registry."""
    return {name: EVOLUTION.current(name) for name in EVENT_TYPES}
