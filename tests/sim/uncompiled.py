"""The ledger's kernels as plain Python, in a process of its own: `python -m tests.sim.uncompiled`.

Prints one JSON object: `jit` (whether Numba compiles all the same), `differences` by case file and stream,
and `faults`: what the audit says when a kernel is spoilt on purpose, by the name of the spoilt spot.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numba
import numpy as np

from pipelines.ledger.chains import rows, settle
from pipelines.ledger.columns import A_QTY, C_Q, C_V, M_LINES, O_QTY, O_TO_ACC, O_VALUE
from pipelines.ledger.kernel import cells, moves
from pipelines.ledger.post import LedgerFault
from tests.casefiles.caseio import read_case
from tests.casefiles.comparing import differences
from tests.casefiles.ways import ReferenceWay
from tests.fast import fast_faces
from tests.records import Record, Run
from tests.sim.streams import stream

CASES = Path(__file__).parents[1] / "cases" / "ledger" / "post"
NAMES = (
    "group_with_return", "fifo_transfer_negative", "return_elsewhere_uncovered", "purchase_return_own_layer",
    "count_with_cost", "revalue_everywhere", "negative_refuse", "overflow", "units_pack", "waiting_too_long",
)  # fmt: skip
STREAMS = {11: 60, 12: 60}


def run_case(name: str) -> list[str]:
    """What differs from the reference."""
    run = read_case(CASES / f"{name}.case", name).run
    return compared(run, [*range(3, len(run.records), 3), len(run.records)])


def compared(run: Run, cuts: list[int]) -> list[str]:
    """The differences of the plain ledger, cut into batches, from the reference."""
    wanted, _ = ReferenceWay().run(run)
    return differences(wanted, fast_faces(run, cuts, cuts[:1]))


def _line(change: Callable[[Any, int], None]) -> Callable[..., None]:
    """`moves.line`, whose line is spoilt after it was written."""
    true = settle.line

    def line(*args: Any) -> None:
        lines, m = args[-1].O, args[-1].M
        before = m[M_LINES]
        true(*args)
        if m[M_LINES] > before:
            change(lines, before)

    return line


def _then(module: Any, name: str, change: Callable[..., None]) -> Callable[..., Any]:
    """A kernel after which something is spoilt; `change` gets its arguments."""
    true = getattr(module, name)

    def spoilt(*args: Any) -> Any:
        found = true(*args)
        change(*args)
        return found

    return spoilt


def _add(row: int, column: int) -> Callable[[Any, int], None]:
    def change(lines: Any, k: int) -> None:
        lines[k, column] += row

    return change


def _cell(column: int) -> Callable[..., None]:
    """Spoil the first argument's cell; the tables of `inflow` stand behind its figures."""

    def change(c: int, *rest: Any) -> None:
        rest[7][c, column] += 1

    return change


def _account(a: int, _dq: int, world: Any) -> None:
    world.A[a, A_QTY] += 1


def _no_piece(c: int, _behind: int, *rest: Any) -> None:
    rest[9][c, cells.C_SV] += 1


FAULTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "a line's value": (settle, "line", _line(_add(1, O_VALUE))),
    "a line's quantity": (settle, "line", _line(_add(1, O_QTY))),
    "a line's account": (settle, "line", _line(_add(1, O_TO_ACC))),
    "a cell's value": (rows, "inflow", _then(rows, "inflow", _cell(C_V))),
    "a cell's quantity": (rows, "inflow", _then(rows, "inflow", _cell(C_Q))),
    "an account's quantity": (rows, "shift", _then(rows, "shift", _account)),
    "an uncovered piece": (moves, "add_piece", _then(moves, "add_piece", _no_piece)),
}


def fault(place: str) -> str:
    """What the ledger says of a small day when one spot is spoilt; '' if it notices nothing."""
    base = {"source": "t", "time": "2025-01-01T00:00:00Z", "entity": "E", "item": "X"}
    events = [
        {**base, "id": "1", "type": "stock.receipt", "site": "A", "qty": "5", "unit_cost": "2"},
        {**base, "id": "2", "type": "stock.receipt", "site": "B", "qty": "1", "unit_cost": "2"},
        {**base, "id": "3", "type": "sale.delivery", "site": "A", "qty": "7"},
    ]
    module, name, spoilt = FAULTS[place]
    run = Run([Record([event], 1_748_736_000_000) for event in events])
    with patch.object(module, name, spoilt):
        try:
            fast_faces(run, [len(events)], [])
        except LedgerFault as found:
            return found.what
    return ""


def main() -> None:
    """Run everything and print it."""
    found = {name: run_case(name) for name in NAMES}
    for seed, records in STREAMS.items():
        found[f"stream {seed}"] = compared(Run(stream(seed, records)), [20, records // 2, records])
    json.dump(
        {
            "jit": not numba.config.DISABLE_JIT,
            "differences": found,
            "faults": {place: fault(place) for place in FAULTS},
        },
        sys.stdout,
    )


if __name__ == "__main__":
    with np.errstate(over="ignore"):  # hashes wrap, as they do when compiled
        main()
