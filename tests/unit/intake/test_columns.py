"""Columns of wire strings and the JSON of the same events decode to the same batch."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from connectors.mock.load import movements, table
from pipelines.intake.assemble import Arrival
from pipelines.intake.decode import decode_columns, decode_json


def test_columns_equal_json() -> None:
    """Also where two wire fields share a column, as site and from_site do."""
    lines = pa.array(movements(3000, 50, seed=4).splitlines(keepends=True), pa.large_binary())
    wire = table(3000, 50, seed=4)
    arrival = Arrival(4_102_444_800_000, 0)
    by_row, by_column = (
        decode_json(lines, arrival),
        decode_columns(wire, np.arange(wire.num_rows), [], arrival),
    )
    assert not by_row.refused
    assert not by_column.refused
    assert by_column.events.equals(by_row.events)
    assert "stock.transfer" in wire.column("type").to_pylist()
