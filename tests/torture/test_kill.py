"""Killed at random moments while a file grows at 20,000 lines a second, the books are those of a quiet run.

`STOCKTWIN_SHARE=1` (the default): a million records and at least twenty kills; a share of both for less.
"""

from __future__ import annotations

import random
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import SEED, SHARE
from tests.e2e.process import Command
from tests.torture.feeding import Feed, day

pytestmark = [pytest.mark.e2e]

RATE = 20_000
RECORDS = max(20_000, int(1_000_000 * SHARE))
KILLS = max(5, round(20 * SHARE))
PATIENCE_S = 600

# Arrival is the wall's; everything else must be the same, down to the last digit.
SAME = {
    "mart.v_movement": "recorded_at",
    "mart.v_stock_now": "recorded_at",
    "mart.v_cogs": "",
    "mart.v_sale": "",
    "mart.v_period_balance": "",
    "mart.v_intake": "",
    "mart.v_refusal": "arrived_at, part",  # the path of the file
    "mart.v_waiting": "since",
    "core.chain": "",
}


Say = Callable[[str], None]


class Killed:
    """`run --follow` started again and again; `moments` says how far each start came when it was killed."""

    def __init__(self, program: Command, feed: Feed, data: Path) -> None:
        self.program, self.feed, self.data = program, feed, data
        self.moments: list[str] = []

    def enough(self) -> bool:
        """Often enough in all, and half of it at work: not while it was starting."""
        at_work = len(self.moments) - self.moments.count("starting")
        return len(self.moments) >= KILLS and at_work >= KILLS // 2

    def start(self) -> subprocess.Popen[bytes]:
        words = ["run", "--input", str(self.feed.path), "--follow", "--data", str(self.data)]
        return subprocess.Popen(
            [self.program.program, "--lang", "en", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.program.environ,
        )

    def owned_by(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether the process holds the lock; before that, whoever asks the store would take it."""
        assert process.poll() is None, process.communicate()
        return (self.data / "lock").read_text().startswith(f"pid {process.pid}\n")

    def archived(self) -> int:
        """Bytes of the archive: they grow when records arrive."""
        total = 0
        for path in self.data.glob("archive/*"):
            try:
                total += path.stat().st_size
            except FileNotFoundError:  # closed and renamed meanwhile
                continue
        return total

    def socket(self) -> int:
        """Changes when a start has caught up and answers; 0 before there is one."""
        try:
            return (self.data / "owner.sock").stat().st_ctime_ns
        except FileNotFoundError:
            return 0

    def once(self, rng: random.Random, start_s: float) -> float:
        """Start, kill -9 at a random moment; seconds until it ran (`start_s` if it never did)."""
        process, began, before, socket = self.start(), time.monotonic(), self.archived(), self.socket()
        early = rng.random() < 0.3
        until = began + (rng.uniform(0.1, start_s) if early else PATIENCE_S)
        runs = 0.0
        while time.monotonic() < until:
            assert process.poll() is None, f"it died by itself:\n{process.communicate()}"
            if not runs and self.socket() != socket:
                runs = time.monotonic()
                until = runs + rng.uniform(0.0, 1.5)
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        taking = "taking records" if self.archived() != before else "waiting for more"
        self.moments.append(taking if runs else "starting")
        return runs - began if runs else start_s


@pytest.fixture(scope="module")
def say(pytestconfig: pytest.Config) -> Say:
    """Prints a line of progress at once, past pytest's capture."""
    capture, began = pytestconfig.pluginmanager.get_plugin("capturemanager"), time.monotonic()

    def line(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"  {time.monotonic() - began:5.0f} s  {text}", flush=True)

    return line


@pytest.fixture(scope="module")
def killed(stocktwin: Command, say: Say, tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """The run that was killed until it was often enough and all was fed."""
    folder = tmp_path_factory.mktemp("killed")
    rng, start_s = random.Random(f"{SEED} kills"), 3.0
    # Made beforehand: making a line costs more than feeding it.
    with Feed(folder / "day.ndjson", list(day(RECORDS, SEED)), RATE) as feed:
        made = Killed(stocktwin, feed, folder / "D")
        while not (feed.done and made.enough()):
            start_s = made.once(rng, start_s)
            say(f"kill {len(made.moments)}, {made.moments[-1]}: {feed.fed:,} of {RECORDS:,} records fed")
    say(
        f"fed {feed.fed:,} records in {feed.seconds:.1f} s, {feed.fed / feed.seconds:,.0f} a second "
        f"(longest pause {feed.longest_s:.2f} s); {len(made.moments)} kills: {dict(Counter(made.moments))}"
    )
    return made


@pytest.fixture(scope="module")
def quiet(stocktwin: Command, killed: Killed, say: Say, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a run that nobody disturbed, over the whole file."""
    data, began = tmp_path_factory.mktemp("quiet") / "D", time.monotonic()
    counts = stocktwin.run(killed.feed.path, data)
    say(f"undisturbed: {counts} in {time.monotonic() - began:.1f} s")
    assert counts["in"] == RECORDS
    assert min(counts.values()) > 0, counts
    return data


def test_it_was_fed_at_the_rate(killed: Killed) -> None:
    assert killed.feed.fed == RECORDS
    assert killed.feed.fed / killed.feed.seconds >= 0.95 * RATE


def test_it_was_killed_often_enough(killed: Killed) -> None:
    assert len(killed.moments) >= KILLS
    assert "taking records" in killed.moments
    assert "starting" in killed.moments


def test_asked_to_stop_it_saves_and_exits_0(killed: Killed, stocktwin: Command) -> None:
    process, until = killed.start(), time.monotonic() + PATIENCE_S
    seen = 0
    while not killed.owned_by(process):
        time.sleep(0.01)
    while seen < RECORDS:
        assert time.monotonic() < until, f"{seen} of {RECORDS} records after {PATIENCE_S} s"
        assert process.poll() is None, process.communicate()
        said = stocktwin(
            "sql", "--data", killed.data, "-o", "csv", "SELECT sum(records_in) FROM mart.v_intake"
        )
        seen = int(said.out.splitlines()[-1]) if said.code == 0 else seen

    locked = stocktwin("run", "--input", killed.feed.path, "--data", killed.data)
    assert locked.code == 1
    told = rf"{re.escape(str(killed.data))}: in use by process {process.pid} since \S+; .*stop that"
    assert re.match(told, locked.err), locked.err
    assert stocktwin("replay", "--verify", "--data", killed.data).err == locked.err

    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (0, b"")
    assert f"in={RECORDS} " in out.decode().splitlines()[-1]
    assert not list(killed.data.glob("outbox/*")), "a save covers everything: nothing waits to be sent"


def test_the_same_command_again_has_nothing_left_to_do(
    killed: Killed, stocktwin: Command, quiet: Path, say: Say
) -> None:
    assert stocktwin.run(killed.feed.path, killed.data)["in"] == RECORDS
    proofs = [stocktwin.ok("replay", "--verify", "--data", data) for data in (killed.data, quiet)]
    say(f"replay --verify of the killed and of the quiet run: {[p.splitlines()[-1] for p in proofs]}")
    assert proofs[0] == proofs[1]
    assert "identical: " in proofs[0]


@pytest.mark.parametrize("face", SAME)
def test_what_a_reader_sees_is_that_of_the_quiet_run(
    killed: Killed, stocktwin: Command, quiet: Path, face: str
) -> None:
    columns = f"* EXCEPT ({SAME[face]})" if SAME[face] else "*"
    digest = f"SELECT count() AS n, sum(cityHash64({columns})) AS hash FROM {face}"
    found, wanted = stocktwin.sql(killed.data, digest), stocktwin.sql(quiet, digest)
    if face != "core.chain" or RECORDS >= 100_000:
        assert int(wanted[0]["n"]) > 0
    if found != wanted:
        rows = f"SELECT {columns} FROM {face} ORDER BY ALL LIMIT 100000"
        pairs = zip(stocktwin.sql(killed.data, rows), stocktwin.sql(quiet, rows), strict=False)
        pytest.fail(
            f"{found} {wanted}\n{next(((a, b) for a, b in pairs if a != b), 'another number of rows')}"
        )
