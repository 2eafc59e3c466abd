"""Every event type by name, the envelope around it, and the stable number of each type.

Importing this costs a few milliseconds and only the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from schemas.families import cost, event, lot, master, period, pool, purchase, sale, stock
from schemas.fields import COMMON, EventType, Family, Field, Kind

__all__ = [
    "COMMON", "ENVELOPE", "EVENT_COLUMNS", "EVENT_TYPES", "FAMILIES", "FIELDS", "PERSONAL", "TRUST",
    "TYPE_CODES", "TYPE_NAMES", "field_index", "type_code", "type_name",
]  # fmt: skip

TRUST: tuple[str, ...] = ("green", "yellow", "red")
"""Index = the number stored: 0 device and anomaly check, 1 person and evidence, 2 typed by hand."""

ENVELOPE: tuple[Field, ...] = (
    Field("id", Kind.STRING, "事件号;文件行可空,由内容散列与行号得出",
          "Id within its source; rows of a file may lack it (content hash + row number)"),
    Field("source", Kind.STRING, "来源", "Who says so", required=True),
    Field("seq", Kind.INT, "来源内的递增序号", "Number that grows within its source"),
    Field("time", Kind.TIME, "发生时间", "When it happened", required=True, src="RFC 3339"),
    Field("type", Kind.STRING, "事件类型", "Type of event", required=True),
    Field("entity", Kind.STRING, "企业或工厂", "Legal entity or plant", required=True),
    Field("trust", Kind.ENUM, "可信度:设备、人加凭证、手工",
          "green device, yellow person + evidence, red by hand", enum=TRUST),
    Field("recordedtime", Kind.TIME, "得知时间(导入历史时)", "When it was learnt, for imports",
          src="RFC 3339"),
    Field("schema", Kind.INT, "类型版本;空 = 1", "Version of the type's schema; absent = 1"),
)  # fmt: skip

FAMILIES: tuple[Family, ...] = tuple(
    m.FAMILY for m in (master, stock, sale, purchase, cost, lot, event, pool, period)
)

EVENT_TYPES: Mapping[str, EventType] = MappingProxyType({t.name: t for f in FAMILIES for t in f.types})

# Written into state, archive and tables: a number is never given to another type, not even a dropped one's.
TYPE_CODES: Mapping[str, int] = MappingProxyType({
    "master.entity": 1, "master.item": 2, "master.site": 3, "master.rate": 4,
    "stock.receipt": 10, "stock.issue": 11, "stock.transfer": 12, "stock.count": 13, "stock.revalue": 14,
    "stock.reserve": 15, "stock.release": 16, "stock.pending": 17, "stock.post": 18, "stock.void": 19,
    "sale.delivery": 30, "sale.charge": 31, "sale.return": 32,
    "purchase.return": 40,
    "cost.landed": 50,
    "lot.status": 60,
    "event.correct": 70, "event.cancel": 71,
    "pool.open": 80, "pool.close": 81,
    "period.close": 90,
})  # fmt: skip

TYPE_NAMES: Mapping[int, str] = MappingProxyType({code: name for name, code in TYPE_CODES.items()})

if TYPE_CODES.keys() != EVENT_TYPES.keys() or len(TYPE_NAMES) != len(TYPE_CODES):
    raise ValueError(
        f"TYPE_CODES and the families disagree: {sorted(TYPE_CODES.keys() ^ EVENT_TYPES.keys())}"
    )


def _fields_by_name() -> dict[str, tuple[Field, ...]]:
    found: dict[str, tuple[Field, ...]] = {f.name: (f,) for f in ENVELOPE}
    for t in EVENT_TYPES.values():
        for f in t.fields:
            found[f.name] = (*found.get(f.name, ()), f)
    return found


FIELDS: Mapping[str, tuple[Field, ...]] = MappingProxyType(_fields_by_name())
"""Every definition that bears a wire name (a name may be required in one type and optional in another)."""

PERSONAL: tuple[str, ...] = (*(name for name, fields in FIELDS.items() if fields[0].personal), "operator")
"""Fields that name a person. No type has an operator yet: a record that has one is refused, and kept."""

EVENT_COLUMNS: tuple[str, ...] = (
    "rec", "type", "entity", "id", "source", "seq", "time", "trust", "recorded_at", "item", "site", "to_site",
    "lot", "owner", "pool", "document", "cost_centre", "uom", "qty", "price", "amount", "discount", "tax",
    "channel", "customer", "supplier", "reason", "code", "returns", "expiry", "attrs", "strict",
)  # fmt: skip
"""Columns of the decoded event batch, in order (`schemas.derive.event_arrow_schema`)."""

_RENAMED = {
    "recordedtime": "recorded_at",
    "from_site": "site",
    "unit_cost": "price",
    "unit_price": "price",
    "corrects": "returns",
    "cancels": "returns",
}


def type_code(name: str) -> int:
    """The stable number of a type; `KeyError` for a name that is no type."""
    return TYPE_CODES[name]


def type_name(code: int) -> str:
    """The name behind a number of `type_code`; `KeyError` for an unknown number."""
    return TYPE_NAMES[code]


def field_index() -> dict[str, str]:
    """Wire name -> column of the decoded event batch; fields without a column of their own go to `attrs`.

    The answer is by name, for all types: no type has two fields of one column (tested).
    """
    columns = set(EVENT_COLUMNS) - {"attrs", "rec", "strict"}
    return {name: _RENAMED.get(name, name if name in columns else "attrs") for name in FIELDS}
