"""Lots: what may be used and what not.

**Grain** one change of one lot's status. **Key** (entity, item, lot). **Units** none.
"""

from __future__ import annotations

from schemas.fields import ITEM, EventType, Family, Field, Kind, with_common

LOT_STATUSES = ("ok", "quarantine", "expired", "recalled")

STATUS = EventType(
    "lot.status", 9, "批次状态", "Lot status: on hand stays, available changes",
    "一个批次的一次变更 | one change of one lot",
    with_common(
        ITEM,
        Field("lot", Kind.STRING, "批次号", "Lot", required=True),
        Field("status", Kind.ENUM, "状态", "Status", required=True, enum=LOT_STATUSES),
        Field("reason", Kind.STRING, "原因", "Why", required=True),
    ),
    status="not_yet",
)  # fmt: skip

FAMILY = Family("lot", "批次:能用与不能用。", "Lots: what may be used and what not.", (STATUS,))
