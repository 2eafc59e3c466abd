"""A column of a block as distinct texts and codes: what costs Python is done once per distinct text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.maps.errors import RowError
from connectors.maps.plan import Test
from connectors.maps.reading import decimals, rows
from connectors.maps.reading.expr import Numbers

Codes = NDArray[np.int64]


class Coded:
    """`texts`: distinct trimmed texts. `codes`: int64[rows], which one a row has."""

    def __init__(self, texts: list[str], codes: Codes) -> None:
        self.texts = texts
        self.codes = codes
        self._tests: dict[int, NDArray[np.bool_]] = {}
        self._numbers: Numbers | None = None

    @classmethod
    def of(cls, column: pa.Array) -> Coded:
        """From an Arrow array of strings or of UTF-8 bytes, without nulls."""
        coded = column.dictionary_encode()
        words = coded.dictionary.to_pylist()
        texts = [(w.decode() if isinstance(w, bytes) else w).strip() for w in words]
        return cls(texts, coded.indices.to_numpy(zero_copy_only=False).astype(np.int64))

    def passing(self, test: Test, at: Codes) -> NDArray[np.bool_]:
        """Whether the texts of the rows `at` pass: bool[len(at)]."""
        codes = self.codes[at]
        known, wanted = self._tests.get(id(test)), range(len(self.texts))
        if known is None and len(at) < len(self.texts):
            fresh, codes = np.unique(codes, return_inverse=True)
            wanted = fresh.tolist()
        if known is None:
            known = np.fromiter((rows.passes(test, self.texts[n]) for n in wanted), np.bool_, len(wanted))
            if len(known) == len(self.texts):
                self._tests[id(test)] = known
        return known[codes]

    def numbers(self) -> Numbers:
        """The texts (not the rows) as numbers of one scale; `doubt` where only exact arithmetic will do."""
        if self._numbers is None:
            small = [decimals.small(t) if t else None for t in self.texts]
            places = max((s[1] for s in small if s is not None), default=0)
            ints = [0 if s is None else s[0] * 10 ** (places - s[1]) for s in small]
            absent = np.array([not t for t in self.texts], dtype=np.bool_)
            doubt = np.array([s is None for s in small], dtype=np.bool_) & ~absent
            self._numbers = Numbers(np.array(ints, dtype=np.int64), places, absent, doubt)
        return self._numbers

    def map(self, change: Callable[[str], str]) -> Texts:
        """`change` of every distinct text; where it raises `RowError` the row is in doubt."""
        done: list[str | None] = []
        for text in self.texts:
            try:
                done.append(change(text) if text else "")
            except RowError:
                done.append(None)
        return Texts.of(done, self.codes)


class Texts:
    """Values for some rows. `texts`: distinct; `codes`: int64[rows], -1 = absent; `doubt`: bool[rows]."""

    def __init__(self, texts: Sequence[str], codes: Codes, doubt: NDArray[np.bool_]) -> None:
        self.texts = texts
        self.codes = codes
        self.doubt = doubt

    @classmethod
    def of(cls, texts: Sequence[str | None], codes: Codes) -> Texts:
        """From texts per code: None = in doubt, "" = absent."""
        state = np.array([2 if t is None else 0 if t else 1 for t in texts] or [0], dtype=np.int8)
        per_row = state[codes] if len(codes) else np.zeros(0, dtype=np.int8)
        return cls([t or "" for t in texts], np.where(per_row == 0, codes, -1), per_row == 2)


def combine(columns: Sequence[Coded], picked: NDArray[np.int64]) -> tuple[list[list[str]], Codes]:
    """The distinct combinations of some columns' texts at the rows `picked`, and which one each row has."""
    key = np.zeros(len(picked), dtype=np.int64)
    for column in columns:
        fresh, codes = np.unique(column.codes[picked], return_inverse=True)
        _, key = np.unique(key * len(fresh) + codes, return_inverse=True)
    _, first = np.unique(key, return_index=True)
    texts = [[column.texts[code] for code in column.codes[picked][first].tolist()] for column in columns]
    return [list(row) for row in zip(*texts, strict=True)], key
