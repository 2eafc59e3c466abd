"""A job's steps in one piece: archived records in, blocks for the store out; no clock, no engine."""

from __future__ import annotations

import errno
import importlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.archive import Archived
from connectors.maps.errors import MapError
from connectors.maps.mapper import Mapper
from pipelines.audit.chain import ChainStep
from pipelines.audit.intake import IntakeStep
from pipelines.intake.decode import DecodeStep
from pipelines.kernels.records import Facts, records_table
from pipelines.kernels.watermarks import Watermarks
from pipelines.ledger.columns import N_VERSION, N_WORD
from pipelines.ledger.post import LedgerStep
from pipelines.runtime.config.steps import SPINE
from pipelines.runtime.errors import StocktwinError
from pipelines.runtime.i18n import t
from pipelines.step import Step
from sinks.contract import Block

NDJSON = "ndjson"  # decoder of canonical events
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
                draft.write_text(_spelled(mapper), "utf-8")
                draft.replace(path)
            self._mappers[mapper.decoder] = mapper

    def adopt(self, folder: Path) -> None:
        """Store the maps that another directory keeps; StocktwinError for one that was changed."""
        for path in sorted(folder.glob("*.json")):
            self.keep(self._stored(path))

    def tables(self, b: Archived) -> dict[str, pa.Table]:
        """The records of a block as `intake.decode` reads them; of a mapped file also what its map says."""
        facts = Facts(
            b.first, b.source, b.part, b.run_id, b.file_id, b.arrived_at, b.trust,
            counted=b.decoder != SETUP, strict=b.source in b.refuse_unknown,
        )  # fmt: skip
        mapper = None if b.decoder in (NDJSON, SETUP) else self._mapper(b.decoder)
        return decode_tables(facts, b.offsets, b.data, mapper)

    def _mapper(self, name: str) -> Mapper:
        if name not in self._mappers:
            path = self._path(name)
            if not path.exists():
                raise StocktwinError(str(path), t("kept.missing"), t("kept.cure"))
            self._mappers[name] = self._stored(path)
        return self._mappers[name]

    def _stored(self, path: Path) -> Mapper:
        """A map as it was kept; its name holds the hash of its content."""
        try:
            text = path.read_text("utf-8")
            stored = json.loads(text)
            mapper = Mapper.from_dict(stored["map"], stored["name"])
        except (ValueError, KeyError, TypeError, AttributeError, MapError) as error:
            raise StocktwinError(str(path), t("kept.changed"), t("kept.cure")) from error
        if self._path(mapper.decoder).name != path.name or text != _spelled(mapper):
            raise StocktwinError(str(path), t("kept.changed"), t("kept.cure"))
        return mapper

    def _path(self, decoder: str) -> Path:
        return self.folder / (decoder.replace(":", "-").replace("/", "-") + ".json")


def decode_tables(
    facts: Facts, positions: NDArray[np.int64], data: pa.LargeBinaryArray, mapper: Mapper | None
) -> dict[str, pa.Table]:
    """What `intake.decode` reads of a block; `mapper`: the map of its file, None for canonical events."""
    tables = {"raw.record": records_table(facts, positions, data)}
    if mapper is not None:
        mapped = mapper.decode(data, positions, facts.file_id)
        tables["raw.mapped"] = mapped.events.append_column("rec", pa.array(mapped.rec, pa.int64()))
        columns = [list(c) for c in zip(*mapped.refused, strict=True)] or [[], [], []]
        tables["raw.unmapped"] = pa.table(columns, names=["rec", "reason", "detail"])
    return tables


PASSING = frozenset({"raw.record", "raw.mapped", "raw.unmapped", "event", "intake.refused", "verdict"})
"""Tables that go from step to step and not to the store."""


