"""Units of measure: names to codes, exact factors between units, and the packs of one item.

Factors are fractions, never floats. A dimension has one base (kg, m, m2, l, s, kWh, kW, piece); two units
convert when they share it. A pack (箱, box, bottle) has no factor of its own: the item states how many
base units it holds, and what the item states wins over the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from schemas.unit_codes import TABLE

DEFAULT_UOM = "C62"
"""The base unit of an item that states none."""

QTY_SCALE = 1_000_000
"""A quantity is an integer of 1/QTY_SCALE."""


@dataclass(frozen=True, slots=True)
class UnitCode:
    """One unit.

    `code`: UN/ECE Rec 20 or 21, or the unit's own sign where they have none (斤). `to_base`: how many bases
    of `dimension` one unit is; None for a pack. `whole`: counted in whole numbers unless the item says other.
    """

    code: str
    dimension: str
    to_base: Fraction | None
    whole: bool
    zh: str
    en: str
    aliases: tuple[str, ...]


def _spellings(unit: UnitCode) -> Iterator[str]:
    """Every way of writing a unit; English words of three letters or more also with capitals."""
    yield unit.code
    for name in (unit.zh, unit.en, *unit.aliases):
        yield name
        if len(name) >= 3 and name.isascii() and name.islower():
            yield name.upper()
            yield name.capitalize()


@cache
def units() -> Mapping[str, UnitCode]:
    """All units by code, in the order of the table."""
    found: dict[str, UnitCode] = {}
    for dimension, rows in TABLE.items():
        for code, factor_text, zh, en, names in rows:
            found[code] = UnitCode(
                code=code,
                dimension=dimension,
                to_base=Fraction(factor_text) if factor_text else None,
                whole=dimension in ("piece", "pack"),
                zh=zh,
                en=en,
                aliases=tuple(names.split()),
            )
    return found


@cache
def _names() -> Mapping[str, UnitCode]:
    """Every spelling -> unit. Codes win over names, so that MIN is minutes and never an alias of another."""
    found = dict(units())
    for unit in units().values():
        for name in _spellings(unit):
            other = found.setdefault(name, unit)
            if other is not unit and name not in units():
                raise ValueError(f"unit name {name!r} stands for {other.code} and for {unit.code}")
    return found


def resolve(name: str) -> UnitCode | None:
    """The unit a name or code stands for (公斤, kg and KGM are one); None when it is not in the table."""
    return _names().get(name)


def canonical(name: str) -> str:
    """The code of a known unit, else the name itself (an item may have a unit of its own, 份)."""
    unit = resolve(name)
    return unit.code if unit else name


def whole(code: str) -> bool:
    """Whether quantities in this unit are whole unless the item says otherwise; False for unknown units."""
    unit = resolve(code)
    return unit.whole if unit else False


def factor(source: str, target: str) -> Fraction | None:
    """How many `target` one `source` is, exactly; None without a common dimension (or for two packs)."""
    a, b = resolve(source), resolve(target)
    if a is None or b is None:
        return Fraction(1) if source == target else None
    if a.code == b.code:
        return Fraction(1)
    if a.dimension != b.dimension or a.to_base is None or b.to_base is None:
        return None
    return a.to_base / b.to_base


def item_factor(name: str, base: str, uoms: Mapping[str, str | Fraction]) -> Fraction | None:
    """How many base units of an item one `name` is, or None: the record is refused `unknown_uom`.

    `name`: the unit on the wire; "" is the base. `base`: the item's own unit. `uoms`: its packs, name ->
    base units, decimals as text. What the item states wins over the table; a unit that is in neither is
    reached over one that the item states, the first by code (g, where the item says kg = 2 pieces).

    >>> item_factor("箱", "瓶", {"箱": "24"})
    Fraction(24, 1)
    """
    if not name or name == base:
        return Fraction(1)
    if name in uoms:
        return Fraction(uoms[name])
    if canonical(name) == canonical(base):
        return Fraction(1)
    stated = {canonical(k): Fraction(v) for k, v in sorted(uoms.items())}
    if canonical(name) in stated:
        return stated[canonical(name)]
    direct = factor(name, base)
    if direct is not None:
        return direct
    for step in sorted(stated):
        over = factor(name, step)
        if over is not None:
            return over * stated[step]
    return None


def to_base(qty: int, ratio: Fraction) -> int | None:
    """`qty` (int of 10^-6) in base units, also 10^-6; None when that is not exact: refused `fraction`."""
    n = qty * ratio.numerator
    return n // ratio.denominator if n % ratio.denominator == 0 else None


def is_whole(qty: int) -> bool:
    """Whether a quantity (int of 10^-6) has no fraction of a unit."""
    return qty % QTY_SCALE == 0
