"""Tables of promises: what is held for whom, what of each row of stock is reserved, what each lot is.

Of each the newest `version` of a key counts; it is the commit that changed it.
"""

from __future__ import annotations

from dataclasses import replace

from schemas.tables.core import (
    DOCUMENT,
    ENTITY,
    EVENT_ID,
    ITEM,
    LOT,
    OWNER,
    QTY_COLUMN,
    RECORDED_AT,
    SITE,
    SOURCE,
    VERSION,
)
from schemas.tables.definition import LOW, QTY, TIME, Column, Table

_NEWEST = "ReplacingMergeTree(version)"
_BASE = "base unit of the item"
_EXPIRES = Column(
    "expires_at", TIME, "到期时间，1970 = 无", "when it ends by itself, 1970 = never", "UTC", "payload"
)

PROMISE = Table(
    "core",
    "promise",
    "承诺：预留、待定移动、库存池",
    "reservations, pending movements and pools as they are now, ended ones too",
    (
        ENTITY,
        SOURCE,
        EVENT_ID,
        VERSION,
        RECORDED_AT,
        Column("kind", LOW, "种类", "reserve, pending or pool", src="ledger"),
        Column(
            "state", LOW, "状态", "open, consumed, released, posted, voided, expired or closed", src="ledger"
        ),
        SITE,
        Column("place", LOW, "库存池的位置", "place of a pool, empty for others", src="payload.site"),
        ITEM,
        OWNER,
        Column("pool", LOW, "池", "pool", src="payload.pool"),
        replace(QTY_COLUMN, zh="承诺数量", en="quantity as granted"),
        Column("open_qty", QTY, "尚余承诺", "what it still holds", _BASE, "ledger"),
        Column("held_lots", "Array(String)", "所持批次", "lots it still holds, empty = any", src="ledger"),
        Column("held_units", "Array(UInt64)", "各批次数量", "how much of each", "1e-6 base unit", "ledger"),
        replace(_EXPIRES, src="payload.expires"),
        Column("priority", "Int64", "优先级", "priority; higher goes first", src="payload.priority"),
        DOCUMENT,
        Column("buffer_qty", QTY, "安全缓冲", "of a pool: never promised", _BASE, "payload.buffer"),
        Column("owed_qty", QTY, "欠还数量", "of a pool: borrowed and not given back", _BASE, "ledger"),
    ),
    ("entity", "source", "event_id"),
    _NEWEST,
)

RESERVED = Table(
    "core",
    "reserved",
    "各库存行的预留",
    "what reservations and pending movements hold of the common stock of each row",
    (
        ENTITY,
        SITE,
        ITEM,
        LOT,
        OWNER,
        VERSION,
        Column("reserved_qty", QTY, "预留数量", "quantity held", _BASE, "ledger"),
    ),
    ("entity", "site", "item", "lot", "owner"),
    _NEWEST,
)

LOT_TABLE = Table(
    "core",
    "lot",
    "批次状态",
    "lots that expire or were ever held back, as they are at the entity's logical time",
    (
        ENTITY,
        ITEM,
        LOT,
        VERSION,
        Column("status", LOW, "状态", "ok, quarantine, recalled or expired", src="ledger"),
        replace(_EXPIRES, zh="有效期至，1970 = 无", en="earliest expiry, 1970 = none", src="payload.expiry"),
    ),
    ("entity", "item", "lot"),
    _NEWEST,
)

PROMISE_TABLES = (PROMISE, RESERVED, LOT_TABLE)
