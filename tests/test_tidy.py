"""Style that a linter does not know, as a test whose message names the cure.

Waivers are listed here with their reasons; one that is no longer needed fails too: the list only shrinks.
"""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.repo import PACKAGES, fail_on, files, imported, python_files, text, tree

MODULE_LINES, FUNCTION_LINES, FOLDER_MODULES, INIT_LINES = 300, 70, 12, 40

# (rule, place) -> (the most it may measure, why it reads better whole)
SIZE_WAIVERS: dict[tuple[str, str], tuple[int, str]] = {
    ("module", "pipelines/intake/scan.py"): (430, "one scanner: its kernels share one alphabet of states"),
    ("module", "tests/bench/per_event/job.py"): (340, "the baseline stands whole, as one would write it"),
    ("module", "tests/reference/posting.py"): (310, "each type's rule, in the order of the ledger's page"),
    ("folder", "schemas"): (14, "one noun a file; grouping them would hide what the design names"),
}

# Imports that have a better place or a better library here; value = the cure.
BANNED_IMPORTS = {
    "pandas": "pyarrow or polars: pandas turns decimals into floats",
    "pickle": "versioned columnar bytes: a pickle breaks with a renamed class and runs what it reads",
    "shelve": "versioned columnar bytes",
    "marshal": "versioned columnar bytes",
    "requests": "httpx2",
    "httpx": "httpx2: httpx is frozen",
    "aiohttp": "starlette to serve, httpx2 to ask",
    "flask": "starlette",
    "fastapi": "starlette",
    "yaml": "ruamel.yaml: it keeps line and column",
    "orjson": "msgspec",
    "ujson": "msgspec",
    "simplejson": "msgspec",
    "argparse": "click",
    "optparse": "click",
    "typer": "click: typer takes half a second to say that a verb does not exist",
    "logging": "structlog",
    "pytz": "zoneinfo",
    "dateutil": "datetime and zoneinfo",
    "tenacity": "stamina",
    "attr": "dataclasses",
    "attrs": "dataclasses",
    "kafka": "confluent_kafka",
    "aiokafka": "confluent_kafka",
    "clickhouse_driver": "clickhouse_connect",
    "bytewax.connectors": "our own doors: its Kafka classes hide failures",
    "pkg_resources": "importlib.metadata and importlib.resources",
    "unittest": "pytest, and a real small part instead of a mock",
}
# A waived import: (file, import) -> why. Every entry must still be needed.
IMPORT_WAIVERS: dict[tuple[str, str], str] = {
    (
        "sinks/clickhouse.py",
        "logging",
    ): "the client logs by it; here it is quieted, because its errors are raised",
}

CLOCKS = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|os\.(urandom|getrandom)|np\.random|numpy\.random)(\.|$)"
)
MONEY = re.compile(r"(^|_)(qty|quantity|amt|amount|price|cost|revenue|cogs|margin|money|value_amt)$")


def _lines(path: Path) -> int:
    return len(text(path).splitlines())


def _measured() -> dict[tuple[str, str], int]:
    """(rule, place) -> size, of everything over its limit."""
    over: dict[tuple[str, str], int] = {}
    folders: Counter[str] = Counter()
    for path in python_files():
        if path.name == "__init__.py":
            if _lines(path) > INIT_LINES:
                over["init", str(path)] = _lines(path)
        else:
            folders[str(path.parent)] += 1
            if _lines(path) > MODULE_LINES:
                over["module", str(path)] = _lines(path)
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > FUNCTION_LINES:
                    over["function", f"{path}:{node.name}"] = size
    over |= {("folder", name): n for name, n in folders.items() if n > FOLDER_MODULES}
    return over


def test_sizes() -> None:
    limits = {
        "module": MODULE_LINES,
        "function": FUNCTION_LINES,
        "folder": FOLDER_MODULES,
        "init": INIT_LINES,
    }
    over = _measured()
    problems = [
        f"{place}: {size} > {limits[rule]} ({rule}); split it along a noun, or give SIZE_WAIVERS a reason"
        for (rule, place), size in over.items()
        if size > SIZE_WAIVERS.get((rule, place), (0, ""))[0]
    ]
    problems += [
        f"{place}: the waiver ({rule}) is no longer needed; remove it"
        for rule, place in SIZE_WAIVERS.keys() - over.keys()
    ]
    problems += [
        f"{place}: a waiver needs its reason"
        for (_, place), (_, why) in SIZE_WAIVERS.items()
        if len(why) < 20
    ]
    fail_on(sorted(problems))


