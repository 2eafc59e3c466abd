"""What the pages say is so: commands exist, twins agree, pages are fresh, snippets run, links lead on."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.repo import ROOT, fail_on, files, text

PAGES = [p for p in files() if p.suffix == ".md"]
TWINS = [p for p in PAGES if p.name.endswith(".zh.md")]
MAKEFILE = Path("Makefile")
INTERNAL_TARGETS = {"dev", "browser"}  # steps of other targets, not for people
_FENCE = re.compile(
    r"^(?P<tick>```+)(?P<lang>[\w-]*)[^\n]*\n(?P<body>.*?)^(?P=tick)\s*$", re.MULTILINE | re.DOTALL
)


def _blocks(path: Path, *languages: str) -> Iterator[tuple[int, str]]:
    """(line of the fence, body) of every fenced block in one of these languages (none named: in any)."""
    for found in _FENCE.finditer(text(path)):
        if not languages or found["lang"] in languages:
            yield text(path).count("\n", 0, found.start()) + 1, found["body"]


def _prose(path: Path) -> str:
    return _FENCE.sub("", text(path))


def _commands(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, words) of every command line in a shell block and in inline code, continuation lines joined."""
    for start, body in _blocks(path, "sh", "bash", "console"):
        joined = body.replace("\\\n", " ")
        for n, line in enumerate(joined.splitlines(), start + 1):
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words:
                yield n, words
    for found in re.finditer(r"`((?:make|stocktwin) [^`\n]+)`", _prose(path)):
        try:
            yield 0, shlex.split(found[1])
        except ValueError:  # an example with an open quote is prose
            continue


@functools.cache
def _make_targets() -> dict[str, str]:
    """Public target -> its sentence ("" where it has none)."""
    phony = {t for line in re.findall(r"^\.PHONY:(.*)$", text(MAKEFILE), re.MULTILINE) for t in line.split()}
    said = dict(re.findall(r"^([a-z0-9-]+):.*?## (.+)$", text(MAKEFILE), re.MULTILINE))
    return {
        t: said.get(t, "") for t in phony if re.fullmatch(r"[a-z0-9]+", t) and t not in INTERNAL_TARGETS
    } | said


@functools.cache
def _verbs() -> dict[str, Any]:
    """Verb -> click command, of the whole command tree (`schema jobs` is one verb of two words)."""
    from pipelines.cli import command

    def walk(verb: Any, prefix: str) -> Iterator[tuple[str, Any]]:
        for name, sub in getattr(verb, "commands", {}).items():
            yield f"{prefix}{name}", sub
            yield from walk(sub, f"{prefix}{name} ")

    root = command()
    return {"": root, **dict(walk(root, ""))}


def _options(command: Any) -> set[str]:
    return {o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("-")} | {"--help"}


def test_every_make_target_has_its_sentence() -> None:
    fail_on([f"Makefile: {t}: no `## one sentence`" for t, said in _make_targets().items() if not said])


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_make_targets_named_in_a_page_exist(path: Path) -> None:
    fail_on(
        [
            f"{path}:{n}: make {word}: no such target; known: {' '.join(sorted(_make_targets()))}"
            for n, words in _commands(path)
            if words[0] == "make"
            for word in words[1:]
            if "=" not in word and not word.startswith("-") and word not in _make_targets()
        ]
    )


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_verbs_and_options_named_in_a_page_exist(path: Path) -> None:
    problems = []
    for n, words in _commands(path):
        if words[0] not in ("stocktwin", ".venv/bin/stocktwin") or words[1:2] == ["VERB"]:
            continue
        verb = next(
            (v for v in (" ".join(words[1:3]), words[1] if len(words) > 1 else "") if v in _verbs()), None
        )
        if verb is None:
            problems.append(f"{path}:{n}: stocktwin {words[1]}: no such verb; known: {', '.join(_verbs())}")
            continue
        known = _options(_verbs()[verb]) | _options(_verbs()[""])
        problems += [
            f"{path}:{n}: stocktwin {verb} {w}: no such option; known: {' '.join(sorted(known))}"
            for w in (w.split("=")[0] for w in words[1:])
            if re.match(r"--?[a-z]", w) and w not in known
        ]
    fail_on(problems)


