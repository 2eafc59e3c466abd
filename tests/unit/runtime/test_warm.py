"""Compiled kernels: kept while nothing changed, dropped when any source did, compiled once and said so."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pipelines.runtime import warm
from pipelines.runtime.errors import StocktwinError
from pipelines.runtime.probes.trial import dry_decode
from pipelines.runtime.progress import silent
from pipelines.runtime.replay import into, verify
from pipelines.runtime.session import Session
from sinks.target import Target


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small tree of sources: a kernel, its callee in another file, a module without any."""
    for name, text in {
        "ledger/walk.py": "\n@kernel\ndef walk(): callee()\n",
        "kernels/exact.py": "\n@kernel\ndef callee(): pass\n",
        "ledger/plain.py": "x = 1\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def cold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for the real kernels."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def compiled(root: Path) -> Path:
    """A compiled form of the caller, as Numba leaves it."""
    path = root / "ledger/__pycache__/walk.walk-1.py311.nbi"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_a_changed_callee_drops_the_compiled_caller(root: Path) -> None:
    warm.drop_stale(root)
    kept = compiled(root)
    warm.drop_stale(root)
    assert kept.exists()
    (root / "ledger/plain.py").write_text("x = 2\n", encoding="utf-8")
    warm.drop_stale(root)
    assert kept.exists()
    (root / "kernels/exact.py").write_text("\n@kernel\ndef callee(): return 1\n", encoding="utf-8")
    warm.drop_stale(root)
    assert not kept.exists()


def test_a_cache_without_a_mark_is_not_trusted(root: Path) -> None:
    left = compiled(root)
    warm.drop_stale(root)
    assert not left.exists()


def test_kernels_are_compiled_once_and_the_wait_is_announced(
    cold: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[float] = []
    monkeypatch.setattr(warm, "_compile", lambda: (ran.append(1), time.sleep(0.01)))
    said: list[str] = []
    assert not warm.is_warm()
    assert warm.ready(said.append) > 0
    assert len(said) == 2
    assert "minute" in said[0]
    assert warm.is_warm()
    assert warm.ready(said.append) == 0
    assert (len(ran), len(said)) == (1, 2)


def test_whoever_needs_them_says_what_it_waits_for(
    cold: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A trial and both halves of a replay, as a run does; the compiler is left out."""
    monkeypatch.setattr(warm, "_compile", lambda: None)
    lines, data = tmp_path / "day.ndjson", tmp_path / "D"
    lines.write_bytes(b"{}\n")
    Session(data, Target(), serve=False).close()
    for look in (
        lambda: dry_decode(str(lines), None, silent),
        lambda: verify(data),
        lambda: into(data, tmp_path / "E"),
    ):
        (cold / warm.MARK).unlink(missing_ok=True)
        look()
        said = capsys.readouterr().err.splitlines()
        assert [line.split(" ")[0] for line in said] == ["compiling", "kernels"]


def test_a_failing_compiler_is_told_and_tried_again(cold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(StocktwinError, match="compiling the kernels of intake failed: exit 1"):
        warm.ready(str)
    assert not warm.is_warm()


def test_the_real_kernels_are_all_seen() -> None:
    names = {f"{path.parent.name}/{path.name}" for path in warm.kernel_files()}
    assert {"kernel/walk.py", "ledger/columns.py", "intake/scan.py", "kernels/exact.py"} <= names
    assert "runtime/warm.py" not in names


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_tree_uses_the_users_cache(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    beside = root / "ledger/__pycache__"
    beside.mkdir()
    beside.chmod(0o500)
    assert warm.cache_folder(root) == tmp_path / "home/stocktwin"
