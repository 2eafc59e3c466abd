"""Case files: a few events with the verdict at the row's end, and what the faces must show afterwards.

    title:  what it is about
    source: D13                                  (the rule it shows)
    entity: E valuation=fifo scope=site          (sent as master.entity, id setup-entity-E)
    item:   X uom=KGM uoms=箱:12                 (of the first entity; sent as master.item, id setup-item-X)
    refuse_unknown: till                         (doors that say `unknown_master: refuse`)

    events
    id  type           time   item site qty unit_cost
    r1  stock.receipt  d1     X    A    10  10                    => ok
    s1  sale.delivery  d2T09  X    A    4   -      channel=web    => ok

    expect stock(site, item, on_hand_qty, value_amt)
    A  X  6  60.00

`-` is an absent field; fields without a column follow as `name=value`. `d1` is 2025-01-01T00:00Z, `d2T09:30`
the second day; a full time may stand instead. Without `source` or `entity` an event is of `till` and of the
first entity (else `E`). A row that begins with `+` belongs to the record of the row above; the verdict stands
in the record's last row: `ok`, `duplicate`, `waiting`, `refused REASON`. Records arrive a second apart from
2025-06-01 on; `arrived=d200` says otherwise, `times=9` sends eight more of the kind. `#` begins a comment.
An `expect` lists every row of the face.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tests.records import Event, Record, Row, Run

START = datetime(2025, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ARRIVALS = datetime(2025, 6, 1, tzinfo=UTC)
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?\Z")
HEADERS = ("title", "source", "entity", "item", "refuse_unknown")


class CaseError(ValueError):
    """A case file that cannot be read: place and what is wrong."""


@dataclass
class Expect:
    """The rows of one face, as far as these columns go."""

    face: str
    columns: list[str]
    rows: list[Row]
    line: int


@dataclass
class Case:
    """A case file, read."""

    path: str
    title: str = ""
    source: str = ""
    run: Run = field(default_factory=lambda: Run([]))
    verdicts: list[tuple[int, str]] = field(default_factory=list)  # (line, verdict) per record
    expects: list[Expect] = field(default_factory=list)


def day_text(text: str) -> str:
    """`d2T09:30` -> RFC 3339; other texts pass."""
    match = re.fullmatch(r"d(\d+)(?:T(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d{1,3})?))?)?)?", text)
    if not match:
        return text
    day, hour, minute, second = match.groups()
    ms = int(Decimal(second or 0) * 1000)
    at = START + timedelta(days=int(day) - 1, hours=int(hour or 0), minutes=int(minute or 0), milliseconds=ms)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_ms(text: str) -> int:
    """A time as written in a case -> milliseconds."""
    return (datetime.fromisoformat(day_text(text)) - EPOCH) // timedelta(milliseconds=1)


def value_of(name: str, text: str) -> Any:
    """What a cell of the event table means for the field `name`."""
    if name == "uoms":
        return dict(part.split(":") for part in text.split(","))
    if text[:1] in "{[":
        return json.loads(text)
    if name in ("whole", "borrow"):
        return text == "true"
    if name in ("seq", "priority", "expect_version"):
        return int(text)
    return day_text(text) if name in ("time", "expiry", "expires", "recordedtime") else text


def fields_of(words: list[str], where: str) -> dict[str, Any]:
    """`name=value` words as fields."""
    found = {}
    for word in words:
        name, sign, text = word.partition("=")
        if not sign or not name:
            raise CaseError(f"{where}: {word!r} is neither under a column nor name=value")
        found[name] = value_of(name, text)
    return found


class Reader:
    """Reads one case file line by line."""

    def __init__(self, path: str) -> None:
        self.case = Case(path)
        self.entity = ""
        self.setup: list[Event] = []
        self.records: list[Record] = []
        self.columns: list[str] = []
        self.mode = "header"
        self.refuse_unknown: frozenset[str] = frozenset()

    def read(self, text: str) -> Case:
        """The whole file."""
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            where = f"{self.case.path}:{number}"
            if line == "events":
                self.mode, self.columns = "columns", []
                self.add_setup()
            elif line.startswith("expect "):
                self.start_expect(line, number, where)
            elif self.mode == "header":
                self.header(line, where)
            elif self.mode == "columns":
                self.columns, self.mode = line.split(), "events"
            elif self.mode == "events":
                self.event(line, number, where)
            else:
                self.row(line, where)
        if not self.case.title or not self.case.source:
            raise CaseError(f"{self.case.path}:1: a case needs a title and a source")
        self.case.run = Run(self.records, self.refuse_unknown)
        if self.open_record:
            raise CaseError(f"{self.case.path}: the last record has no verdict; write `=> ok` at its end")
        return self.case

    @property
    def open_record(self) -> bool:
        """Is there a record without a verdict?"""
        return len(self.case.verdicts) < len(self.records)

    def header(self, line: str, where: str) -> None:
        """`name: words`."""
        name, sign, rest = line.partition(":")
        if not sign or name not in HEADERS:
            raise CaseError(f"{where}: unknown header {name!r}; one of {', '.join(HEADERS)}")
        words = rest.split()
        base = {"source": "setup", "time": day_text("d1")}
        if name in ("title", "source"):
            setattr(self.case, name, rest.strip())
        elif name == "refuse_unknown":
            self.refuse_unknown = frozenset(words)
        elif name == "entity":
            self.entity = self.entity or words[0]
            event = {"id": f"setup-entity-{words[0]}", "type": "master.entity", "entity": words[0]}
            if words[1:]:
                self.setup.append(base | event | fields_of(words[1:], where))
        else:
            event = {"id": f"setup-item-{words[0]}", "type": "master.item", "entity": self.entity or "E"}
            self.setup.append(base | event | {"item": words[0]} | fields_of(words[1:], where))

    def add_setup(self) -> None:
        """The masters of the header are the first records."""
        for event in self.setup:
            self.records.append(Record([event], self.next_arrival()))
            self.case.verdicts.append((0, "ok"))
        self.setup = []

    def next_arrival(self) -> int:
        """A second after the record before."""
        return (
            self.records[-1].arrived + 1000
            if self.records
            else (ARRIVALS - EPOCH) // timedelta(milliseconds=1)
        )

    def event(self, line: str, number: int, where: str) -> None:
        """A row of the event table."""
        body, sign, verdict = line.partition("=>")
        words = body.split()
        follows = words[0] == "+"
        words = words[1:] if follows else words
        if len(words) < len(self.columns):
            raise CaseError(f"{where}: {len(words)} words for {len(self.columns)} columns; `-` is absent")
        cells = dict(zip(self.columns, words, strict=False))
        event = {name: value_of(name, text) for name, text in cells.items() if text != "-"}
        event |= fields_of(words[len(self.columns) :], where)
        arrived = to_ms(event.pop("arrived")) if "arrived" in event else self.next_arrival()
        event = {"source": "till", "entity": self.entity or "E"} | event
        if follows != self.open_record:
            raise CaseError(f"{where}: a record ends with its verdict, and `+` follows a row without one")
        times = int(event.pop("times", 1))
        if follows:
            self.records[-1].events.append(event)
        else:
            self.records.append(Record([event], arrived))
        if sign:
            self.case.verdicts.append((number, " ".join(verdict.split())))
        for k in range(1, times):
            again = {**event, "id": f"{event['id']}.{k}"}
            self.records.append(Record([again], self.next_arrival()))
            self.case.verdicts.append(self.case.verdicts[-1])

    def start_expect(self, line: str, number: int, where: str) -> None:
        """`expect face(column, column)`."""
        match = re.fullmatch(r"expect ([\w@.:+-]+)\(([^)]*)\)", line)
        if not match:
            raise CaseError(f"{where}: write expect FACE(column, column)")
        columns = [c for c in re.split(r"[,\s]+", match[2]) if c]
        self.case.expects.append(Expect(match[1], columns, [], number))
        self.mode = "expect"

    def row(self, line: str, where: str) -> None:
        """A row of the face expected last."""
        expect, words = self.case.expects[-1], line.split()
        if len(words) != len(expect.columns):
            raise CaseError(f"{where}: {len(words)} words for {len(expect.columns)} columns; `-` is empty")
        expect.rows.append({c: read_cell(w) for c, w in zip(expect.columns, words, strict=True)})


def read_cell(text: str) -> Any:
    """A cell of a face: a number where it looks like one, '' for `-`, a time for `d2`."""
    if text == "-":
        return ""
    return Decimal(text) if NUMBER.match(text) else day_text(text)


def read_case(path: Path, name: str | None = None) -> Case:
    """Read a case file; `CaseError` with file, line and cure."""
    return Reader(name or path.name).read(path.read_text(encoding="utf-8"))


def width(text: str) -> int:
    """Columns a text takes on a terminal (Chinese characters take two)."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def aligned(rows: list[list[str]]) -> str:
    """Rows of words as a table of columns."""
    widths = [
        max((width(row[i]) for row in rows if i < len(row)), default=0) for i in range(max(map(len, rows)))
    ]
    return "\n".join(
        "  ".join(word + " " * (widths[i] - width(word)) for i, word in enumerate(row)).rstrip()
        for row in rows
    )


