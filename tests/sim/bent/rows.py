"""Seeded mistakes in the rows of a till's export: valid lines of the shipped maps, bent as doors have seen.

As in `tests.sim.bent.mutations`, an outcome is `committed` or the reason of a refusal, and what a kind may
come to is written from the maps and the definitions, not from the code.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from schemas.fields import MAX_RECORD_BYTES
from tests.sim.bent.mutations import ANY, COMMITTED

RETAIL, IOWA = "online_retail", "iowa_liquor"
HEADERS: dict[str, list[str]] = {
    RETAIL: [
        "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID",
        "Country",
    ],
    IOWA: [
        "date", "store_number", "item_number", "vendor_name", "state_bottle_cost", "bottles_sold",
        "sale_dollars",
    ],
}  # fmt: skip
ITEM = {RETAIL: "StockCode", IOWA: "item_number"}
QTY = {RETAIL: "Quantity", IOWA: "bottles_sold"}
PRICE = {RETAIL: "UnitPrice", IOWA: "state_bottle_cost"}
TIME = {RETAIL: "InvoiceDate", IOWA: "date"}
WORDS = {RETAIL: "Description", IOWA: "vendor_name"}

Cells = dict[str, str]
Make = Callable[["RowBender"], bytes]
KINDS: dict[str, tuple[dict[str, frozenset[str]], Make]] = {}
RARE: dict[str, tuple[dict[str, frozenset[str]], Make]] = {}


class BentRow(NamedTuple):
    """A row, the kind of mistake, the outcomes allowed."""

    raw: bytes
    kind: str
    wants: frozenset[str]


class RowBender:
    """Makes rows for one map."""

    def __init__(self, seed: int, name: str) -> None:
        self.rng, self.map, self.n = random.Random(f"{seed} {name}"), name, 0

    def cells(self) -> Cells:
        """A fresh valid line, which is committed at any time."""
        self.n += 1
        made = self._bottles() if self.map == IOWA else self._invoice()
        return {name: made[name] for name in HEADERS[self.map]}

    def _bottles(self) -> Cells:
        rng = self.rng
        bottles = rng.randint(1, 60)
        return {
            "date": f"2012-01-{rng.randint(1, 31):02}", "store_number": str(rng.randint(2500, 2530)),
            "item_number": str(rng.randint(100, 140)), "vendor_name": rng.choice(["Luxco", "Jim, Beam"]),
            "state_bottle_cost": rng.choice(["4.75", "8.02", "", "11"]), "bottles_sold": str(bottles),
            "sale_dollars": f"{bottles * 7}.5",
        }  # fmt: skip

    def _invoice(self) -> Cells:
        rng = self.rng
        goods, number, qty = str(rng.randint(20_000, 20_040)), str(536_000 + self.n), rng.randint(1, 99)
        day, hour, minute = rng.randint(10, 28), rng.randint(10, 18), rng.randint(10, 59)
        code, invoice, quantity = rng.choice([
            (goods, number, qty), (f"{goods}A", number, qty), ("POST", number, 1), (goods, number, -qty),
            (goods, f"C{number}", -qty),
        ])  # fmt: skip
        return {
            "InvoiceNo": invoice, "StockCode": code, "Quantity": str(quantity),
            "Description": rng.choice(["LANTERN", 'JAM "RED", 3', "damaged", "wrongly sold as sets", ""]),
            "InvoiceDate": f"2011-02-{day} {hour}:{minute}:00",
            "UnitPrice": rng.choice(["2.55", "0.85", "12", "0"]), "CustomerID": rng.choice(["17850.0", ""]),
            "Country": rng.choice(["United Kingdom", "Österreich"]),
        }  # fmt: skip

    def sale(self) -> Cells:
        """A line that is a plain delivery of goods."""
        while True:
            found = self.cells()
            if self.map == IOWA or (found["StockCode"] != "POST" and found["Quantity"][0] != "-"):
                return found

    def row(self, cells: Cells) -> bytes:
        """Its bytes, with quotes where they are needed or by whim."""
        rng = self.rng
        quoted = [
            '"' + v.replace('"', '""') + '"' if any(c in v for c in ',"\r\n') or rng.random() < 0.05 else v
            for v in cells.values()
        ]
        return ",".join(quoted).encode() + rng.choice([b"\n", b"\r\n", b""])

    def with_(self, cell: dict[str, str], value: str) -> bytes:
        """A delivery with one cell set."""
        return self.row({**self.sale(), cell[self.map]: value})

    def cut_after(self, cells: Cells, columns: int) -> bytes:
        """The first cells of a line, without its end."""
        return self.row(dict(list(cells.items())[:columns])).rstrip()


def kind(*wants: str, iowa: tuple[str, ...] = (), rare: bool = False) -> Callable[[Make], Make]:
    """Register a kind under its function's name; `iowa`: what it comes to there, if that differs."""

    def keep(make: Make) -> Make:
        made = ({RETAIL: frozenset(wants), IOWA: frozenset(iowa or wants)}, make)
        (RARE if rare else KINDS)[make.__name__] = made
        return make

    return keep


