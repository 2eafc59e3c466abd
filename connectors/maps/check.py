"""`check_map`: every mistake of a map file at once, for people and editors."""

from __future__ import annotations

from pathlib import Path

from connectors.maps.compiling import compile_map
from connectors.maps.errors import MapError
from connectors.maps.loading import find_map, inline_lookups, load_yaml


def check_map(path: str | Path) -> list[MapError]:
    """All mistakes of a map (a file, or the name of one that ships), in the order found; [] = fine."""
    try:
        file = find_map(path)
        document, marks = load_yaml(file)
        document = inline_lookups(document, marks, file.parent)
    except MapError as error:
        return [error]
    unique = {str(mistake): mistake for mistake in compile_map(file.stem, document, marks)[1]}
    return list(unique.values())
