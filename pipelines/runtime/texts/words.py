"""The words of the command line in two languages: click's verbs, options and usage errors with our texts.

A help text is a msgid until it is read, so that `--lang` holds for it. Whoever types something that means
nothing gets place, what and cure: `stocktwin rnu: no such command; did you mean "run"?`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pipelines.runtime.errors import UsageError, suggest
from pipelines.runtime.i18n import CATALOGUE, t

FOLDER = click.Path(path_type=Path)


class _Said:
    """A text that is a msgid when it is set and a sentence when it is read."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}_msgid"

    def __get__(self, holder: Any, owner: type) -> str:
        # The class itself has no text.
        msgid = getattr(holder, self._name, None) or ""
        return t(msgid) if msgid in CATALOGUE else msgid

    def __set__(self, holder: Any, msgid: str | None) -> None:
        setattr(holder, self._name, msgid)


class Choice(click.ParamType):
    """One of a few words; the value is the word."""

    name = "choice"

    def __init__(self, *words: str) -> None:
        self.words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word itself; UsageError for another."""
        if value not in self.words:
            raise UsageError(_place(param), t("use.choice", value=value), suggest(str(value), self.words))
        return str(value)


class Number(click.ParamType):
    """A number from `low` to `high` (None: no end); whole unless `whole` is False."""

    name = "number"

    def __init__(self, low: int = 0, high: int | None = None, *, whole: bool = True) -> None:
        self.low, self.high, self.kind = low, high, int if whole else float

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """An int or a float; UsageError where it is none or out of its range."""
        try:
            number = self.kind(value)
        except ValueError:
            number = None
        if number is None or not self.low <= number <= (float("inf") if self.high is None else self.high):
            upper = "…" if self.high is None else self.high
            raise UsageError(
                _place(param), t("use.number", value=value), t("use.number.cure", low=self.low, high=upper)
            )
        return number


class Option(click.Option):
    """An option whose help is a msgid."""

    help = _Said()

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        """(names and value, sentence with its default)."""
        names = ", ".join((*self.opts, *self.secondary_opts))
        default = self.default if isinstance(self.default, str | int) and not self.is_flag else None
        said = self.help if default is None else self.help + " " + t("help.default", value=default)
        return f"{names} {self.metavar}" if self.metavar and not self.is_flag else names, said


class Argument(click.Argument):
    """An argument with a sentence of its own."""

    help = _Said()

    def __init__(self, names: list[str], help: str, **named: Any) -> None:  # noqa: A002 -- as click calls it
        super().__init__(names, **named)
        self.help = help


class Verb(click.Command):
    """A verb whose help is a msgid and whose pages are in the language in use."""

    help = _Said()

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help` in the language in use."""
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = t("opt.help")
        return found

    def get_short_help_str(self, limit: int = 45) -> str:
        """The whole sentence: ours are short."""
        return self.help

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The first line of a page."""
        pieces = [
            p if p != self.options_metavar else t("help.metavar") for p in self.collect_usage_pieces(ctx)
        ]
        formatter.write_usage(ctx.command_path, " ".join(pieces), t("help.usage") + " ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Arguments, then options."""
        params = self.get_params(ctx)
        arguments = [(p.make_metavar(ctx), p.help) for p in params if isinstance(p, Argument)]
        options = [r for r in (p.get_help_record(ctx) for p in params if isinstance(p, click.Option)) if r]
        for title, rows in (("help.arguments", arguments), ("help.options", options)):
            if rows:
                with formatter.section(t(title)):
                    formatter.write_dl(rows)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the words apart; UsageError for one that has no place."""
        ctx.allow_extra_args = True
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # the parser does not know whose words it reads
            raise
        if rest and not isinstance(self, click.Group):
            raise UsageError(
                f"{ctx.command_path} {rest[0]}", t("use.extra"), t("use.extra.cure", command=ctx.command_path)
            )
        return rest


class Verbs(Verb, click.Group):
    """A command with verbs."""

    command_class = Verb

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options, then verbs."""
        super().format_options(ctx, formatter)
        with formatter.section(t("help.verbs")):
            formatter.write_dl([(name, verb.get_short_help_str()) for name, verb in self.commands.items()])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the source: what a new user needs first stands first."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that is meant; UsageError for one that there is not."""
        if args[0] not in self.commands and not args[0].startswith("-"):
            raise UsageError(
                f"{ctx.command_path} {args[0]}", t("use.no_verb"), suggest(args[0], self.commands)
            )
        return super().resolve_command(ctx, args)


def option(*names: str, **named: Any) -> Callable[[Any], Any]:
    """An option; its help is the msgid `opt.<name>` unless stated, a switch where it has no metavar."""
    name = names[-1].lstrip("-").replace("-", "_")
    named.setdefault("help", f"opt.{name}")
    if "metavar" not in named:
        named["is_flag"] = True
    return click.option(*names, cls=Option, **named)


def output_option(forms: tuple[str, ...]) -> Callable[[Any], Any]:
    """`-o`, one of `forms`, a table by default."""
    return option("-o", "--output", type=Choice(*forms), default="table", metavar="|".join(forms))


def number(name: str, low: int, high: int | None, default: int | None, **named: Any) -> Callable[[Any], Any]:
    """An option that takes a whole number."""
    return option(name, type=Number(low, high), default=default, **{"metavar": "N", **named})


def told(error: click.ClickException) -> UsageError:
    """What click refused, as place, what and cure."""
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else "stocktwin"
    see = t("use.help", command=path)
    if isinstance(error, click.NoSuchOption):
        known = [name for p in ctx.command.params for name in p.opts] if ctx is not None else []
        long = [name for name in known if name.startswith("--")]
        near = suggest(error.option_name, long) if error.option_name.startswith("--") else ""
        return UsageError(f"{path} {error.option_name}", t("use.no_option"), near or see)
    if isinstance(error, click.BadOptionUsage):
        param = next((p for p in ctx.command.params if error.option_name in p.opts), None) if ctx else None
        if isinstance(param, click.Option) and param.is_flag:
            return UsageError(f"{path} {error.option_name}", t("use.no_value"), see)
        shown = getattr(param, "metavar", None) or "VALUE"
        cure = t("use.needs_value.cure", option=error.option_name, value=shown)
        return UsageError(f"{path} {error.option_name}", t("use.needs_value"), cure)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return UsageError(f"{path} {_place(error.param)}", t("use.missing"), see)
    return UsageError(path, error.format_message(), see)


def _place(param: click.Parameter | None) -> str:
    if param is None:
        return ""
    if isinstance(param, Argument):
        return param.metavar or str(param.name)
    return max(param.opts, key=len)


def print_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    """Print the version and leave, if it is wanted."""
    if not wanted:
        return
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        click.echo(f"stocktwin {installed('stocktwin')}")
    except PackageNotFoundError:
        click.echo("stocktwin (source)")
    ctx.exit()
