"""Sales: deliveries, returns, and charges that move no goods.

**Grain** one line of a till slip or delivery note. **Key** (source, id). **Units** `qty` in `uom`; `amount`
is net of discount and without tax, in the entity's currency; a return states what is credited as >= 0.
"""

from __future__ import annotations

from schemas.fields import (
    CATCH_QTY,
    CHANNEL,
    CUSTOMER,
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

_AMOUNT = Field("amount", Kind.MONEY, "折后不含税金额", "Net of discount, without tax", "currency")
_DISCOUNT = Field("discount", Kind.MONEY, "折扣额", "Discount already taken off", "currency")
_TAX = Field("tax", Kind.MONEY, "税额", "Tax, on top of `amount`", "currency")

DELIVERY = EventType(
    "sale.delivery", 4, "销售出库", "Delivery: goods leave to a customer",
    "一行出库 | one line delivered",
    with_common(
        ITEM, SITE, QTY, UOM, CATCH_QTY, PRICE_UOM, CHANNEL, CUSTOMER, UNIT_PRICE, _AMOUNT, _DISCOUNT, _TAX
    ),
)  # fmt: skip

CHARGE = EventType(
    "sale.charge", 4, "不动库存的收入:运费、手续费、折让",
    "Charge: revenue without stock: postage, fees, discounts",
    "一行收取或减免 | one line charged or credited",
    with_common(
        Field("code", Kind.STRING, "费用代码", "Code of the charge", required=True),
        Field("amount", Kind.MONEY, "金额(可为负)", "Amount, may be negative", "currency",
              required=True, signed=True),
        CHANNEL, CUSTOMER,
    ),
)  # fmt: skip

RETURN = EventType(
    "sale.return", 5, "销售退货", "Return: goods come back from a customer at their own cost",
    "一行退货 | one line returned",
    with_common(
        Field("returns", Kind.REF, "引用的销售出库",
              "The delivery; absent = unlinked, then item and site are needed"),
        optional(ITEM, "物料编码(未引用时必填)", "Item (needed when unlinked)"),
        optional(SITE, "入库地点(未引用时必填)", "Site it comes back to (needed when unlinked)"),
        QTY, UOM, CATCH_QTY, PRICE_UOM, CHANNEL, CUSTOMER, UNIT_PRICE,
        Field("amount", Kind.MONEY, "退款金额(≥ 0,不含税)", "Credited, >= 0, without tax", "currency"),
        _DISCOUNT, _TAX,
    ),
    one_of=(("returns", "item"), ("returns", "site")),
)  # fmt: skip

FAMILY = Family(
    "sale",
    "销售:出库、退货,以及不动库存的费用。",
    "Sales: deliveries, returns, and charges that move no goods.",
    (DELIVERY, CHARGE, RETURN),
)
