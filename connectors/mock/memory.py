"""Source `memory`: a list of records handed out as a script says, for tests.

**Position** the index of the record. **Restart** nothing is lost or doubled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from connectors.contract import Capabilities, RawBatch


class MemoryPart:
    """One list of records. `script`: sizes of the batches in turn, 0 = nothing there; then what is asked."""

    def __init__(
        self, source: str, part: str, decoder: str, data: Sequence[bytes], start: int, script: Iterable[int]
    ):
        self.source, self.part, self.decoder = source, part, decoder
        self.eof = False
        self._data, self._at, self._script = data, start, iter(script)

    @property
    def source_id(self) -> str:
        """16 hex digits that name the content."""
        return hashlib.sha256(b"".join(self._data)).hexdigest()[:16]

    def next_batch(self, max_records: int, max_bytes: int) -> RawBatch | None:
        """See `contract.Part`; a scripted size only ever makes a batch smaller."""
        if self._at >= len(self._data):
            self.eof = True
            return None
        wanted = min(next(self._script, max_records), max_records)
        taken: list[bytes] = []
        for record in self._data[self._at : self._at + wanted]:
            if taken and sum(map(len, taken)) + len(record) > max_bytes:
                break
            taken.append(record)
        if not taken:
            return None
        offsets = np.arange(self._at, self._at + len(taken), dtype=np.int64)
        self._at += len(taken)
        return RawBatch(
            self.source, self.part, self.decoder, pa.array(taken, type=pa.large_binary()), offsets
        )

    def position(self) -> int:
        """The index of the next record."""
        return self._at

    def close(self) -> None:
        """Nothing to let go of."""


class MemorySource:
    """Parts by name, each a list of records; `script` is used by every part that is built."""

    capabilities = Capabilities(
        replayable=True,
        ordered_by="the order of the list",
        acknowledged="never: the list stays",
        on_restart="nothing is lost or doubled",
    )

    def __init__(
        self,
        parts: Mapping[str, Sequence[bytes]],
        *,
        name: str = "memory",
        decoder: str = "ndjson",
        script: Sequence[int] = (),
    ) -> None:
        self.name = name
        self._parts = parts
        self._decoder = decoder
        self._script = script

    @classmethod
    def samples(cls, folder: Path) -> list[MemorySource]:
        """Two lists in batches of different sizes; `folder` is not needed."""
        lists = {name: [b"%s%d" % (name.encode(), i) for i in range(20)] for name in ("a", "b")}
        return [cls(lists, script=(3, 0, 1, 50))]

    def parts(self) -> list[str]:
        """The names, in the order given."""
        return list(self._parts)

    def build(self, part: str, resume: int | None) -> MemoryPart:
        """Open a list at `resume`; `KeyError` for an unknown name."""
        return MemoryPart(self.name, part, self._decoder, self._parts[part], resume or 0, self._script)
