"""Why a record is refused: one list for every door and room, with a sentence and a cure in zh and en.

The members stand in the order of checking. A record is refused with the first reason that applies, and as
a whole: nothing of it is posted.

1. The bytes: `too_large bad_encoding too_deep not_json duplicate_key`.
2. The map of a file or till: `unknown_map no_rule`.
3. The form: `newer_schema unknown_type unknown_field`; then field by field, the envelope first and each in
   the order of its definition: `bad_type scale range bad_time naive_time bad_encoding bad_identifier
   missing_field`; then groups of which one is needed (`missing_field`), `future`, `not_yet`.
4. Units and money, once the item is known: `unknown_uom fraction amount_mismatch`.
5. The ledger: `id_conflict not_allowed unknown_master unknown_reference stale_version closed_period
   not_available over_return negative_stock overflow reserved_stock`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Reason(StrEnum):
    """A reason for refusing, as it stands in `mart.v_refusal`."""

    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"
    TOO_DEEP = "too_deep"
    NOT_JSON = "not_json"
    DUPLICATE_KEY = "duplicate_key"
    UNKNOWN_MAP = "unknown_map"
    NO_RULE = "no_rule"
    NEWER_SCHEMA = "newer_schema"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    BAD_TYPE = "bad_type"
    SCALE = "scale"
    RANGE = "range"
    BAD_TIME = "bad_time"
    NAIVE_TIME = "naive_time"
    BAD_IDENTIFIER = "bad_identifier"
    FUTURE = "future"
    NOT_YET = "not_yet"
    UNKNOWN_UOM = "unknown_uom"
    FRACTION = "fraction"
    AMOUNT_MISMATCH = "amount_mismatch"
    ID_CONFLICT = "id_conflict"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN_MASTER = "unknown_master"
    UNKNOWN_REFERENCE = "unknown_reference"
    STALE_VERSION = "stale_version"
    CLOSED_PERIOD = "closed_period"
    NOT_AVAILABLE = "not_available"
    OVER_RETURN = "over_return"
    NEGATIVE_STOCK = "negative_stock"
    OVERFLOW = "overflow"
    RESERVED_STOCK = "reserved_stock"


class Text(NamedTuple):
    """What a person is told: the sentence, then what to do."""

    zh: str
    en: str
    cure_zh: str
    cure_en: str


# Written into refusals and state: a number is never given to another reason.
CODE: Mapping[Reason, int] = MappingProxyType({
    Reason.TOO_LARGE: 1, Reason.BAD_ENCODING: 2, Reason.NOT_JSON: 3, Reason.TOO_DEEP: 4,
    Reason.DUPLICATE_KEY: 5,
    Reason.UNKNOWN_MAP: 10, Reason.NO_RULE: 11,
    Reason.NEWER_SCHEMA: 20, Reason.UNKNOWN_TYPE: 21, Reason.UNKNOWN_FIELD: 22, Reason.MISSING_FIELD: 23,
    Reason.BAD_TYPE: 24, Reason.SCALE: 25, Reason.RANGE: 26, Reason.BAD_TIME: 27, Reason.NAIVE_TIME: 28,
    Reason.FUTURE: 29, Reason.BAD_IDENTIFIER: 30,
    Reason.UNKNOWN_UOM: 40, Reason.FRACTION: 41, Reason.AMOUNT_MISMATCH: 42,
    Reason.ID_CONFLICT: 50, Reason.NOT_YET: 51, Reason.NOT_ALLOWED: 52, Reason.UNKNOWN_MASTER: 53,
    Reason.UNKNOWN_REFERENCE: 54, Reason.STALE_VERSION: 55, Reason.OVER_RETURN: 56, Reason.NEGATIVE_STOCK: 57,
    Reason.OVERFLOW: 58, Reason.CLOSED_PERIOD: 59, Reason.RESERVED_STOCK: 60, Reason.NOT_AVAILABLE: 61,
})  # fmt: skip

BY_CODE: Mapping[int, Reason] = MappingProxyType({code: reason for reason, code in CODE.items()})

TEXTS: Mapping[Reason, Text] = MappingProxyType({
    Reason.TOO_LARGE: Text(
        "记录超过 1 MiB。", "The record is longer than 1 MiB.",
        "拆成多条记录。", "Send it as several records."),
    Reason.BAD_ENCODING: Text(
        "不是有效的 UTF-8 文本,或有字节序标记、孤立代理项。",
        "Not valid UTF-8 text, or with a byte order mark or a lone surrogate.",
        "按来源的编码转换,或在映射中写明 encoding。",
        "Convert it at the source, or state `encoding` in the map."),
    Reason.TOO_DEEP: Text(
        "嵌套超过 16 层。", "Nested deeper than 16 levels.",
        "展平内容。", "Flatten the payload."),
    Reason.NOT_JSON: Text(
        "不是一个 JSON 对象。", "Not one JSON object.",
        "每行一个对象;NaN、Infinity 不是 JSON。", "One object a line; NaN and Infinity are not JSON."),
    Reason.DUPLICATE_KEY: Text(
        "同一对象里键重复。", "An object names the same key twice.",
        "每个键只写一次。", "Write every key once."),
    Reason.UNKNOWN_MAP: Text(
        "记录所用的映射不存在。", "The map of this record is not known.",
        "用 --map 指定存在的映射。", "Name a map that exists with --map."),
    Reason.NO_RULE: Text(
        "映射中没有规则适用于这一行。", "No rule of the map fits this row.",
        "在映射的 rules 末尾加一条兜底规则。", "Add a rule for it to `rules` of the map."),
    Reason.NEWER_SCHEMA: Text(
        "类型版本比本系统认识的新。", "The schema version is newer than this system knows.",
        "升级后从归档重放。", "Upgrade, then replay it from the archive."),
    Reason.UNKNOWN_TYPE: Text(
        "没有这种事件类型。", "There is no such type of event.",
        "见参考页的类型表。", "See the table of types in the reference."),
    Reason.UNKNOWN_FIELD: Text(
        "该类型没有这个字段。", "The type has no such field.",
        "改正字段名,或去掉它。", "Correct its name or leave it out."),
    Reason.MISSING_FIELD: Text(
        "缺少必填字段。", "A required field is missing.",
        "补上字段。", "Add the field."),
    Reason.BAD_TYPE: Text(
        "值的类型不对,或文本含控制字符。",
        "The value is not of the field's type, or a text with control characters.",
        "数写成十进制字符串或 JSON 数;文本不含控制字符。",
        "Decimals as strings or JSON numbers; texts without control characters."),
    Reason.SCALE: Text(
        "小数位多于允许的位数。", "More decimals than are kept.",
        "数量至多 6 位,单价 8 位,金额到币种的最小单位。",
        "At most 6 for a quantity, 8 for a price, minor units for money."),
    Reason.RANGE: Text(
        "值超出允许范围:数的大小或正负、文本长度、年份、所列取值。",
        "The value is beyond its limits: size, sign, length of a text, year, or the words allowed.",
        "改正它;文本至多 256 字节,时间在 1970 至 2199 年之间。",
        "Correct it; a text has at most 256 bytes, a time lies within 1970 … 2199."),
    Reason.BAD_TIME: Text(
        "不是有效时间。", "Not a valid time.",
        "写成 RFC 3339,如 2025-01-02T03:04:05+08:00。", "Write RFC 3339: 2025-01-02T03:04:05+08:00."),
    Reason.NAIVE_TIME: Text(
        "时间没有时区偏移。", "The time has no offset.",
        "加上 Z 或 +08:00 之类的偏移;文件在映射中写 tz。",
        "Add Z or an offset such as +08:00; for a file, state `tz` in its map."),
    Reason.BAD_IDENTIFIER: Text(
        "标识的长度、字符或校验位不对:条码、币种、时区、时刻,或以 @ 开头的物料、地点。",
        "Length, characters or check digit of an identifier are wrong (barcode, currency, zone, time), "
        "or an item or a site begins with @.",
        "重新扫码或核对。", "Scan it again or look it up."),
    Reason.FUTURE: Text(
        "时间比到达晚 24 小时以上。", "The time is more than 24 h after the arrival.",
        "校正来源的时钟或时区。", "Correct the clock or the zone of the source."),
    Reason.NOT_YET: Text(
        "本版本认识此类型,但尚不能过账。", "This version knows the type but cannot post it yet.",
        "记录已归档,升级后重放。", "It is archived: upgrade, then replay."),
    Reason.UNKNOWN_UOM: Text(
        "不认识的单位,或该物料没有此单位的换算。",
        "The unit is not known, or this item has no factor for it.",
        "在 master.item 的 uoms 中写明换算。", "State its factor in `uoms` of master.item."),
    Reason.FRACTION: Text(
        "该物料只许整数,或换算后超过 6 位小数。",
        "The item is counted whole, or the converted quantity has more than 6 decimals.",
        "改正数量,或设 whole 为 false。", "Correct the quantity, or set `whole` to false."),
    Reason.AMOUNT_MISMATCH: Text(
        "金额与单价乘数量不符。", "The amount is not price times quantity.",
        "改正其一,或只给一个。", "Correct one of them, or give only one."),
    Reason.ID_CONFLICT: Text(
        "同一来源的同一事件号,内容不同。", "The same id of the same source came with other content.",
        "用新的事件号;改正用 event.correct。", "Use a new id; to change an event, send event.correct."),
    Reason.NOT_ALLOWED: Text(
        "按此企业的设置不允许。", "The settings of this entity do not allow it.",
        "核对企业的设置(币种、计价方法、范围)与物料的单位。",
        "Look at the settings of the entity (currency, valuation, scope) and at the item's unit."),
    Reason.UNKNOWN_MASTER: Text(
        "物料或地点没有主数据,而来源要求有。", "The item or site has no master, and the door demands one.",
        "先发送主数据,或在 jobs.yaml 中为该来源设 unknown_master: auto。",
        "Send the master first, or set `unknown_master: auto` for this source in jobs.yaml."),
    Reason.UNKNOWN_REFERENCE: Text(
        "引用的事件在等待期内没有到来,或类型不对。",
        "The event referred to never came, or is of another type.",
        "核对引用;跨来源写成 来源#事件号。", "Check the reference; across sources write source#id."),
    Reason.STALE_VERSION: Text(
        "期望的版本已过去。", "The version expected is gone.",
        "读出最新状态后再发。", "Read the newest state and send again."),
    Reason.CLOSED_PERIOD: Text(
        "盘点所在的期间已关账。", "The count lies in a period that is closed.",
        "在未关的期间重新盘点。", "Count again in an open period."),
    Reason.NOT_AVAILABLE: Text(
        "可用库存不足,不能预留。", "Not enough is available to be promised.",
        "减少数量,或等待入库、释放其他预留。", "Promise less, or wait for a receipt or a release."),
    Reason.OVER_RETURN: Text(
        "退回数量多于原事件尚余的数量。", "More is returned than the event still holds.",
        "改正数量,或发送不带引用的退货。", "Correct the quantity, or send an unlinked return."),
    Reason.NEGATIVE_STOCK: Text(
        "库存不足,而该企业不接受负库存。",
        "There is not enough stock, and the entity refuses negative stock.",
        "先入库或盘点,或设 negative 为 accept。", "Receive or count first, or set `negative` to accept."),
    Reason.OVERFLOW: Text(
        "结果超出账本的数值范围。", "The result is beyond the ledger's limits.",
        "改正数量或金额。", "Correct the quantity or the amount."),
    Reason.RESERVED_STOCK: Text(
        "剩余库存将少于已预留的数量。", "Less would be left than is promised to others.",
        "先释放预留,或减少数量。", "Release a reservation first, or take less."),
})  # fmt: skip

if not (set(Reason) == CODE.keys() == TEXTS.keys()) or len(BY_CODE) != len(CODE):
    raise ValueError("every reason needs one code of its own and one text")


def sentence(reason: Reason, lang: str = "en") -> str:
    """The sentence and the cure of a reason on one line; `lang` is `zh` or `en` (anything else reads en)."""
    text = TEXTS[reason]
    return text.zh + text.cure_zh if lang == "zh" else f"{text.en} {text.cure_en}"
