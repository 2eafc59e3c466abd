"""One measurement in a process of its own: `python -m tests.bench.child SIDE '{"...": ...}'`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

SIDES = {
    "full": "tests.bench.ours:full",
    "columns": "tests.bench.ours:columns",
    "steps": "tests.bench.ours:steps",
    "decoder": "tests.bench.ours:decoder",
    "bare": "tests.bench.per_event.job:bare",
    "per_event": "tests.bench.per_event.job:job",
    "engine": "tests.bench.engine:load",
    "accounts": "tests.bench.growth:accounts",
    "history": "tests.bench.growth:history",
    "memory": "tests.bench.growth:memory",
    "stream": "tests.bench.latency:stream",
    "lone": "tests.bench.latency:lone",
    "as_of": "tests.bench.as_of:faces",
}


def main() -> None:
    """Call the side and print what it measured as the last line."""
    module, _, name = SIDES[sys.argv[1]].partition(":")
    side: Callable[..., dict[str, Any]] = getattr(import_module(module), name)
    print(json.dumps(side(**json.loads(sys.argv[2]))), flush=True)


if __name__ == "__main__":
    main()
