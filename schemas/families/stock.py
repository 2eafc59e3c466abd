"""Stock: goods come in, go out, move, are counted, re-valued, reserved or held for approval.

**Grain** one movement of one item (and lot). **Key** (source, id). **Units** `qty` in `uom`, prices of one
`uom`, `amount` in the entity's currency. A count is absolute: a barrier, not a difference.
"""

from __future__ import annotations

from schemas.fields import (
    CATCH_QTY,
    ITEM,
    PRICE_UOM,
    QTY,
    SITE,
    UNIT_COST,
    UOM,
    EventType,
    Family,
    Field,
    Kind,
    later,
    optional,
    with_common,
)

ISSUE_REASONS = (
    "sample", "gift", "repair_exchange", "consumption", "damaged", "lost", "expired", "write_off", "unknown",
)  # fmt: skip

_EXPIRES = Field("expires", Kind.TIME, "失效时间", "When it releases itself")
_PRIORITY = Field("priority", Kind.INT, "优先级", "Priority; higher goes first")
_RELEASES = Field("releases", Kind.REF, "引用的预留", "The reservation it gives back")
_MOVEMENT = Field("movement", Kind.MOVEMENT, "被保留的移动:类型与内容", "Its type and payload", required=True)
_PENDING = Field("pending", Kind.REF, "引用的待定移动", "The pending movement", required=True)
_WHY = Field("reason", Kind.STRING, "原因", "Why")

_CHANGED = later(
    Field("to_item", Kind.STRING, "变成的物料(改包装)", "Item that it becomes (a repack)", form="item"),
    Field("to_qty", Kind.QTY, "变成的数量", "Quantity that it becomes", "to_uom", positive=True),
    Field("to_uom", Kind.STRING, "变成的单位;空 = 该物料的基本单位", "Unit of `to_qty`; absent = base unit"),
    Field("to_lot", Kind.STRING, "变成的批次", "Lot that it becomes"),
    Field("to_owner", Kind.STRING, "变成的货主", "Owner that takes it over"),
    Field("to_pool", Kind.STRING, "变成的库存池", "Pool that it goes to"),
    UNIT_COST,
    Field("amount", Kind.MONEY, "接收寄售货物的总成本", "Cost of consigned goods taken over", "currency"),
)
ALLOCATIONS = ("fefo", "fifo")
ALLOCATE = Field(
    "allocate", Kind.ENUM, "批次分配:先到期先出或先进先出", "Lots by expiry, or by first receipt",
    enum=ALLOCATIONS,
)  # fmt: skip

RECEIPT = EventType(
    "stock.receipt", 1, "入库", "Receipt: goods come in at a cost",
    "入库的一个物料(及批次) | one item (and lot) received",
    with_common(
        ITEM, SITE, QTY, UOM, CATCH_QTY, PRICE_UOM, UNIT_COST,
        Field("amount", Kind.MONEY, "总成本(不含税)", "Cost of all of it, without tax", "currency"),
        Field("supplier", Kind.STRING, "供应商", "Supplier"),
        Field("expiry", Kind.TIME, "有效期至", "Best before"),
    ),
    one_of=(("unit_cost", "amount"),),
)  # fmt: skip

ISSUE = EventType(
    "stock.issue", 4, "其他出库", "Issue: goods leave without being sold",
    "出库的一个物料(及批次) | one item (and lot) issued",
    with_common(
        ITEM, SITE, QTY, UOM, CATCH_QTY, PRICE_UOM,
        Field("reason", Kind.ENUM, "原因", "Why; it decides the account", required=True, enum=ISSUE_REASONS),
    ),
)  # fmt: skip

TRANSFER = EventType(
    "stock.transfer", 3, "调拨", "Transfer: from site to site, at its own cost",
    "调拨的一个物料(及批次) | one item (and lot) moved",
    with_common(
        ITEM,
        Field("from_site", Kind.STRING, "调出地点", "Site it leaves", required=True, form="place"),
        Field("to_site", Kind.STRING, "调入地点", "Site it reaches", required=True, form="place"),
        QTY, UOM, CATCH_QTY, *_CHANGED,
    ),
)  # fmt: skip

COUNT = EventType(
    "stock.count", 8, "盘点(绝对数量)", "Count: the quantity that is there, a barrier",
    "一个地点所盘的一个物料(及批次) | one item (and lot) counted at a site",
    with_common(
        ITEM, SITE,
        Field("qty", Kind.QTY, "实盘数量(≥ 0)", "Quantity found (>= 0)", "uom", required=True),
        UOM, CATCH_QTY, PRICE_UOM, UNIT_COST,
    ),
)  # fmt: skip

REVALUE = EventType(
    "stock.revalue", 7, "重估", "Revaluation: a new cost for what is there",
    "一个物料(及批次),一个或所有地点 | one item (and lot) of one cell, or all sites",
    with_common(
        ITEM, optional(SITE, "地点;空 = 所有地点", "Site; absent = every site"),
        Field("unit_cost", Kind.PRICE, "新的单位成本(每基本单位)", "New cost of one base unit",
              "currency/base uom", True),
    ),
)  # fmt: skip

RESERVE = EventType(
    "stock.reserve", 9, "预留", "Reserve: promise stock to somebody",
    "一个地点预留的一个物料 | one item promised at a site",
    with_common(ITEM, SITE, QTY, UOM, _EXPIRES, _PRIORITY, ALLOCATE),
    status="not_yet",
)  # fmt: skip

RELEASE = EventType(
    "stock.release", 9, "释放预留", "Release: give a promise back",
    "一个地点释放的一个物料 | one item given back at a site",
    with_common(ITEM, SITE, QTY, UOM, _RELEASES),
    status="not_yet",
)  # fmt: skip

PENDING = EventType(
    "stock.pending", 9, "待定移动(两阶段)", "Pending: a movement that waits for approval",
    "一次被保留的移动 | one movement held",
    with_common(_MOVEMENT, _EXPIRES),
    status="not_yet",
)  # fmt: skip

POST = EventType(
    "stock.post", 9, "待定移动过账", "Post: the pending movement takes place",
    "一次待定移动 | one pending movement",
    with_common(_PENDING, optional(QTY, "过账数量;空 = 全部", "Quantity posted; absent = all"), UOM),
    status="not_yet",
)  # fmt: skip

VOID = EventType(
    "stock.void", 9, "待定移动作废", "Void: the pending movement is dropped",
    "一次待定移动 | one pending movement",
    with_common(_PENDING, _WHY),
    status="not_yet",
)  # fmt: skip

FAMILY = Family(
    "stock",
    "库存:入库、出库、调拨、盘点、重估、预留与两阶段移动。",
    "Stock: receipts, issues, transfers, counts, revaluations, reservations, two-phase movements.",
    (RECEIPT, ISSUE, TRANSFER, COUNT, REVALUE, RESERVE, RELEASE, PENDING, POST, VOID),
)
