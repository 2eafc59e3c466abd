"""What is said about a bad jobs.yaml, word for word: a golden text per case of the two files beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from pipelines.runtime import i18n
from pipelines.runtime.config import marks, validate
from pipelines.runtime.config.references import Installed
from pipelines.runtime.config.steps import Flow
from pipelines.runtime.errors import ConfigError
from pipelines.runtime.jobs import jobs_schema, parse_jobs

INSTALLED = Installed(
    connectors=frozenset({"ndjson", "pos", "archive", "mock"}),
    steps=dict.fromkeys({"intake.decode", "ledger.post", "stock.on_hand"}, Flow()),
    maps=frozenset({"online_retail", "iowa_liquor"}),
    schemas=frozenset({"stock", "event", "core.movement"}),
)
ENVIRON = {"TOKEN": "s3cr3t-value", "EMPTY": ""}
HEAD = "version: 1\nsources: {events: {connector: ndjson}}\njobs:\n  stock-live:\n    in: [events]\n"
STANDS_FOR = {"$TAB": "\t", "$BEL": "\a", "$BOM": "\ufeff", "$JOB\n": HEAD}


def _cases(file_name: str = "bad_jobs.case") -> Iterator[tuple[str, str, str]]:
    text = Path(__file__).with_name(file_name).read_text(encoding="utf-8")
    for case in re.split(r"^--- (?=\w)", text, flags=re.MULTILINE)[1:]:
        name, _, body = case.partition("\n")
        file, _, said = body.partition("=>\n")
        for sign, char in STANDS_FOR.items():
            file = file.replace(sign, char)
        yield name, file, said.strip()


CASES = list(_cases())
STEPS = list(_cases("bad_steps.case"))


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    before = i18n.current()
    i18n.use("en")
    yield
    i18n.use(before)


def _said(file: str, installed: Installed = INSTALLED) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_jobs(file.encode(), Path("jobs.yaml"), ENVIRON, installed)
    assert caught.value.exit_code == 78
    return str(caught.value)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 25


@pytest.mark.parametrize(("name", "file", "expected"), CASES, ids=[case[0] for case in CASES])
def test_said(name: str, file: str, expected: str) -> None:
    said = _said(file)
    assert said == expected
    assert "s3cr3t" not in said
    assert "hunter2" not in said


@pytest.mark.parametrize(("name", "file", "expected"), CASES, ids=[case[0] for case in CASES])
def test_chinese_finds_the_same_places(name: str, file: str, expected: str) -> None:
    i18n.use("zh")
    places = [re.match(r"\S+:\d+:\d+", line)[0] for line in expected.splitlines()]  # type: ignore[index]
    assert [re.match(r"\S+:\d+:\d+", line)[0] for line in _said(file).splitlines()] == places  # type: ignore[index]
    assert "s3cr3t" not in _said(file)


def test_not_utf8_names_line_and_column() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_jobs(b"version: 1\nsources: \xb0\xa1\n", Path("jobs.yaml"), {}, INSTALLED)
    assert str(caught.value) == "jobs.yaml:2:10: not UTF-8; save the file as UTF-8"


def test_too_large_and_too_deep() -> None:
    with pytest.raises(ConfigError, match="larger than 1048576 bytes"):
        parse_jobs(b" " * (1 << 20) + b" ", Path("jobs.yaml"), {}, INSTALLED)
    with pytest.raises(ConfigError, match="nested too deeply"):
        parse_jobs(b"[" * 5000, Path("jobs.yaml"), {}, INSTALLED)


def test_aliases_cannot_multiply_without_end() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(ConfigError, match="too many of them"):
        parse_jobs("\n".join(rows).encode(), Path("jobs.yaml"), {}, INSTALLED)


@pytest.mark.parametrize(("name", "file", "expected"), STEPS, ids=[case[0] for case in STEPS])
def test_steps_that_make_no_chain(name: str, file: str, expected: str) -> None:
    installed = Installed.find()
    assert _said(file, installed) == expected
    i18n.use("zh")
    places = [re.match(r"\S+ \S+:", line)[0] for line in expected.splitlines()]  # type: ignore[index]
    assert [re.match(r"\S+ \S+:", line)[0] for line in _said(file, installed).splitlines()] == places  # type: ignore[index]


def test_any_order_that_makes_a_chain_is_taken() -> None:
    steps = "[intake.decode, ledger.post, audit.chain, audit.intake]"
    found = parse_jobs(f"{HEAD}    steps: {steps}\n".encode(), Path("jobs.yaml"), {}, Installed.find())
    assert found.jobs["stock-live"].steps[2:] == ["audit.chain", "audit.intake"]


def _judged(file: str) -> tuple[bool, bool] | None:
    """(`check` refuses its shape, the schema does); None without a shape: no YAML, or variables in it."""
    marked = marks.read(file.encode(), {})
    if marked.problems or marked.data is None or "${" in file:
        return None
    data = YAML(typ="safe").load(file)
    refused = not jsonschema.Draft202012Validator(jobs_schema()).is_valid(data)
    return validate.validate(marked) is None, refused


@pytest.mark.parametrize(
    ("name", "file"), [case[:2] for case in (*CASES, *STEPS)], ids=[case[0] for case in (*CASES, *STEPS)]
)
def test_an_editor_is_told_of_the_shape_too(name: str, file: str) -> None:
    """What `check` refuses for its shape the JSON Schema refuses; a name that means nothing it does not."""
    judged = _judged(file)
    if judged is not None:
        assert judged[0] == judged[1], name


def test_enough_bad_files_are_judged_by_the_schema() -> None:
    judged = [_judged(file) for _, file, _ in (*CASES, *STEPS)]
    assert judged.count((True, True)) >= 8
    assert judged.count((False, False)) >= 8
