"""What follows from the typed definitions: Arrow schemas, JSON Schemas and the reference pages.

`python -m schemas.derive --write docs/reference schemas/json` writes the pages and the JSON Schemas; with
`--check` instead it writes nothing and exits 1 when a file differs. They are committed, and a test checks.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from schemas.fields import DECIMALS, Field, Kind
from schemas.json_schema import STORED_DIGITS, describe, json_schema, union_schema
from schemas.pages import PAGES, markdown_page
from schemas.registry import ENVELOPE, EVENT_COLUMNS, EVENT_TYPES

__all__ = ["arrow_schema", "arrow_type", "event_arrow_schema", "json_schema", "markdown_page", "written"]

_BATCH_INTEGERS: dict[str, pa.DataType] = {
    "rec": pa.int64(),
    "type": pa.int16(),
    "seq": pa.int64(),
    "time": pa.int64(),
    "trust": pa.int8(),
    "recorded_at": pa.int64(),
    "qty": pa.int64(),
    "price": pa.int64(),
    "amount": pa.int64(),
    "discount": pa.int64(),
    "tax": pa.int64(),
    "expiry": pa.int64(),
    "strict": pa.int8(),
}

_BATCH_NULLABLE = frozenset({"seq", "qty", "price", "amount", "discount", "tax", "expiry"})

_BATCH_UNITS = {
    "time": "ms since 1970 UTC",
    "recorded_at": "ms since 1970 UTC",
    "expiry": "ms since 1970 UTC",
    "qty": "1e-6 uom",
    "price": "1e-8 currency/uom",
    "amount": "1e-4 currency",
    "discount": "1e-4 currency",
    "tax": "1e-4 currency",
    "trust": "0 green, 1 yellow, 2 red",
    "rec": "ordinal in the archive",
    "strict": "1 where the door refuses unknown items and sites",
}


def arrow_type(field: Field) -> pa.DataType:
    """The Arrow type of a field: decimal128 for numbers, timestamp[ms, UTC] for times, text for objects."""
    if field.kind in DECIMALS:
        return pa.decimal128(STORED_DIGITS, DECIMALS[field.kind])
    factor = pa.decimal128(STORED_DIGITS, DECIMALS[Kind.QTY])
    others: dict[Kind, pa.DataType] = {
        Kind.TIME: pa.timestamp("ms", tz="UTC"),
        Kind.INT: pa.int64(),
        Kind.BOOL: pa.bool_(),
        Kind.REFS: pa.list_(pa.string()),
        Kind.NAMES: pa.struct([pa.field("zh", pa.string()), pa.field("en", pa.string())]),
        Kind.FACTORS: pa.map_(pa.string(), factor),
    }
    return others.get(field.kind, pa.string())


def _arrow_field(field: Field) -> pa.Field:
    return pa.field(
        field.name, arrow_type(field), nullable=not field.required, metadata={"comment": describe(field)}
    )


def arrow_schema(type_name: str) -> pa.Schema:
    """One type, typed: the envelope, then the payload, by wire name; `KeyError` for an unknown type."""
    t = EVENT_TYPES[type_name]
    metadata = {"type": t.name, "grain": t.grain, "comment": f"{t.zh} | {t.en}"}
    return pa.schema([_arrow_field(f) for f in (*ENVELOPE, *t.fields)], metadata=metadata)


def event_arrow_schema() -> pa.Schema:
    """The decoded event batch that intake gives to the ledger: one row per event, all types in one shape.

    Texts are never null (absent = ""), numbers are scaled integers and null when absent; `type` is the code
    of `schemas.registry.type_code`; what has no column of its own is canonical JSON in `attrs`. The unit of
    a number stands in the field's metadata.
    """
    return pa.schema(
        [
            pa.field(
                name,
                _BATCH_INTEGERS.get(name, pa.string()),
                nullable=name in _BATCH_NULLABLE,
                metadata={"unit": _BATCH_UNITS[name]} if name in _BATCH_UNITS else None,
            )
            for name in EVENT_COLUMNS
        ]
    )


def written(docs: Path, schemas: Path) -> dict[Path, str]:
    """Every derived file under the two folders with its text."""
    files = {docs / name: markdown_page(lang) for lang, name in PAGES.items()}
    found = {name: json_schema(name) for name in EVENT_TYPES} | {"event": union_schema()}
    for name, schema in found.items():
        files[schemas / f"{name}.json"] = json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
    return files


def main(argv: Sequence[str]) -> int:
    """Write or check the derived files: 0 = done or equal, 1 = a file differs, 2 = usage."""
    if len(argv) != 3 or argv[0] not in ("--write", "--check"):
        sys.stderr.write("usage: python -m schemas.derive --write|--check docs/reference schemas/json\n")
        return 2
    files = written(Path(argv[1]), Path(argv[2]))
    stale = [p for p, text in files.items() if not p.is_file() or p.read_text(encoding="utf-8") != text]
    if argv[0] == "--write":
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
        return 0
    for path in stale:
        sys.stderr.write(
            f"{path}: not what schemas/ says; write it with `python -m schemas.derive --write`\n"
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
