"""The members of each kind, found in the code: whoever speaks a contract is held to it."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.repo import python_files, text


def _classes(package: str) -> Iterator[type[Any]]:
    """Every class that a module of `package` defines itself."""
    for path in python_files(package):
        module = importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
        for _, found in inspect.getmembers(module, inspect.isclass):
            if found.__module__ == module.__name__ and not getattr(found, "_is_protocol", False):
                yield found


@functools.cache
def steps() -> dict[str, type[Any]]:
    """`room.step` -> its class: the one in `pipelines/<room>/<step>.py` that bears this name."""
    found = {}
    for each in _classes("pipelines"):
        name = getattr(each, "name", None)
        if isinstance(name, str) and each.__module__ == f"pipelines.{name}" and hasattr(each, "process"):
            found[name] = each
    return found


@functools.cache
def jobs() -> dict[str, list[str]]:
    """Job of jobs.yaml -> its steps in order."""
    found = YAML(typ="safe").load(text(Path("jobs.yaml")))["jobs"]
    return {job: list(entry["steps"]) for job, entry in found.items()}


@functools.cache
def sources() -> list[type[Any]]:
    """Classes of `connectors` with parts to build."""
    return [c for c in _classes("connectors") if hasattr(c, "capabilities") and hasattr(c, "build")]


@functools.cache
def sinks() -> list[type[Any]]:
    """Classes of `sinks` that take blocks."""
    return [c for c in _classes("sinks") if hasattr(c, "guarantees") and hasattr(c, "write")]
