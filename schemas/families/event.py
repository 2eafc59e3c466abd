"""Events about events: corrections and cancellations.

**Grain** one correction of one event (which may itself be a correction). **Key** (source, id).
**Units** those of the corrected fields. Entity, id and type cannot be set.
"""

from __future__ import annotations

from schemas.fields import EventType, Family, Field, Kind, with_common

CORRECT = EventType(
    "event.correct", 9, "更正", "Correct: an event was other than told",
    "一个事件的一次更正 | one correction of one event",
    with_common(
        Field("corrects", Kind.REF, "被更正的事件", "The event", required=True, src="definitions.md D10"),
        Field("set", Kind.OBJECT, "字段的新值", "New values {field: value}", required=True),
    ),
)  # fmt: skip

CANCEL = EventType(
    "event.cancel", 9, "撤销", "Cancel: an event did not happen",
    "一个事件的一次撤销 | one cancellation of one event",
    with_common(Field("cancels", Kind.REF, "被撤销的事件", "The event",
                      required=True, src="definitions.md D11")),
)  # fmt: skip

FAMILY = Family(
    "event",
    "关于事件的事件:更正与撤销。",
    "Events about events: corrections and cancellations.",
    (CORRECT, CANCEL),
)
