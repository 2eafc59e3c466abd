"""The ledger in event time: what a record must be to be accepted, and what its commit posts."""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.admission import as_of, exposure, faces, parallel
from tests.reference.admission.accepted import Accepted
from tests.reference.admission.accepting import MASTERS, PROMISES, accept
from tests.reference.arriving import Arriving
from tests.reference.exact import Event, EventKey, Refused, Waits, event_key, reference
from tests.reference.faces import Row
from tests.reference.truth.events import ABOUT, FIELDS
from tests.reference.truth.rows import RETURNS

PARAMETRIC: dict[str, Callable[..., list[Row]]] = {
    "stock_as_of": as_of.stock_as_of, "valuation": parallel.valuation,
}  # fmt: skip
TYPES = {*FIELDS, *MASTERS, *PROMISES, "period.close", "stock.post"}


class Truth(Arriving):
    """Slow and obvious. `post` or `post_record` events in any order of arrival, then read the faces.

    `refuse_unknown`: doors that say `unknown_master: refuse`; a record came by the door of its first source.
    """

    def __init__(self, refuse_unknown: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.refuse_unknown = refuse_unknown
        self.accepted = Accepted()

    def commit(self, events: list[Event]) -> None:
        """Accept all events of a record, or leave no trace and say why."""
        self.check_types(events)
        self.look_up(events)
        trial = self.accepted.copy()
        for event in events:
            accept(trial, event, self.records[-1].arrived, events[0]["source"] in self.refuse_unknown)
        self.accepted = trial

    def check_types(self, events: list[Event]) -> None:
        """Types that are not known here."""
        for event in events:
            if event["type"] not in TYPES:
                raise Refused("not_yet", event["type"])
        if len(events) > 1 and any(event["type"] in MASTERS for event in events):
            raise Refused("not_allowed", "a master stands alone in its record")

    def look_up(self, events: list[Event]) -> None:
        """Every event that is named must be known; its type, entity and item must fit."""
        known = dict(self.accepted.log.events)
        for event in events:
            for key, types in self.named(event):
                if key not in known:
                    raise Waits(key)
                of = known[key]
                item = event.get("item", of.get("item")) if "returns" in event else of.get("item")
                fits = of["entity"] == event["entity"] and item in ("", of.get("item"))
                if of["type"] not in types or not fits:
                    raise Refused("unknown_reference", f"{key} is a {of['type']} that does not fit")
            known[event_key(event)] = event

    def named(self, event: Event) -> list[tuple[EventKey, set[str]]]:
        """The events that it names, with the types that they may have."""
        found: list[tuple[EventKey, set[str]]] = []
        inner = {"event.correct": "set", "stock.pending": "movement"}.get(event["type"])
        said = event | (event[inner] if inner and isinstance(event.get(inner), dict) else {})
        if said.get("returns"):
            kinds = {RETURNS[said["type"]]} if said["type"] in RETURNS else set(RETURNS.values())
            found.append((reference(event, said["returns"]), kinds))
        found += [(reference(event, text), {"stock.receipt"}) for text in said.get("receipts", ())]
        if event.get("releases"):
            found.append((reference(event, event["releases"]), {"stock.reserve"}))
        if event["type"] in ("stock.post", "stock.void"):
            found.append((reference(event, event["pending"]), {"stock.pending"}))
        if event["type"] in ABOUT:
            found.append((reference(event, event[ABOUT[event["type"]]]), set(FIELDS)))
        return found

    # -- what can be asked -------------------------------------------------------------------------------

    def late(self) -> int:
        """Accepted events earlier than what their cell held already."""
        return self.accepted.late

    def face(self, name: str) -> list[Row]:
        """A face by name; `name@time@time` for those with parameters: `stock_as_of@2025-01-03T00:00Z@now`."""
        face, *parameters = name.split("@")
        if parameters:
            return PARAMETRIC[face](self.accepted, *parameters)
        return self.faces()[face]

    def faces(self) -> dict[str, list[Row]]:
        """Every face by name."""
        return faces.of(self.accepted) | {
            "exposure": exposure.exposure(self.accepted), "history": exposure.history(self.accepted),
            "refusal": self.refusals(), "waiting": self.waiting(), "intake": self.intake(),
        }  # fmt: skip
