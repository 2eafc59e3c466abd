"""The ledger in event time: what a record must be to be accepted, and what its commit posts."""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.admission import as_of, faces, parallel, periods
from tests.reference.admission.accepted import Accepted
from tests.reference.admission.movements import accept_movement, commit
from tests.reference.arriving import Arriving
from tests.reference.exact import Event, EventKey, Refused, Waits, event_key, number, reference
from tests.reference.faces import Row
from tests.reference.masters import plain, upsert_entity, upsert_item
from tests.reference.truth.events import ABOUT, FIELDS
from tests.reference.truth.rows import RETURNS
from tests.reference.truth.rows import Row as Movement
from tests.reference.truth.valuation import value_of

MASTERS = ("master.entity", "master.item", "master.site", "master.rate")
PARAMETRIC: dict[str, Callable[..., list[Row]]] = {
    "stock_as_of": as_of.stock_as_of, "valuation": parallel.valuation,
}  # fmt: skip
TYPES = {*FIELDS, *MASTERS, "period.close"}


class Truth(Arriving):
    """Slow and obvious. `post` or `post_record` events in any order of arrival, then read the faces.

    `refuse_unknown`: sources that say `unknown_master: refuse`.
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
            self.accept(trial, event)
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
        said = event | (event["set"] if event["type"] == "event.correct" else {})
        if said.get("returns"):
            kinds = {RETURNS[event["type"]]} if event["type"] in RETURNS else set(RETURNS.values())
            found.append((reference(event, said["returns"]), kinds))
        found += [(reference(event, text), {"stock.receipt"}) for text in said.get("receipts", ())]
        if event["type"] in ABOUT:
            found.append((reference(event, event[ABOUT[event["type"]]]), set(FIELDS)))
        return found

    def accept(self, s: Accepted, event: Event) -> None:
        """One event into the trial."""
        arrived = self.records[-1].arrived
        s.entity(event["entity"])
        if event["type"] in MASTERS:
            self.accept_master(s, event, arrived)
        elif event["type"] == "period.close":
            periods.close(s, event)
            commit(s, event, arrived, None, None)
        else:
            accept_movement(s, event, arrived, event["source"] in self.refuse_unknown)

    def accept_master(self, s: Accepted, event: Event, arrived: int) -> None:
        """master.*: an upsert; a standard cost is a row, which holds from its event_at on."""
        name, entity = event["entity"], s.entity(event["entity"])
        s.log.add(event)
        before = after = None
        if event["type"] == "master.entity":
            upsert_entity(entity, event)
            s.walks[name] = value_of(entity, s.rows.get(name, {}))
        elif event["type"] == "master.item":
            upsert_item(s.item(name, event["item"]), event)
            if event.get("standard_cost") not in (None, ""):
                before = s.walk(name)
                rows = s.rows.setdefault(name, {})
                cost = number(event["standard_cost"])
                rows[event_key(event)] = Movement(event, plain(event["item"]), cost=cost)
                after = value_of(entity, rows)
        elif event["type"] == "master.site":
            s.sites.add((name, event["site"]))
        commit(s, event, arrived, before, after)

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
            "refusal": self.refusals(), "waiting": self.waiting(), "intake": self.intake(),
        }  # fmt: skip
