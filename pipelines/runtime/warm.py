"""The kernels are compiled before they are needed: once per change of a kernel, and kept.

The compiler takes about a minute, so `make install` runs `python -m pipelines.runtime.warm`, and a command
that finds the cache cold says what it is waiting for. Numba drops a compiled kernel when its own file changes
but does not see that a kernel which it calls, in another file, did: a mark beside the cache holds the hash of
all of them, and a cache with another mark is thrown away. Two processes compile side by side.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pipelines.runtime.errors import StocktwinError
from pipelines.runtime.i18n import current, t
from pipelines.runtime.progress import bar

if TYPE_CHECKING:
    import pyarrow as pa

ROOT = Path(__file__).resolve().parents[1]
MARK = "kernels.warm"
MIDNIGHT = 1_740_931_200_000  # a Monday in +08:00, where the trial's world begins
RECORDS = 6_000  # opening stock and a morning: every type, returns that wait, records to refuse


def kernel_files(root: Path = ROOT) -> list[Path]:
    """The sources that hold compiled functions, or the constants that are compiled into them."""
    marks = (b"\n@kernel", b"\n@helper", b"\nE_TYPE, ", b"\n    E_TYPE, ")
    return sorted(p for p in root.rglob("*.py") if any(mark in p.read_bytes() for mark in marks))


def fingerprint(root: Path = ROOT) -> str:
    """A hash of what the compiled code depends on: kernels, compiler, Python, processor."""
    digest = hashlib.sha256(f"{version('numba')} {sys.implementation.cache_tag} {_processor()}".encode())
    for path in kernel_files(root):
        digest.update(f"\n{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _processor() -> str:
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return "".join(
            sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
        )
    return ""


def cache_folder(root: Path = ROOT) -> Path:
    """Where the mark lies: the folder that Numba is told to use, else beside the sources, else the user's."""
    if told := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(told)
    beside = root / "ledger" / "__pycache__"
    with suppress(OSError):
        beside.mkdir(exist_ok=True)
        if os.access(beside, os.W_OK):
            return beside
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stocktwin"


@contextmanager
def _mark(root: Path) -> Iterator[tuple[IO[str], str, str]]:
    """(mark, what it says, fingerprint now), held against other processes; what was stale is gone."""
    folder, now = cache_folder(root), fingerprint(root)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / MARK).open("a+", encoding="utf-8") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        mark.seek(0)
        said = mark.read()
        if said.split(" ")[0] != now:
            told = os.environ.get("NUMBA_CACHE_DIR")
            for path in Path(told).rglob("*.nb[ic]") if told else root.rglob("__pycache__/*.nb[ic]"):
                path.unlink(missing_ok=True)
            said = now
            _write(mark, said)
        yield mark, said, now


def _write(mark: IO[str], text: str) -> None:
    mark.truncate(0)
    mark.write(text)
    mark.flush()


def drop_stale(root: Path = ROOT) -> None:
    """Throw the compiled kernels away if one of their sources has changed since."""
    with _mark(root):
        pass


def is_warm(root: Path = ROOT) -> bool:
    """Whether everything is compiled for the sources as they are."""
    try:
        return (cache_folder(root) / MARK).read_text(encoding="utf-8") == f"{fingerprint(root)} warm"
    except OSError:
        return False


def ready(tell: Callable[[str], object] | None = None) -> float:
    """Compile what is not compiled yet, telling so before and after; the seconds it took, 0 if all is there.

    `tell` gets each line; default: standard error. Raises StocktwinError when the trial fails.
    """
    if is_warm():
        return 0.0
    say = tell or (lambda line: sys.stderr.write(f"{line}\n"))
    with _mark(ROOT) as (mark, said, now):
        if said == f"{now} warm":  # another process compiled while this one waited for the mark
            return 0.0
        started = time.monotonic()
        say(t("warm.start"))
        with bar(t("warm.title")):
            _compile()
        _write(mark, f"{now} warm")
    took = time.monotonic() - started
    say(t("warm.done", seconds=round(took)))
    return took


