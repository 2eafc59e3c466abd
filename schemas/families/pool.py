"""Pools: stock kept for a promotion, a channel or a customer.

**Grain** one pool of one item at one site, opened or closed. **Key** (entity, item, site, pool); without
`pool` the event's id names it. **Units** `qty` in `uom`.
"""

from __future__ import annotations

from schemas.families.stock import ALLOCATE
from schemas.fields import ITEM, QTY, SITE, UOM, EventType, Family, Field, Kind, with_common

_POOL = Field("pool", Kind.STRING, "库存池;空 = 以事件号命名", "Pool; absent = named by the event's id")

OPEN = EventType(
    "pool.open", 9, "开设库存池", "Open a pool and set stock aside",
    "一个地点一个物料的一个库存池 | one pool of one item at a site",
    with_common(
        ITEM, SITE, QTY, UOM, _POOL,
        Field("expires", Kind.TIME, "到期自动释放", "When it releases itself"),
        Field("priority", Kind.INT, "优先级", "Priority; higher goes first"),
        ALLOCATE,
        Field("buffer", Kind.QTY, "安全缓冲:不预留的数量", "Safety buffer: never promised", "uom"),
        Field("borrow", Kind.BOOL, "不足时可向公共池和较低优先级的池借用",
              "What it lacks may come from the common pool and from pools of lower priority"),
    ),
    status="not_yet",
)  # fmt: skip

CLOSE = EventType(
    "pool.close", 9, "关闭库存池", "Close a pool and give back the rest",
    "一个地点一个物料的一个库存池 | one pool of one item at a site",
    with_common(ITEM, SITE, QTY, UOM, _POOL),
    status="not_yet",
)  # fmt: skip

FAMILY = Family(
    "pool",
    "库存池:为促销、渠道或客户留出的库存。",
    "Pools: stock kept for a promotion, a channel or a customer.",
    (OPEN, CLOSE),
)
