"""The wire fields and types as flat tables that the scanning kernel reads; all of it derived from
`schemas`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.fields import DECIMALS, Kind
from schemas.registry import EVENT_COLUMNS, EVENT_TYPES, FIELDS, TRUST, field_index, type_code

STRING, DECIMAL, TIME, INT, TYPE, TRUST_KIND, SCHEMA, NAME = range(8)
COLUMN = {name: i for i, name in enumerate(EVENT_COLUMNS)}
WIDTH = len(EVENT_COLUMNS)
TEXT_COLUMNS = tuple(
    n
    for n in EVENT_COLUMNS
    if n
    not in (
        "rec",
        "type",
        "seq",
        "time",
        "trust",
        "recorded_at",
        "qty",
        "price",
        "amount",
        "discount",
        "tax",
        "expiry",
        "strict",
    )
)
_MAX_TYPE = 128
_KINDS = {
    Kind.STRING: STRING,
    Kind.ENUM: STRING,
    Kind.REF: STRING,
    Kind.QTY: DECIMAL,
    Kind.PRICE: DECIMAL,
    Kind.MONEY: DECIMAL,
    Kind.TIME: TIME,
    Kind.INT: INT,
}


@dataclass(frozen=True)
class Layout:
    """names/ends: the field names' bytes; slots: hash -> field; field: int64[n, 3] = column, kind, scale.

    type_*: int64 by type code: allowed and required fields as bit masks, groups of which one must be present,
    sign rule per field (0 any, 1 >= 0, 2 > 0).
    """

    names: NDArray[np.uint8]
    ends: NDArray[np.int64]
    slots: NDArray[np.int64]
    field: NDArray[np.int64]
    type_names: NDArray[np.uint8]
    type_ends: NDArray[np.int64]
    type_codes: NDArray[np.int64]
    allowed: NDArray[np.int64]
    required: NDArray[np.int64]
    one_of: NDArray[np.int64]
    sign: NDArray[np.int64]


def name_hash(name: bytes) -> int:
    """The same as the kernel's: enough to spread some forty names over 256 slots."""
    h = len(name)
    for b in name:
        h = (h * 31 + b) & 0xFFFFFF
    return h & 255


def _pack(words: list[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    ends = np.cumsum([0] + [len(w) for w in words]).astype(np.int64)
    return np.frombuffer(b"".join(words), np.uint8).copy(), ends


def build() -> Layout:
    """Derive the tables from the registry."""
    columns = field_index()
    fields = [n for n in FIELDS if columns[n] != "attrs" or n == "schema"]
    numbers = {n: i for i, n in enumerate(fields)}
    table = np.zeros((len(fields), 3), np.int64)
    slots = np.full(256, -1, np.int64)
    for n, i in numbers.items():
        kind = FIELDS[n][0].kind
        code = {"type": TYPE, "trust": TRUST_KIND, "schema": SCHEMA}.get(n, _KINDS.get(kind, STRING))
        if columns[n] != "attrs" and any(f.form for f in FIELDS[n]):
            code = NAME
        table[i] = (COLUMN[columns[n]], code, DECIMALS.get(kind, 0))
        s = name_hash(n.encode())
        while slots[s] >= 0:
            s = (s + 1) & 255
        slots[s] = i
    allowed, required = np.zeros(_MAX_TYPE, np.int64), np.zeros(_MAX_TYPE, np.int64)
    one_of = np.zeros((_MAX_TYPE, 3), np.int64)
    sign = np.zeros((_MAX_TYPE, len(fields)), np.int64)
    envelope = ["id", "source", "seq", "time", "type", "entity", "trust", "recordedtime", "schema"]
    for name, t in EVENT_TYPES.items():
        if t.status != "posted" or any(columns[f.name] == "attrs" and f.required for f in t.fields):
            continue  # rare types: the strict path reads them
        code = type_code(name)
        mine = [f for f in t.fields if f.name in numbers and f.status == "posted"]
        allowed[code] = sum(1 << numbers[n] for n in envelope + [f.name for f in mine])
        required[code] = sum(1 << numbers[n] for n in ("source", "time", "type", "entity"))
        required[code] |= sum(1 << numbers[f.name] for f in mine if f.required)
        for g, group in enumerate(t.one_of):
            one_of[code, g] = sum(1 << numbers[n] for n in group)
        for f in mine:
            if f.kind in DECIMALS:
                sign[code, numbers[f.name]] = 0 if f.signed else 2 if f.positive else 1
    names, ends = _pack([n.encode() for n in fields])
    type_names, type_ends = _pack([n.encode() for n in EVENT_TYPES])
    codes = np.array([type_code(n) for n in EVENT_TYPES], np.int64)
    return Layout(names, ends, slots, table, type_names, type_ends, codes, allowed, required, one_of, sign)


LAYOUT = build()
TRUST_LETTERS = tuple(t[0] for t in TRUST)
