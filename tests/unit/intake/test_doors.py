"""`unknown_master: refuse` is said of a door and holds for what came by it, whatever source is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from connectors.archive import Archived
from pipelines.runtime.chain import NDJSON, Decoders, JobChain
from schemas.reasons import Reason

ARRIVED = 1_780_000_000_000
RECEIPT = {"type": "stock.receipt", "site": "S", "qty": "1", "unit_cost": "1"}


def take(chain: JobChain, door: str, **event: str) -> list[tuple[str, str]]:
    """One event of source `till` comes by a door; (id, reason) of what was refused then."""
    whole = {"source": "till", "time": "2026-01-05T00:00:00Z", "entity": "E"} | event
    data = pa.array([json.dumps(whole).encode()], pa.large_binary())
    n, strict = chain.next_ordinal, ("gate", "x")
    block = chain.process(
        Archived(n, door, "p", "r1", NDJSON, "", ARRIVED, 2, np.array([n]), data, refuse_unknown=strict)
    )
    refused = block.tables.get("raw.refusal")
    return [] if refused is None else [(r["event_id"], r["reason"]) for r in refused.to_pylist()]


def test_the_door_counts_and_not_the_source_that_an_event_names(tmp_path: Path) -> None:
    chain = JobChain(Decoders(tmp_path / "maps"))
    assert take(chain, "gate", id="1", item="TEA", **RECEIPT) == [("1", Reason.UNKNOWN_MASTER)]
    assert take(chain, "open", id="1", item="TEA", source="gate", **RECEIPT) == []
    assert take(chain, "gate", id="2", item="TEA", **RECEIPT) == []


def test_what_waited_is_judged_by_its_own_door(tmp_path: Path) -> None:
    chain = JobChain(Decoders(tmp_path / "maps"))
    back = {"type": "sale.return", "site": "NEW", "qty": "1"}
    sale = {"type": "sale.delivery", "item": "TEA", "site": "S", "qty": "5"}
    assert take(chain, "gate", id="r1", returns="d1", **back) == []
    assert take(chain, "open", id="r2", returns="d1", **back | {"site": "NEWER"}) == []
    assert take(chain, "open", id="d1", **sale) == [("r1", Reason.UNKNOWN_MASTER)]
    chain.save(tmp_path / "state")
    again = JobChain(Decoders(tmp_path / "maps"))
    again.restore(tmp_path / "state")
    assert take(again, "gate", id="r3", returns="d1", **back | {"site": "NEWER"}) == []
