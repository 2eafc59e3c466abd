"""What is said about a bad jobs.yaml, word for word: one golden text per case of `bad_jobs.case`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.runtime import i18n
from pipelines.runtime.config.references import Installed
from pipelines.runtime.errors import ConfigError
from pipelines.runtime.jobs import parse_jobs

INSTALLED = Installed(
    connectors=frozenset({"ndjson", "pos", "archive", "mock"}),
    steps=frozenset({"intake.decode", "ledger.post", "stock.on_hand"}),
    maps=frozenset({"online_retail", "iowa_liquor"}),
    schemas=frozenset({"stock", "event", "core.movement"}),
)
ENVIRON = {"TOKEN": "s3cr3t-value", "EMPTY": ""}
STANDS_FOR = {"$TAB": "\t", "$BEL": "\a", "$BOM": "\ufeff"}


def _cases() -> Iterator[tuple[str, str, str]]:
    text = Path(__file__).with_name("bad_jobs.case").read_text(encoding="utf-8")
    for case in re.split(r"^--- (?=\w)", text, flags=re.MULTILINE)[1:]:
        name, _, body = case.partition("\n")
        file, _, said = body.partition("=>\n")
        for sign, char in STANDS_FOR.items():
            file = file.replace(sign, char)
        yield name, file, said.strip()


CASES = list(_cases())


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    before = i18n.current()
    i18n.use("en")
    yield
    i18n.use(before)


def _said(file: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_jobs(file.encode(), Path("jobs.yaml"), ENVIRON, INSTALLED)
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
