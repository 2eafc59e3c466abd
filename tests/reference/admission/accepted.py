"""What admission knows: the accepted set, settings, what was posted. A record works on a copy of it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from fractions import Fraction

from tests.reference.exact import Event, EventKey, Refused, site_of
from tests.reference.masters import Entity, Item, auto_item, plain
from tests.reference.promises.holds import Hold
from tests.reference.truth.events import Log
from tests.reference.truth.lines import Posted
from tests.reference.truth.rows import Row
from tests.reference.truth.valuation import value_of
from tests.reference.truth.walk import Walk


@dataclass(frozen=True)
class Broken:
    """An accepted event made a later balance negative: where it breaks first, and how far."""

    event: EventKey
    breaks: EventKey
    level: Fraction


@dataclass(frozen=True)
class Taking:
    """Revenue as a commit booked it: of a sale, or the difference that a correction made."""

    entity: str
    version: int
    event: EventKey
    found_by: EventKey
    at: int
    period: str
    revenue: int


@dataclass
class Accepted:
    """Everything but the queue of waiting records. Its values are replaced, never changed in place."""

    log: Log = field(default_factory=Log)
    rows: dict[str, dict[EventKey, Row]] = field(default_factory=dict)  # entity -> its movements
    walks: dict[str, Walk] = field(default_factory=dict)  # entity -> V of its rows
    entities: dict[str, Entity] = field(default_factory=dict)
    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    sites: set[tuple[str, str]] = field(default_factory=set)
    version_of: dict[EventKey, int] = field(default_factory=dict)
    lines: list[Posted] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    late: int = 0
    newest: dict[tuple[str, str, str, str], int] = field(default_factory=dict)  # cell -> newest it ever had
    takings: list[Taking] = field(default_factory=list)
    closed: dict[str, str] = field(default_factory=dict)  # entity -> closed through this period
    clock: dict[str, int] = field(default_factory=dict)  # entity -> logical time, milliseconds
    holds: dict[EventKey, Hold] = field(default_factory=dict)
    debts: list[tuple[EventKey, str, Fraction]] = field(default_factory=list)  # borrower, lender, owed
    row_version: dict[tuple[str, str, str, str, str], int] = field(default_factory=dict)
    seen_holds: dict[EventKey, Hold] = field(default_factory=dict)

    def copy(self) -> Accepted:
        """A copy to try a record on."""
        other = copy.copy(self)
        other.log = self.log.copy()
        other.rows = {entity: dict(rows) for entity, rows in self.rows.items()}
        for name, value in vars(self).items():
            if name not in ("log", "rows"):
                setattr(other, name, copy.copy(value))
        return other

    def entity(self, name: str) -> Entity:
        """Settings of an entity, to be changed in this copy only."""
        self.entities[name] = copy.copy(self.entities.get(name, Entity()))
        return self.entities[name]

    def item(self, entity: str, name: str) -> Item:
        """An item, to be changed in this copy only."""
        self.items[entity, name] = copy.copy(self.items.get((entity, name), Item()))
        return self.items[entity, name]

    def walk(self, entity: str) -> Walk:
        """V of what is accepted of the entity."""
        if entity not in self.walks:
            self.walks[entity] = value_of(self.entities.get(entity, Entity()), {})
        return self.walks[entity]

    def need_masters(self, event: Event, item: str, refuse: bool) -> None:
        """Items and sites that nobody described are made, or refused `unknown_master`."""
        entity = event["entity"]
        places = [event[name] for name in ("site", "from_site", "to_site") if event.get(name)]
        for place in places:
            if refuse and (entity, site_of(place)) not in self.sites:
                raise Refused("unknown_master", site_of(place))
        if refuse and item and (entity, item) not in self.items:
            raise Refused("unknown_master", item)
        self.sites |= {(entity, site_of(place)) for place in places}
        if item and (entity, item) not in self.items:
            self.items[entity, item] = auto_item(plain(event.get("uom")))
