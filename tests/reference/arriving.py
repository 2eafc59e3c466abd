"""How records arrive at a reference ledger: known or new, waiting, woken, expired, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.reference.exact import Event, EventKey, Refused, Waits, content, event_key

Row = dict[str, Any]

WAITING_AGE_MS = 7 * 24 * 3600 * 1000
NEEDED: dict[str, list[tuple[str, ...]]] = {
    "stock.receipt": [("unit_cost", "amount")],
    "sale.return": [("returns", "item"), ("returns", "site")],
    "purchase.return": [("returns",)],
}


class Verdict(NamedTuple):
    """What became of the record to which an event belongs, when it arrived."""

    outcome: str  # "ok" | "refused" | "duplicate" | "waiting"
    reason: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.outcome} {self.reason}".strip()


@dataclass
class Record:
    """A record as it arrived: its ordinal (0, 1, 2 …), its events, its arrival in milliseconds."""

    ordinal: int
    events: list[Event]
    arrived: int


@dataclass
class Waiter:
    """A record that waits, the event it names, and what is left of it after duplicates were taken out."""

    record: Record
    events: list[Event]
    key: EventKey


class Arriving:
    """Records in order of arrival, each accepted, refused, duplicate or waiting; `commit` does the rest."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.final: list[Verdict] = []  # per record, as known now
        self.waited: dict[int, EventKey] = {}  # ordinals that ever waited -> the event they named last
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
        verdict = self.judge(record)
        if verdict.outcome == "ok":
            self.wake(events)
        return [verdict] * len(events)

    # -- admission ---------------------------------------------------------------------------------------

    def judge(self, record: Record) -> Verdict:
        """Steps 1 to 8 of `docs/ledger.md` for a record that has just arrived."""
        try:
            self.decodes(record.events)
            self.refuse_later_types(record.events)
            self.expire(record.arrived)  # the ledger's time is that of the records that reach it
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

    def refuse_later_types(self, events: list[Event]) -> None:
        """Refuse what the intake knows and this ledger does not take yet: nothing, unless it says so."""

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
            self.commit(events)
        except Waits as wait:
            self.known.update(zip(keys, map(content, events), strict=True))
            self.waiters.append(Waiter(record, events, wait.key))
            self.waiters.sort(key=lambda w: w.record.ordinal)
            self.waited[record.ordinal] = wait.key
            return self.settle(record, Verdict("waiting"))
        except Refused as no:
            for key in keys:
                self.known.pop(key, None)
            return self.settle(record, Verdict("refused", no.reason, no.detail))
        self.known.update(zip(keys, map(content, events), strict=True))
        return self.settle(record, Verdict("ok"))

    def commit(self, events: list[Event]) -> None:
        """Accept all events of a record; raise `Refused` or `Waits` and change nothing."""
        raise NotImplementedError

    def settle(self, record: Record, verdict: Verdict) -> Verdict:
        """Note what is known of the record's fate now."""
        self.final[record.ordinal] = verdict
        return verdict

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

    def late(self) -> int:
        """How many accepted events were earlier than what their cell held already."""
        raise NotImplementedError

    def refusals(self) -> list[Row]:
        """Refused records."""
        return [
            {"ordinal": record.ordinal, "event_id": record.events[0]["id"], "reason": verdict.reason}
            for record, verdict in zip(self.records, self.final, strict=True)
            if verdict.outcome == "refused"
        ]

    def waiting(self) -> list[Row]:
        """Records that wait now."""
        return [
            {
                "ordinal": ordinal,
                "event_id": self.records[ordinal].events[0]["id"],
                "waits_for": key[1],
                "state": "waiting",
            }
            for ordinal, key in sorted(self.waited.items())
            if self.final[ordinal].outcome == "waiting"
        ]

    def intake(self) -> list[Row]:
        """One row that adds up."""
        outcomes = [v.outcome for v in self.final]
        return [{
            "records_in": len(outcomes), "committed": outcomes.count("ok"),
            "refused": outcomes.count("refused"), "duplicate": outcomes.count("duplicate"),
            "waiting": outcomes.count("waiting"), "late": self.late(),
        }]  # fmt: skip
