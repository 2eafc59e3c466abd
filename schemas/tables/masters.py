"""Tables of master data: the newest version of a key counts."""

from __future__ import annotations

from schemas.tables.core import ENTITY, ITEM, RECORDED_AT, SITE, VERSION
from schemas.tables.definition import LOW, PRICE, TIME, Column, Table

_NEWEST = "ReplacingMergeTree(version)"
_AUTO = Column("auto", "UInt8", "自动创建", "1 = created by first use, not by a master event", src="ledger")
_ATTRS = Column("attrs", "String", "其他属性", "all other fields, canonical JSON", src="payload")
_TZ = Column("tz", LOW, "时区", "time zone", "IANA name", "payload.tz")

ENTITY_TABLE = Table(
    "core",
    "entity",
    "法人主数据",
    "entities and how they value stock",
    (
        ENTITY,
        VERSION,
        RECORDED_AT,
        Column("currency", LOW, "币种", "currency", "ISO 4217", "payload.currency"),
        Column("minor_digits", "UInt8", "币种小数位", "decimals of the currency", "digits", "ledger", "2"),
        Column("valuation", LOW, "计价方法", "moving_average, fifo or standard", src="payload.valuation"),
        Column("scope", LOW, "计价范围", "entity, site or lot", src="payload.scope"),
        Column("negative", LOW, "负库存", "accept or refuse", src="payload.negative"),
        _TZ,
        Column(
            "closed_period",
            LOW,
            "已关期间，空 = 无",
            "last closed period, empty = none",
            "YYYY-MM",
            "period.close",
        ),
        _AUTO,
    ),
    ("entity",),
    _NEWEST,
)

ITEM_TABLE = Table(
    "core",
    "item",
    "物料主数据",
    "items",
    (
        ENTITY,
        ITEM,
        VERSION,
        RECORDED_AT,
        Column("name_zh", "String", "中文名", "Chinese name", src="payload.name.zh"),
        Column("name_en", "String", "英文名", "English name", src="payload.name.en"),
        Column("uom", LOW, "基本单位", "base unit", "UN/ECE Rec 20", "payload.uom"),
        Column("tracking", LOW, "追踪方式", "none, lot or serial", src="payload.tracking"),
        Column("whole", "UInt8", "整件", "1 = no fractions", src="payload.whole"),
        Column("gtin", "String", "商品条码", "GTIN", src="payload.gtin"),
        Column("category", LOW, "类别", "category", src="payload.category"),
        Column(
            "standard_cost",
            PRICE,
            "标准成本",
            "standard cost, 0 if none",
            "currency per base unit",
            "payload.standard_cost",
        ),
        _AUTO,
        _ATTRS,
    ),
    ("entity", "item"),
    _NEWEST,
)

SITE_TABLE = Table(
    "core",
    "site",
    "地点主数据",
    "sites",
    (
        ENTITY,
        SITE,
        VERSION,
        RECORDED_AT,
        _TZ,
        Column("kind", LOW, "种类", "kind of site", src="payload.kind"),
        Column(
            "day_cut_off",
            LOW,
            "营业日切",
            "local time at which a business day ends",
            "HH:MM",
            "payload.day_cut_off",
        ),
        _AUTO,
    ),
    ("entity", "site"),
    _NEWEST,
)

RATE_TABLE = Table(
    "core",
    "rate",
    "费率",
    "rates of currency, labour, energy and so on, effective from valid_at",
    (
        ENTITY,
        Column("kind", LOW, "种类", "currency, labour, energy …", src="payload.kind"),
        Column("key", LOW, "键", "what the rate is of", src="payload.key"),
        Column("valid_at", TIME, "生效时间", "from when it holds", "UTC", "envelope.time"),
        VERSION,
        RECORDED_AT,
        Column("rate", PRICE, "费率", "rate", "per unit of the key", "payload.rate"),
    ),
    ("entity", "kind", "key", "valid_at"),
    _NEWEST,
)

FACTOR_TABLE = Table(
    "core",
    "unit_factor",
    "单位换算",
    "how many base units one unit holds, per item; an exact fraction",
    (
        ENTITY,
        ITEM,
        Column("uom", LOW, "单位", "unit", "UN/ECE Rec 20 or the item's own", "payload.uoms"),
        VERSION,
        RECORDED_AT,
        Column("factor_num", "UInt64", "换算分子", "numerator of the factor", "base units", "payload.uoms"),
        Column(
            "factor_den", "UInt64", "换算分母", "denominator of the factor", src="payload.uoms", default="1"
        ),
    ),
    ("entity", "item", "uom"),
    _NEWEST,
)

MASTER_TABLES = (ENTITY_TABLE, ITEM_TABLE, SITE_TABLE, RATE_TABLE, FACTOR_TABLE)
