"""Seeded mistakes: valid records bent in every way that a door has seen, each with the outcomes it may have.

An outcome is `committed`, `duplicate`, `waiting`, or the reason of a refusal. The expectations are written
from the definitions, not from the code: a kind of mistake that gets another outcome fails its test. Here
are the bytes; fields are bent in `tests.sim.bent.spoilt`, sense in `tests.sim.bent.mistakes`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, NamedTuple

from schemas.examples import example
from schemas.fields import MAX_RECORD_BYTES
from schemas.reasons import Reason

Event = dict[str, Any]
COMMITTED, DUPLICATE, WAITING = "committed", "duplicate", "waiting"
ANY = frozenset({COMMITTED, DUPLICATE, WAITING, *map(str, Reason)})
ARRIVED = 1_780_000_000_000
"""When the first record arrives (2026-05-28), in ms."""

_SAFE_TYPES = (
    "stock.receipt",
    "stock.issue",
    "sale.delivery",
    "sale.charge",
    "stock.count",
    "stock.transfer",
)


class Mutated(NamedTuple):
    """One record of the stream: its bytes, the kind of mistake, the outcomes allowed."""

    raw: bytes
    kind: str
    wants: frozenset[str]


class Bender:
    """Makes records. `n` counts them and is in every id, so that no two are the same unless meant."""

    def __init__(self, seed: int, arrived: int = ARRIVED) -> None:
        self.rng, self.arrived = random.Random(seed), arrived
        self.n = 0

    def event(self, name: str = "", /, **change: Any) -> Event:
        """A fresh valid event that a ledger accepts at any time."""
        self.n += 1
        kind = name or self.rng.choice(_SAFE_TYPES)
        found = example(kind)
        found |= {
            "id": f"m{self.n}",
            "source": "till",
            "entity": f"E{self.n % 3}",
            "time": self.time(-self.n),
        }
        if kind.startswith(("stock.", "sale.")) and kind != "sale.charge":
            found = {k: v for k, v in found.items() if k not in ("uom", "amount", "document")}
        if "item" in found:
            found["item"] = f"I{self.n % 40}"
        return {**found, **change}

    def time(self, seconds: float) -> str:
        """RFC 3339, some seconds before or after the first arrival, in some zone's offset."""
        return stamp(self.arrived + int(seconds * 1000), self.rng.choice([0, 480, -330]))

    def dump(self, event: Event) -> bytes:
        """Its bytes in one of the spellings that mean the same."""
        separators = self.rng.choice([(",", ":"), (", ", ": "), (" ,\t", " :\t")])
        raw = json.dumps(event, ensure_ascii=self.rng.random() < 0.2, separators=separators).encode()
        return self.rng.choice([b"", b"", b" ", b"\t"]) + raw + self.rng.choice([b"\n", b"\n", b"\r\n", b""])

    def field(self, name: str, value: Any, kind: str = "stock.issue") -> bytes:
        """An event with one field set."""
        return self.dump(self.event(kind, **{name: value}))

    def bare(self, name: str, token: str, kind: str = "stock.issue") -> bytes:
        """The same with a value that `json` would not write: it stands there as it is."""
        raw = self.dump(self.event(kind, **{name: "@@"}))
        return raw.replace(b'"@@"', token.encode("utf-8", "surrogatepass"), 1)


