"""Rows of a table as canonical bytes: the same for the same rows, however they were cut or encoded.

A row is its integers (little-endian, 8 bytes each) in one stream and its texts (2 bytes of length, then
UTF-8) in another. Both streams only grow at their ends, so those of a leaf are those of its batches, joined.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.kernels.compiled import kernel
from pipelines.kernels.strings import string_buffers

I64 = NDArray[np.int64]


@kernel
def _add_lengths(rows, codes, offs, out):  # type: ignore[no-untyped-def]
    """Add the length of each row's text, and of its prefix, to `out`."""
    for i in range(rows.shape[0]):
        k = codes[rows[i]]
        out[i] += np.int64(offs[k + 1]) - np.int64(offs[k]) + 2


@kernel
def _put_texts(rows, codes, offs, data, at, out):  # type: ignore[no-untyped-def]
    """Write each row's text at `at` of `out`; `at` moves on."""
    for i in range(rows.shape[0]):
        k = codes[rows[i]]
        a, n, p = np.int64(offs[k]), np.int64(offs[k + 1]) - np.int64(offs[k]), at[i]
        out[p] = n & 255
        out[p + 1] = n >> 8
        for j in range(n):
            out[p + 2 + j] = data[a + j]
        at[i] = p + 2 + n


@dataclass
class _Texts:
    """A text column: row -> code -> bytes."""

    codes: NDArray[np.int32]
    offs: NDArray[np.int32]
    data: NDArray[np.uint8]


class Canonical:
    """A table of which the bytes of any rows can be asked for. A column that is not there is 0 or empty."""

    def __init__(self, table: pa.Table, integers: tuple[str, ...], texts: tuple[str, ...]) -> None:
        self._rows = table.num_rows
        self._integers = [self._integer(table, name) for name in integers]
        self._texts = [self._text(table, name) for name in texts]

    def _integer(self, table: pa.Table, name: str) -> I64:
        if name not in table.column_names:
            return np.zeros(self._rows, np.int64)
        return np.asarray(table.column(name).to_numpy()).astype(np.int64, copy=False)

    def _text(self, table: pa.Table, name: str) -> _Texts:
        if name not in table.column_names:
            return _Texts(np.zeros(self._rows, np.int32), np.zeros(2, np.int32), np.zeros(1, np.uint8))
        column = table.column(name).combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = column.chunk(0) if column.num_chunks else pa.array([], column.type)
        if pa.types.is_dictionary(column.type):
            data, offs = string_buffers(column.dictionary)
            return _Texts(column.indices.to_numpy().astype(np.int32, copy=False), offs, data)
        data, offs = string_buffers(column)
        return _Texts(np.arange(self._rows, dtype=np.int32), offs, data)

    def bytes(self, rows: I64) -> tuple[NDArray[np.uint8], NDArray[np.uint8], I64]:
        """uint8[n, 8k]: the integers of these rows; uint8[m]: their texts; int64[n + 1]: where those end."""
        numbers = np.empty((len(rows), len(self._integers)), "<i8")
        for i, column in enumerate(self._integers):
            numbers[:, i] = column[rows]
        ends = np.zeros(len(rows) + 1, np.int64)
        for t in self._texts:
            _add_lengths(rows, t.codes, t.offs, ends[1:])
        np.cumsum(ends, out=ends)
        at = ends[:-1].copy()
        texts = np.empty(int(ends[-1]), np.uint8)
        for t in self._texts:
            _put_texts(rows, t.codes, t.offs, t.data, at, texts)
        return numbers.view(np.uint8), texts, ends
