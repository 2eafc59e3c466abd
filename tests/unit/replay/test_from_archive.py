"""The door `archive`: a job fed with what another directory archived comes to the same, or says why not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.archive import Archive, ArchiveError, ArchiveSource, read_archive
from pipelines.runtime import i18n
from pipelines.runtime.config.models import Jobs
from pipelines.runtime.errors import StocktwinError, UsageError, as_error
from pipelines.runtime.jobs import load_jobs
from pipelines.runtime.probes.trial import dry_decode
from pipelines.runtime.progress import silent
from pipelines.runtime.replay import verify
from pipelines.runtime.session import Session
from pipelines.runtime.verbs.run import RunReport, run_job, source_of
from sinks.lock import DirectoryLock
from sinks.target import Target
from tests.repo import ROOT
from tests.unit.replay import full_day

MAP = """
format: csv
entity: E1
source: counter
tz: Asia/Shanghai
site: S1
columns: {time: {column: when, format: ["%Y-%m-%d %H:%M"]}, item: sku, qty: n, customer: who}
rules: [{when: {n: "[0-9]+"}, emit: sale.delivery}]
"""
ROWS = "when,sku,n,who\n2026-01-05 10:00,TEA,1,Wang\n2026-01-05 10:01,TEA,x,Li\n2026-01-05 10:02,NEW,2,\n"


@pytest.fixture(scope="module")
def cfg() -> Jobs:
    return load_jobs(ROOT / "jobs.yaml", {})


@pytest.fixture(scope="module")
def old(cfg: Jobs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory filled by two doors: canonical events, and rows of a mapped file with persons in it."""
    folder = tmp_path_factory.mktemp("old")
    (folder / "map.yaml").write_text(MAP)
    (folder / "rows.csv").write_text(ROWS)
    full_day.fill(folder / "D", full_day.records())
    feed(cfg, folder / "rows.csv", folder / "D", str(folder / "map.yaml"))
    return folder / "D"