def stamp(ms: int, minutes: int = 0) -> str:
    """An instant as RFC 3339 with an offset, by arithmetic of its own: not what the pipeline reads with."""
    sign, shift = ("-" if minutes < 0 else "+"), abs(minutes)
    days, rest = divmod(ms + minutes * 60_000, 86_400_000)
    z = days + 719_468  # civil from days, in the proleptic Gregorian calendar
    era, doe = divmod(z, 146_097)
    yoe = (doe - doe // 1460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + 3 if mp < 10 else mp - 9
    year = yoe + era * 400 + (month <= 2)
    clock = f"{rest // 3_600_000:02}:{rest // 60_000 % 60:02}:{rest // 1000 % 60:02}.{rest % 1000:03}"
    day = f"{year:04}-{month:02}-{doy - (153 * mp + 2) // 5 + 1:02}"
    return f"{day}T{clock}{sign}{shift // 60:02}:{shift % 60:02}"


Make = Callable[[Bender], bytes]
KINDS: dict[str, tuple[frozenset[str], Make]] = {}


def kind(*wants: str) -> Callable[[Make], Make]:
    """Register a kind of record under its function's name."""

    def keep(make: Make) -> Make:
        KINDS[make.__name__] = (frozenset(wants), make)
        return make

    return keep


def one_of(name: str, wants: str, field: str, values: list[Any], of: str = "stock.issue") -> None:
    """Register a kind whose field is one of `values`."""
    KINDS[name] = (frozenset({wants}), lambda b: b.field(field, b.rng.choice(values), of))


def bare(name: str, wants: str, field: str, tokens: list[str], of: str = "stock.issue") -> None:
    """Register a kind whose field is one of these tokens, as they stand."""
    KINDS[name] = (frozenset({wants}), lambda b: b.bare(field, b.rng.choice(tokens), of))


# the bytes


@kind(COMMITTED)
def valid(b: Bender) -> bytes:
    return b.dump(b.event())


@kind("not_json", "bad_encoding")
def truncated(b: Bender) -> bytes:
    raw = b.dump(b.event()).strip()
    return raw[: b.rng.randrange(1, len(raw) - 1)]


@kind("too_deep")
def deep(b: Bender) -> bytes:
    levels = b.rng.choice([17, 18, 40, 400])
    opened, closed = b.rng.choice([("[", "]"), ('{"a":', "}")])
    inner = opened * levels + "0" + closed * levels
    return b.bare("document", inner) if b.rng.random() < 0.9 else (opened * levels).encode()


@kind("bad_type")
def just_not_too_deep(b: Bender) -> bytes:
    return b.bare("document", "[" * 15 + "]" * 15)


bare(
    "not_a_value",
    "not_json",
    "qty",
    ["NaN", "Infinity", "-Infinity", "nan", "1.", ".5", "+1", "01", "0x1", "1_0", ""],
)
bare(
    "not_a_word",
    "not_json",
    "item",
    ["TEA", "'TEA'", '"TEA', '"T\\x41"', '"T\tEA"', '"T\x00A"', '"T\x01A"', "undefined"],
)


@kind("not_json")
def two_objects(b: Bender) -> bytes:
    return b.dump(b.event()).strip() + b.rng.choice([b"", b" ", b","]) + b.dump(b.event())


@kind("not_json")
def no_object(b: Bender) -> bytes:
    b.n += 1
    return b.rng.choice(
        [b"[]", b"null", b"5", b'"x"', b"true", b"{}{}", b"\x00", b"", b"  \n", b"id,time", b"{,}", b"{"]
    )


@kind("not_json")
def nearly_json(b: Bender) -> bytes:
    raw = b.dump(b.event()).strip()
    return b.rng.choice(
        [
            raw[:-1] + b",}",
            raw + b"]",
            raw.replace(b":", b"=", 1),
            b"/**/" + raw,
            b"\x00" + raw,
            raw + b"\x00",
        ]
    )


@kind("bad_encoding")
def byte_order_mark(b: Bender) -> bytes:
    return b"\xef\xbb\xbf" + b.dump(b.event()).lstrip()


@kind("bad_encoding")
def not_utf8(b: Bender) -> bytes:
    raw = bytearray(b.dump(b.event()))
    raw[b.rng.randrange(len(raw))] = b.rng.choice([0xFF, 0xC0, 0xFE, 0xC1])
    return bytes(raw)


@kind("bad_encoding")
def gbk(b: Bender) -> bytes:
    return json.dumps(b.event("stock.issue", item="乌龙茶"), ensure_ascii=False).encode("gb18030")


bare("surrogate", "bad_encoding", "item", ['"\\ud800"', '"a\\udfffb"', '"\\ud800\\ud800"', '"\ud800"'])


@kind("duplicate_key")
def twice(b: Bender) -> bytes:
    raw = b.dump(b.event()).strip()
    name = b.rng.choice(["id", "item", "type", "colour"])
    pair = f'"{name}":1,"{name}":1' if name not in raw.decode() else f'"{name}":"x"'
    return raw[:-1] + b"," + pair.encode() + b"}"


@kind("duplicate_key")
def twice_inside(b: Bender) -> bytes:
    return b.bare(
        "uoms",
        b.rng.choice(['{"箱":"2","箱":"2"}', '{"箱":"24","CS":"24"}', '{"kg":"1","公斤":"2"}']),
        "master.item",
    )


def too_large(b: Bender) -> bytes:
    """Above 1 MiB; rare, because it costs: see `stream`."""
    raw = b.dump(b.event()).strip()
    return raw[:-1] + b" " * (MAX_RECORD_BYTES - len(raw) + b.rng.choice([1, 2, 5000])) + b"}"


def as_large_as_can_be(b: Bender) -> bytes:
    """A valid record of exactly 1 MiB, and its line end."""
    raw = b.dump(b.event()).strip()
    return raw[:-1] + b" " * (MAX_RECORD_BYTES - len(raw)) + b"}\r\n"


RARE = {"too_large": (frozenset({"too_large"}), too_large),
        "as_large_as_can_be": (frozenset({COMMITTED}), as_large_as_can_be)}  # fmt: skip

# what only looks wrong


@kind(COMMITTED)
def odd_but_right(b: Bender) -> bytes:
    event = b.event(
        "stock.issue", seq=b.n, document="e\u0301" * 20, lot=None, owner="", cost_centre=" 厨房\t",
        trust=b.rng.choice(["green", "yellow", "red"]), schema=1,
    )  # fmt: skip
    event["qty"] = b.rng.choice(["1e0", "10E-1", "1.000000", "1.00000000000000000000", "2"])
    items = list(event.items())
    b.rng.shuffle(items)
    return b.dump(dict(items))


bare("odd_numbers", COMMITTED, "qty", ["1e0", "10E-1", "100e-2", "1.0", "3", "0.1e1", "1" + "0" * 0])
bare(
    "escapes",
    COMMITTED,
    "item",
    ['"\\u0054EA"', '"a\\/b"', '"\\ud83c\\udf75"', '"a\\"b"', '"a\\\\b"', '" T "', '"Ａ"'],
)
one_of(
    "edge_of_time",
    COMMITTED,
    "time",
    ["1970-01-01T00:00:00Z", "2024-01-01t00:00:00.123456789z", "2024-02-29T23:59:59-23:59"],
)


@kind(*ANY)
def flipped(b: Bender) -> bytes:
    """Some bytes replaced at random: whatever comes of it, both paths agree and it is counted once."""
    raw = bytearray(b.dump(b.event(id=f"f{b.n}")))  # bent, it may be another bent one's id, but no good one's
    for _ in range(b.rng.randint(1, 3)):
        raw[b.rng.randrange(len(raw))] = b.rng.choice(b'"{}[]:,\\0-9.e+ \x00\x7f\xc3\xa9\xe4\xed\xff@/Zz')
    return bytes(raw)
