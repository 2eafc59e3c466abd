"""The command `stocktwin`: verbs only. Each parses its words, calls the runtime and prints what it returns.

Exit codes: 0 ok, 1 failure, 2 usage, 78 bad configuration. Errors are one line of place, what and cure on
standard error; a traceback only with STOCKTWIN_DEBUG=1. Help texts are msgids here, translated in `command`.
Nothing heavy is imported before the verb is known: `--help` answers in a fifth of a second.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.runtime import i18n
from pipelines.runtime.errors import Different, Refused, StocktwinError, UsageError, as_error
from pipelines.runtime.i18n import t
from pipelines.runtime.texts.shown import run_report, schema_text, translate

if TYPE_CHECKING:
    from pipelines.runtime.config.models import Jobs

PORT = 8642


class Form(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Short(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    JSON = "json"


class Engine(StrEnum):
    """The engines that run a bounded input."""

    LOCAL = "local"
    BYTEWAX = "bytewax"


Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="opt.data")]
JobsFile = Annotated[Path | None, typer.Option("--jobs", metavar="FILE", help="opt.jobs")]
Input = Annotated[str | None, typer.Option("--input", metavar="FILE|URI", help="opt.input")]
Map = Annotated[str | None, typer.Option("--map", metavar="NAME|FILE", help="opt.map")]

app = typer.Typer(
    name="stocktwin",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 110},
)


def _print_version(wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        print(f"stocktwin {installed('stocktwin')}")
    except PackageNotFoundError:
        print("stocktwin (source)")
    raise typer.Exit


@app.callback(help="cmd")
def everywhere(
    lang: Annotated[str | None, typer.Option("--lang", metavar="zh|en", help="opt.lang")] = None,
    version: Annotated[
        bool, typer.Option("--version", help="opt.version", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Options of every verb, here for the help: `main` has taken `--lang` out before, wherever it stood."""


@app.command(help="cmd.demo")
def demo(
    speed: Annotated[int, typer.Option(min=1, max=1_000_000, help="opt.speed")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="opt.seed")] = 7,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="opt.port")] = PORT,
    host: Annotated[str, typer.Option(help="opt.host")] = "127.0.0.1",
    data: Annotated[Path | None, typer.Option("--data", metavar="DIR", help="opt.demo_data")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="opt.no_browser")] = False,
    duration: Annotated[float | None, typer.Option(min=0, metavar="SECONDS", help="opt.duration")] = None,
    jobs: JobsFile = None,
) -> None:
    """See `pipelines.runtime.demo`."""
    from pipelines.runtime.demo import run_demo
    from pipelines.runtime.doctor import require_port

    require_port(host, port)
    run_demo(
        cfg=_load(jobs), speed=speed, seed=seed, port=port, host=host, data=data, lang=i18n.current(),
        browser=not no_browser, duration=duration,
    )  # fmt: skip


@app.command(help="cmd.run")
def run(
    job: Annotated[list[str] | None, typer.Argument(metavar="JOB", help="arg.job")] = None,
    input: Input = None,  # noqa: A002
    map: Map = None,  # noqa: A002
    data: Data = None,
    strict: Annotated[bool, typer.Option("--strict", help="opt.strict")] = False,
    engine: Annotated[Engine | None, typer.Option(help="opt.engine")] = None,
    output: Annotated[Short, typer.Option("-o", "--output", help="opt.output")] = Short.TABLE,
    jobs: JobsFile = None,
) -> None:
    """See `pipelines.runtime.run`."""
    from pipelines.runtime.jobs import chosen_jobs, require_input

    cfg = _load(jobs)
    names = chosen_jobs(cfg, job or [])
    require_input(input)
    folder = data or Path(cfg.defaults.data)

    from pipelines.runtime.progress import bar
    from pipelines.runtime.run import run_job

    for name in names:
        used = engine.value if engine else cfg.engine_of(name)
        with bar(t("run.title", job=name)) as progress:
            report = run_job(cfg, name, input, map, folder, strict, used, progress)
        print(run_report(report, output is Short.JSON))
        if strict and report.refused:
            raise Refused(input or name, report.refused, folder)


@app.command(help="cmd.check")
def check(
    jobs: JobsFile = None,
    map: Map = None,  # noqa: A002
    input: Input = None,  # noqa: A002
) -> None:
    """See `pipelines.runtime.check`."""
    cfg = _load(jobs)
    facts = {"sources": len(cfg.sources), "topics": len(cfg.topics), "jobs": len(cfg.jobs)}
    print(t("check.jobs", file=cfg.path, **facts))
    if map is None and input is None:
        return
    from pipelines.runtime.jobs import require_input
    from pipelines.runtime.probes.trial import check_map, dry_decode
    from pipelines.runtime.progress import bar

    require_input(input)
    if map is not None:
        print(t("check.map", map=map, rules=check_map(map)))
    if input is not None:
        with bar(t("check.title")) as progress:
            found = dry_decode(input, map, progress)
        print(t("check.input", input=input, n=found.records_in))
        for reason, n in found.reasons:
            print(f"  {reason}={n}")
        print(f"in={found.records_in} ok={found.records_in - found.refused} refused={found.refused}")


