"""An archive or a store that was damaged, changed, cut or gone is told; a rebuilt one is the old one."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from connectors.archive import check_chain
from pipelines.runtime import i18n
from pipelines.runtime.chain import Decoders
from pipelines.runtime.errors import StocktwinError, StoreBroken, as_error
from pipelines.runtime.replay import Report, into, verify
from sinks.lock import DirectoryLock
from tests.conftest import SEED


def archive_files(data: Path) -> list[Path]:
    return sorted(path for path in (data / "archive").iterdir() if path.stat().st_size)


def test_any_changed_byte_of_a_closed_archive_is_found(copy: Path) -> None:
    files = archive_files(copy)
    assert {path.suffix for path in files} == {".parquet", ".jsonl"}
    for path in files:
        whole = path.read_bytes()
        rng = random.Random(f"{SEED} {path.name}")
        # Header, footer and the pages between: the first and last bytes, and a sample of all.
        places = {*range(16), *range(len(whole) - 16, len(whole)), *rng.sample(range(len(whole)), 150)}
        for at in sorted(places):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :])
            found = list(check_chain(copy / "archive"))
            assert found, f"byte {at} of {path.name} was changed and nobody saw it"
            assert found[0].place in {str(path) for path in files}
        path.write_bytes(whole)
    assert list(check_chain(copy / "archive")) == []


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_changed_byte_is_told_with_place_what_and_cure(copy: Path, suffix: str, lang: str) -> None:
    path = next(path for path in archive_files(copy) if path.suffix == suffix)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    before = i18n.current()
    i18n.use(lang)
    try:
        with pytest.raises(StocktwinError) as told:
            verify(copy)
    finally:
        i18n.use(before)
    assert told.value.place == str(path)
    assert told.value.exit_code == 1
    assert {"zh": "备份", "en": "backup"}[lang] in told.value.cure


def test_a_missing_and_a_strange_file_are_found(copy: Path) -> None:
    path = next(path for path in archive_files(copy) if path.suffix == ".parquet")
    path.rename(path.with_name("00000000000000009999.parquet"))
    assert [(error.kind, Path(error.place).name) for error in check_chain(copy / "archive")] == [
        ("missing", path.name),
        ("stray", "00000000000000009999.parquet"),
    ]


def test_an_archive_that_lost_its_end_is_shorter_than_the_store(copy: Path) -> None:
    for path in archive_files(copy):
        path.unlink()
    with pytest.raises(StocktwinError, match="ends at record -1, but the store goes on to record"):
        verify(copy)


def test_a_changed_map_is_named(copy: Path) -> None:
    (copy / "maps").mkdir()
    decoders = Decoders(copy / "maps")
    with pytest.raises(StocktwinError, match="is missing; restore maps/ from a backup"):
        decoders._mapper("map:till@0123456789abcdef")
    path = copy / "maps" / "map-till@0123456789abcdef.json"
    path.write_text(json.dumps({"name": "till", "map": {"format": "csv"}}))
    with pytest.raises(StocktwinError, match="was changed; restore maps/ from a backup"):
        decoders._mapper("map:till@0123456789abcdef")


def test_a_rebuilt_store_is_the_old_one(copy: Path, report: Report, tmp_path: Path) -> None:
    into(copy, tmp_path / "new")
    shutil.rmtree(copy)  # the new directory stands for itself
    assert verify(tmp_path / "new") == report


def test_a_store_that_somebody_owns_is_told(copy: Path) -> None:
    with DirectoryLock(copy), pytest.raises(RuntimeError) as error:
        verify(copy)
    told = as_error(error.value)
    assert told is not None
    assert told.exit_code == 1
    assert str(told).startswith(f"{copy}: in use by process ")


def test_a_store_without_its_tables_is_told(copy: Path) -> None:
    shutil.rmtree(copy / "store")
    with pytest.raises(StoreBroken, match=r"the table .* is missing; restore a backup, or rebuild it"):
        verify(copy)
