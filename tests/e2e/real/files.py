"""The two public data sets: where they lie, how many lines they have, and their lines read by the book."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

RETAIL = "online-retail/online_retail_2010-12_2011-02.csv.gz"
IOWA = "iowa-liquor/iowa_liquor_2012-01-31_even_stores.csv.gz"
RETAIL_ROWS, IOWA_ROWS = 105_335, 4_730


def lines_of(path: Path) -> Iterator[dict[str, str]]:
    """The lines of a gzipped CSV file, by the names of its header."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)
