"""Writes what the code already says: reference pages and JSON Schemas; `--check` only names the stale ones.

Add a line to `derived` and run `make docs`. A test fails when a file is not what the code says now.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORDS = {
    "en": {
        "title": "The command `stocktwin`",
        "intro": "Generated from the command itself by `make docs`. `stocktwin VERB --help` says the same.",
        "everywhere": "Everywhere",
        "name": "option", "meaning": "meaning", "default": "default",
        "exits": "Exit codes: 0 ok, 1 failure, 2 usage, 78 bad configuration.",
    },
    "zh": {
        "title": "命令 `stocktwin`",
        "intro": "由命令自身生成（`make docs`）。`stocktwin VERB --help` 给出同样的内容。",
        "everywhere": "各处通用",
        "name": "选项", "meaning": "含义", "default": "默认值",
        "exits": "退出码：0 正常，1 失败，2 用法错误，78 配置错误。",
    },
}  # fmt: skip


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _default(param: Any) -> str:
    """What holds when the option is not given; nothing for switches and for options without one."""
    value = param.default
    if (
        value is None
        or callable(value)
        or value == ()
        or isinstance(value, bool)
        or "UNSET" in repr(value).upper()
    ):
        return ""
    return f"`{value}`"


def _spelled(param: Any) -> str:
    """`-o`, `--output` `table|json|csv`, or the name of an argument."""
    value = "" if not param.metavar or getattr(param, "is_flag", False) else f"`{param.metavar}`"
    if param.param_type_name == "argument":
        return value
    names = ", ".join(f"`{o}`" for o in (*param.opts, *param.secondary_opts))
    return f"{names} {value}".strip()


def _verb(heading: str, command: Any, words: dict[str, str]) -> Iterator[str]:
    yield f"## {heading}"
    yield ""
    yield command.help or ""
    yield ""
    params = [p for p in command.params if not getattr(p, "hidden", False) and p.name != "help"]
    if params:
        yield f"| {words['name']} | {words['meaning']} | {words['default']} |"
        yield "|---|---|---|"
        for p in params:
            yield f"| {_cell(_spelled(p))} | {_cell(getattr(p, 'help', '') or '')} | {_default(p)} |"
        yield ""


def cli_page(lang: str) -> str:
    """The reference of the command in one language: a heading per verb, a row per option."""
    from pipelines import cli
    from pipelines.runtime import i18n

    before = i18n.current()
    i18n.use(lang)
    try:
        words, tree = WORDS[lang], cli.command()
        lines = [f"# {words['title']}", "", words["intro"], "", words["exits"], ""]
        lines += _verb(words["everywhere"], tree, words)
        for name, verb in tree.commands.items():
            lines += _verb(f"stocktwin {name}", verb, words)
    finally:
        i18n.use(before)
    return "\n".join(lines).rstrip() + "\n"


def derived() -> dict[str, str]:
    """Path from the root -> what the file must hold."""
    from pipelines.runtime.jobs import jobs_schema
    from schemas.derive import written
    from sinks.face_pages import faces_page

    found = {"docs/reference/cli.md": cli_page("en"), "docs/reference/cli.zh.md": cli_page("zh")}
    found |= {str(path): text for path, text in written(Path("docs/reference"), Path("schemas/json")).items()}
    found |= {"docs/reference/faces.md": faces_page("en"), "docs/reference/faces.zh.md": faces_page("zh")}
    found["schemas/json/jobs.schema.json"] = json.dumps(jobs_schema(), ensure_ascii=False, indent=2) + "\n"
    return found


def stale() -> dict[str, str]:
    """What must be written now: the derived files that are missing or say something else."""
    return {
        name: text for name, text in derived().items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text(encoding="utf-8") != text
    }  # fmt: skip


def main(arguments: list[str]) -> int:
    """Write the stale files; with `--check` write nothing and answer 1 if there is one."""
    found = stale()
    checking = "--check" in arguments
    for name, text in found.items():
        print(f"{name}: {'not fresh' if checking else 'written'}")
        if not checking:
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(text, encoding="utf-8")
    return 1 if found and checking else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
