"""Cards of the live board: one SQL and one card file per card, found at start.

A card is `sinks/views/<room>/board_<card>.sql` with `board_<card>.yml` beside it. A later part adds a
card by adding the two files; nothing here or in the page changes. The file says what is shown (title,
kind, order, how often, columns with Chinese and English labels and units); the SQL reads `mart` only.

Parameters of the SQL are ClickHouse's `{name:Type}`. `now_ms`, `tz` and `search` are given by the board;
every other name makes the card a *drill* card: it is asked on demand with values from the address, such
as `{item:String}` on the stock card, and is never part of the live round.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

VIEWS = Path(__file__).resolve().parent.parent / "views"
GIVEN = frozenset({"now_ms", "tz", "search"})
_PARAM = re.compile(r"\{\s*([A-Za-z_]\w*)\s*:\s*[A-Za-z]")

Format = Literal[
    "text",
    "word",
    "words",
    "item",
    "place",
    "qty",
    "signed",
    "money",
    "signed_money",
    "cost",
    "int",
    "percent",
    "rate",
    "time",
    "day",
    "check",
    "trust",
    "raw",
]


class CardError(Exception):
    """A card file that cannot be used; the message gives place, what and cure."""


class Text(BaseModel):
    """A text for users in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Column(Text):
    """One column of a card: labels, unit and how its values are written.

    `item` shows the name from the hidden columns `<name>_zh` and `<name>_en` beside the code; `words` is a
    sentence.
    `opens` names a drill page that gets its parameters from the row's columns of the same name; `alarm`
    says which sign of the value calls for attention; `minor` columns give way on a phone.
    """

    name: str
    unit: Text | None = None
    format: Format = "text"
    opens: str | None = None
    alarm: Literal["positive", "negative", "nonzero"] | None = None
    minor: bool = False
    hidden: bool = False
    note: str | None = None


class CardFile(BaseModel):
    """What `board_<card>.yml` holds, checked strictly: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: Text
    about: Text | None = None
    kind: Literal["tile", "table", "chart", "card", "freshness"]
    page: str = "now"
    page_title: Text | None = None
    printable: bool = False
    section: Literal["tiles", "exceptions", "main", "side"] = "main"
    order: int = 100
    tone: Literal["alarm", "warn"] = "warn"
    refresh: float = Field(default=1.0, ge=0.2)
    stale_after: float = Field(default=30.0, gt=0)
    empty: Text | None = None
    key: list[str] = []
    adds_up: dict[str, str] = {}
    columns: list[Column] = Field(min_length=1)


@dataclass(frozen=True)
class Card:
    """A card ready to be asked: its name, room, SQL and file.

    `params` are the names the SQL takes beyond those the board gives; a card without any is live.
    """

    name: str
    room: str
    sql: str
    file: CardFile
    params: tuple[str, ...]
    given: frozenset[str]

    @property
    def live(self) -> bool:
        """Whether the card takes part in the live round."""
        return not self.params

    def public(self) -> dict[str, object]:
        """The card as the page needs it: everything but the SQL."""
        shown = self.file.model_dump(exclude_none=True)
        return {
            "name": self.name,
            "room": self.room,
            "params": list(self.params),
            "search": "search" in self.given,
            "live": self.live,
            **shown,
        }


def discover(views: Path | None = None) -> list[Card]:
    """Find every card under `views` (default: the packaged ones), in the order they are shown.

    Raises CardError for a card without its twin file, a bad file, a name used twice, a `mart`-less SQL,
    or a page that nobody titles.
    """
    root = views or VIEWS
    files = sorted([*root.glob("*/board_*.sql"), *root.glob("*/board_*.yml")])
    cards: dict[str, Card] = {}
    for stem in sorted({path.with_suffix("") for path in files}):
        card = _load(stem)
        if card.name in cards:
            raise CardError(
                f"{_place(stem)}: the card {card.name} exists in room {cards[card.name].room} too; "
                "give one of them another name"
            )
        cards[card.name] = card
    found = sorted(cards.values(), key=lambda card: (card.file.order, card.name))
    _check_pages(found)
    return found


def pages(cards: list[Card]) -> list[dict[str, object]]:
    """The pages the cards lie on, in order of their first card: id, title, parameters (drill pages), and
    whether there is a button that prints them.
    """
    seen: dict[str, dict[str, object]] = {}
    for card in cards:
        page = seen.setdefault(
            card.file.page, {"id": card.file.page, "title": None, "params": [], "printable": False}
        )
        if card.file.page_title and not page["title"]:
            page["title"] = card.file.page_title.model_dump()
        page["params"] = sorted({*page["params"], *card.params})  # type: ignore[misc]
        page["printable"] = page["printable"] or card.file.printable
    return list(seen.values())


def _load(stem: Path) -> Card:
    sql_file, yml_file = stem.with_suffix(".sql"), stem.with_suffix(".yml")
    for path, twin in ((sql_file, yml_file), (yml_file, sql_file)):
        if not path.exists():
            raise CardError(
                f"{_place(twin)}: has no {path.name} beside it; a card is one SQL and one card file"
            )
    sql = sql_file.read_text(encoding="utf-8").strip().rstrip(";")
    if "mart." not in sql:
        raise CardError(f"{_place(sql_file)}: reads no face; a card selects from mart")
    file = _read(yml_file)
    names = {column.name for column in file.columns}
    for name in [*file.key, *file.adds_up, *(column.note for column in file.columns if column.note)]:
        if name not in names:
            raise CardError(f"{_place(yml_file)}: {name} is not among the columns; list it under `columns`")
    asked = frozenset(_PARAM.findall(sql))
    return Card(
        name=stem.name.removeprefix("board_"),
        room=stem.parent.name,
        sql=sql,
        file=file,
        params=tuple(sorted(asked - GIVEN)),
        given=asked & GIVEN,
    )


def _read(path: Path) -> CardFile:
    try:
        return CardFile.model_validate(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CardError(f"{_place(path)}:{line}: {error.problem}; correct the YAML") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CardError(f"{_place(path)} {where}: {first['msg']}; see the fields of CardFile") from error


def _check_pages(cards: list[Card]) -> None:
    for page in pages(cards):
        if not page["title"]:
            first = next(card for card in cards if card.file.page == page["id"])
            raise CardError(
                f"sinks/views/{first.room}/board_{first.name}.yml: nobody titles the page {page['id']}; "
                "add `page_title: {zh: …, en: …}` to one of its cards"
            )
    known = {card.file.page for card in cards}
    for card in cards:
        for column in card.file.columns:
            if column.opens and column.opens not in known:
                raise CardError(
                    f"sinks/views/{card.room}/board_{card.name}.yml: {column.name} opens {column.opens}, "
                    f"which is no page; known: {', '.join(sorted(known))}"
                )


def _place(path: Path) -> str:
    return f"sinks/views/{path.parent.name}/{path.name}"
