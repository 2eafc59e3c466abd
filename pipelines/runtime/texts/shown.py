"""What the command shows beyond plain texts: help in the language in use, and the report of a run."""

from __future__ import annotations

import json
from typing import Any

from pipelines.runtime import i18n
from pipelines.runtime.i18n import t

COUNTS = ("committed", "refused", "duplicate", "waiting", "late")


def translate(tree: Any, context: type) -> None:
    """Put texts where the command tree has msgids. `tree`: a click group; `context`: its class of contexts."""
    for verb in [tree, *getattr(tree, "commands", {}).values()]:
        verb.help = verb.short_help = t(verb.help)
        own = verb.get_help_option(context(verb))
        if own is not None:
            own.help = t("opt.help")
        for param in verb.params:
            if param.help in i18n.CATALOGUE:
                param.help = t(param.help)


def run_report(report: Any, as_json: bool) -> str:
    """What `run` prints: its last line counts the records; in JSON 64-bit integers are strings, as everywhere."""
    if as_json:
        counts = {name: str(getattr(report, name)) for name in ("records_in", *COUNTS)}
        made = {"run_id": report.run_id, **counts, "seconds": f"{report.seconds:.3f}"}
        return json.dumps(made, ensure_ascii=False)
    rate = f"{report.records_in / report.seconds:,.0f}" if report.seconds > 0 else "-"
    lines = [t("run.done", run=report.run_id, seconds=f"{report.seconds:.1f}", rate=rate)]
    rows = list(getattr(report, "sources", ()))
    if len(rows) > 1:
        lines += [t("run.source", source=row.source, counts=_counts(row)) for row in rows]
    return "\n".join([*lines, _counts(report)])


def _counts(row: Any) -> str:
    return " ".join([f"in={row.records_in}", *(f"{name}={getattr(row, name)}" for name in COUNTS)])
