"""Packed columns and files of arrays: what comes out is what went in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.kernels.arrays import DamagedFile, map_arrays, read_arrays, write_arrays
from pipelines.kernels.frames import FRAME, pack, pick, unpack

LOW, HIGH = -(1 << 63), (1 << 63) - 1
KINDS = st.sampled_from([
    st.integers(LOW, HIGH), st.sampled_from([LOW, HIGH, 0]), st.integers(0, 3), st.just(7),
    st.integers(0, 10**6).map(lambda x: x * 10**6), st.integers(-9, 9).map(lambda x: x * 10**18),
])  # fmt: skip


@given(st.data(), st.integers(1, 3), st.integers(1, 20))
def test_unpack_gives_what_was_packed(data: st.DataObject, columns: int, rows: int) -> None:
    """A handful of values per column, spread over some frames."""
    kinds = [data.draw(KINDS) for _ in range(columns)]
    few = np.array([[data.draw(kind) for kind in kinds] for _ in range(rows)], np.int64)
    x = np.resize(few, (rows * 37, columns))
    p = pack(x)
    assert (unpack(p) == x).all()
    some = np.array(data.draw(st.lists(st.integers(0, len(x) - 1), max_size=5)), np.int64)
    assert (pick(p, some) == x[some]).all()
    assert (unpack(p, len(x) // 2, len(x)) == x[len(x) // 2 :]).all()


def test_whole_units_and_minutes_are_small() -> None:
    n = 4 * FRAME
    rng = np.random.default_rng(1)
    qty, minute = rng.integers(1, 8, n) * 1_000_000, np.sort(rng.integers(0, 1000, n)) * 60_000
    packed = pack(np.stack([qty, minute], axis=1))
    assert packed.words.nbytes < 2.2 * n


def test_nothing_packs_to_nothing() -> None:
    assert unpack(pack(np.empty((0, 3), np.int64))).shape == (0, 3)


def test_a_file_of_arrays(tmp_path: Path) -> None:
    arrays = {
        "a": np.arange(100, dtype=np.int64).reshape(50, 2), "b": np.empty(0, np.uint8),
        "c": np.arange(7, dtype=np.uint32), "strided": np.arange(20)[::2],
    }  # fmt: skip
    size = write_arrays(tmp_path / "x", arrays)
    assert size == (tmp_path / "x").stat().st_size
    for found in (read_arrays(tmp_path / "x"), map_arrays(tmp_path / "x")):
        assert found.keys() == arrays.keys()
        for name, a in arrays.items():
            assert found[name].dtype == a.dtype
            assert found[name].shape == a.shape
            assert (found[name] == a).all()


@pytest.mark.parametrize("place", ["head", "middle", "end"])
def test_a_damaged_file_is_named(tmp_path: Path, place: str) -> None:
    path = tmp_path / "x"
    write_arrays(path, {"a": np.arange(1000)})
    data = bytearray(path.read_bytes())
    if place == "head":
        data[0] ^= 1
    elif place == "middle":
        data[len(data) // 2] ^= 1
    else:
        del data[-200:]
    path.write_bytes(data)
    with pytest.raises(DamagedFile, match="stocktwin replay --into DIR") as told:
        read_arrays(path)
    assert str(path) in str(told.value)
