"""What may lie here: no data, nothing big, nothing unfinished, no path or address of one machine."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from tests.repo import ROOT, fail_on, files, text

MIB = 1 << 20
# Written in pieces, so that this file does not hold what it forbids.
_HOSTS = [
    "py" + "pi",
    "python" + "hosted",
    "npm" + "js",
    "crates" + r"\.io",
    "repo1" + r"\.maven",
    "anaconda" + r"\.",
    "mirrors" + r"\.",
    "registry" + r"\.",
    "tuna" + r"\.",
    "jsdelivr",
    "unpkg",
]
REGISTRIES = re.compile(
    rf"https?://[^ \"']*({'|'.join(_HOSTS)})"
    r"|https?://[^ \"')]+\.(whl|tar\.gz|jar|tgz|crate|deb)\b"
    r"|(index|registry|mirror)[a-z_-]*[ =:\"']+https?://"
)
_HOMES = [
    re.escape(f"{ROOT}/"),
    "/ho" + "me/[a-z]",
    "/Us" + "ers/[A-Z]",
    "/ro" + "ot/",
    r"[A-Z]:\\Us" + "ers",
]
MACHINE_PATHS = re.compile(rf"(?<![\w.~])({'|'.join(_HOMES)})")
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
SOURCE_SUFFIXES = {".py", ".sql", ".yml", ".yaml", ".md", ".toml", ".js", ".css", ".html", ""}
DATA_SUFFIXES = {
    ".csv",
    ".tsv",
    ".gz",
    ".zip",
    ".parquet",
    ".xlsx",
    ".arrow",
    ".feather",
    ".ndjson",
    ".jsonl",
    ".db",
}
DATA_HOMES = ("tests/cases/", "tests/e2e/data/", "tests/unit/")  # small and made by hand


def test_nothing_unfinished() -> None:
    fail_on(
        [
            f"{path}:{n}: {UNFINISHED.search(line)[0]}; do it now or open an issue"  # type: ignore[index]
            for path in files()
            if path.suffix in SOURCE_SUFFIXES
            and path.parts[0] not in {"requirements", ".git"}
            and ".min." not in path.name
            for n, line in enumerate(text(path).splitlines(), 1)
            if UNFINISHED.search(line)
        ]
    )


def test_no_registry_address_and_no_machine_path() -> None:
    problems = []
    for path in files():
        if path.suffix in {".png", ".ico", ".woff2"} or ".min." in path.name:
            continue
        for n, line in enumerate(text(path).splitlines(), 1):
            if REGISTRIES.search(line):
                problems.append(f"{path}:{n}: an address packages come from; name the package only")
            if MACHINE_PATHS.search(line):
                problems.append(
                    f"{path}:{n}: a path of one machine; make it relative to the root or an argument"
                )
    fail_on(problems)


def test_files_are_small() -> None:
    fail_on(
        [
            f"{path}: {(ROOT / path).stat().st_size:,} bytes >= 1 MiB; make it from a seed, or fetch it"
            for path in files()
            if (ROOT / path).stat().st_size >= MIB
        ]
    )


def test_no_data_files() -> None:
    fail_on(
        [
            f"{path}: a data file; read it from ../shared/data, or make it from a seed in the test"
            for path in files()
            if path.suffix in DATA_SUFFIXES and not str(path).startswith(DATA_HOMES)
        ]
    )


def test_no_copies_of_the_sample_data(shared_data: Path) -> None:
    sizes: dict[int, list[Path]] = {}
    for sample in shared_data.rglob("*"):
        if sample.is_file() and sample.stat().st_size > 256:
            sizes.setdefault(sample.stat().st_size, []).append(sample)
    problems = []
    for path in files():
        body = (ROOT / path).read_bytes()
        for sample in sizes.get(len(body), ()):
            if hashlib.sha256(sample.read_bytes()).digest() == hashlib.sha256(body).digest():
                problems.append(f"{path}: a copy of the sample {sample.name}; read it where it lies")
    fail_on(problems)
