"""Every text exists in both languages, with the same facts, and every msgid in the code exists."""

from __future__ import annotations

import re

import pytest

from pipelines import cli
from pipelines.runtime import i18n
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


def test_take_finds_the_language_anywhere() -> None:
    assert i18n.take(["run", "--lang", "en", "x"], {"LANG": "zh_CN.UTF-8"}) == ("en", ["run", "x"])
    assert i18n.take(["--lang=zh", "run"], {}) == ("zh", ["run"])
    assert i18n.take(["sql", "--", "--lang=zh"], {}) == ("en", ["sql", "--", "--lang=zh"])
    assert i18n.take(["--lang"], {}) == ("?", [])
    assert i18n.take([], {"LC_ALL": "zh_TW", "LANG": "C"}) == ("zh", [])
    assert i18n.take([], {"STOCKTWIN_LANG": "en", "LANG": "zh_CN"}) == ("en", [])
    with pytest.raises(ValueError, match="none of"):
        i18n.use("fr")
