"""The command `stocktwin`: verbs only. Each parses its words, calls the runtime and prints what it returns.

Exit codes: 0 ok, 1 failure, 2 usage, 78 bad configuration. Errors are one line of place, what and cure on
standard error; a traceback only with STOCKTWIN_DEBUG=1. Help texts are msgids here, translated in `command`.
Nothing heavy is imported before the verb is known: `--help` answers in a fifth of a second.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.runtime import i18n
from pipelines.runtime.errors import Different, Refused, StocktwinError, UsageError, as_error
from pipelines.runtime.i18n import t
from pipelines.runtime.texts.words import (
    FOLDER,
    Argument,
    Choice,
    Number,
    Verb,
    Verbs,
    number,
    option,
    output_option,
    print_version,
    told,
)

if TYPE_CHECKING:
    from pipelines.runtime.config.models import Jobs

PORT = 8642
INTERRUPTED = 130  # what a shell says of a command ended by Ctrl-C
FORMS, SHORT = ("table", "json", "csv"), ("table", "json")


data_option = option("--data", type=FOLDER, metavar="DIR")
jobs_option = option("--jobs", type=FOLDER, metavar="FILE")
input_option = option("--input", "given", metavar="FILE|URI", help="opt.input")
map_option = option("--map", "mapping", metavar="NAME|FILE", help="opt.map")
port_option = number("--port", 1, 65_535, PORT, metavar="PORT")
host_option = option("--host", default="127.0.0.1", metavar="ADDRESS")
browser_option = option("--no-browser")


@click.group("stocktwin", cls=Verbs, help="cmd", context_settings={"max_content_width": 110})
@option("--lang", metavar="zh|en")
@option("--version", is_eager=True, expose_value=False, callback=print_version)
def stocktwin(lang: str | None) -> None:
    """Options of every verb, here for the help: `main` has taken `--lang` out before, wherever it stood."""


def _verb(function: Callable[..., None]) -> Verb:
    """A verb named as its function; its help is the msgid `cmd.<name>`."""
    name = function.__name__
    made: Verb = stocktwin.command(name, cls=Verb, help=f"cmd.{name}")(function)  # type: ignore[assignment] # as cls says
    return made


@_verb
@number("--speed", 1, 1_000_000, 60)
@number("--seed", 0, None, 7)
@port_option
@host_option
@option("--data", type=FOLDER, metavar="DIR", help="opt.demo_data")
@browser_option
@option("--duration", type=Number(0, whole=False), metavar="SECONDS")
@jobs_option
def demo(jobs: Path | None, no_browser: bool, **asked: Any) -> None:
    """See `pipelines.runtime.verbs.demo`."""
    from pipelines.runtime.verbs.demo import run_demo
    from pipelines.runtime.verbs.doctor import require_port

    require_port(asked["host"], asked["port"])
    run_demo(cfg=_load(jobs), lang=i18n.current(), browser=not no_browser, **asked)


@_verb
@data_option
@port_option
@host_option
@browser_option
@jobs_option
def board(data: Path | None, port: int, host: str, no_browser: bool, jobs: Path | None) -> None:
    """See `pipelines.runtime.verbs.live`."""
    folder = _require_data(data, jobs)
    from pipelines.runtime.verbs.live import run_board

    run_board(data=folder, host=host, port=port, lang=i18n.current(), browser=not no_browser)


@_verb
@click.argument("job", cls=Argument, nargs=-1, metavar="[JOB]...", help="arg.job")
@input_option
@map_option
@data_option
@option("--strict")
@option("--follow")
@option("--engine", type=Choice("local", "bytewax"), metavar="local|bytewax")
@output_option(SHORT)
@jobs_option
def run(
    job: tuple[str, ...],
    given: str | None,
    mapping: str | None,
    data: Path | None,
    strict: bool,
    follow: bool,
    engine: str | None,
    output: str,
    jobs: Path | None,
) -> None:
    """See `pipelines.runtime.verbs.run`."""
    from pipelines.runtime.jobs import chosen_jobs, require_input

    cfg = _load(jobs)
    names = chosen_jobs(cfg, list(job))
    given = require_input(given)
    folder = data or Path(cfg.defaults.data)

    from pipelines.runtime.progress import bar
    from pipelines.runtime.texts.shown import run_report
    from pipelines.runtime.verbs.run import run_job

    for name in names:
        used = engine or cfg.engine_of(name)
        with bar(t("run.title", job=name)) as progress:
            report = run_job(cfg, name, given, mapping, folder, strict, used, progress, follow)
        print(run_report(report, output == "json"))
        if not (report.finished or follow):
            print(t("run.stopped"), file=sys.stderr)
        if strict and report.refused:
            raise Refused(given or name, report.refused, folder)


@_verb
@jobs_option
@map_option
@input_option
def check(jobs: Path | None, mapping: str | None, given: str | None) -> None:
    """See `pipelines.runtime.check`."""
    cfg = _load(jobs)
    facts = {"sources": len(cfg.sources), "topics": len(cfg.topics), "jobs": len(cfg.jobs)}
    print(t("check.jobs", file=cfg.path, **facts))
    if mapping is None and given is None:
        return
    from pipelines.runtime.jobs import require_input
    from pipelines.runtime.probes.trial import check_map, dry_decode
    from pipelines.runtime.progress import bar

    given = require_input(given)
    if mapping is not None:
        print(t("check.map", map=mapping, rules=check_map(mapping)))
    if given is not None:
        with bar(t("check.title")) as progress:
            found = dry_decode(given, mapping, progress)
        print(t("check.input", input=given, n=found.records_in))
        for reason, n in found.reasons:
            print(f"  {reason}={n}")
        print(f"in={found.records_in} ok={found.records_in - found.refused} refused={found.refused}")


@_verb
@click.argument("statement", cls=Argument, metavar="SQL", help="arg.sql")
@data_option
@output_option(FORMS)
@jobs_option
def sql(statement: str, data: Path | None, output: str, jobs: Path | None) -> None:
    """See `sinks.serving.client`."""
    text = sys.stdin.read() if statement == "-" else statement
    if not text.strip():
        raise UsageError("SQL", t("use.sql"), t("use.sql.cure"))
    folder = _require_data(data, jobs)
    from sinks.format import render
    from sinks.serving.client import query

    sys.stdout.write(render(query(folder, text), output).rstrip("\n") + "\n")


@_verb
@data_option
@option("--verify")
@option("--into", type=FOLDER, metavar="DIR")
@jobs_option
def replay(data: Path | None, verify: bool, into: Path | None, jobs: Path | None) -> None:
    """See `pipelines.runtime.replay`."""
    if verify == (into is not None):
        raise UsageError("replay", t("use.replay"), t("use.replay.cure"))
    folder = _require_data(data, jobs)
    if into is not None and into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise UsageError(str(into), t("error.not_empty"), t("error.not_empty.cure"))
    from pipelines.runtime import replay as archive
    from pipelines.runtime.progress import bar
    from pipelines.runtime.texts.shown import replay_report

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
        raise Different(folder, report.difference)
    print(replay_report(report))


@_verb
@data_option
@port_option
@output_option(SHORT)
def doctor(data: Path | None, port: int, output: str) -> None:
    """See `pipelines.runtime.verbs.doctor`."""
    from pipelines.runtime.verbs.doctor import as_lines, examine

    rows = examine(data, port)
    if output == "json":
        import json

        print(json.dumps([row.as_dict() for row in rows], ensure_ascii=False))
    else:
        print("\n".join(as_lines(rows, color=sys.stdout.isatty() and "NO_COLOR" not in os.environ)))
    if any(row.state == "fail" for row in rows):
        sys.exit(1)


@_verb
@click.argument("name", cls=Argument, default="events", metavar="[events|jobs|TYPE]", help="arg.schema")
def schema(name: str) -> None:
    """See `schemas.json_schema` and `pipelines.runtime.jobs`."""
    from pipelines.runtime.texts.shown import schema_text

    print(schema_text(name))


@_verb
def docs() -> None:
    """See `schemas.pages`."""
    from schemas.pages import markdown_page

    print(markdown_page(i18n.current()).rstrip("\n"))


def _load(file: Path | None) -> Jobs:
    from pipelines.runtime.jobs import find_jobs_file, load_jobs

    return load_jobs(find_jobs_file(file))


def _require_data(given: Path | None, jobs: Path | None) -> Path:
    folder = given or Path(_load(jobs).defaults.data)
    from pipelines.runtime.probes.directory import require_data

    require_data(folder)
    return folder


def command() -> Verbs:
    """The command tree; its texts are in the language that is in use when they are read."""
    return stocktwin


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of `stocktwin`; always leaves by SystemExit."""
    words = list(sys.argv[1:] if argv is None else argv)
    lang, words = i18n.take(words, os.environ)
    try:
        if lang not in i18n.LANGUAGES:
            raise UsageError("--lang", t("use.lang"), t("use.lang.cure"))
        i18n.use(lang)
        code = stocktwin.main(words or ["--help"], prog_name="stocktwin", standalone_mode=False)
        sys.exit(code or (0 if words else UsageError.exit_code))
    except click.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        sys.exit(_tell(told(error)))
    except Exception as error:  # noqa: BLE001 - the last place where an error can be told
        sys.exit(_tell(error))


def _tell(error: Exception) -> int:
    if os.environ.get("STOCKTWIN_DEBUG", "") not in ("", "0"):
        import traceback

        traceback.print_exc()
    told = as_error(error)
    if told is None:
        told = StocktwinError(
            "stocktwin", t("error.bug", kind=type(error).__name__, text=error), t("error.bug.cure")
        )
    print(told, file=sys.stderr)
    return told.exit_code
