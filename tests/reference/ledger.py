"""The reference ledger itself: admission, the waiting queue, commits. Faces are in `faces`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.reference.exact import Event, EventKey, Refused, Waits, content, event_key, reference, site_of
from tests.reference.masters import Entity, Item, auto_item, plain, upsert_entity, upsert_item
from tests.reference.posting import POSTINGS, Post
from tests.reference.showing import Record, Showing, Verdict

WAITING_AGE_MS = 7 * 24 * 3600 * 1000
MASTERS = ("master.entity", "master.item", "master.site", "master.rate")
NEEDED: dict[str, list[tuple[str, ...]]] = {
    "stock.receipt": [("unit_cost", "amount")],
    "sale.return": [("returns", "item"), ("returns", "site")],
    "purchase.return": [("returns",)],
}
RETURNS = {"sale.return": "sale.delivery", "purchase.return": "stock.receipt"}


@dataclass
class Waiter:
    """A record that waits, the event it names, and what is left of it after duplicates were taken out."""

    record: Record
    events: list[Event]
    key: EventKey


class Reference(Showing):
    """Slow and obvious. `post` or `post_record` events in order of arrival, then read the faces.

    `refuse_unknown`: sources that say `unknown_master: refuse`.
    """

    def __init__(self, refuse_unknown: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.refuse_unknown = refuse_unknown
        self.known: dict[EventKey, tuple[Any, ...]] = {}  # accepted and waiting: what they said
        self.waiters: list[Waiter] = []

    def post(self, event: Event, arrived_ms: int | None = None) -> list[Verdict]:
        """A record of one event."""
        return self.post_record([event], arrived_ms)

    def post_record(self, events: list[Event], arrived_ms: int | None = None) -> list[Verdict]:
        """A record of several events, all or nothing; the same verdict for each of them.

        `arrived_ms` defaults to that of the record before (0 at first) and never goes back.
        """
        last = self.records[-1].arrived if self.records else 0
        record = Record(len(self.records), events, max(last, last if arrived_ms is None else arrived_ms))
        self.records.append(record)
        self.final.append(Verdict("waiting"))
        self.expire(record.arrived)
        verdict = self.judge(record)
        if verdict.outcome == "ok":
            self.wake(events)
        return [verdict] * len(events)

    # -- admission ---------------------------------------------------------------------------------------

    def judge(self, record: Record) -> Verdict:
        """Steps 1 to 8 of `docs/ledger.md` for a record that has just arrived."""
        try:
            self.decodes(record.events)
            new = self.without_known(record.events)
        except Refused as no:
            return self.settle(record, Verdict("refused", no.reason, no.detail))
        if not new:
            return self.settle(record, Verdict("duplicate"))
        return self.attempt(record, new)

    def decodes(self, events: list[Event]) -> None:
        """What the intake asks of a record before anything else, as far as it matters here: needed fields."""
        for event in events:
            said = {name for name, value in event.items() if value not in ("", None)}
            for kind, groups in NEEDED.items():
                for group in groups:
                    if event["type"] == kind and not said & set(group):
                        raise Refused("missing_field", f"{kind} needs {' or '.join(group)}")

    def without_known(self, events: list[Event]) -> list[Event]:
        """All events, or none if all are known; `id_conflict` for anything between."""
        known = [self.known.get(event_key(event)) for event in events]
        if len({event_key(event) for event in events}) < len(events):
            raise Refused("id_conflict", "an id twice in one record")
        for event, before in zip(events, known, strict=True):
            if before is not None and before != content(event):
                raise Refused("id_conflict", f"{event_key(event)} was known with other content")
        if any(before is not None for before in known) and None in known:
            raise Refused("id_conflict", "some events of the record are known, others are not")
        return events if None in known else []

    def attempt(self, record: Record, events: list[Event]) -> Verdict:
        """Try to commit; a record that waits is remembered, one that is refused leaves no trace."""
        keys = [event_key(e) for e in events]
        try:
            self.refuse_later_types(events)
            self.look_up(events)
            for event in events:
                self.commit_event(event)
            self.book.check_sizes()
        except Waits as wait:
            self.known.update(zip(keys, map(content, events), strict=True))
            self.waiters.append(Waiter(record, events, wait.key))
            self.waiters.sort(key=lambda w: w.record.ordinal)
            self.waited[record.ordinal] = wait.key
            return self.settle(record, Verdict("waiting"))
        except Refused as no:
            self.book.drop()
            for key in keys:
                self.known.pop(key, None)
            return self.settle(record, Verdict("refused", no.reason, no.detail))
        self.book.keep()
        self.known.update(zip(keys, map(content, events), strict=True))
        return self.settle(record, Verdict("ok"))

    def settle(self, record: Record, verdict: Verdict) -> Verdict:
        """Note what is known of the record's fate now."""
        self.final[record.ordinal] = verdict
        return verdict

    def refuse_later_types(self, events: list[Event]) -> None:
        """Types (and the method) of later parts."""
        for event in events:
            if event["type"] not in POSTINGS and event["type"] not in MASTERS:
                raise Refused("not_yet", event["type"])
            if event.get("valuation") == "standard":
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
            if (event["entity"], master) not in table and event["source"] in self.refuse_unknown:
                raise Refused("unknown_master", master)
        for place in places:
            self.book.sites.at_or((event["entity"], site_of(place)), {})
        if not name:
            return None
        key = (event["entity"], name)
        if key not in self.book.items:
            self.book.items.draft[key] = auto_item(plain(event.get("uom")))
        return self.book.items.at(key)

    # -- waiting -----------------------------------------------------------------------------------------

    def expire(self, now: int) -> None:
        """Refuse what has waited for its whole age, in order of arrival."""
        for waiter in [w for w in self.waiters if now - w.record.arrived >= WAITING_AGE_MS]:
            self.waiters.remove(waiter)
            for event in waiter.events:
                del self.known[event_key(event)]
            self.settle(waiter.record, Verdict("refused", "unknown_reference", f"waited for {waiter.key}"))

    def wake(self, committed: list[Event]) -> None:
        """Try what waits for the events just committed, in order of arrival, each with what waits for it."""
        keys = {event_key(e) for e in committed}
        for waiter in [w for w in self.waiters if w.key in keys]:
            self.waiters.remove(waiter)
            if self.attempt(waiter.record, waiter.events).outcome == "ok":
                self.wake(waiter.events)

    # -- what can be asked -------------------------------------------------------------------------------

    def check(self) -> None:
        """Every invariant over everything, and: every record is accounted for."""
        self.book.check_all()
        row = self.intake()[0]
        kinds = ("committed", "refused", "duplicate", "waiting")
        assert row["records_in"] == sum(row[k] for k in kinds), row
