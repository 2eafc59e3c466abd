"""Every text exists in both languages, with the same facts, and every msgid in the code exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from pipelines import cli
from pipelines.runtime import i18n
from pipelines.runtime.errors import as_error
from pipelines.runtime.texts import doors
from tests.repo import ROOT

HAN = re.compile(r"[\u4e00-\u9fff]")
FACT = re.compile(r"(?<!\$)\{([a-z_]+)\}")
# texts that are the same in every language
PLAIN = {"doctor.python"}


@pytest.mark.parametrize("msgid", sorted(i18n.CATALOGUE))
def test_both_languages(msgid: str) -> None:
    zh, en = i18n.CATALOGUE[msgid]
    assert zh
    assert en
    assert HAN.search(zh) or "{" in zh
    assert not HAN.search(en)
    assert set(FACT.findall(zh)) == set(FACT.findall(en))


def test_modules_do_not_share_a_msgid() -> None:
    from pipelines.runtime.texts import command, config, doctor, failure, replay

    parts = [command.TEXTS, config.TEXTS, doctor.TEXTS, failure.TEXTS, replay.TEXTS]
    assert sum(map(len, parts)) == len(i18n.CATALOGUE)


def test_every_msgid_in_the_code_exists_and_none_is_left_over() -> None:
    files = [*(ROOT / "pipelines/runtime").rglob("*.py"), ROOT / "pipelines/cli.py"]
    tables = {"command.py", "config.py", "doctor.py", "failure.py"}
    code = "\n".join(f.read_text(encoding="utf-8") for f in files if f.name not in tables)
    direct = set(re.findall(r"""\bt\(\s*"([^"{]+)\"""", code))
    assert direct <= i18n.CATALOGUE.keys()
    quoted = set(re.findall(r'"([a-z_.0-9]+)"', code))
    checks = set(re.findall(r'\b(?:ok|warn|fail)\(\s*"(\w+)"', code)) | {"ok", "warn", "fail"}
    tree = cli.command()
    helped = [tree, *tree.commands.values(), *(p for v in (tree, *tree.commands.values()) for p in v.params)]
    quoted |= {vars(one)["_help_msgid"] for one in helped}
    used = quoted | {f"doctor.{name}" for name in checks}
    used |= {f"{msgid}.cure" for msgid in used}
    assert sorted(i18n.CATALOGUE.keys() - used) == []


def _texts(node: ast.expr | None) -> Iterator[str]:
    """The texts that an expression may give, with {} for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _texts(value)
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))


def _said_by_doors() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "connectors").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
                if name in ("MapError", "FileError", "KeyFault", "wrong"):
                    found |= {text for part in node.args[1:3] for text in _texts(part)}
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("what", "cure"):
                found |= set(_texts(node.value))
    return {text for text in found if re.search("[a-z]{2}", text)}


def test_what_a_door_says_is_said_in_chinese_too() -> None:
    said = _said_by_doors()
    assert len(said) > 90
    assert sorted(said - doors.CHINESE.keys()) == []
    for english, chinese in doors.CHINESE.items():
        assert HAN.search(chinese) or english == "{}: {}"
        assert chinese.format(*"abcd").count("{") == chinese.count("{{")
        assert english.count("{}") == len(re.findall(r"(?<!\{)\{\d?\}(?!\})", chinese))


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("'cvs' is not known", "没有 'cvs'"),
        ('did you mean "csv"?', '您是否想写 "csv"？'),
        ("sale.delivery needs item or gtin", "sale.delivery 须有 item or gtin"),
        ("not an expression: a bracket is not closed", "不是算式：括号没有闭合"),
        ("has 3 records, not the 5 of the last run", "只有 3 条记录，上次运行已读到第 5 条"),
        ("a.csv:2 gives 'x' a second value", "a.csv:2 给 'x' 第二个值"),
        ("words of the system", "words of the system"),
    ],
)
def test_a_door_is_told_in_the_language_in_use(english: str, chinese: str) -> None:
    before = i18n.current()
    try:
        assert doors.told(english) == english
        i18n.use("zh")
        assert doors.told(english) == chinese
        told = as_error(_Door(english))
        assert told is not None
        assert told.what == chinese
    finally:
        i18n.use(before)


class _Door(Exception):
    place, cure = "m.yaml", ""

    def __init__(self, what: str) -> None:
        self.what = what


def test_take_finds_the_language_anywhere() -> None:
    assert i18n.take(["run", "--lang", "en", "x"], {"LANG": "zh_CN.UTF-8"}) == ("en", ["run", "x"])
    assert i18n.take(["--lang=zh", "run"], {}) == ("zh", ["run"])
    assert i18n.take(["sql", "--", "--lang=zh"], {}) == ("en", ["sql", "--", "--lang=zh"])
    assert i18n.take(["--lang"], {}) == ("?", [])
    assert i18n.take([], {"LC_ALL": "zh_TW", "LANG": "C"}) == ("zh", [])
    assert i18n.take([], {"STOCKTWIN_LANG": "en", "LANG": "zh_CN"}) == ("en", [])
    with pytest.raises(ValueError, match="none of"):
        i18n.use("fr")