def one_of(
    name: str, cell: dict[str, str], values: list[str], *wants: str, iowa: tuple[str, ...] = ()
) -> None:
    """Register a kind whose cell is one of `values`."""
    made = {RETAIL: frozenset(wants), IOWA: frozenset(iowa or wants)}
    KINDS[name] = (made, lambda b: b.with_(cell, b.rng.choice(values)))


@kind(COMMITTED)
def valid(b: RowBender) -> bytes:
    return b.row(b.cells())


@kind(COMMITTED)
def with_a_mark_in_front(b: RowBender) -> bytes:
    return b"\xef\xbb\xbf" + b.row(b.cells())


@kind("bad_type")
def truncated(b: RowBender) -> bytes:
    return b.cut_after(b.cells(), b.rng.randint(1, len(HEADERS[b.map]) - 1))


@kind("bad_type")
def a_column_too_many(b: RowBender) -> bytes:
    return b.row(b.cells()).rstrip() + b",more\n"


@kind("bad_type")
def two_rows_in_one(b: RowBender) -> bytes:
    return b.row(b.cells()).rstrip() + b"," + b.row(b.cells())


@kind("bad_type")
def quote_not_closed(b: RowBender) -> bytes:
    cells = b.sale()
    last = list(cells)[-1]
    return b.row({k: v for k, v in cells.items() if k != last}).rstrip() + b',"' + cells[last].encode()


@kind("bad_type")
def text_behind_a_quote(b: RowBender) -> bytes:
    cells = b.sale()
    last = list(cells)[-1]
    return b.row({k: v for k, v in cells.items() if k != last}).rstrip() + b',"a"b\n'


@kind("bad_encoding")
def other_encoding(b: RowBender) -> bytes:
    raw = b.row({**b.sale(), WORDS[b.map]: "@@"})
    words = ["茶叶".encode("gb18030"), "é".encode("latin-1"), b"\xed\xa0\x80", b"\xc0\xaf", b"\xff"]
    word = b.rng.choice(words)
    return raw.replace(b"@@", word)


@kind("too_large", rare=True)
def huge(b: RowBender) -> bytes:
    return b.row({**b.sale(), WORDS[b.map]: "x" * MAX_RECORD_BYTES})


@kind(COMMITTED, rare=True)
def nearly_huge(b: RowBender) -> bytes:
    cells = {**b.sale(), WORDS[b.map]: "x" * 300_000}
    return b.row({**cells, "state_bottle_cost": ""} if b.map == IOWA else cells)


@kind(COMMITTED)
def null_byte_where_nobody_looks(b: RowBender) -> bytes:
    cells = {**b.sale(), WORDS[b.map]: "nu\0ll"}
    return b.row({**cells, "state_bottle_cost": ""} if b.map == IOWA else cells)


