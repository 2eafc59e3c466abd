"""The steps of this installation, and whether those of a job make a chain; no step is imported for it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

SPINE = ("intake.decode", "ledger.post", "audit.intake", "audit.chain")
"""What every job over a source takes: `run` counts by `audit.intake`, `replay` proves by `audit.chain`."""

FROM_DOORS = frozenset({"raw.record", "raw.mapped", "raw.unmapped"})


class Flow(NamedTuple):
    """The tables that a step reads, and those that it gives."""

    reads: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()


def find_step(room: Path, step: str) -> Flow | None:
    """What the step in the file `room/step.py` says of itself; None when the file is no step."""
    name = f"{room.name}.{step}"
    source = (room / f"{step}.py").read_text(encoding="utf-8") if (room / f"{step}.py").is_file() else ""
    if f'name = "{name}"' not in source:
        return None
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            said = {
                target.id: ast.literal_eval(line.value)
                for line in node.body
                if isinstance(line, ast.Assign)
                for target in line.targets
                if isinstance(target, ast.Name) and target.id in ("name", "reads", "gives")
            }
            if said.get("name") == name:
                return Flow(said["reads"], said["gives"])
    return None


def missing(steps: Sequence[str], known: Mapping[str, Flow], spine: Sequence[str] = SPINE) -> list[str]:
    """The steps that a job lacks: those of the spine, and makers of what its steps read."""
    makers = {table: name for name, flow in known.items() for table in flow.gives}
    read = [table for name in steps for table in known[name].reads if table not in FROM_DOORS]
    wanted = dict.fromkeys([*spine, *(makers[table] for table in read if table in makers)])
    return [name for name in wanted if name not in steps]


def too_early(steps: Sequence[str], known: Mapping[str, Flow]) -> list[tuple[int, str, str]]:
    """(index, maker, table) of each step that stands before the maker of something it reads."""
    found = []
    for at, name in enumerate(steps):
        for behind in steps[at + 1 :]:
            tables = [table for table in known[name].reads if table in known[behind].gives]
            if tables:
                found.append((at, behind, tables[0]))
                break
    return found


def in_order(steps: Sequence[str], known: Mapping[str, Flow]) -> list[str]:
    """The steps, each behind the makers of what it reads; otherwise as they stand."""
    found: list[str] = []
    rest = list(steps)
    while rest:
        free = [
            name
            for name in rest
            if not any(set(known[name].reads) & set(known[other].gives) for other in rest if other != name)
        ]
        found.append(free[0] if free else rest[0])
        rest.remove(found[-1])
    return found
