"""A decode on trial: what intake would say of an input file's records, with nothing written anywhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.runtime.errors import MapError, StocktwinError, UsageError
from pipelines.runtime.i18n import t
from pipelines.runtime.progress import Progress
from pipelines.runtime.warm import ready

if TYPE_CHECKING:
    from connectors.maps.mapper import Mapper

_BLOCK_RECORDS = 20_000
_BLOCK_BYTES = 8 << 20
_TRUST_RED = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """`records_in`: records read. `refused`: those refused. `reasons`: (reason, records), most first."""

    records_in: int
    refused: int
    reasons: tuple[tuple[str, int], ...]


def check_map(given: str) -> int:
    """Read a map by name or file and return how many rules it has; MapError with every mistake in it."""
    return len(read_map(given).plan.rules)


def read_map(given: str) -> Mapper:
    """The map of this name or file; MapError with every mistake in it."""
    from connectors.maps.check import check_map as mistakes_of
    from connectors.maps.mapper import Mapper
    from pipelines.runtime.texts.doors import told

    mistakes = mistakes_of(given)
    if mistakes:
        raise MapError([StocktwinError(m.place, told(m.what), told(m.cure)) for m in mistakes])
    return Mapper.from_file(given)


def dry_decode(given: str, map_given: str | None, progress: Progress) -> Trial:
    """Decode files of canonical events, or of till lines through a map, as intake would.

    `given`: a file, a directory or a glob. What only the ledger can refuse (unknown units, references, stock)
    is not looked for. Raises what the doors raise: a file or a map that cannot be read.
    """
    from connectors.archive import archive_at
    from connectors.maps.mapper import Mapper
    from connectors.ndjson import NdjsonSource
    from connectors.pos import PosSource

    if archive_at(given) is not None:
        raise UsageError(given, t("use.archive_trial"), t("use.archive_trial.cure"))
    if map_given is None:
        source: NdjsonSource | PosSource = NdjsonSource("trial", [given])
    else:
        source = PosSource("trial", [given], Mapper.from_file(map_given))
    mappers: dict[str, Mapper] = getattr(source, "mappers", {})
    parts = source.parts()
    ready()
    total = sum(Path(part).stat().st_size for part in parts)
    plain = not any(_is_packed(part) for part in parts)
    records, size, reasons = 0, 0, Counter[str]()
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    for name in parts:
        part: Any = source.build(name, None)
        try:
            while not part.eof:
                batch = part.next_batch(_BLOCK_RECORDS, _BLOCK_BYTES)
                if batch is None:
                    continue
                reasons.update(_refused(batch, part.source_id, mappers.get(batch.decoder), now_ms, records))
                records, size = records + len(batch), size + batch.data.nbytes
                progress(size, total if plain else None, f"{records:,}")
        finally:
            part.close()
    return Trial(records, reasons.total(), tuple(reasons.most_common()))


def _refused(batch: Any, source_id: str, mapper: Any, now_ms: int, first: int) -> list[str]:
    """The reasons of the refused records of a block, one each."""
    from pipelines.intake.decode import DecodeStep
    from pipelines.kernels.records import Facts
    from pipelines.runtime.chain import decode_tables

    facts = Facts(first, file_id=source_id, arrived_at=now_ms, trust=_TRUST_RED)
    step, tables = DecodeStep(), decode_tables(facts, batch.offsets, batch.data, mapper)
    refused = step.process(*map(tables.get, step.reads)).merged().get("intake.refused")
    return refused.column("reason").to_pylist() if refused is not None else []


def _is_packed(path: str) -> bool:
    with Path(path).open("rb") as file:
        return file.read(2) == b"\x1f\x8b"
