"""What the command shows beyond plain texts: the report of a run, and a schema by its name."""

from __future__ import annotations

import json
from typing import Any

from pipelines.runtime.errors import UsageError, suggest
from pipelines.runtime.i18n import t

RATED = 10_000  # fewer records say nothing of a rate: most of the time is the start
COUNTS = ("committed", "refused", "duplicate", "waiting", "late")


def run_report(report: Any, as_json: bool) -> str:
    """What `run` prints; its last line counts the records. In JSON, 64-bit integers are strings."""
    if as_json:
        counts = {name: str(getattr(report, name)) for name in ("records_in", *COUNTS)}
        made = {"run_id": report.run_id, **counts, "seconds": f"{report.seconds:.3f}"}
        return json.dumps(made, ensure_ascii=False)
    took = {"run": report.run_id, "seconds": f"{report.seconds:.1f}"}
    if report.records_in < RATED:
        lines = [t("run.done", **took)]
    else:
        lines = [t("run.rated", **took, rate=f"{report.records_in / report.seconds:,.0f}")]
    rows = list(getattr(report, "sources", ()))
    if len(rows) > 1:
        lines += [t("run.source", source=row.source, counts=_counts(row)) for row in rows]
    return "\n".join([*lines, _counts(report)])


def replay_report(report: Any) -> str:
    """What `replay --verify` prints when nothing differs: a line for each entity, the total last."""
    lines = [t("replay.entity", entity=e.entity, versions=e.versions, sha=e.sha256) for e in report.entities]
    if report.behind:
        lines.append(t("replay.behind", n=f"{report.behind:,}"))
    return "\n".join([*lines, t("replay.identical", versions=report.versions, sha=report.sha256)])


def schema_text(name: str) -> str:
    """The JSON Schema of `jobs` (jobs.yaml), of `events` (any) or of one type; UsageError for another."""
    if name == "jobs":
        from pipelines.runtime.jobs import jobs_schema

        return json.dumps(jobs_schema(), ensure_ascii=False, indent=2)
    from schemas.json_schema import json_schema, union_schema
    from schemas.registry import EVENT_TYPES

    if name != "events" and name not in EVENT_TYPES:
        cure = suggest(name, ["events", "jobs", *EVENT_TYPES])
        raise UsageError("schema", t("use.schema", name=name), cure)
    made = union_schema() if name == "events" else json_schema(name)
    return json.dumps(made, ensure_ascii=False, indent=2)


def _counts(row: Any) -> str:
    return " ".join([f"in={row.records_in}", *(f"{name}={getattr(row, name)}" for name in COUNTS)])