class JobChain:
    """The steps of a job, one batch after another, state in memory.

    `steps`: their names in order, each behind the makers of what it reads; those of the spine are among them.
    """

    def __init__(self, decoders: Decoders, steps: Sequence[str] = SPINE) -> None:
        self.decoders = decoders
        self.decoding, self.ledger, self.intake, self.chain = spine = (
            DecodeStep(), LedgerStep(), IntakeStep(), ChainStep(),
        )  # fmt: skip
        mine: dict[str, Step] = {step.name: step for step in spine}
        self.steps = tuple(mine.get(name) or made(name) for name in steps)
        if not mine.keys() <= set(steps):
            raise ValueError(f"a job takes {', '.join(mine)}: there are only {', '.join(steps)}")
        self.next_ordinal = 0
        self.watermarks = Watermarks()

    def decode(self, b: Archived) -> dict[str, pa.Table]:
        """The first step alone: it keeps no state, so it may run ahead in another thread."""
        tables = self.decoders.tables(b)
        return tables | self.decoding.process(*map(tables.get, self.decoding.reads)).merged()

    def process(self, b: Archived, decoded: dict[str, pa.Table] | None = None) -> Block:
        """Take the records of the next archived block; what they lead to. `decoded`: what `decode` gave.

        ValueError when it is not the next one.
        """
        if b.first != self.next_ordinal:
            raise ValueError(f"records from {b.first} on do not follow record {self.next_ordinal - 1}")
        tables = self.decode(b) if decoded is None else decoded
        for step in self.steps:
            if step is self.decoding:
                continue
            tables |= step.process(*map(tables.get, step.reads)).merged()
        self.next_ordinal = b.last + 1
        newest = pa.compute.max(tables["event"].column("time")).as_py()
        self.watermarks.advance(b.source, b.arrived_at, newest)
        stored = {name: table for name, table in tables.items() if name not in PASSING}
        return Block(b.first, b.last, stored, _span(stored.get("core.movement"), self.versions()))

    def versions(self) -> dict[str, int]:
        """The version of each entity."""
        n, words = self.ledger.state.t["N"], self.ledger.state.words
        return {words.text(int(row[N_WORD])): int(row[N_VERSION]) for row in n.data[: n.count]}

    def save(self, folder: Path) -> None:
        """Save all steps; the ledger's manifest is the commit point and names the save of the others."""
        name = f"{self.next_ordinal:020}"
        for step in self._followers():
            step.save(_home(folder, step) / name)
        saved = [step.name for step in self._followers() if (_home(folder, step) / name).is_dir()]
        mark = {"next_ordinal": self.next_ordinal, "watermarks": self.watermarks.saved(), "saved": saved}
        self.ledger.save(_home(folder, self.ledger), mark)
        for step in self._followers():
            for old in _home(folder, step).glob("*"):
                if old.name != name:
                    shutil.rmtree(old)

    def restore(self, folder: Path) -> bool:
        """Read the last save; False when there is none."""
        mark = self.ledger.restore(_home(folder, self.ledger))
        if mark is None:
            return False
        self.next_ordinal = mark["next_ordinal"]
        self.watermarks = Watermarks.restored(mark["watermarks"])
        for step in self._followers():
            saved = _home(folder, step) / f"{self.next_ordinal:020}"
            if (
                step.name in mark.get("saved", ()) and not saved.is_dir()
            ):  # a step takes nothing for its beginning
                raise FileNotFoundError(errno.ENOENT, "no such directory", str(saved))
            step.restore(saved)
        return True

    def _followers(self) -> list[Step]:
        return [step for step in self.steps if step is not self.ledger]


def made(name: str) -> Step:
    """The step `room.step`, without a past: the class of that name in its file."""
    for found in vars(importlib.import_module(f"pipelines.{name}")).values():
        if isinstance(found, type) and getattr(found, "name", None) == name:
            step: Step = found()
            return step
    raise ValueError(f"pipelines/{name.replace('.', '/')}.py has no class with the name {name}")


def _home(folder: Path, step: Step) -> Path:
    return folder / f"{step.name}@{step.version}"


def _spelled(mapper: Mapper) -> str:
    return json.dumps({"name": mapper.name, "map": mapper.document}, ensure_ascii=False)


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
