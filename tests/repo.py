"""What the tests of the house itself look at: the files that belong to the project, parsed once."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("schemas", "connectors", "pipelines", "sinks")
SKIPPED = {".git", ".venv", "__pycache__", "site", "build", "dist"}


@cache
def files() -> tuple[Path, ...]:
    """Every file that is or could be committed, relative to the root, in order."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if listing.returncode == 0:
        found = [Path(name) for name in listing.stdout.decode().split("\0") if name]
    else:  # an unpacked archive without git
        found = [p.relative_to(ROOT) for p in ROOT.rglob("*")]
        found = [p for p in found if not SKIPPED & set(p.parts) and not p.name.startswith(".")]
    return tuple(sorted({p for p in found if (ROOT / p).is_file()}))


def python_files(*tops: str) -> list[Path]:
    """The Python files under these top folders (none given: all of them)."""
    return [p for p in files() if p.suffix == ".py" and (not tops or p.parts[0] in tops)]


@cache
def text(path: Path) -> str:
    """The file's text; bytes that are no UTF-8 are replaced."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


@cache
def tree(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(text(path), filename=str(path))


def imported(path: Path) -> list[tuple[int, str]]:
    """(line, dotted name) of every import in the file, wherever it stands; `from a import b` gives `a.b`."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.lineno, f"{node.module or ''}.{alias.name}") for alias in node.names]
    return found


def fail_on(problems: list[str]) -> None:
    """Fail with all problems, a line each, or pass when there are none."""
    __tracebackhide__ = True
    if problems:
        raise AssertionError("\n" + "\n".join(problems))