@pytest.fixture(scope="module")
def bare(old: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its archive alone, as a backup has it."""
    return Path(shutil.copytree(old / "archive", tmp_path_factory.mktemp("bare") / "backup"))


@pytest.fixture
def archive(bare: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(bare, tmp_path / "archive"))


def feed(cfg: Jobs, given: Path, data: Path, mapping: str | None = None) -> RunReport:
    return run_job(cfg, "stock-live", str(given), mapping, data, False, "local", silent)


def arrived(data: Path) -> list[tuple[Any, ...]]:
    """Every record with all that its archive knows of it but its run."""
    heads = ((b, b.head()) for b in read_archive(data / "archive"))
    return [
        (b.first + i, *(v for k, v in head.items() if k not in ("first", "n", "run_id")), position, raw)
        for b, head in heads
        for i, (position, raw) in enumerate(zip(b.offsets.tolist(), b.data.to_pylist(), strict=True))
    ]


def test_a_job_is_rebuilt_from_an_archive_and_goes_on(cfg: Jobs, old: Path, tmp_path: Path) -> None:
    report = feed(cfg, old, tmp_path / "new")
    assert verify(tmp_path / "new") == verify(old)
    assert arrived(tmp_path / "new") == arrived(old)
    assert report.records_in == len(full_day.records()) + 3
    assert {s.source for s in report.sources} == {"events", "till"}
    again = feed(cfg, old, tmp_path / "new")
    assert (again.records_in, again.committed) == (report.records_in, 0)
    assert again.refused == report.refused


def test_interrupted_it_goes_on_where_it_was(cfg: Jobs, old: Path, tmp_path: Path) -> None:
    source = ArchiveSource("archive", str(old))
    with Session(tmp_path / "new", Target(), serve=False) as session:
        run_id = session.begin("archive", f"{old}|")
        part = source.build(source.parts()[0], None)
        for _ in range(30):  # less than the opening, in blocks cut otherwise
            batch = part.next_batch(1, 1 << 20)
            assert batch is not None
            session.post(session.process(session.take(batch, run_id, "", 0)))
    report = feed(cfg, old, tmp_path / "new")
    assert report.run_id == run_id
    assert arrived(tmp_path / "new") == arrived(old)
    assert verify(tmp_path / "new") == verify(old)


# what it says -----------------------------------------------------------------------------------------------


def said(error: BaseException) -> str:
    told = as_error(error)
    assert told is not None
    return str(told)


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> Iterator[str]:
    before = i18n.current()
    i18n.use(request.param)
    yield request.param
    i18n.use(before)


def failure(path: Path) -> str:
    """What the door says of an archive, as a command prints it."""
    source = ArchiveSource("archive", str(path))
    with pytest.raises(ArchiveError) as error:
        source.build(source.parts()[0], None)
    return said(error.value)


def test_no_archive_at_all(tmp_path: Path, lang: str) -> None:
    wanted = {
        "zh": f"{tmp_path}: 这里没有归档; 请给出数据目录或其中的 archive 目录",
        "en": f"{tmp_path}: there is no archive here; name a data directory or its folder `archive`",
    }
    assert failure(tmp_path) == wanted[lang]


def test_a_changed_byte_a_missing_and_a_foreign_file(archive: Path, lang: str) -> None:
    cure = {"zh": "请从备份恢复归档", "en": "restore the archive from a backup"}[lang]
    path = min(archive.glob("*.parquet"))
    raw = path.read_bytes()
    path.write_bytes(raw[:400] + bytes([raw[400] ^ 1]) + raw[401:])
    assert failure(archive).startswith(f"{path}: ")
    assert failure(archive).endswith(cure)
    assert "sha256" in failure(archive)
    path.unlink()
    assert failure(archive) == f"{path}: {({'zh': '文件缺失', 'en': 'the file is missing'})[lang]}; {cure}"
    path.write_bytes(raw)
    (archive / "other.parquet").write_bytes(raw)
    assert failure(archive).startswith(f"{archive / 'other.parquet'}: ")
    assert "chain.jsonl" in failure(archive)


def test_a_line_of_the_chain_from_elsewhere(archive: Path, tmp_path: Path) -> None:
    chain = archive / "chain.jsonl"
    chain.write_bytes(chain.read_bytes().replace(b'"first":0', b'"first":1', 1))
    assert "line 1" in failure(archive)
    chain.write_text("item,qty\nTEA,1\n")
    assert "chain.jsonl: line 1 is not what was written" in failure(archive)


def test_one_file_is_no_archive(cfg: Jobs, bare: Path) -> None:
    with pytest.raises(ArchiveError) as error:
        source_of(cfg, "stock-live", str(min(bare.glob("*.parquet"))), None)
    assert "is one file of an archive; name its folder" in said(error.value)


def test_an_archive_that_lost_its_end(archive: Path) -> None:
    source = ArchiveSource("archive", str(archive))
    with pytest.raises(ArchiveError) as error:
        source.build(source.parts()[0], 10**6)
    assert "1000000 of it were taken by the last run; an archive that was read may grow" in said(error.value)


def test_what_the_command_may_not_mean(cfg: Jobs, old: Path, archive: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is the archive of --data itself; give another --data"):
        feed(cfg, old, old)
    with pytest.raises(UsageError, match="--map: an archive is read as it is"):
        source_of(cfg, "stock-live", str(old), "online_retail")
    with pytest.raises(UsageError, match="--follow: an archive is read as it is"):
        source_of(cfg, "stock-live", str(archive), None, follow=True)
    with pytest.raises(UsageError, match="is an archive: there is nothing to try; prove it with"):
        dry_decode(str(old), None, silent)
    with DirectoryLock(old), pytest.raises(RuntimeError) as error:
        feed(cfg, old, tmp_path / "new")
    assert said(error.value).startswith(f"{old}: in use by process ")


def test_a_map_that_was_changed_is_named(cfg: Jobs, old: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(old, tmp_path / "copy", symlinks=True))
    path = next((copy / "maps").glob("*.json"))
    path.write_text(path.read_text().replace("S1", "S2"))
    with pytest.raises(StocktwinError, match="was changed; restore maps/ from a backup"):
        feed(cfg, copy, tmp_path / "new")


def test_an_open_archive_of_an_empty_directory_gives_nothing(tmp_path: Path) -> None:
    Archive(tmp_path / "D" / "archive").let_go()
    source = ArchiveSource("archive", str(tmp_path / "D"))
    part = source.build(source.parts()[0], None)
    assert part.next_batch(10, 1 << 20) is None
    assert part.eof
