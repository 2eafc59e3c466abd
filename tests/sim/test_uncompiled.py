"""The kernels are plain Python too: the same faces without the compiler; the audit catches a spoilt one.

A compiled kernel has its callees inside, so a fault can only be planted where nothing is compiled.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.repo import ROOT


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What `tests.sim.uncompiled` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.sim.uncompiled"],
        cwd=ROOT, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True,
        check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_nothing_is_compiled(told: dict[str, Any]) -> None:
    assert told["jit"] is False


def test_plain_python_gives_the_same_faces(told: dict[str, Any]) -> None:
    assert len(told["differences"]) >= 12
    assert {name: lines for name, lines in told["differences"].items() if lines} == {}


def test_every_planted_fault_is_caught(told: dict[str, Any]) -> None:
    lines, cell = "the lines do not sum to the change of the", "contradict each other"
    wanted = {
        "a line's value": f"{lines} cell",
        "a line's quantity": f"{lines} account",
        "a line's account": "a line touches an account that the journal does not have",
        "a cell's value": f"{lines} cell",
        "a cell's quantity": f"{lines} cell",
        "an account's quantity": f"{lines} account",
        "an uncovered piece": cell,
    }
    assert told["faults"].keys() == wanted.keys()
    for place, what in wanted.items():
        assert what in told["faults"][place], (place, told["faults"][place])
