"""The two languages of every text a user reads: one catalogue keyed by msgid, looked up at the moment of use.

The language of a process is set once, by `use`, from `--lang` or the environment (`detect`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.runtime.texts import command, config, doctor, failure

LANGUAGES = ("zh", "en")

# msgid -> (zh, en); {names} in braces are the facts, the same in both
CATALOGUE: dict[str, tuple[str, str]] = {
    **command.TEXTS,
    **config.TEXTS,
    **doctor.TEXTS,
    **failure.TEXTS,
}

_current = "en"


def use(lang: str) -> None:
    """Set the language of this process; raises ValueError for another than zh or en."""
    global _current
    if lang not in LANGUAGES:
        raise ValueError(f"lang: {lang!r} is none of {', '.join(LANGUAGES)}")
    _current = lang


def current() -> str:
    """The language in use."""
    return _current


def t(msgid: str, /, **facts: object) -> str:
    """The text of `msgid` in the language in use, with its facts filled in; KeyError if there is none."""
    zh, en = CATALOGUE[msgid]
    text = zh if _current == "zh" else en
    return text.format(**facts) if facts else text


def detect(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """The language asked for: `--lang` anywhere on the command line, else the environment, else English.

    Read before the command line is parsed, because the help itself is in that language; a value that is
    no language is left for the parser to complain about.

    >>> detect(["run", "--lang=zh"], {}), detect([], {"LANG": "zh_CN.UTF-8"}), detect([], {"LANG": "C"})
    ('zh', 'zh', 'en')
    """
    for at, word in enumerate(argv):
        if word == "--":
            break
        value = word[7:] if word.startswith("--lang=") else ""
        if word == "--lang" and at + 1 < len(argv):
            value = argv[at + 1]
        if value in LANGUAGES:
            return value
    for name in ("STOCKTWIN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"
