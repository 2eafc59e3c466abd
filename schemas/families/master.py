"""Masters: entities, items, sites, rates.

**Grain** one upsert; a field that is absent stays as it was. **Key** the entity, with item, site or
(kind, key). **Units** weight kg, volume l and shelf life d, each of one base unit of the item.
"""

from __future__ import annotations

from schemas.fields import ITEM, EventType, Family, Field, Kind

VALUATIONS = ("moving_average", "fifo", "standard")
SCOPES = ("entity", "site", "lot")
NEGATIVES = ("accept", "refuse")
TRACKINGS = ("none", "lot", "serial")

_TZ = Field("tz", Kind.STRING, "时区(IANA 名)", "Time zone, IANA name", src="IANA tz database",
            form="zone")  # fmt: skip

ENTITY = EventType(
    "master.entity", 0, "企业主数据", "Entity: currency, valuation method and zone",
    "一家企业的一次更新 | one upsert of one entity",
    (
        Field("currency", Kind.STRING, "记账本位币", "Currency of its books", src="ISO 4217",
              form="currency"),
        Field("valuation", Kind.ENUM, "计价方法", "Valuation method", enum=VALUATIONS),
        Field("scope", Kind.ENUM, "计价范围", "What shares one cost", enum=SCOPES),
        Field("negative", Kind.ENUM, "负库存:接受或拒绝", "Stock below 0: accept or refuse", enum=NEGATIVES),
        _TZ,
    ),
)  # fmt: skip

MASTER_ITEM = EventType(
    "master.item", 0, "物料主数据", "Item: unit, packs, tracking and standard cost",
    "一个物料的一次更新 | one upsert of one item of an entity",
    (
        ITEM,
        Field("name", Kind.NAMES, "名称(中、英)", "Name in zh and en"),
        Field("uom", Kind.STRING, "基本单位", "Base unit", src="UN/ECE Rec 20"),
        Field("uoms", Kind.FACTORS, "其他单位 = 多少基本单位,如 箱 = 24",
              "Other units, in base units: 箱 = 24", "base uom"),
        Field("tracking", Kind.ENUM, "批次管理", "Tracked by", enum=TRACKINGS),
        Field("whole", Kind.BOOL, "只许整数", "Only whole base units"),
        Field("weight", Kind.QTY, "一个基本单位的重量", "Weight of one base unit", "kg"),
        Field("volume", Kind.QTY, "一个基本单位的体积", "Volume of one base unit", "l"),
        Field("gtin", Kind.STRING, "商品条码", "GTIN-8, -12, -13 or -14", src="GS1 General Specifications",
              form="gtin"),
        Field("category", Kind.STRING, "类别", "Category"),
        Field("shelf_life", Kind.QTY, "保质期", "Shelf life", "d"),
        Field("catch_uom", Kind.STRING, "第二数量的单位(如千克)", "Unit of a second quantity, such as kg",
              src="UN/ECE Rec 20", status="not_yet"),
        Field("standard_cost", Kind.PRICE, "标准成本", "Standard cost of one base unit", "currency/base uom"),
    ),
)  # fmt: skip

MASTER_SITE = EventType(
    "master.site", 0, "地点主数据", "Site: zone, kind and the hour its day ends",
    "一个地点的一次更新 | one upsert of one site of an entity",
    (
        Field("site", Kind.STRING, "地点", "Site", required=True, form="site"),
        _TZ,
        Field("kind", Kind.STRING, "类型:门店、仓库、厨房、车间", "Kind: store, warehouse, kitchen, plant …"),
        Field("day_cut_off", Kind.STRING, "营业日切换时刻 HH:MM",
              "Local time at which its business day ends, HH:MM", form="clock"),
    ),
)  # fmt: skip

MASTER_RATE = EventType(
    "master.rate", 0, "费率主数据", "Rate: a currency, an hour of labour, a kWh …",
    "自 `time` 起生效的一个费率 | one rate from its `time` on",
    (
        Field("kind", Kind.STRING, "种类:currency、labour、energy…", "Kind: currency, labour, energy …",
              required=True),
        Field("key", Kind.STRING, "键:币种、工种、电价", "Key within the kind", required=True),
        Field("rate", Kind.PRICE, "费率", "Rate, in the entity's currency", "currency", required=True),
    ),
)  # fmt: skip

FAMILY = Family(
    "master",
    "主数据:按键更新,未给出的字段保持不变。",
    "Masters: upserts by key; a field that is absent stays as it was.",
    (ENTITY, MASTER_ITEM, MASTER_SITE, MASTER_RATE),
)