def _compile() -> None:
    """Each half of the job in a process of its own, then the whole, which finds the halves compiled."""
    for parts in (("intake", "ledger"), ("job",)):
        running = [_start(part) for part in parts]
        troubles = [process.communicate()[1] for process in running]
        for part, process, trouble in zip(parts, running, troubles, strict=True):
            if process.returncode:
                last = (trouble.strip().splitlines() or [f"exit {process.returncode}"])[-1]
                failed = t("warm.failed", part=part, text=last)
                raise StocktwinError("pipelines.runtime.warm", failed, t("error.bug.cure"))


def _start(part: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines.runtime.warm", part],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        cwd=ROOT.parent, env={**os.environ, "STOCKTWIN_LANG": current()},
    )  # fmt: skip


def trial(part: str) -> None:
    """Run `intake`, `ledger` or the whole `job` on a made-up morning: every kernel it calls is compiled."""
    import pyarrow as pa

    from connectors.mock.world import World

    arrival = MIDNIGHT + 10 * 3_600_000
    records = [line for _, line in islice(World(1, MIDNIGHT).events(arrival), RECORDS)]
    data = pa.array(records, pa.large_binary())
    if part == "intake":
        _intake(records, data, arrival)
    elif part == "ledger":
        _ledger(records, arrival)
    else:
        with tempfile.TemporaryDirectory(prefix="stocktwin-warm-") as folder:
            _job(data, arrival, Path(folder))


def _intake(records: list[bytes], data: pa.LargeBinaryArray, arrival: int) -> None:
    """Intake's kernels: records as they come, and columns as a map gives them."""
    import numpy as np
    import pyarrow as pa

    from pipelines.intake.assemble import Arrival
    from pipelines.intake.decode import decode_columns, decode_json

    decode_json(data, Arrival(arrival, 0))
    rows = [json.loads(record) for record in records[-100:] if record.endswith(b"}\n")]
    columns = pa.Table.from_pylist([{k: v for k, v in row.items() if isinstance(v, str)} for row in rows])
    decode_columns(columns, np.arange(len(rows)), [], Arrival(arrival, 0))


def _ledger(records: list[bytes], arrival: int) -> None:
    """The ledger's kernels, from events read by the slow path, which needs none of intake's."""
    import pyarrow as pa

    from pipelines.intake.parsing import Refused
    from pipelines.intake.strict import decode_row
    from pipelines.ledger.post import LedgerStep
    from schemas.derive import event_arrow_schema

    schema = event_arrow_schema()
    blank = {field.name: "" for field in schema if field.type == pa.string()}
    facts = {"trust": 0, "strict": 0, "recorded_at": arrival}
    rows = []
    for i, record in enumerate(records[:1_000]):
        with suppress(Refused):
            rows.append({**blank, **facts, **decode_row(record, arrival), "rec": i})
    LedgerStep().process(pa.RecordBatch.from_pylist(rows, schema=schema))


def _job(data: pa.LargeBinaryArray, arrival: int, folder: Path) -> None:
    """The whole job: two blocks, a save between them, a restore, and one block again as duplicates."""
    import numpy as np
    import pyarrow as pa

    from connectors.archive import Archived
    from connectors.personal.pseudonyms import Pseudonyms
    from connectors.personal.records import seal
    from pipelines.kernels.keys import PairMap
    from pipelines.kernels.strings import Interner
    from pipelines.runtime.chain import Decoders, JobChain

    def block(first: int, rows: slice) -> Archived:
        records = data[rows]
        return Archived(
            first, "w", "p", "r", "ndjson", "", arrival, 0, np.arange(first, first + len(records)), records
        )

    seal(pa.array([b'{"customer":"c"}'], pa.large_binary()), Pseudonyms(folder))
    half, chain = RECORDS // 2, JobChain(Decoders(folder / "maps"))
    chain.process(block(0, slice(0, half)))
    chain.save(folder / "state")
    chain.process(block(half, slice(half, RECORDS)))
    chain.save(folder / "state")
    again = JobChain(Decoders(folder / "maps"))
    again.restore(folder / "state")
    again.process(block(again.next_ordinal, slice(0, RECORDS)))
    many = np.arange(RECORDS)  # enough to make the dictionaries grow
    Interner().ids(pa.array(many.astype("U")))
    PairMap().rows(many, many)


if __name__ == "__main__":
    if sys.argv[1:]:
        trial(sys.argv[1])
    else:
        from pipelines.runtime import i18n

        i18n.use(i18n.take([], os.environ)[0])
        ready(print)
