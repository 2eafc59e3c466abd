"""What the steps of a job are given: blocks of records, and the tables that the steps before made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.archive import Archived
from tests.casefiles.caserun import RED, RUN_ID, SOURCE, CaseDecoders, as_bytes
from tests.conformance import members
from tests.records import Record

Tables = dict[str, pa.Table]
Inputs = tuple[pa.Table | None, ...]

SPOILT = (b"{", b'{"id":"x"}', b"\xff", b'{"id":"y","source":"till","type":"stock.fly","entity":"E"}', b"[]")


def archived(records: Sequence[Record], size: int, *, spoilt: bool = True) -> list[Archived]:
    """Blocks of at most `size` records that are read in one way; a spoilt record after every tenth."""
    lines: list[tuple[int, str, bytes]] = []
    for i, record in enumerate(records):
        lines.append((record.arrived, *as_bytes(record)))
        if spoilt and i % 10 == 9:
            lines.append((record.arrived, "ndjson", SPOILT[i // 10 % len(SPOILT)]))
    found: list[Archived] = []
    first = 0
    while first < len(lines):
        end = first + 1
        while end < len(lines) and end - first < size and lines[end][1] == lines[first][1]:
            end += 1
        found.append(block(first, [raw for *_, raw in lines[first:end]], lines[first][0], lines[first][1]))
        first = end
    return found


def block(first: int, lines: Sequence[bytes], arrived: int, decoder: str = "ndjson") -> Archived:
    """One block."""
    data, offsets = pa.array(lines, pa.large_binary()), np.arange(first, first + len(lines), dtype=np.int64)
    return Archived(first, SOURCE, SOURCE, RUN_ID, decoder, "", arrived, RED, offsets, data)


def fresh(step: str) -> list[Any]:
    """The steps of the job that has `step`, up to it, as new instances."""
    for chain in members.jobs().values():
        if step in chain:
            return [members.steps()[name]() for name in chain[: chain.index(step) + 1]]
    raise AssertionError(f"{step} is in no job of jobs.yaml: nothing can feed it; name it in one")


def inputs_of(step: str, blocks: Sequence[Archived]) -> list[Inputs]:
    """What `step` is given for these blocks, by the steps before it."""
    *before, last = fresh(step)
    decoders = CaseDecoders(Path("maps"))
    found: list[Inputs] = []
    for each in blocks:
        tables: Tables = decoders.tables(each)
        for one in before:
            tables |= said(one, tuple(map(tables.get, one.reads)))
        found.append(tuple(map(tables.get, last.reads)))
    return found


def said(step: Any, given: Inputs) -> Tables:
    """What a step makes of one batch."""
    tables: Tables = step.process(*given).merged()
    return tables


def run(step: Any, inputs: Sequence[Inputs]) -> list[Tables]:
    """What a step makes of one batch after the other."""
    return [said(step, given) for given in inputs]
