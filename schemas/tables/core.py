"""Tables of the ledger: own lines, entries by account, accounts, stock, sales and counts.

Amounts are in the entity's currency. `version` is the commit, `line` counts within it.
"""

from __future__ import annotations

from dataclasses import replace

from schemas.tables.definition import LOW, MONEY, QTY, TIME, Column, Table

ENTITY = Column("entity", LOW, "法人或工厂", "legal entity or plant", src="envelope.entity")
VERSION = Column("version", "UInt64", "提交版本", "commit of the ledger", src="ledger")
LINE = Column("line", "UInt32", "行号", "line within the commit", src="ledger")
EVENT_ID = Column("event_id", "String", "事件编号", "id of the event", src="envelope.id")
SOURCE = Column("source", LOW, "来源", "source of the event", src="envelope.source")
TYPE = Column("type", LOW, "事件类型", "type of the event", src="envelope.type")
EVENT_AT = Column("event_at", TIME, "发生时间", "when it happened", "UTC", "envelope.time")
RECORDED_AT = Column("recorded_at", TIME, "入账时间", "when the ledger learned it", "UTC", "intake")
PERIOD = Column("period", LOW, "会计期间", "period in which it is booked", "YYYY-MM", "ledger")
OWN_PERIOD = Column(
    "own_period",
    LOW,
    "所属期间，空 = 同会计期间",
    "period in which it happened, where that is closed; empty = period",
    "YYYY-MM",
    "ledger",
)
ITEM = Column("item", "String", "物料", "item", src="payload.item")
LOT = Column("lot", "String", "批次", "lot", src="payload.lot")
OWNER = Column("owner", LOW, "货主", "owner of the goods, empty = own", src="payload.owner")
SITE = Column("site", LOW, "地点", "site", src="payload.site")
CHANNEL = Column("channel", LOW, "渠道", "sales channel", src="payload.channel")
DOCUMENT = Column("document", "String", "单据", "document", src="payload.document")
TRUST = Column("trust", LOW, "可信度", "green device, yellow evidence, red by hand", src="envelope.trust")
FROM_PLACE = Column("from_place", LOW, "转出处", "place it leaves", src="ledger")
TO_PLACE = Column("to_place", LOW, "转入处", "place it enters", src="ledger")
FROM_POOL = Column("from_pool", LOW, "转出池", "pool it leaves", src="payload.pool")
TO_POOL = Column("to_pool", LOW, "转入池", "pool it enters", src="payload.pool")
QTY_COLUMN = Column("qty", QTY, "数量", "quantity", "base unit of the item", "payload.qty")
VALUE_AMT = Column("value_amt", MONEY, "金额", "value at cost", "entity's currency", "ledger")
ACCOUNT = Column("account", "UInt32", "账户号", "number of the account within its entity", src="ledger")
KNOWN_VERSION = Column(
    "known_version", "UInt64", "获知版本", "commit since which this is known", src="ledger"
)
IS_LIVE = Column("is_live", "UInt8", "有效", "0 = cancelled", src="ledger")
CELL = Column("cell", "UInt32", "计价单元号", "number of the valuation cell within its entity", src="ledger")

MOVEMENT = Table(
    "core",
    "movement",
    "流水行：每事件自身的行",
    "an event's own lines, one row each",
    (
        ENTITY,
        VERSION,
        LINE,
        Column("status", LOW, "状态", "posted or pending", src="ledger"),
        EVENT_ID,
        SOURCE,
        TYPE,
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
        QTY_COLUMN,
        VALUE_AMT,
        Column("reason", LOW, "原因", "reason stated by the event", src="payload.reason"),
        CHANNEL,
        DOCUMENT,
        Column("cost_centre", LOW, "成本中心", "cost centre", src="payload.cost_centre"),
        TRUST,
    ),
    ("entity", "version", "line"),
)


ENTRY = Table(
    "core",
    "entry",
    "分录：每个实物账户一行",
    "one row per physical side of a line, for stock at any past moment",
    (
        ACCOUNT,
        CELL,
        # as-of reads both of every line: unpacked in two thirds of the time, on three quarters of the disk
        replace(EVENT_AT, codec="T64, LZ4"),
        replace(RECORDED_AT, codec="T64, LZ4"),
        VERSION,
        ENTITY,
        replace(QTY_COLUMN, zh="数量（有正负）", en="signed quantity"),
        replace(VALUE_AMT, zh="金额（有正负）", en="signed value at cost"),
    ),
    ("account", "event_at", "version"),
)

