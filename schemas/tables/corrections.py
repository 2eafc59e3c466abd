"""Tables of what was learned later: true-ups, attributes of corrected sales, closes of periods.

Amounts are in the entity's currency. `version` is the commit that posted the row (of a changed sale: the
sale's), `known_version` the one that told.
"""

from __future__ import annotations

from dataclasses import replace

from schemas.tables.core import (
    CHANNEL,
    DOCUMENT,
    ENTITY,
    EVENT_AT,
    EVENT_ID,
    FROM_PLACE,
    FROM_POOL,
    IS_LIVE,
    ITEM,
    KNOWN_VERSION,
    LINE,
    LOT,
    OWN_PERIOD,
    OWNER,
    PERIOD,
    QTY_COLUMN,
    RECORDED_AT,
    SITE,
    TO_PLACE,
    TO_POOL,
    VALUE_AMT,
    VERSION,
)
from schemas.tables.definition import LOW, MONEY, QTY, Column, Table


def _change(name: str, kind: str, zh: str, en: str, unit: str = "") -> Column:
    """A signed change that a true-up makes; sums of them and of the first posting are what holds now."""
    return Column(name, kind, zh, en, unit, "ledger")


TRUE_UP = Table(
    "core",
    "true_up",
    "调整行：重述较早事件",
    "lines that restate what an earlier event posted",
    (
        ENTITY,
        VERSION,
        LINE,
        Column("corrects_version", "UInt64", "被调整版本", "commit of the restated event", src="ledger"),
        Column("corrects_event", "String", "被调整事件", "id of the restated event", src="ledger"),
        Column("corrects_source", LOW, "被调整来源", "source of the restated event", src="ledger"),
        Column("corrects_type", LOW, "被调整类型", "type of the restated event", src="ledger"),
        Column("cause_version", "UInt64", "起因版本", "commit of the cause", src="ledger"),
        Column(
            "cause_event",
            "String",
            "起因事件",
            "covering inflow or landed cost; where an own line is restated the event of this version",
            src="ledger",
        ),
        Column("found_event", "String", "发现事件", "event of this version: what arrived", src="ledger"),
        Column(
            "leg",
            LOW,
            "分录类别",
            "goods price cost value standard out in bought pool cogs variance landed revenue",
            src="ledger",
        ),
        EVENT_AT,
        RECORDED_AT,
        PERIOD,
        OWN_PERIOD,
        ITEM,
        LOT,
        OWNER,
        FROM_PLACE,
        TO_PLACE,
        FROM_POOL,
        TO_POOL,
        replace(QTY_COLUMN, src="ledger"),
        VALUE_AMT,
        _change("sale_qty", QTY, "销售数量变化", "change of the sale's quantity", "base unit of the item"),
        _change("revenue_amt", MONEY, "收入变化", "change of the revenue", "entity's currency"),
        _change("discount_amt", MONEY, "折扣变化", "change of the discount", "entity's currency"),
        _change("tax_amt", MONEY, "税额变化", "change of the tax", "entity's currency"),
        _change(
            "open_qty", QTY, "未覆盖数量变化", "change of the uncovered quantity", "base unit of the item"
        ),
        _change("open_amt", MONEY, "暂估金额变化", "change of the provisional value", "entity's currency"),
        _change(
            "uncosted", "Int8", "无成本部分数变化", "change of the number of covered parts of unknown cost"
        ),
        _change("unpriced", "Int8", "无价暂估变化", "change: the open part was priced from nothing"),
        _change("landed", "Int8", "含到岸费用部分数变化", "change of the number of parts with landed costs"),
    ),
    ("entity", "version", "line"),
)

SALE_CHANGE = Table(
    "core",
    "sale_change",
    "更正后的销售属性",
    "attributes of a corrected or cancelled sale as they are now; figures are in core.true_up",
    (
        ENTITY,
        VERSION,
        KNOWN_VERSION,
        IS_LIVE,
        EVENT_AT,
        replace(OWN_PERIOD, zh="现所属期间", en="period in which it lies now"),
        ITEM,
        SITE,
        CHANNEL,
        Column(
            "customer",
            "String",
            "客户（假名），空 = 同首次",
            "customer, pseudonymised; empty = as first posted",
            src="payload.customer",
        ),
        replace(DOCUMENT, zh="单据，空 = 同首次", en="document; empty = as first posted"),
    ),
    ("entity", "version"),
    "ReplacingMergeTree(known_version)",
)

PERIOD_CLOSE = Table(
    "core",
    "period_close",
    "关账",
    "closes of periods; a close holds for all earlier periods too",
    (
        ENTITY,
        VERSION,
        replace(PERIOD, zh="所关期间", en="period that is closed", src="payload.period"),
        EVENT_ID,
        EVENT_AT,
        RECORDED_AT,
    ),
    ("entity", "version"),
)

CORRECTION_TABLES = (TRUE_UP, SALE_CHANGE, PERIOD_CLOSE)
