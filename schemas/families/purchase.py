"""Purchases: what goes back to a supplier (what comes in is `stock.receipt`).

**Grain** one line sent back. **Key** (source, id). **Units** `qty` in `uom`, `unit_price` of one `uom`.
"""

from __future__ import annotations

from schemas.fields import (
    CATCH_QTY,
    ITEM,
    PRICE_UOM,
    QTY,
    SITE,
    UNIT_PRICE,
    UOM,
    EventType,
    Family,
    Field,
    Kind,
    optional,
    with_common,
)

RETURN = EventType(
    "purchase.return", 6, "采购退货", "Return to the supplier of a receipt",
    "一行退给供应商 | one line sent back",
    with_common(
        Field("returns", Kind.REF, "引用的入库", "The receipt", required=True),
        optional(ITEM, "物料编码;空 = 入库的物料", "Item; absent = that of the receipt"),
        optional(SITE, "退出地点;空 = 入库地点", "Site it leaves; absent = that of the receipt"),
        QTY, UOM, CATCH_QTY, PRICE_UOM,
        optional(UNIT_PRICE, "供应商贷记的单价;空 = 入库单价",
                 "Price credited for one `uom`; absent = that of the receipt"),
    ),
)  # fmt: skip

FAMILY = Family(
    "purchase",
    "采购:退给供应商的货物(来货见 stock.receipt)。",
    "Purchases: goods that go back to a supplier (what comes in is `stock.receipt`).",
    (RETURN,),
)
