"""Leave out of an insert what the table fills in by itself.

A column costs about the same to send whether it says something or not (see docs/store.md); a batch of till
lines has no lot, owner, pool or cost centre at all.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas.tables import Table


def without_defaults(table: Table, rows: pa.Table) -> pa.Table:
    """`rows` without the columns that hold only '' or 0, where that is the table's default; one stays.

    `rows` must fit `table`, one chunk per column. Depends on the content only, so that a block that is sent
    again looks the same.
    """
    stated = {c.name for c in table.columns if c.default}
    keep = [n for n in rows.column_names if n in stated or not _empty(rows.column(n).chunk(0))]
    return rows.select(keep or rows.column_names[:1]) if len(keep) < rows.num_columns else rows


def _empty(array: Any) -> bool:
    kind = array.type
    if pa.types.is_dictionary(kind):
        return len(array.dictionary) == 1 and array.dictionary[0].as_py() == ""
    if pa.types.is_string(kind):
        return bool(pc.max(pc.binary_length(array)).as_py() == 0)
    if pa.types.is_integer(kind):
        return _zeros(array)
    if pa.types.is_decimal(kind) and kind.byte_width == 8:
        return _zeros(pa.Array.from_buffers(pa.int64(), len(array), array.buffers(), offset=array.offset))
    return False


def _zeros(array: Any) -> bool:
    # Most columns are told by their first value.
    if array[0].as_py() != 0:
        return False
    ends = pc.min_max(array)
    return bool(ends["min"].as_py() == 0 and ends["max"].as_py() == 0)