@kind(*ANY)
def random_bytes(b: RowBender) -> bytes:
    raw = bytearray(b.row(b.cells()))
    for _ in range(b.rng.randint(1, 4)):
        at = b.rng.randrange(len(raw) + 1)
        raw[at : at + b.rng.randint(0, 3)] = b.rng.choice(
            [b'"', b",", b"\0", b"\xff", b"-", b"9" * 15, b"\r", b"\n", b"\xef\xbb\xbf", b"=", b""]
        )
    return bytes(raw) or b"x"


NO_NUMBERS = ["NaN", "Infinity", "-inf", "1_000", "0x10", "１２", "1,5", "1.2.3", "--1", "£2", "1e", "\u00bd"]
one_of("no_quantity", QTY, NO_NUMBERS, "bad_type", iowa=("no_rule", "bad_type"))
one_of("no_price", PRICE, NO_NUMBERS, "bad_type")
one_of("long_price", PRICE, ["9" * 40, "1" + "0" * 39, "9e25", "12345678901234567890"], "range")
one_of("fine_price", PRICE, ["0." + "0" * 39 + "1", "1.123456789", "1e-30"], "scale")
one_of("endless_price", PRICE, ["9" * 129, "1e999", "1e-999"], "range")
one_of("endless_quantity", QTY, ["9" * 40, "1e30", "1" + "0" * 18], "range")
one_of("fine_quantity", QTY, ["1." + "0" * 39 + "1", "0.0000001"], "scale")
one_of("half_a_piece", QTY, ["0.5", "1.25", "2.000001"], "fraction")
one_of("nothing_sold", QTY, ["0", "0.0", "0e5"], "range", iowa=("no_rule",))
one_of("no_quantity_at_all", QTY, ["", "  "], "missing_field", iowa=("no_rule",))
one_of("no_item", ITEM, ["", "   "], "missing_field")
one_of("long_item", ITEM, ["x" * 257, "茶" * 90], "range")
one_of("item_like_an_account", ITEM, ["@supplier", "@loss/unknown"], "bad_identifier")
one_of("control_in_item", ITEM, ["A\0", "\x07", "A\u0085B"], "bad_type")
NO_DAYS = ["2012-02-30 10:00:00", "2012-13-01", "yesterday", "10:00", "2012-1", "０１/０２/2012"]
one_of("no_day", TIME, NO_DAYS, "bad_time")
one_of("no_time", TIME, ["", " "], "missing_field")
one_of("ancient", TIME, ["1899-12-31 00:00:00", "0001-01-01 00:00:00"], "range", iowa=("bad_time",))
one_of("far_ahead", TIME, ["2150-01-01 00:00:00"], "future", iowa=("bad_time",))
one_of("negative_price", PRICE, ["-1", "-0.01"], "range")


@kind("bad_time", iowa=(COMMITTED,))
def an_hour_that_was_skipped(b: RowBender) -> bytes:
    return b.with_(TIME, "2011-03-27 01:30:00" if b.map == RETAIL else "2011-03-13")


@kind("range", "bad_time")
def ancient_day(b: RowBender) -> bytes:
    return b.with_(TIME, "1931-01-31" if b.map == IOWA else "1931-01-31 09:00:00")


@kind("future")
def tomorrow_and_later(b: RowBender) -> bytes:
    return b.with_(TIME, "2100-06-01" if b.map == IOWA else "2100-06-01 09:00:00")


@kind("overflow")
def too_dear(b: RowBender) -> bytes:
    return b.row({**b.sale(), QTY[b.map]: "999999999", PRICE[b.map]: "9999999999"})


def stream(seed: int, name: str, rows: int, rare: int) -> Iterator[BentRow]:
    """`rows` rows of a map's file, `rare` of them of each costly kind."""
    b = RowBender(seed, name)
    names, costly = list(KINDS), list(RARE)
    every = max(1, rows // (rare * len(costly))) if rare else 0
    for n in range(rows):
        often = not every or (n + 1) % every
        chosen = b.rng.choice(names) if often else costly[n // every % len(costly)]
        wants, make = (KINDS if often else RARE)[chosen]
        yield BentRow(make(b), chosen, wants[name])
