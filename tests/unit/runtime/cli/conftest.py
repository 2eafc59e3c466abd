"""The command in an empty directory, with a small stand-in for the runtime behind it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipelines import cli
from pipelines.runtime import i18n
from pipelines.runtime.config.references import Installed
from pipelines.runtime.config.steps import Flow
from tests.unit.runtime.cli.stand_ins import JOBS, Calls, Report, Run, Verified


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    found = Calls()
    verified = Verified(identical=True)

    def answer(name: str, result: Any) -> Callable[..., Any]:
        def called(*args: Any, **named: Any) -> Any:
            found.append((name, *args, named))
            if found.raises is not None:
                raise found.raises
            return result() if callable(result) else result

        return called

    stand_ins: dict[str, dict[str, Any]] = {
        "pipelines.runtime.verbs.run": {"run_job": answer("run", Report)},
        "pipelines.runtime.verbs.demo": {"run_demo": answer("demo", None)},
        "pipelines.runtime.replay": {
            "verify": answer("verify", lambda: verified),
            "into": answer("into", None),
        },
        "sinks.serving.client": {"query": answer("query", "rows")},
        "sinks.format": {"render": lambda table, form: f"{table} as {form}\n\n"},
    }
    for name, members in stand_ins.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("pipelines.runtime.replay", sys.modules["pipelines.runtime.replay"], raising=False)
    monkeypatch.setattr("sinks.format", sys.modules["sinks.format"], raising=False)
    monkeypatch.setattr(found, "verified", verified, raising=False)
    return found


@pytest.fixture
def stocktwin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run the command in an empty directory with a small jobs.yaml; returns (exit code, out, err)."""
    before = i18n.current()
    installed = Installed(frozenset({"ndjson"}), {"intake.decode": Flow()}, frozenset(), frozenset({"stock"}))
    monkeypatch.setattr(Installed, "find", staticmethod(lambda: installed))
    monkeypatch.chdir(tmp_path)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "STOCKTWIN_LANG", "STOCKTWIN_DEBUG", "STOCKTWIN_DATA"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "jobs.yaml").write_text(JOBS, encoding="utf-8")
    (tmp_path / "in.ndjson").write_text("{}\n", encoding="utf-8")
    (tmp_path / "D").mkdir()
    (tmp_path / "D/store").mkdir()
    (tmp_path / "D/meta.json").write_text('{"format": 1, "runs": []}', encoding="utf-8")

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            cli.main(words)
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    yield run
    i18n.use(before)
