"""Records that are in form and yet wrong for the ledger; the whole stream of good, bent and wrong ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import tests.sim.bent.spoilt  # noqa: F401 - it registers its kinds
from tests.sim.bent.mutations import (
    ARRIVED,
    COMMITTED,
    DUPLICATE,
    KINDS,
    RARE,
    WAITING,
    Bender,
    Event,
    Mutated,
)

STRICT_DOOR = "strict"
"""The door of which the test says `unknown_master: refuse`; a `stranger` comes by it."""

SETUP: tuple[Event, ...] = (
    {"type": "master.entity", "entity": "NO-DEBT", "negative": "refuse"},
    {"type": "master.entity", "entity": "E0", "tz": "Europe/London", "currency": "GBP"},
    {"type": "master.item", "entity": "E0", "item": "WINE", "uom": "瓶", "uoms": {"箱": "12"}, "whole": True},
)
"""Sent first."""

Make = Callable[[Bender], list[Event]]
MISTAKES: dict[str, tuple[str, Make]] = {}


def mistake(wants: str) -> Callable[[Make], Make]:
    """Register a maker of events of which the last is wrong; those before it are committed."""

    def keep(make: Make) -> Make:
        MISTAKES[make.__name__] = (wants, make)
        return make

    return keep


def _pair(b: Bender, first: str, second: str, **change: Any) -> tuple[Event, Event]:
    """An event, and one that refers to it."""
    one = b.event(first, entity="E1", item=f"P{b.n % 30}", site="S1", qty="3")
    two = b.event(second, entity="E1", returns=one["id"], **change)
    return one, two


@mistake("unknown_uom")
def wrong_unit(b: Bender) -> list[Event]:
    unit = b.rng.choice(["furlong", "kg", "盒", "箱箱", "l"])
    return [b.event("sale.delivery", entity="E0", item="WINE", uom=unit)]


@mistake("fraction")
def half_a_bottle(b: Bender) -> list[Event]:
    qty, unit = b.rng.choice([("0.5", "瓶"), ("1.5", "BO"), ("0.01", "箱"), ("0.000001", "")])
    return [b.event("sale.delivery", entity="E0", item="WINE", qty=qty, uom=unit)]


@mistake("fraction")
def half_a_piece(b: Bender) -> list[Event]:
    return [b.event("stock.issue", entity="E1", item="P1", qty="0.5", uom=b.rng.choice(["个", "piece", ""]))]


@mistake("amount_mismatch")
def wrong_sum(b: Bender) -> list[Event]:
    return [
        b.event(
            "sale.delivery", entity="E1", qty="3", unit_price="4.5", amount=b.rng.choice(["13.52", "1", "14"])
        )
    ]


@mistake("scale")
def tenth_of_a_cent(b: Bender) -> list[Event]:
    return [b.event("sale.charge", entity="E1", amount=b.rng.choice(["0.001", "1.2345"]))]


@mistake("not_allowed")
def to_where_it_is(b: Bender) -> list[Event]:
    return [b.event("stock.transfer", from_site="S1", to_site="S1")]


@mistake("not_yet")
def standard_cost(b: Bender) -> list[Event]:
    return [b.event("master.entity", valuation="standard")]


@mistake("over_return")
def more_than_was_sold(b: Bender) -> list[Event]:
    return list(_pair(b, "sale.delivery", "sale.return", qty=b.rng.choice(["4", "1000"])))


@mistake("over_return")
def more_than_was_bought(b: Bender) -> list[Event]:
    return list(_pair(b, "stock.receipt", "purchase.return", qty=b.rng.choice(["4", "1000"])))


@mistake("unknown_reference")
def return_of_a_receipt(b: Bender) -> list[Event]:
    return list(_pair(b, "stock.receipt", "sale.return", qty="1"))


@mistake("unknown_reference")
def return_to_another_entity(b: Bender) -> list[Event]:
    one, two = _pair(b, "sale.delivery", "sale.return", qty="1")
    return [one, two | {"entity": "E2"}]


@mistake("negative_stock")
def beyond_stock(b: Bender) -> list[Event]:
    return [
        b.event(b.rng.choice(["sale.delivery", "stock.issue", "stock.transfer"]), entity="NO-DEBT", qty="1")
    ]


@mistake("unknown_master")
def stranger(b: Bender) -> list[Event]:
    return [b.event("stock.issue", item=f"NOBODY-{b.n}")]


@mistake("overflow")
def too_dear(b: Bender) -> list[Event]:
    return [
        b.event(
            "stock.receipt", entity="E1", qty="999999999999", unit_cost=b.rng.choice(["99999", "9999999999"])
        )
    ]


@mistake(WAITING)
def too_early(b: Bender) -> list[Event]:
    kind = b.rng.choice(["sale.return", "purchase.return"])
    return [b.event(kind, entity="E1", returns=b.rng.choice([f"never-{b.n}", f"other#never-{b.n}"]), qty="1")]


@mistake(DUPLICATE)
def again(b: Bender) -> list[Event]:
    one = b.event()
    return [one, {**one, "recordedtime": b.time(-5), "trust": "green"}]


@mistake(DUPLICATE)
def again_in_other_words(b: Bender) -> list[Event]:
    one = b.event("stock.issue", entity="E1", qty="2")
    return [one, {**dict(reversed(one.items())), "qty": "2.000", "lot": None, "item": f" {one['item']} "}]


@mistake("id_conflict")
def same_id_other_content(b: Bender) -> list[Event]:
    one = b.event("stock.issue", entity="E1", qty="2")
    field, value = b.rng.choice([("qty", "3"), ("site", "S9"), ("document", "D"), ("time", b.time(-9))])
    return [one, {**one, field: value}]


def stream(seed: int, records: int, rare: int, arrived: int = ARRIVED) -> Iterator[Mutated]:
    """`records` records, the setup first; `rare` of them of each costly kind.

    The last of a group of events is the wrong one; the others are expected to commit.
    """
    b = Bender(seed, arrived)
    for event in SETUP:
        yield Mutated(b.dump(b.event(event["type"], **event)), "setup", frozenset({COMMITTED}))
    made = len(SETUP)
    names = [*KINDS, *MISTAKES]
    every = max(1, records // (rare * len(RARE))) if rare else 0
    while made < records:
        if every and made % every == 0:
            name = list(RARE)[made // every % len(RARE)]
            wants, make = RARE[name]
            yield Mutated(make(b), name, wants)
            made += 1
            continue
        name = b.rng.choice(names)
        if name in KINDS:
            wants, make = KINDS[name]
            yield Mutated(make(b), name, wants)
            made += 1
            continue
        want, makes = MISTAKES[name]
        *before, last = makes(b)
        for event in before:
            yield Mutated(b.dump(event), f"before {name}", frozenset({COMMITTED}))
        yield Mutated(b.dump(last), name, frozenset({want}))
        made += len(before) + 1