def write_value(value: Any) -> str:
    """A field of an event as a word."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace(" ", "_")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if value != "" else "-"


def write_case(title: str, source: str, run: Run, verdicts: list[str], expects: list[Expect]) -> str:
    """Records, verdicts and faces as a case file that `read_case` reads back."""
    first = ["id", "type", "time", "source", "entity", "item", "site", "qty"]
    rows = [[" ", *first]]
    for record, verdict in zip(run.records, verdicts, strict=True):
        for i, event in enumerate(record.events):
            rest = [f"{k}={write_value(v)}" for k, v in event.items() if k not in first]
            if i == 0:
                rest.append(f"arrived={(EPOCH + timedelta(milliseconds=record.arrived)).isoformat()}")
            last = i == len(record.events) - 1
            words = [" " if i == 0 else "+", *(write_value(event.get(c, "")) for c in first), " ".join(rest)]
            rows.append([*words, f"=> {verdict}" if last else ""])
    parts = [f"title:  {title}\nsource: {source}"]
    if run.refuse_unknown:
        parts.append("refuse_unknown: " + " ".join(sorted(run.refuse_unknown)))
    parts.append("\nevents\n" + aligned(rows))
    for expect in expects:
        parts.append(f"\nexpect {expect.face}({', '.join(expect.columns)})")
        cells = [[write_cell(row.get(c, "")) for c in expect.columns] for row in expect.rows]
        parts.append(aligned(cells) if cells else "")
    return "\n".join(parts) + "\n"


def write_cell(value: Any) -> str:
    """A cell of a face as a word."""
    try:
        return format(Decimal(value), "f") if not isinstance(value, str) else value or "-"
    except InvalidOperation:
        return str(value)