ACCOUNTS = Table(
    "core",
    "account",
    "账户字典",
    "what an account number stands for",
    (
        ACCOUNT,
        CELL,
        ENTITY,
        Column("place", LOW, "位置", "SITE, SITE/BIN or a virtual place", src="ledger"),
        SITE,
        ITEM,
        LOT,
        OWNER,
        Column("pool", LOW, "池", "pool", src="payload.pool"),
    ),
    ("entity", "item", "account"),
    "ReplacingMergeTree",
)

STOCK = Table(
    "core",
    "stock",
    "当前结存",
    "state of each account after the last batch that touched it",
    (
        ENTITY,
        ACCOUNT,
        CELL,
        QTY_COLUMN,
        Column("cell_qty", QTY, "单元数量", "quantity of the cell", "base unit of the item", "ledger"),
        Column("cell_value_amt", MONEY, "单元金额", "value of the cell", "entity's currency", "ledger"),
        TRUST,
        VERSION,
        EVENT_AT,
        RECORDED_AT,
    ),
    ("entity", "account"),
    "ReplacingMergeTree(version)",
)

SALE = Table(
    "core",
    "sale",
    "销售、退货与收费",
    "deliveries, returns (negative) and charges as first posted",
    (
        ENTITY,
        VERSION,
        EVENT_ID,
        Column(
            "returns_id",
            "String",
            "所退事件",
            "delivery that is returned, empty if unlinked",
            src="payload.returns",
        ),
        DOCUMENT,
        EVENT_AT,
        RECORDED_AT,
        PERIOD,
        OWN_PERIOD,
        ITEM,
        SITE,
        CHANNEL,
        Column("customer", "String", "客户（假名）", "customer, pseudonymised", src="payload.customer"),
        Column("kind", LOW, "种类", "delivery, return or charge", src="ledger"),
        QTY_COLUMN,
        Column(
            "revenue_amt",
            MONEY,
            "收入",
            "net of discount, without tax",
            "entity's currency",
            "payload.amount",
        ),
        Column("discount_amt", MONEY, "折扣", "discount given", "entity's currency", "payload.discount"),
        Column("tax_amt", MONEY, "税额", "tax", "entity's currency", "payload.tax"),
        Column("cogs_amt", MONEY, "首次成本", "cost as first posted", "entity's currency", "ledger"),
        Column("open_qty", QTY, "未覆盖数量", "part not covered by stock", "base unit of the item", "ledger"),
        Column("open_amt", MONEY, "暂估金额", "provisional cost of that part", "entity's currency", "ledger"),
        Column(
            "uncosted",
            "UInt8",
            "无成本(按位)",
            "bits: 1 = the covered part has no known cost, 2 = the open part was priced from nothing",
            src="ledger",
        ),
        Column("landed", "UInt8", "含到岸费用", "1 = landed costs in the covered part", src="ledger"),
    ),
    ("entity", "version"),
)

COUNT = Table(
    "core",
    "count",
    "盘点",
    "counts and the difference found, as known now",
    (
        ENTITY,
        VERSION,
        KNOWN_VERSION,
        IS_LIVE,
        EVENT_ID,
        EVENT_AT,
        RECORDED_AT,
        ITEM,
        SITE,
        LOT,
        Column("counted_qty", QTY, "实盘数量", "quantity counted", "base unit of the item", "payload.qty"),
        Column("book_qty", QTY, "账面数量", "quantity in the books", "base unit of the item", "ledger"),
        Column("diff_qty", QTY, "差异数量", "counted − book", "base unit of the item", "ledger"),
        Column("diff_value_amt", MONEY, "差异金额", "value of the difference", "entity's currency", "ledger"),
    ),
    ("entity", "version"),
    "ReplacingMergeTree(known_version)",
)

CHAIN = Table(
    "core",
    "chain",
    "散列链：每 1024 个版本一片",
    "hash chain: one leaf per 1,024 versions of an entity",
    (
        ENTITY,
        Column("leaf", "UInt64", "片号", "number of the leaf, from 0", src="audit"),
        Column("first_version", "UInt64", "首版本", "first version it covers", src="audit"),
        Column("last_version", "UInt64", "末版本", "last version it covers", src="audit"),
        Column("sha256", "String", "校验和", "of its lines and net true-ups", "hex", "audit"),
        Column("chain", "String", "链值", "sha256 of the chain before it and its own", "hex", "audit"),
    ),
    ("entity", "leaf"),
)

LEDGER_TABLES = (MOVEMENT, ENTRY, ACCOUNTS, STOCK, SALE, COUNT, CHAIN)
