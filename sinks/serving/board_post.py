"""An event typed or scanned on the board: the envelope around what the form sent."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sinks.serving.board_words import BY_HAND

SOURCE = "board"
LONGEST = 256


class FormError(ValueError):
    """What the form sent cannot become an event; the message says which field and why."""


def event_of(form: Mapping[str, object], now_ms: int) -> dict[str, str]:
    """The canonical event of a form: strings as on the wire, empty fields left out.

    `form` holds type, entity, id (made by the page when the form was opened, so that sending twice is a
    duplicate) and the fields of BY_HAND. `now_ms` is UTC milliseconds: both the event's time and the moment
    of typing. Whether the values are right is for intake to say, as for every other source.

    Raises FormError for a type not offered, a field not of the form, or a value that is no short text.
    """
    kind = form.get("type")
    if not isinstance(kind, str) or kind not in BY_HAND:
        raise FormError(f"type: only {', '.join(BY_HAND)} can be typed by hand")
    event: dict[str, str] = {}
    for name, value in form.items():
        if name not in ("type", "entity", "id", *BY_HAND[kind]):
            raise FormError(f"{name}: not a field of this form")
        if not isinstance(value, str) or len(value.encode()) > LONGEST:
            raise FormError(f"{name}: a text of at most {LONGEST} bytes is needed")
        if value.strip():
            event[name] = value.strip()
    for name in ("entity", "id"):
        if name not in event:
            raise FormError(f"{name}: missing")
    stamp = datetime.fromtimestamp(now_ms // 1000, UTC).replace(microsecond=now_ms % 1000 * 1000)
    time = stamp.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "id": event["id"],
        "source": SOURCE,
        "time": time,
        "type": kind,
        "entity": event["entity"],
        "trust": "red",
        **{name: event[name] for name in BY_HAND[kind] if name in event},
    }
