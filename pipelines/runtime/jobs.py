"""`jobs.yaml`, found and read: the map of sources, topics and jobs, checked as a whole.

    >>> cfg = load_jobs(find_jobs_file())            # doctest: +SKIP
    >>> cfg.jobs["stock-live"].steps                 # doctest: +SKIP
    ['intake.decode', 'ledger.post', …]

Reading imports pydantic and ruamel.yaml; finding does not.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pipelines.runtime.errors import ConfigError, Problem, UsageError, suggest
from pipelines.runtime.i18n import t

if TYPE_CHECKING:
    from pipelines.runtime.config.models import Jobs
    from pipelines.runtime.config.references import Installed

FILE = "jobs.yaml"
SCHEMA_ID = "https://stocktwin.example/schemas/jobs.schema.json"


def find_jobs_file(given: Path | None = None) -> Path:
    """The file to read: `given` (--jobs), ./jobs.yaml, the one beside the packages, the packaged one.

    Raises ConfigError when `given` does not exist or there is none at all.
    """
    if given is not None:
        if not given.exists():
            raise ConfigError(str(given), [Problem(0, 0, "", t("error.no_file"), t("jobs.given.cure"))])
        return given
    packages = Path(__file__).resolve().parents[1]
    for place in (Path(FILE), packages.parent / FILE, packages / FILE):
        if place.is_file():
            return place
    raise ConfigError(FILE, [Problem(0, 0, "", t("error.no_file"), t("jobs.given.cure"))])


def load_jobs(
    path: Path | None = None,
    environ: Mapping[str, str] | None = None,
    installed: Installed | None = None,
) -> Jobs:
    """Read and check a file (None: the one `find_jobs_file` finds).

    `environ`: where `${VAR}` looks, the process's by default. `installed`: what names of connectors, steps,
    maps and schemas there are, this installation's by default. Raises ConfigError with every problem.
    """
    file = path or find_jobs_file()
    try:
        raw = file.read_bytes()
    except OSError as error:
        what = t("jobs.unreadable", why=error.strerror or type(error).__name__)
        raise ConfigError(str(file), [Problem(0, 0, "", what, t("jobs.given.cure"))]) from None
    return parse_jobs(raw, file, os.environ if environ is None else environ, installed)


def parse_jobs(
    raw: bytes, file: Path, environ: Mapping[str, str], installed: Installed | None = None
) -> Jobs:
    """The same from bytes; `file` names them in messages and is the base of relative paths."""
    from pipelines.runtime.config import marks, references, validate

    marked = marks.read(raw, environ)
    cfg = None
    if marked.data is not None:
        cfg = validate.validate(marked)
        references.check(marked, installed or references.Installed.find(), file.parent)
    if marked.problems or cfg is None:
        raise ConfigError(
            _shown(file), marked.problems or [Problem(1, 1, "", t("yaml.empty"), t("yaml.empty.cure"))]
        )
    cfg._path = file
    return cfg


def chosen_jobs(cfg: Jobs, names: list[str]) -> list[str]:
    """The jobs to run: those named, or `stock-live`; UsageError for one that does not exist."""
    wanted = names or ["stock-live"]
    for name in wanted:
        if name not in cfg.jobs:
            raise UsageError(_shown(cfg.path), t("error.no_job", job=name), suggest(name, cfg.jobs))
    return list(dict.fromkeys(wanted))


def require_input(given: str | None) -> str | None:
    """The path that `given` means (a `file://` address is one); globs are left to the door.

    UsageError for a file that does not exist, for standard input and for an address that no door reads.
    """
    if given is None:
        return None
    if given == "-":
        raise UsageError("--input -", t("use.stdin"), t("use.stdin.cure"))
    scheme, mark, rest = given.partition("://")
    if mark and scheme.lower() != "file":
        raise UsageError(f"--input {given}", t("use.scheme", scheme=scheme), t("use.scheme.cure"))
    path = unquote(rest.removeprefix("localhost")) if mark else given
    if not any(c in path for c in "*?[") and not Path(path).exists():
        raise UsageError(path, t("error.no_file"), t("error.no_file.cure"))
    return path


def jobs_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of `jobs.yaml` for editors; a `${VAR}` may stand wherever a value may."""
    from pipelines.runtime.config.models import Jobs

    schema = Jobs.model_json_schema(by_alias=True)
    _allow_variables(schema)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "stocktwin jobs.yaml",
    }
    return {**head, **{key: value for key, value in schema.items() if key != "title"}}


def _allow_variables(node: Any) -> None:
    if isinstance(node, list):
        for child in node:
            _allow_variables(child)
    if not isinstance(node, dict):
        return
    for key, child in list(node.items()):
        _allow_variables(child)
        if key == "properties":
            node[key] = {name: _or_variable(one) for name, one in child.items()}


def _or_variable(field: Any) -> Any:
    """A field's schema, or a text that holds a variable, if the field is more than any text."""
    narrow = field.get("type") == "integer" or "enum" in field or "pattern" in field
    if "anyOf" in field:
        return {**field, "anyOf": [*field["anyOf"], {"type": "string", "pattern": r"\$\{"}]}
    if not narrow:
        return field
    about = {key: field.pop(key) for key in ("title", "description", "default", "examples") if key in field}
    return {**about, "anyOf": [field, {"type": "string", "pattern": r"\$\{"}]}


def _shown(file: Path) -> str:
    """The file as the reader knows it: relative to the working directory where that is shorter."""
    try:
        return str(file.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(file)
