"""A block of records as a table: position and bytes of each, and what all share once, in the schema's
metadata.

Law: `facts_of(records_table(facts, positions, data)) == facts`, and the bytes are not copied.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_KEY = b"records"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the records of a block share.

    `first`: ordinal of the first record in the archive, the others follow. `file_id`: what ids of rows
    without one begin with. `arrived_at`: ms. `trust`: index in `schemas.registry.TRUST` where a record says
    nothing. `counted`: False for the setup events of a map, which are no input records. `strict`: they came
    by a door that refuses unknown items and sites.
    """

    first: int = 0
    source: str = ""
    part: str = ""
    run_id: str = ""
    file_id: str = ""
    arrived_at: int = 0
    trust: int = 2
    counted: bool = True
    strict: bool = False


def records_table(facts: Facts, positions: NDArray[np.int64], data: pa.LargeBinaryArray) -> pa.Table:
    """`raw.record`: `position` int64[n] in the part, `data` n records as received."""
    schema = pa.schema(
        [("position", pa.int64()), ("data", pa.large_binary())], {_KEY: json.dumps(asdict(facts)).encode()}
    )
    return pa.table([pa.array(positions, pa.int64()), data], schema=schema)


def facts_of(records: pa.Table) -> Facts:
    """What the records of `raw.record` share; KeyError when it is another table."""
    return Facts(**json.loads(records.schema.metadata[_KEY]))


def data_of(records: pa.Table) -> pa.LargeBinaryArray:
    """The records' bytes as one array."""
    column = records.column("data")
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
