"""The two languages of every text a user reads: one catalogue keyed by msgid, looked up at the moment of use.

The language of a process is set once, by `use`, from `--lang` or the environment (`take`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.runtime.texts import command, config, doctor, failure, replay

LANGUAGES = ("zh", "en")

# msgid -> (zh, en); {names} in braces are the facts, the same in both
CATALOGUE: dict[str, tuple[str, str]] = {
    **command.TEXTS,
    **config.TEXTS,
    **doctor.TEXTS,
    **failure.TEXTS,
    **replay.TEXTS,
}

_state = {"lang": "en"}


def use(lang: str) -> None:
    """Set the language of this process; raises ValueError for another than zh or en."""
    if lang not in LANGUAGES:
        raise ValueError(f"lang: {lang!r} is none of {', '.join(LANGUAGES)}")
    _state["lang"] = lang


def current() -> str:
    """The language in use."""
    return _state["lang"]


def t(msgid: str, /, **facts: object) -> str:
    """The text of `msgid` in the language in use, with its facts filled in; KeyError if there is none."""
    zh, en = CATALOGUE[msgid]
    text = zh if current() == "zh" else en
    return text.format(**facts) if facts else text


def take(argv: Sequence[str], environ: Mapping[str, str]) -> tuple[str, list[str]]:
    """The language asked for, and the command line without `--lang`, which may stand anywhere before `--`.

    Read before the command line is parsed, because the help itself is in that language. Without it the
    environment decides, else English. Returns whatever was asked; `use` refuses what is no language.

    >>> take(["run", "--lang=zh"], {})
    ('zh', ['run'])
    >>> take([], {"LANG": "zh_CN.UTF-8"}), take([], {"LANG": "C"})
    (('zh', []), ('en', []))
    """
    lang, rest, words = "", [], iter(argv)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == "--lang":
            lang = next(words, "?")
        elif word.startswith("--lang="):
            lang = word.removeprefix("--lang=") or "?"
        else:
            rest.append(word)
    return lang or _of_environment(environ), rest


def _of_environment(environ: Mapping[str, str]) -> str:
    for name in ("STOCKTWIN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"
