"""What is said of a whole block comes back with each block, also from one that shares its row group."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from connectors.archive import Archived
from connectors.archive.block import read_parquet, write_parquet


def _block(first: int, said: tuple[str, ...]) -> Archived:
    data = pa.array([b"a", b"", b"\x00\xff"], pa.large_binary())
    return Archived(
        first, "till", f"part-{first}", "r1", "ndjson", "f", 7, 2, np.array([4, 5, 9]) + first, data, said
    )


@pytest.mark.parametrize("said", [(), ("till",), ("till", "scale", "")])
def test_a_block_comes_back_as_it_was_written(tmp_path: Path, said: tuple[str, ...]) -> None:
    blocks = [_block(0, said), _block(3, ()), _block(6, said)]
    write_parquet(tmp_path / "x.parquet", blocks)
    found = list(read_parquet(tmp_path / "x.parquet"))
    assert [b.head() for b in found] == [b.head() for b in blocks]
    for a, b in zip(found, blocks, strict=True):
        assert a.data.to_pylist() == b.data.to_pylist()
        assert a.offsets.tolist() == b.offsets.tolist()
