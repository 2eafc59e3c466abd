"""The house's plan: top-level names, who owns them, and that a step, its cases and its views share one name.

A step `room.step` is the file `pipelines/<room>/<step>.py`; its cases are `tests/cases/<room>/<step>.case`,
or several files in `tests/cases/<room>/<step>/` where one would be too long to read.
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.repo import PACKAGES, ROOT, fail_on, files, python_files, text, tree

TOP = {
    *PACKAGES,
    "tests",
    "docs",
    "infra",
    "requirements",
    ".ci",
    "Makefile",
    "pyproject.toml",
    "jobs.yaml",
    "mkdocs.yml",
    "LICENSE",
    "README.md",
    "README.zh.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    ".gitignore",
    ".editorconfig",
    ".gitattributes",
}
NOT_ROOMS = {"kernels", "runtime"}
DOCSTRING_PARTS = (
    "In",
    "Out",
    "Key and grain",
    "Units",
    "Order and lateness",
    "Restart",
    "Refuses",
    "Example",
)

# step -> why it has no case file (yet). An entry for a step that has one, or that is gone, fails.
WITHOUT_CASES: dict[str, str] = {}


def _rooms() -> list[str]:
    return sorted({p.parts[1] for p in python_files("pipelines") if len(p.parts) > 2} - NOT_ROOMS)


def _steps_in_code() -> dict[str, Path]:
    """`room.module` -> file, for every class in a room that speaks the contract of a step."""
    found = {}
    for path in python_files("pipelines"):
        if len(path.parts) != 3 or path.parts[1] in NOT_ROOMS:
            continue
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef):
                verbs = {f.name for f in node.body if isinstance(f, ast.FunctionDef)}
                if {"process", "save", "restore"} <= verbs:
                    found[f"{path.parts[1]}.{path.stem}"] = path
    return found


def _steps_in_jobs() -> set[str]:
    jobs = YAML(typ="safe").load(text(Path("jobs.yaml")))["jobs"]
    return {step for job in jobs.values() for step in job["steps"]}


def test_top_level_names() -> None:
    fail_on(
        [
            f"{top}: not a name of this house; see CONTRIBUTING.md for where things go"
            for top in sorted({p.parts[0] for p in files()} - TOP)
        ]
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_with_python_is_a_package(package: str) -> None:
    folders = {p.parent for p in python_files(package)}
    fail_on(
        [
            f"{folder}/: no __init__.py; a folder of the four packages is a real package"
            for folder in sorted(folders)
            if not (ROOT / folder / "__init__.py").is_file()
        ]
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_nobody_else_owns_the_name(package: str) -> None:
    owners = set(importlib.metadata.packages_distributions().get(package, ())) - {"stocktwin"}
    assert not owners, (
        f"{package} is also installed by {sorted(owners)}: uninstall it, or chance decides which one wins"
    )
    where = Path(str(importlib.import_module(package).__file__))
    assert where == ROOT / package / "__init__.py", (
        f"{package} is imported from {where}, not from this checkout"
    )


def test_the_layers_name_every_room() -> None:
    """Import-linter can only keep a room in its place if the contract names it."""
    contract = tomllib.loads(text(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"][0]["layers"]
    fail_on(
        [
            f"pipelines/{room}/ is missing from the layers in pyproject.toml, beside the other rooms"
            for room in _rooms()
            if not any(f"pipelines.{room}" in layer for layer in contract)
        ]
    )


def test_modules_directly_under_pipelines() -> None:
    loose = {p.name for p in python_files("pipelines") if len(p.parts) == 2} - {
        "__init__.py",
        "step.py",
        "cli.py",
    }
    assert not loose, f"{sorted(loose)}: only step.py and cli.py stand beside the rooms"


def test_jobs_name_steps_that_exist() -> None:
    fail_on(
        [
            f"jobs.yaml: step {step}: there is no pipelines/{step.replace('.', '/')}.py"
            for step in sorted(_steps_in_jobs())
            if not (ROOT / "pipelines" / f"{step.replace('.', '/')}.py").is_file()
        ]
    )


def test_a_step_is_named_after_its_file() -> None:
    problems = []
    for step, path in _steps_in_code().items():
        names = {
            node.value.value
            for each in tree(path).body
            if isinstance(each, ast.ClassDef)
            for node in each.body
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name) and target.id == "name"
        }
        if step not in names:
            problems.append(f'{path}: the step says name = {sorted(map(str, names))}; say name = "{step}"')
    fail_on(problems)


def test_a_step_says_what_it_does() -> None:
    problems = []
    for step, path in _steps_in_code().items():
        said = ast.get_docstring(tree(path)) or ""
        said += "".join(ast.get_docstring(n) or "" for n in tree(path).body if isinstance(n, ast.ClassDef))
        missing = [part for part in DOCSTRING_PARTS if f"**{part}" not in said and f"/ {part}**" not in said]
        if missing:
            problems.append(f"{path}: the docstring of {step} lacks **{'**, **'.join(missing)}**")
    fail_on(problems)


def _case_files() -> dict[str, list[Path]]:
    """`room.step` -> its case files."""
    found: dict[str, list[Path]] = {}
    for path in files():
        if path.suffix == ".case" and path.parts[:2] == ("tests", "cases"):
            found.setdefault(".".join(path.with_suffix("").parts[2:4]), []).append(path)
    return found


def test_a_step_has_its_cases_and_cases_their_step() -> None:
    steps, cases = _steps_in_code() | dict.fromkeys(_steps_in_jobs(), Path("jobs.yaml")), _case_files()
    problems = [
        f"{step}: no tests/cases/{step.replace('.', '/')}.case; write down what it must do"
        for step in sorted(steps.keys() - cases.keys() - WITHOUT_CASES.keys())
    ]
    problems += [f"{cases[step][0]}: there is no step {step}" for step in sorted(cases.keys() - steps.keys())]
    problems += [
        f"WITHOUT_CASES[{step!r}] is no longer needed; remove it"
        for step in WITHOUT_CASES
        if step in cases or step not in steps
    ]
    fail_on(problems)


def test_a_view_and_its_page_stand_side_by_side() -> None:
    views = {p for p in files() if p.parts[:2] == ("sinks", "views") and p.suffix in {".sql", ".yml"}}
    problems = [
        f"{p}: no {p.with_suffix(other).name} beside it"
        for p in sorted(views)
        for other in (".sql", ".yml")
        if p.with_suffix(other) not in views
    ]
    problems += [
        f"{p}: no room pipelines/{p.parts[2]}/ that fills it"
        for p in sorted(views)
        if not (ROOT / "pipelines" / p.parts[2]).is_dir()
    ]
    fail_on(problems)
