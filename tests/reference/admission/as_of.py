"""As-of on two clocks: what stood at a moment, as known at another; sums of lines, nothing else."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.reference.admission.accepted import Accepted
from tests.reference.admission.faces import minor, shares
from tests.reference.exact import site_of, time_ms
from tests.reference.faces import Row, amount_of, money
from tests.reference.truth.lines import physical, sides


def stock_as_of(s: Accepted, as_of: str, known_at: str) -> list[Row]:
    """Quantity and share of the cell's value at `as_of`, from what was known at `known_at`.

    `known_at`: a time, `now`, or `v7` for what was known at version 7.
    """
    until = time_ms(as_of)
    places: dict[Any, dict[tuple[str, str], Fraction]] = {}
    worth: dict[Any, int] = {}
    for line in s.lines:
        if line.key.at > until or not known(line.version, line.recorded, known_at):
            continue
        for account, change in sides(line.key, line.entry):
            if physical(account):
                cell, place = s.walks[line.entity].cell_key(account), (site_of(account[1]), account[3])
                here = places.setdefault(cell, {})
                here[place] = here.get(place, Fraction(0)) + change.qty
                worth[cell] = worth.get(cell, 0) + change.value
    rows = []
    for cell, here in places.items():
        for place, share in shares(worth[cell], sum(here.values(), Fraction(0)), here).items():
            if here[place] or share:
                rows.append({
                    "entity": cell[0], "site": place[0], "item": cell[1], "lot": place[1], "owner": cell[2],
                    "on_hand_qty": amount_of(here[place]), "value_amt": money(share, minor(s, cell[0])),
                })  # fmt: skip
    return rows


def known(version: int, recorded: int, known_at: str) -> bool:
    """Was a line of this version, recorded at this moment, known then?"""
    if known_at == "now":
        return True
    return version <= int(known_at[1:]) if known_at.startswith("v") else recorded <= time_ms(known_at)
