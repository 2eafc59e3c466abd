"""The report: what was measured, the target beside it, as JSON and as Markdown."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

PARTS = ("bytewax", "chdb", "clickhouse-connect", "msgspec", "numba", "numpy", "pyarrow")


@dataclass
class Report:
    """Rows by section; `targets`: (what, found, wanted, reached)."""

    sections: dict[str, list[str]] = field(default_factory=dict)
    targets: list[tuple[str, str, str, bool]] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)

    def add(self, section: str, line: str) -> None:
        """One line of Markdown."""
        self.sections.setdefault(section, []).append(line)

    def table(self, section: str, head: list[str], rows: list[list[str]]) -> None:
        """A Markdown table."""
        for cells in (head, ["---"] * len(head), *rows):
            self.add(section, "| " + " | ".join(cells) + " |")
        self.add(section, "")

    def target(self, what: str, found: str, wanted: str, reached: bool) -> None:
        """A figure that was promised."""
        self.targets.append((what, found, wanted, reached))

    def reach(self, what: str, found: dict[str, float], wanted: float) -> None:
        """A ratio that was promised to be at least `wanted`."""
        self.target(what, times(found), f"≥ {wanted}", found["median"] >= wanted)

    def markdown(self) -> str:
        """The whole report."""
        out = ["# Bench", "", machine(), ""]
        if self.targets:
            out += ["## Promised", "", "| what | found | promised | |", "|---|---|---|---|"]
            out += [
                f"| {a} | {b} | {c} | {'reached' if ok else '**missed**'} |" for a, b, c, ok in self.targets
            ]
            out.append("")
        for section, lines in self.sections.items():
            out += [f"## {section}", "", *lines, ""]
        return "\n".join(out)

    def write(self, folder: Path) -> None:
        """`report.md` and `report.json` in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.md").write_text(self.markdown(), "utf-8")
        found = {"machine": machine(), "targets": self.targets, "raw": self.raw}
        (folder / "report.json").write_text(json.dumps(found, indent=1, ensure_ascii=False), "utf-8")


def machine() -> str:
    """What it ran on, and how busy that was."""
    parts = ", ".join(f"{name} {version(name)}" for name in PARTS)
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {parts}; "
        f"load average at the end {load}"
    )


def times(found: dict[str, float]) -> str:
    """A ratio with its spread."""
    return f"{found['median']:.2f} ({found['low']:.2f} to {found['high']:.2f}, {found['pairs']} pairs)"
