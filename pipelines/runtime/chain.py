"""The job `stock-live` in one piece: archived records in, blocks for the store out. No clock, no socket, no
engine.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from connectors.archive import Archived
from connectors.maps.mapper import Mapper
from pipelines.audit.chain import ChainStep
from pipelines.audit.intake import Block as RecordBlock
from pipelines.audit.intake import IntakeStep, Refusal
from pipelines.intake.decode import Arrival, Decoded, Verdict, decode_columns, decode_json
from pipelines.ledger.columns import N_VERSION, N_WORD
from pipelines.ledger.post import LedgerStep
from pipelines.runtime.errors import StocktwinError
from schemas.reasons import Reason
from sinks.contract import Block

SETUP = "setup"  # decoder of a map's own masters: canonical events that are no input records


class Decoders:
    """Decoders by the name under which they are archived; maps are kept beside the archive."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mappers: dict[str, Mapper] = {}

    def keep(self, mapper: Mapper) -> None:
        """Store a map, so that the archive can be read without the file it came from."""
        if mapper.decoder not in self._mappers:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self._path(mapper.decoder)
            if not path.exists():
                draft = path.with_suffix(".tmp")
                draft.write_text(
                    json.dumps({"name": mapper.name, "map": mapper.document}, ensure_ascii=False), "utf-8"
                )
                draft.replace(path)
            self._mappers[mapper.decoder] = mapper

    def decode(self, b: Archived) -> Decoded:
        """The events of a block, and what could not be read."""
        first = int(b.offsets[0]) if len(b.offsets) else 0
        arrival = Arrival(b.arrived_at, b.first, b.trust, b.file_id, first)
        if b.decoder in ("ndjson", SETUP):
            return decode_json(b.data, arrival)
        mapped = self._mapper(b.decoder).decode(b.data, b.offsets, b.file_id)
        refused = [Verdict(i, Reason(reason), detail) for i, reason, detail in mapped.refused]
        return decode_columns(mapped.events, np.asarray(mapped.rec, np.int64), refused, arrival)

    def _mapper(self, name: str) -> Mapper:
        if name not in self._mappers:
            path = self._path(name)
            if not path.exists():
                raise StocktwinError(
                    str(path), "the map of archived records is missing", "restore maps/ from a backup"
                )
            stored = json.loads(path.read_text("utf-8"))
            self._mappers[name] = Mapper.from_dict(stored["map"], stored["name"])
        return self._mappers[name]

    def _path(self, decoder: str) -> Path:
        return self.folder / (decoder.replace(":", "-").replace("/", "-") + ".json")


class JobChain:
    """intake.decode -> ledger.post -> audit.intake, audit.chain: one batch after another, state in memory."""

    def __init__(self, decoders: Decoders, refuse_unknown: frozenset[str] = frozenset()) -> None:
        self.decoders = decoders
        self.ledger = LedgerStep(refuse_unknown)
        self.intake = IntakeStep()
        self.chain = ChainStep()
        self.next_ordinal = 0
        self.watermarks: dict[str, int] = {}

    def process(self, b: Archived) -> Block:
        """Take the records of one archived block; what they lead to."""
        decoded = self.decoders.decode(b)
        out = self.ledger.process(decoded.events)
        tables = out.merged()
        verdict = tables.pop("verdict", None)
        refused = [Refusal(v.index, str(v.reason), v.detail, v.event_id, v.type) for v in decoded.refused]
        record = RecordBlock(
            b.first, b.source, b.run_id, b.part, b.arrived_at, b.offsets, b.data, counted=b.decoder != SETUP
        )
        counts = self.intake.process(record, refused, verdict)
        tables |= {name: table for name, table in counts.merged().items() if table.num_rows}
        versions = self.versions()
        leaves = self.chain.process(tables.get("core.movement"), tables.get("core.true_up"), versions)
        if leaves is not None:
            tables["core.chain"] = leaves
        self.next_ordinal = b.last + 1
        if decoded.events.num_rows:
            newest = int(pa.compute.max(decoded.events.column("time")).as_py())
            self.watermarks[b.source] = max(self.watermarks.get(b.source, 0), newest)
        return Block(b.first, b.last, tables, _span(tables.get("core.movement"), versions))

    def versions(self) -> dict[str, int]:
        """The version of each entity."""
        n, words = self.ledger.state.t["N"], self.ledger.state.words
        return {words.text(int(row[N_WORD])): int(row[N_VERSION]) for row in n.data[: n.count]}

    def save(self, folder: Path) -> None:
        """Save all steps; the ledger's manifest is the commit point."""
        name = f"leaves-{self.next_ordinal:020}.arrow"
        chain = self.chain.save(folder / "audit.chain@1", name)
        mark = {
            "next_ordinal": self.next_ordinal, "chain": chain, "intake": self.intake.save(folder),
            "watermarks": self.watermarks,
        }  # fmt: skip
        self.ledger.save(folder / "ledger.post@1", mark)
        for old in (folder / "audit.chain@1").glob("leaves-*.arrow"):
            if old.name != name:
                old.unlink()

    def restore(self, folder: Path) -> bool:
        """Read the last save; False when there is none."""
        mark = self.ledger.restore(folder / "ledger.post@1")
        if mark is None:
            return False
        self.next_ordinal, self.watermarks = mark["next_ordinal"], mark["watermarks"]
        self.chain.restore(folder / "audit.chain@1", mark["chain"])
        self.intake.restore(mark["intake"])
        return True


def _span(lines: pa.Table | None, versions: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Entity -> (first, last) version of a block with lines."""
    if lines is None or not lines.num_rows:
        return {}
    column = lines.column("entity").combine_chunks()
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    codes, found = column.indices.to_numpy(), lines.column("version").to_numpy()
    names = column.dictionary.to_pylist()
    return {
        name: (int(found[codes == i].min()), versions[name])
        for i, name in enumerate(names)
        if (codes == i).any()
    }
