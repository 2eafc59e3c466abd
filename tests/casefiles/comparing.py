"""Comparing faces: which columns count, in which form, and how a difference is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tests.records import Faces, Row

FACES: dict[str, tuple[str, ...]] = {
    "movement": (
        "entity", "version", "line", "event_id", "source", "type", "event_at", "period", "item", "lot",
        "owner", "pool", "from_place", "to_place", "qty", "value_amt",
    ),
    "true_up": (
        "entity", "event_id", "cause_id", "leg", "event_at", "period", "from_place", "to_place", "qty",
        "value_amt",
    ),
    "stock": ("entity", "site", "item", "lot", "owner", "on_hand_qty", "value_amt"),
    "cell": ("entity", "item", "owner", "scope", "qty", "value_amt"),
    "cogs": (
        "entity", "event_id", "returns_id", "item", "site", "channel", "qty", "cogs_amt", "provisional_amt",
        "state",
    ),
    "sale": (
        "entity", "version", "event_id", "returns_id", "document", "item", "site", "channel", "customer",
        "kind", "qty", "revenue_amt", "discount_amt", "tax_amt", "cogs_amt",
    ),
    "count": (
        "entity", "version", "event_id", "item", "site", "lot", "counted_qty", "book_qty", "diff_qty",
        "diff_value_amt",
    ),
    "refusal": ("ordinal", "reason"),
    "waiting": ("ordinal", "state"),
    "intake": ("records_in", "committed", "refused", "duplicate", "waiting", "late"),
}  # fmt: skip
"""Every face and the columns that two ways must agree on."""


def normal(value: Any) -> Any:
    """Numbers as Decimals (1 = 1.0), texts as they are, nothing as ''."""
    if value is None:
        return ""
    return Decimal(value) if isinstance(value, int) else value


def table(face: str, rows: Sequence[Row], columns: Sequence[str]) -> Counter[tuple[Any, ...]]:
    """The rows as a bag; rows of nothing in `stock` do not count."""
    if face == "stock":
        rows = [r for r in rows if r.get("on_hand_qty", 1) or r.get("value_amt", 0)]
    return Counter(tuple(normal(row.get(c)) for c in columns) for row in rows)


def show(row: tuple[Any, ...]) -> str:
    """A row for people."""
    return "  ".join(format(v, "f") if isinstance(v, Decimal) else (v or "-") for v in row)


def difference(face: str, columns: Sequence[str], wanted: Sequence[Row], found: Sequence[Row]) -> list[str]:
    """Lines that say which rows are missing and which are too many; empty when the two agree."""
    a, b = table(face, wanted, columns), table(face, found, columns)
    if a == b:
        return []
    lines = [f"{face}({', '.join(columns)})"]
    lines += [f"  - {show(row)}" for row in sorted((a - b).elements(), key=str)]
    lines += [f"  + {show(row)}" for row in sorted((b - a).elements(), key=str)]
    return lines


def differences(wanted: Faces, found: Faces) -> list[str]:
    """All faces that both must have."""
    lines: list[str] = []
    for face, columns in FACES.items():
        pair = [wanted[face], found[face]]
        if face == "movement":  # a revaluation's lines stand in the order in which its cells became known
            pair = [[r | {"line": 0} if r["type"] == "stock.revalue" else r for r in rows] for rows in pair]
        lines += difference(face, columns, *pair)
    return lines
