"""Words and forms the page needs from the nouns: codes in both languages, and what may be typed by hand.

Everything is derived from `schemas`, so that a new reason or type is named without a change here.
"""

from schemas.accounts import CHART
from schemas.fields import Kind
from schemas.reasons import TEXTS
from schemas.registry import EVENT_TYPES

BY_HAND: dict[str, tuple[str, ...]] = {
    "stock.receipt": ("item", "site", "qty", "unit_cost", "supplier", "lot"),
    "sale.delivery": ("item", "site", "qty", "unit_price", "channel", "lot"),
    "stock.count": ("item", "site", "qty", "lot"),
}
"""Types that the form of the board offers, with the fields it asks for, in the order of typing."""

NUMBERS = frozenset({Kind.QTY, Kind.PRICE, Kind.MONEY})
MUST = {"stock.receipt": {"unit_cost"}}

_STATES: dict[str, tuple[str, str]] = {
    "uncosted": ("无成本", "no cost"),
    "estimated": ("暂估", "estimated"),
    "billed": ("已开票", "billed"),
    "landed": ("含杂费", "landed"),
    "closed": ("已结账", "closed"),
    "delivery": ("销售", "sale"),
    "return": ("退货", "return"),
    "charge": ("服务费", "charge"),
    "green": ("设备", "device"),
    "yellow": ("人工有凭证", "person, with evidence"),
    "red": ("手工录入", "typed by hand"),
    "posted": ("已过账", "posted"),
    "true_up": ("成本调整", "true-up"),
    "restated": ("更正", "correction"),
    "in_order": ("按次序", "in order"),
    "late": ("迟到", "late"),
    "corrected": ("更正", "correction"),
    "closed_period_state": ("已关账", "closed"),
    "open_period_state": ("未关账", "open"),
    "waiting": ("等待", "waiting"),
    "committed": ("已入账", "committed"),
    "refused": ("已拒绝", "refused"),
    "duplicate": ("重复", "duplicate"),
    "sample": ("样品", "sample"),
    "gift": ("赠送", "gift"),
    "repair_exchange": ("维修换货", "repair exchange"),
    "consumption": ("领用", "consumption"),
    "damaged": ("破损", "damaged"),
    "lost": ("丢失", "lost"),
    "expired": ("过期", "expired"),
    "write_off": ("报废", "write-off"),
    "unknown": ("原因不明", "unknown"),
}


def words() -> dict[str, dict[str, str]]:
    """Codes seen on cards (reasons, types, states) with their texts: {code: {zh, en[, cure_zh, cure_en]}}."""
    known = {code: {"zh": zh, "en": en} for code, (zh, en) in _STATES.items()}
    for name, kind in EVENT_TYPES.items():
        known[name] = {"zh": _short(kind.zh), "en": _short(kind.en)}
    for place in CHART:
        known[place.prefix] = {"zh": _short(place.zh), "en": _short(place.en)}
    for reason, text in TEXTS.items():
        known[str(reason)] = {"zh": text.zh, "en": text.en, "cure_zh": text.cure_zh, "cure_en": text.cure_en}
    return known


def forms() -> list[dict[str, object]]:
    """The forms of the page: per type its name in both languages and its fields as the schema names them."""
    offered: list[dict[str, object]] = []
    for name, wanted in BY_HAND.items():
        kind = EVENT_TYPES[name]
        fields = [
            {
                "name": each,
                "zh": _short(kind.field(each).zh),
                "en": _short(kind.field(each).en),
                "number": kind.field(each).kind in NUMBERS,
                "required": kind.field(each).required or each in MUST.get(name, ()),
            }
            for each in wanted
        ]
        offered.append({"type": name, "zh": _short(kind.zh), "en": _short(kind.en), "fields": fields})
    return offered


def _short(text: str) -> str:
    """The label's head: what stands before the first colon, comma, semicolon or bracket."""
    for mark in (":", ":", "(", "(", ",", ",", ";", ";"):
        text = text.split(mark, maxsplit=1)[0]
    return text.strip().replace("`uom`", "unit")