@pytest.mark.parametrize("path", TWINS, ids=str)
def test_the_chinese_twin_is_a_twin(path: Path) -> None:
    """Same headings by level, same commands, same links: only the sentences are in another language."""
    other = path.with_name(path.name.replace(".zh.md", ".md"))
    levels = [[len(h) for h in re.findall(r"^(#+) ", _prose(p), re.MULTILINE)] for p in (other, path)]
    assert levels[0] == levels[1], f"{path}: headings {levels[1]}, {other}: {levels[0]}"
    code = [
        [re.sub(r"\s+#.*$", "", body, flags=re.MULTILINE) for _, body in _blocks(p, "sh")]
        for p in (other, path)
    ]
    assert code[0] == code[1], f"{path}: the commands differ from those of {other}"
    links = [
        sorted(re.sub(r"\.zh(?=\.(?:md|png)$)", "", x) for x in re.findall(r"\]\(([^)]+)\)", _prose(p)))
        for p in (other, path)
    ]
    assert links[0] == links[1], f"{path}: other links than {other}: {set(links[0]) ^ set(links[1])}"


def test_the_readme_has_a_chinese_twin() -> None:
    assert Path("README.zh.md") in TWINS


def test_generated_pages_are_fresh() -> None:
    from docs import generate

    fail_on([f"{name} is not what the code says now; run: make docs" for name in generate.stale()])


def test_undocumented_is_red() -> None:
    """Every verb and every option stands in the reference of the command."""
    page = text(Path("docs/reference/cli.md"))
    problems = []
    for verb, command in _verbs().items():
        if verb and f"## stocktwin {verb}\n" not in page:
            problems.append(f"docs/reference/cli.md: stocktwin {verb} is missing")
        problems += [
            f"docs/reference/cli.md: stocktwin {verb}: {o} is missing"
            for o in sorted(_options(command) - {"--help"})
            if f"`{o}`" not in page and f"`{o} " not in page
        ]
        problems += [
            f"stocktwin {verb}: {p.name} has no help text"
            for p in command.params
            if p.param_type_name == "option" and not p.help
        ]
    fail_on(problems)


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_python_snippets_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The snippets of a page run one after another in one namespace, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "snippet"}
    for line, body in _blocks(path, "python"):
        exec(compile("\n" * line + body, str(path), "exec"), names)


def _anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and mkdocs make them."""
    heads = re.findall(r"^#+ +(.+)$", _prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", h)).strip().lower().replace(" ", "-") for h in heads}


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_links_lead_somewhere(path: Path) -> None:
    problems = []
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(path)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (ROOT / path).parent / name if name else ROOT / path
        if not there.exists():
            problems.append(f"{path}: the link to {target} leads nowhere")
        elif anchor and there.suffix == ".md" and anchor not in _anchors(there.resolve().relative_to(ROOT)):
            problems.append(f"{path}: the link to {target}: no such heading")
    fail_on(problems)


def _nav(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        for each in entry.values():
            yield from _nav(each)
    else:
        for each in entry:
            yield from _nav(each)


def test_every_page_is_in_the_navigation() -> None:
    listed = set(_nav(YAML(typ="safe").load(text(Path("mkdocs.yml")))["nav"]))
    there = {str(p.relative_to("docs")) for p in PAGES if p.parts[0] == "docs"}
    problems = [f"mkdocs.yml: nav lacks {page}" for page in sorted(there - listed)]
    fail_on(problems + [f"mkdocs.yml: nav names {page}, which is no page" for page in sorted(listed - there)])


def test_the_glossary_has_one_word_per_thing() -> None:
    rows = [
        tuple(c.strip() for c in line.strip("|").split("|"))
        for line in text(Path("docs/glossary.md")).splitlines()
        if line.startswith("| ") and not re.match(r"\| *(word|-)", line)
    ]
    assert len(rows) > 20
    for column, language in ((0, "en"), (1, "zh")):
        seen = [r[column].lower() for r in rows]
        assert not {w for w in seen if seen.count(w) > 1}, (
            f"docs/glossary.md: {language}: the same word twice"
        )
    fail_on(
        [
            f"docs/glossary.md: {r[0]}: a row needs word, Chinese word and meaning"
            for r in rows
            if len(r) != 3 or not all(r)
        ]
    )
