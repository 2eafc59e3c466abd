"""The commands of the README, one after another, as a reader types them; their numbers are what it says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.repo import ROOT, text

pytestmark = pytest.mark.e2e

INPUT = "online-retail/online_retail_2010-12_2011-02.csv.gz"


def commands(page: str, word: str) -> str:
    """The shell block of a page that holds `word`."""
    (block,) = [
        b for b in re.findall(r"^```sh\n(.*?)^```", text(Path(page)), re.MULTILINE | re.DOTALL) if word in b
    ]
    return str(block)


def typed(block: str, folder: Path) -> list[str]:
    """Run a block in `folder`, where .venv is the one of the checkout; the lines that it printed."""
    venv = folder / ".venv"
    if not venv.exists():
        venv.symlink_to(ROOT / ".venv")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block], cwd=folder, capture_output=True, text=True, check=False,
        timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_your_own_lines(page: str, tmp_path: Path) -> None:
    said = typed(commands(page, "day.ndjson"), tmp_path)
    assert "in=3 committed=3 refused=0 duplicate=0 waiting=0 late=0" in said
    assert "TEA 10.000000 150.0000" in said
    assert "2 15.000000 175.0000 billed" in said
    assert said[-1].startswith(("identical: 3 versions, sha256 ", "一致：3 个版本，sha256 "))


def test_a_till_export(tmp_path: Path, shared_data: Path) -> None:
    (tmp_path / Path(INPUT).name).symlink_to(shared_data / INPUT)
    said = typed(commands("README.md", "online_retail_2010"), tmp_path)
    assert any(line.startswith("in=105335 ") for line in said)
    rows = {line.split()[0]: line.split()[2] for line in said if re.match(r"(delivery|return|charge) ", line)}
    assert sum(round(float(amount) * 100) for amount in rows.values()) == 180_701_993
