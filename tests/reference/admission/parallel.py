"""Several valuations of one log, compared: V with another method, nothing else changes."""

from __future__ import annotations

from dataclasses import replace

from tests.reference.admission.accepted import Accepted
from tests.reference.faces import Row, money
from tests.reference.truth.valuation import value_of


def valuation(s: Accepted, *methods: str) -> list[Row]:
    """Per entity and `method:scope` (e.g. `fifo:site`): value in stock, cost of goods sold, all other cost.

    A count's cost and a revaluation mean nothing under standard cost and are left out there.
    """
    rows = []
    for name, entity in s.entities.items():
        for method in methods:
            kind, _, scope = method.partition(":")
            walk = value_of(replace(entity, valuation=kind, scope=scope), s.rows.get(name, {}))
            stock = sum(cell.V for cell in walk.state.cells.values())
            went = {"sold": 0, "bought": 0}
            for key, entry in walk.entries.items():
                for place, sign in ((key.account[1], -1), (key.to_place, 1)):
                    if place.startswith("@customer"):
                        went["sold"] += sign * entry.value
                    elif place.startswith("@supplier"):
                        went["bought"] -= sign * entry.value
            rows.append({
                "entity": name, "method": kind, "scope": scope, "stock_amt": money(stock, entity.minor),
                "cogs_amt": money(went["sold"], entity.minor),
                "other_amt": money(went["bought"] - stock - went["sold"], entity.minor),
            })  # fmt: skip
    return rows