def test_init_files_hold_no_logic() -> None:
    allowed = ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.Expr
    fail_on(
        [
            f"{path}:{node.lineno}: {type(node).__name__} in an __init__.py; move it to a module with a name"
            for path in python_files(*PACKAGES)
            if path.name == "__init__.py"
            for node in tree(path).body
            if not isinstance(node, allowed)
        ]
    )


def test_every_file_has_a_docstring() -> None:
    fail_on(
        [
            f"{path}:1: no docstring; say in one sentence what this file is"
            for path in python_files()
            if not ast.get_docstring(tree(path))
        ]
    )


def test_only_the_command_prints() -> None:
    fail_on(
        [
            f"{path}:{node.lineno}: print(); return, raise or log it: only pipelines/cli.py prints"
            for path in python_files(*PACKAGES)
            if not str(path).startswith("pipelines/cli")
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        ]
    )


def _banned(name: str) -> str | None:
    return next((ban for ban in BANNED_IMPORTS if name == ban or name.startswith(ban + ".")), None)


def test_banned_imports() -> None:
    problems, used = [], set()
    for path in python_files(*PACKAGES):
        for line, name in imported(path):
            ban = _banned(name)
            if ban and (str(path), ban) in IMPORT_WAIVERS:
                used.add((str(path), ban))
            elif ban:
                problems.append(f"{path}:{line}: imports {ban}; use {BANNED_IMPORTS[ban]}")
    problems += [
        f"{place}: the waiver for {ban} is no longer needed; remove it"
        for place, ban in IMPORT_WAIVERS.keys() - used
    ]
    fail_on(problems)


def test_no_clock_and_no_chance_below_runtime() -> None:
    """Import-linter forbids the modules; this one sees the calls that hide in allowed modules."""
    problems = []
    for path in python_files("schemas", "pipelines"):
        if path.parts[:2] == ("pipelines", "runtime") or path.parts[1].startswith("cli"):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and CLOCKS.search(ast.unparse(node)):
                problems.append(
                    f"{path}:{node.lineno}: {ast.unparse(node)}; take the time or the seed as an argument"
                )
    fail_on(problems)


def _annotations(path: Path) -> list[tuple[int, str, str]]:
    """(line, name, annotation) of every annotated variable, argument and function."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.AnnAssign):
            found.append((node.lineno, ast.unparse(node.target).split(".")[-1], ast.unparse(node.annotation)))
        elif isinstance(node, ast.arg) and node.annotation:
            found.append((node.lineno, node.arg, ast.unparse(node.annotation)))
        elif isinstance(node, ast.FunctionDef) and node.returns:
            found.append((node.lineno, node.name, ast.unparse(node.returns)))
    return found


def test_no_float_for_money_or_quantity() -> None:
    problems = [
        f"{path}:{line}: {name}: {kind}; use int in minor units (x 10^-6, -8, -4) or Decimal"
        for path in python_files(*PACKAGES)
        for line, name, kind in _annotations(path)
        if MONEY.search(name) and re.search(r"\bfloat(16|32|64)?\b", kind)
    ]
    problems += [
        f"{path}:{n}: a float beside money or quantity; use Decimal(38, 4), (18, 6) or (38, 12)"
        for path in files()
        if path.suffix == ".sql"
        for n, line in enumerate(text(path).splitlines(), 1)
        if re.search(r"\b(to)?Float(32|64)", line) and re.search(r"_(qty|amt|cost|price)\b", line)
    ]
    fail_on(problems)


def _dependency_names() -> set[str]:
    """The import names of everything installed beside us."""
    ours = {*PACKAGES, "tests", "docs"}
    return {name for name in importlib.metadata.packages_distributions() if name.isidentifier()} - ours


def test_no_file_bears_the_name_of_a_dependency() -> None:
    taken = _dependency_names() | set(sys.stdlib_module_names)
    fail_on(
        [
            f"{path}: `{path.stem}` is a library's name; say what it does with it (on_{path.stem}.py)"
            for path in python_files(*PACKAGES)
            if path.stem in taken and path.name != "__init__.py"
        ]
    )


def test_the_reference_ledger_stands_alone() -> None:
    """It checks the fast one, so it may share nothing with it."""
    fail_on(
        [
            f"{path}:{line}: imports {name}; the reference uses the standard library and itself only"
            for path in python_files("tests")
            if path.parts[:2] == ("tests", "reference")
            for line, name in imported(path)
            if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("tests.reference")
        ]
    )


@pytest.mark.parametrize(
    ("line", "bad"), [("datetime.now", True), ("np.random.default_rng", True), ("x.known", False)]
)
def test_the_clock_pattern_itself(line: str, bad: bool) -> None:
    assert bool(CLOCKS.search(line)) is bad
