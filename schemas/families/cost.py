"""Costs that come after the goods: freight, duty, a bill at another price.

**Grain** one cost spread over the receipts it names. **Key** (source, id). **Units** `amount` in the
entity's currency; below 0 = a rebate.
"""

from __future__ import annotations

from schemas.fields import EventType, Family, Field, Kind, with_common

SPLITS = ("qty", "value", "equal", "weight", "volume")

LANDED = EventType(
    "cost.landed", 9, "到岸费用分摊", "Landed cost: spread over receipts, in stock and already sold",
    "若干入库的一笔费用 | one cost of some receipts",
    with_common(
        Field("receipts", Kind.REFS, "引用的入库", "The receipts", required=True),
        Field("amount", Kind.MONEY, "金额(负 = 返利)", "Amount; below 0 = a rebate", "currency",
              required=True, signed=True),
        Field("supplier", Kind.STRING, "费用的供应商", "Who bills it"),
        Field("split", Kind.ENUM, "分摊方法", "Spread by", required=True, enum=SPLITS),
    ),
)  # fmt: skip

FAMILY = Family(
    "cost",
    "后到的费用:运费、关税、发票差价。",
    "Costs that come after the goods: freight, duty, a bill at another price.",
    (LANDED,),
)