@app.command(help="cmd.sql")
def sql(
    statement: Annotated[str, typer.Argument(metavar="SQL", help="arg.sql")],
    data: Data = None,
    output: Annotated[Form, typer.Option("-o", "--output", help="opt.output")] = Form.TABLE,
    jobs: JobsFile = None,
) -> None:
    """See `sinks.serving.client`."""
    text = sys.stdin.read() if statement == "-" else statement
    if not text.strip():
        raise UsageError("SQL", t("use.sql"), t("use.sql.cure"))
    folder = _require_data(data, jobs)
    from sinks.format import render
    from sinks.serving.client import query

    sys.stdout.write(render(query(folder, text), output.value).rstrip("\n") + "\n")


@app.command(help="cmd.replay")
def replay(
    data: Data = None,
    verify: Annotated[bool, typer.Option("--verify", help="opt.verify")] = False,
    into: Annotated[Path | None, typer.Option("--into", metavar="DIR", help="opt.into")] = None,
    jobs: JobsFile = None,
) -> None:
    """See `pipelines.runtime.replay`."""
    if verify == (into is not None):
        raise UsageError("replay", t("use.replay"), t("use.replay.cure"))
    folder = _require_data(data, jobs)
    if into is not None and into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise UsageError(str(into), t("error.not_empty"), t("error.not_empty.cure"))
    from pipelines.runtime import replay as archive  # type: ignore[attr-defined] # not written yet
    from pipelines.runtime.progress import bar

    with bar(t("replay.title")) as progress:
        if into is not None:
            archive.into(folder, into, progress)
            report = None
        else:
            report = archive.verify(folder, progress)
    if report is None:
        print(t("replay.into", target=into))
        return
    if not report.identical:
        raise Different(folder, report.difference or "?")
    print(t("replay.identical", versions=report.versions, sha=report.sha256))


@app.command(help="cmd.doctor")
def doctor(
    data: Data = None,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="opt.port")] = PORT,
    output: Annotated[Short, typer.Option("-o", "--output", help="opt.output")] = Short.TABLE,
) -> None:
    """See `pipelines.runtime.doctor`."""
    from pipelines.runtime.doctor import as_lines, examine

    rows = examine(data, port)
    if output is Short.JSON:
        print(json.dumps([row.as_dict() for row in rows], ensure_ascii=False))
    else:
        print("\n".join(as_lines(rows, color=sys.stdout.isatty() and "NO_COLOR" not in os.environ)))
    if any(row.state == "fail" for row in rows):
        raise typer.Exit(1)


@app.command(help="cmd.schema")
def schema(
    name: Annotated[str, typer.Argument(metavar="events|jobs|TYPE", help="arg.schema")] = "events",
) -> None:
    """See `schemas.json_schema` and `pipelines.runtime.jobs`."""
    print(schema_text(name))


@app.command(help="cmd.docs")
def docs() -> None:
    """See `schemas.pages`."""
    from schemas.pages import markdown_page

    print(markdown_page(i18n.current()).rstrip("\n"))


def _load(file: Path | None) -> Jobs:
    from pipelines.runtime.jobs import find_jobs_file, load_jobs

    return load_jobs(find_jobs_file(file))


def _require_data(given: Path | None, jobs: Path | None) -> Path:
    folder = given or Path(_load(jobs).defaults.data)
    if not any((folder / name).exists() for name in ("meta.json", "store", "archive")):
        raise StocktwinError(str(folder), t("error.no_data"), t("error.no_data.cure", data=folder))
    return folder


def command() -> Any:
    """The command tree with its help in the language in use."""
    tree = typer.main.get_command(app)
    translate(tree, typer.Context)
    return tree


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of `stocktwin`; always leaves by SystemExit."""
    words = list(sys.argv[1:] if argv is None else argv)
    lang, words = i18n.take(words, os.environ)
    try:
        if lang not in i18n.LANGUAGES:
            raise UsageError("--lang", t("use.lang"), t("use.lang.cure"))
        i18n.use(lang)
        command()(args=words, prog_name="stocktwin")
    except Exception as error:  # noqa: BLE001 - the last place where an error can be told
        sys.exit(_tell(error))


def _tell(error: Exception) -> int:
    if os.environ.get("STOCKTWIN_DEBUG", "") not in ("", "0"):
        traceback.print_exc()
    told = as_error(error)
    if told is None:
        told = StocktwinError(
            "stocktwin", t("error.bug", kind=type(error).__name__, text=error), t("error.bug.cure")
        )
    print(told, file=sys.stderr)
    return told.exit_code
