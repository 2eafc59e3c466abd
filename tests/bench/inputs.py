"""What both sides of a comparison read: the same rows as NDJSON and as an Arrow file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from connectors.mock.load import CHUNK, Load

WARM_ROWS = 4000


@dataclass(frozen=True)
class Input:
    """`accounts` opening receipts and `n` mixed movements. `zipf`: exponent of popularity, 0 = uniform."""

    n: int
    accounts: int
    zipf: float = 1.1
    seed: int = 1

    @property
    def rows(self) -> int:
        """Events in the file."""
        return self.n + self.accounts

    def load(self) -> Load:
        """The generator behind it."""
        return Load(self.n, self.accounts, self.seed, self.zipf or None)

    def ndjson(self, folder: Path) -> Path:
        """The file of JSON lines, made on first use."""
        path = folder / f"load-{self.n}-{self.accounts}-{self.zipf}-{self.seed}.ndjson"
        if not path.exists():
            draft = path.with_suffix(".tmp")
            with draft.open("wb") as out:
                for block in self.load().blocks():
                    out.write(block)
            draft.replace(path)
        return path

    def arrow(self, folder: Path) -> Path:
        """The Arrow file (IPC, one record batch per 65,536 rows, wire strings), made on first use."""
        path = folder / f"load-{self.n}-{self.accounts}-{self.zipf}-{self.seed}.arrow"
        if not path.exists():
            draft = path.with_suffix(".tmp")
            tables = self.load().tables()
            first = next(tables)
            with pa.OSFile(str(draft), "wb") as out, pa.ipc.new_file(out, first.schema) as writer:
                writer.write_table(first, CHUNK)
                for table in tables:
                    writer.write_table(table, CHUNK)
            draft.replace(path)
        return path


def warm_lines() -> bytes:
    """Events of every type of the load, from another source and entity: they collide with nothing."""
    block = b"".join(Load(WARM_ROWS - 100, 100, 99).blocks())
    return block.replace(b'"source":"load"', b'"source":"warm"').replace(
        b'"entity":"BENCH"', b'"entity":"WARMS"'
    )
