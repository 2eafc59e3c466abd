"""What a field of an event is: its kind on the wire, its unit, its texts, and the fields many types share.

Numbers are exact. On the wire they are decimal strings (canonical) or JSON numbers; inside they are int64:
QTY x 10^-6, PRICE x 10^-8, MONEY x 10^-4, TIME in milliseconds since 1970 UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

MAX_TEXT_BYTES = 256
"""Longest string on the wire, in UTF-8 bytes."""

MAX_RECORD_BYTES = 1 << 20
MAX_DEPTH = 16

TIME_MIN_MS = 0
"""1970-01-01T00:00:00Z."""

TIME_MAX_MS = 7_258_118_400_000 - 1
"""2199-12-31T23:59:59.999Z."""

FUTURE_MS = 24 * 3600 * 1000
"""How far `time` may lie after the arrival."""


class Kind(StrEnum):
    """How a value is written and stored."""

    STRING = "string"  # UTF-8, NFC, trimmed, <= 256 bytes, no control characters
    QTY = "qty"  # decimal, <= 6 decimals -> int64 x 10^-6
    PRICE = "price"  # decimal, <= 8 decimals -> int64 x 10^-8
    MONEY = "money"  # document money, <= 4 decimals -> int64 x 10^-4, whole minor units of the currency
    TIME = "time"  # RFC 3339 with offset -> int64 ms UTC
    INT = "int"
    BOOL = "bool"
    ENUM = "enum"
    REF = "ref"  # "id" of the same source, or "source#id"
    REFS = "refs"  # a list of REF
    NAMES = "names"  # {"zh": …, "en": …}
    FACTORS = "factors"  # {name of a unit: how many base units, > 0, decimal like QTY}
    OBJECT = "object"  # any JSON object
    MOVEMENT = "movement"  # an event of a type of HELD without envelope; inside with the values of its fields


HELD = ("sale.delivery", "sale.return", "stock.issue", "stock.receipt", "stock.transfer")
"""Types that may be pending."""

DECIMALS: dict[Kind, int] = {Kind.QTY: 6, Kind.PRICE: 8, Kind.MONEY: 4}
"""Places kept after the point; the integer inside is the value x 10^places."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a payload or of the envelope.

    `unit`: what a number counts (`uom` = the unit of the same event, `minor` = the entity's currency).
    `signed`: may be below 0 (MONEY and QTY only). `positive`: must be above 0. `src`: where the rule is from.
    `form`: the name in `schemas.forms.FORMS` of what a text must look like. `personal`: names a person, and
    is pseudonymised at the door. `status`: "posted", or "not_yet" (an event that states it is decoded and
    validated, then refused `not_yet`).
    """

    name: str
    kind: Kind
    zh: str
    en: str
    unit: str = ""
    required: bool = False
    enum: tuple[str, ...] = ()
    signed: bool = False
    src: str = ""
    positive: bool = False
    form: str = ""
    personal: bool = False
    status: str = "posted"

    def __post_init__(self) -> None:
        """Refuse a definition that contradicts itself: `ValueError` names the field."""
        if (self.kind is Kind.ENUM) != bool(self.enum):
            raise ValueError(f"field {self.name}: `enum` goes with Kind.ENUM and only with it")
        if self.signed and (self.positive or self.kind not in (Kind.MONEY, Kind.QTY)):
            raise ValueError(f"field {self.name}: `signed` is for MONEY or QTY that is not `positive`")
        if (self.form or self.personal) and self.kind is not Kind.STRING:
            raise ValueError(f"field {self.name}: `form` and `personal` are for Kind.STRING")


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event: what one row is, its order among events of the same instant, its payload.

    `rank`: definitions.md D6. `grain`: what one row is, as `zh | en`. `one_of`: at least one field of each
    group must be present. `status`: "posted", or "not_yet" (decoded and validated, then refused `not_yet`).
    """

    name: str
    rank: int
    zh: str
    en: str
    grain: str
    fields: tuple[Field, ...]
    one_of: tuple[tuple[str, ...], ...] = ()
    status: str = "posted"

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the payload fields that must be present, in order."""
        return tuple(f.name for f in self.fields if f.required)

    def field(self, name: str) -> Field:
        """The payload field called `name`; `KeyError` when the type has none."""
        for f in self.fields:
            if f.name == name:
                return f
        raise KeyError(f"{self.name} has no field {name}")


@dataclass(frozen=True, slots=True)
class Family:
    """The types that share a prefix, with what they are about."""

    name: str
    doc_zh: str
    doc_en: str
    types: tuple[EventType, ...]


LOT = Field("lot", Kind.STRING, "批次号或序列号", "Lot or serial number")
OWNER = Field("owner", Kind.STRING, "货主;空 = 本企业", "Owner of the goods; absent = the entity itself")
DOCUMENT = Field("document", Kind.STRING, "单据号", "Number of the paper behind it")
COST_CENTRE = Field("cost_centre", Kind.STRING, "成本中心", "Cost centre")
POOL = Field("pool", Kind.STRING, "库存池(促销、渠道、客户);空 = 公共", "Stock pool; absent = the common one")
EXPECT_VERSION = Field(
    "expect_version", Kind.INT, "期望版本:所涉库存此后已变则拒绝",
    "Refused if a row of stock that it names has changed since this version", status="not_yet",
)  # fmt: skip
COMMON: tuple[Field, ...] = (LOT, OWNER, DOCUMENT, COST_CENTRE, POOL, EXPECT_VERSION)
"""Optional on every type that is not a master."""

ITEM = Field("item", Kind.STRING, "物料编码", "Item", required=True, form="item")
SITE = Field(
    "site", Kind.STRING, "地点:门店、仓库、车间,或 地点/库位",
    "Site: store, warehouse, shop floor; or SITE/BIN", required=True, form="place",
)  # fmt: skip
QTY = Field("qty", Kind.QTY, "数量(> 0)", "Quantity (> 0)", "uom", required=True, positive=True)
UOM = Field(
    "uom", Kind.STRING, "单位;空 = 物料的基本单位", "Unit of `qty` and of the prices; absent = base unit"
)
UNIT_COST = Field(
    "unit_cost", Kind.PRICE, "单位成本(不含税)", "Cost of one `uom`, without tax", "currency/uom"
)
UNIT_PRICE = Field(
    "unit_price", Kind.PRICE, "单价(不含税)", "Price of one `uom`, without tax", "currency/uom"
)
CATCH_QTY = Field(
    "catch_qty", Kind.QTY, "第二数量(如实际重量)", "Second quantity, such as the weight found", "catch_uom",
    status="not_yet",
)  # fmt: skip
PRICE_UOM = Field(
    "price_uom", Kind.STRING, "价格的单位;空 = uom", "Unit that the prices are per; absent = `uom`",
    status="not_yet",
)  # fmt: skip
CHANNEL = Field("channel", Kind.STRING, "渠道", "Sales channel")
CUSTOMER = Field(
    "customer", Kind.STRING, "客户(入库前已假名化)", "Customer, pseudonymised at the door", personal=True
)


def optional(field: Field, zh: str = "", en: str = "") -> Field:
    """The same field, not required, with other texts where given."""
    return replace(field, zh=zh or field.zh, en=en or field.en, required=False)


def later(*fields: Field) -> tuple[Field, ...]:
    """The same fields, which this version knows and checks but cannot post."""
    return tuple(replace(field, status="not_yet") for field in fields)


def with_common(*fields: Field) -> tuple[Field, ...]:
    """`fields`, then those of `COMMON` that they do not name themselves."""
    named = {f.name for f in fields}
    return fields + tuple(f for f in COMMON if f.name not in named)
