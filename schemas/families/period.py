"""Periods: closing a month of an entity.

**Grain** one close of one period. **Key** (entity, period). **Units** a period is YYYY-MM in the
entity's zone.
"""

from __future__ import annotations

from schemas.fields import EventType, Family, Field, Kind, with_common

CLOSE = EventType(
    "period.close", 9, "关账", "Close: later events of the period post in the next open one",
    "一家企业的一个期间 | one period of an entity",
    with_common(Field("period", Kind.STRING, "期间 YYYY-MM", "Period, YYYY-MM", required=True,
                      form="period")),
)  # fmt: skip

FAMILY = Family("period", "期间:月末关账。", "Periods: closing a month of an entity.", (CLOSE,))
