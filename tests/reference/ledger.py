"""The reference ledger itself: what a record must be to be accepted, and commits. Faces are in `faces`."""

from __future__ import annotations

from typing import Any

from tests.reference.exact import Event, EventKey, Refused, Waits, event_key, reference, site_of
from tests.reference.masters import Entity, Item, auto_item, plain, upsert_entity, upsert_item
from tests.reference.posting import POSTINGS, Post
from tests.reference.showing import Showing

MASTERS = ("master.entity", "master.item", "master.site", "master.rate")
RETURNS = {"sale.return": "sale.delivery", "purchase.return": "stock.receipt"}


class Reference(Showing):
    """Slow and obvious. `post` or `post_record` events in order of arrival, then read the faces.

    `refuse_unknown`: doors that say `unknown_master: refuse`; a record came by the door of its first source.
    """

    def __init__(self, refuse_unknown: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.refuse_unknown = refuse_unknown
        self.strict = False  # what the door of the record says

    # -- admission ---------------------------------------------------------------------------------------

    def commit(self, events: list[Event]) -> None:
        """Post all events of a record, or leave no trace and say why."""
        self.strict = events[0]["source"] in self.refuse_unknown
        try:
            self.refuse_standard(events)
            self.look_up(events)
            for event in events:
                self.commit_event(event)
                self.book.check_sizes()
        except (Refused, Waits):
            self.book.drop()
            raise
        self.book.keep()

    def refuse_later_types(self, events: list[Event]) -> None:
        """Types of later parts do not get past the intake."""
        for event in events:
            if event["type"] not in POSTINGS and event["type"] not in MASTERS:
                raise Refused("not_yet", event["type"])

    def refuse_standard(self, events: list[Event]) -> None:
        """The method of a later part, and masters among other events."""
        if len(events) == 1 and events[0].get("valuation") == "standard":
            raise Refused("not_yet", "valuation standard")
        if len(events) > 1 and any(event["type"] in MASTERS for event in events):
            raise Refused("not_allowed", "a master stands alone in its record")

    def look_up(self, events: list[Event]) -> None:
        """Every event that is named must be known; its type, entity and item must fit."""
        earlier: dict[EventKey, Event] = {}
        for event in events:
            wanted = RETURNS.get(event["type"])
            if wanted and event.get("returns"):
                key = reference(event, event["returns"])
                if key not in earlier and key not in self.book.posted:
                    raise Waits(key)
                of = earlier[key] if key in earlier else self.book.posted.rows[key].event
                if (
                    of["type"] != wanted
                    or of["entity"] != event["entity"]
                    or event.get("item", of.get("item")) not in ("", of.get("item"))
                ):
                    raise Refused("unknown_reference", f"{key} is a {of['type']} that this cannot return")
            earlier[event_key(event)] = event

    def commit_event(self, event: Event) -> None:
        """Masters, then the posting of one event, in the draft."""
        entity = self.book.entities.at_or(event["entity"], Entity())
        post = Post(self.book, event, entity, None, entity.version + 1)
        if event["type"] in MASTERS:
            self.upsert(event, entity)
            post.remember()
        else:
            post.item = self.masters(event)
            self.book.now = post.at
            post.measure()
            POSTINGS[event["type"]](post)
            entity.moved = True
            if post.item is not None:
                post.item.moved = True
        entity.version += 1

    def upsert(self, event: Event, entity: Entity) -> None:
        """master.*"""
        if event["type"] == "master.entity":
            upsert_entity(entity, event)
        elif event["type"] == "master.item":
            upsert_item(self.book.items.at_or((event["entity"], event["item"]), Item()), event)
        elif event["type"] == "master.site":
            self.book.sites.at_or((event["entity"], event["site"]), {}).update(event)

    def masters(self, event: Event) -> Item | None:
        """The item of the event; items and sites nobody described are made, or refused."""
        name = plain(event.get("item"))
        if event.get("returns"):
            name = self.book.posted.at(reference(event, event["returns"])).item
        places = [event[field] for field in ("site", "from_site", "to_site") if event.get(field)]
        wanted: list[tuple[Any, str]] = [(self.book.sites, site_of(place)) for place in places]
        wanted += [(self.book.items, name)] if name else []
        for table, master in wanted:
            if (event["entity"], master) not in table and self.strict:
                raise Refused("unknown_master", master)
        for place in places:
            self.book.sites.at_or((event["entity"], site_of(place)), {})
        if not name:
            return None
        key = (event["entity"], name)
        if key not in self.book.items:
            self.book.items.draft[key] = auto_item(plain(event.get("uom")))
        return self.book.items.at(key)

    # -- what can be asked -------------------------------------------------------------------------------

    def check(self) -> None:
        """Every invariant over everything, and: every record is accounted for."""
        self.book.check_all()
        row = self.intake()[0]
        kinds = ("committed", "refused", "duplicate", "waiting")
        assert row["records_in"] == sum(row[k] for k in kinds), row
