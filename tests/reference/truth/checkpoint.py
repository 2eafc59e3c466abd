"""Checkpoints: what a replay must restore to go on from the middle, as text; and when it may stop early.

Live layers, open pieces, the known cost of each cell, its accounts in the order in which they were made, and
the cost state of every event that a later row returns or trues up. Quantities at virtual places are not
needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from tests.reference.cells import AverageCell, Cell, Piece
from tests.reference.exact import EventKey
from tests.reference.fifo import FifoCell, Layer
from tests.reference.truth.lines import physical
from tests.reference.truth.rows import Row
from tests.reference.truth.standard import ForeignCell, StandardCell
from tests.reference.truth.walk import Delivered, State

KINDS: dict[str, type[Cell]] = {
    "average": AverageCell, "fifo": FifoCell, "standard": StandardCell, "foreign": ForeignCell,
}  # fmt: skip
OWN = {
    "average": ("Av", "Aq", "landed"), "fifo": ("last",), "standard": ("std",), "foreign": ("std",),
}  # fmt: skip
SHARED = ("Q", "V", "costed", "posted")
PIECE = ("event", "qty", "value", "contra", "leg", "from_nothing")
LAYER = ("qty", "value", "made_qty", "made_value", "at", "receipt", "known", "landed")
DELIVERED = (
    "account", "contra", "qty", "money", "returned", "money_back", "own_cost", "covered", "covered_cost",
    "covered_unknown", "landed", "adjusted",
)  # fmt: skip


def plain(value: Any) -> Any:
    """Something that JSON holds exactly: a fraction is a text, a tuple a list."""
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return [plain(x) for x in value] if isinstance(value, tuple | list) else value


def lively(value: Any) -> Any:
    """What `plain` made, read back."""
    if isinstance(value, list):
        return tuple(lively(x) for x in value)
    if isinstance(value, str) and value.count("/") == 1 and value.replace("/", "").lstrip("-").isdigit():
        return Fraction(value)
    return value


def fields(thing: Any, names: Iterable[str]) -> list[Any]:
    """These attributes, plain."""
    return [plain(getattr(thing, name)) for name in names]


def cell_parts(cell: Cell) -> list[Any]:
    """A cell: kind, key, shared and own fields, accounts, pieces, layers."""
    kind = next(name for name, cls in KINDS.items() if type(cell) is cls)
    layers = cell.layers if isinstance(cell, FifoCell) else []
    return [
        kind, plain(cell.key), fields(cell, SHARED), fields(cell, OWN[kind]), plain(cell.accounts),
        [fields(p, PIECE) for p in cell.pieces], [fields(x, LAYER) for x in layers],
    ]  # fmt: skip


def needed(state: State, rows: Iterable[Row] | None) -> set[EventKey]:
    """Events whose cost state rows still to come can ask for: returned later, or still owed a cost."""
    if rows is None:
        return set(state.delivered)
    owed = {piece.event for cell in state.cells.values() for piece in cell.pieces}
    return (owed | {row.link for row in rows if row.link is not None}) & set(state.delivered)


def dump(state: State, later: Iterable[Row] | None = None) -> str:
    """The state as text; with the rows still to come, only of what they can depend on."""
    wanted = [k for k in state.delivered if k in needed(state, later)]
    return json.dumps({
        "accounts": [[plain(k), plain(q)] for k, q in state.accounts.items() if physical(k)],
        "catch": [[plain(k), plain(q)] for k, q in state.catch.items() if physical(k)],
        "cells": [cell_parts(cell) for cell in state.cells.values()],
        "standard": [[item, plain(cost)] for item, cost in state.standard.items()],
        "delivered": [[plain(k), fields(state.delivered[k], DELIVERED)] for k in wanted],
    })  # fmt: skip


def load(text: str) -> State:
    """The state that `dump` wrote."""
    said = json.loads(text)
    state = State(
        accounts={lively(k): lively(q) for k, q in said["accounts"]},
        catch={lively(k): lively(q) for k, q in said["catch"]},
        standard={item: lively(cost) for item, cost in said["standard"]},
        delivered={
            lively(k): Delivered(**dict(zip(DELIVERED, lively(d), strict=True))) for k, d in said["delivered"]
        },
    )
    for kind, key, shared, own, accounts, pieces, layers in said["cells"]:
        values = dict(zip((*SHARED, *OWN[kind]), (*lively(shared), *lively(own)), strict=True))
        cell = KINDS[kind](key=lively(key), **values)
        cell.accounts = list(lively(accounts))
        cell.pieces = [Piece(**dict(zip(PIECE, lively(p), strict=True))) for p in pieces]
        if isinstance(cell, FifoCell):
            cell.layers = [Layer(**dict(zip(LAYER, lively(x), strict=True))) for x in layers]
        state.cells[cell.key] = cell
    return state
