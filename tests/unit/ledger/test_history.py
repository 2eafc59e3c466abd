"""History: an id once added is found for ever, with its row and content, whatever has been merged since."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipelines.kernels.strings import Interner, string_buffers
from pipelines.ledger.hashing import id_hashes
from pipelines.ledger.past.history import FAN_OUT, History
from pipelines.ledger.past.runs import R_AT, R_END, R_ITEM, R_SEQ, R_SOURCE, R_TYPE, R_VER, RW
from schemas.registry import TYPE_CODES

Id = tuple[str, str]


def made(rng: random.Random, some: list[Id], words: Interner, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and contents of new events; version numbers count on from `first`."""
    rows = np.zeros((len(some), RW), np.int64)
    for i, (source, _) in enumerate(some):
        rows[i, [R_ITEM, R_AT, R_SOURCE, R_VER]] = (
            rng.randint(-1, 3), rng.randint(0, 5) * 1000, words.id(source), first + i,
        )  # fmt: skip
        rows[i, R_TYPE] = TYPE_CODES[rng.choice(["stock.receipt", "sale.delivery", "sale.return"])]
        rows[i, R_SEQ] = rng.choice([-1, -1, 1, 2])
    return rows, np.array([rng.getrandbits(64) for _ in some], np.uint64)


def looked_up(history: History, some: list[Id], words: Interner) -> tuple[np.ndarray, np.ndarray]:
    """(run, row) of ids."""
    source = pa.array([s for s, _ in some], pa.string())
    ids = pa.array([x for _, x in some], pa.string())
    h = id_hashes(source, ids)[0]
    return history.lookup(h, words.ids(source), string_buffers(ids))


@pytest.mark.parametrize("seed", range(4))
def test_every_id_is_found_with_its_row_and_content(tmp_path: Path, seed: int) -> None:
    rng, words, known = random.Random(seed), Interner(), dict[Id, tuple[int, int]]()
    history = History(words)
    history.folder = tmp_path
    style = rng.choice(["{}", "doc-2025-{:08d}", "长前缀-{:x}", "9f86d081884c7d65:{}"])
    for _ in range(FAN_OUT * 3):
        some = [
            (rng.choice(["till", "desk", "货"]), style.format(rng.randrange(10**6)))
            for _ in range(rng.choice([1, 3, 300]))
        ]
        some = [x for x in dict.fromkeys(some) if x not in known]
        rows, content = made(rng, some, words, len(known))
        for x, row, said in zip(some, rows, content.tolist(), strict=True):
            known[x] = int(row[R_VER]), said
        history.add(rows, content, pa.array([x for _, x in some], pa.string()))
    assert len(history.runs) < FAN_OUT * 2
    again = History(words)
    again.load(tmp_path, history.manifest())
    run, row = looked_up(again, list(known), words)
    assert (run >= 0).all()
    assert again.rows(run, row)[:, R_VER].tolist() == [version for version, _ in known.values()]
    assert again.contents(run, row).view(np.uint64).tolist() == [said for _, said in known.values()]
    strangers = [(s, x + "0") for s, x in known if (s, x + "0") not in known] + [
        ("nobody", x) for _, x in known
    ]
    assert (looked_up(again, strangers, words)[0] < 0).all()


def test_no_run_outgrows_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.ledger.past.history.MOST_ROWS", 20)
    rng, words = random.Random(1), Interner()
    history = History(words)
    history.folder = tmp_path
    known = [("till", f"e{n}") for n in range(FAN_OUT * 12)]
    for first in range(0, len(known), 2):
        rows, content = made(rng, known[first : first + 2], words, first)
        history.add(rows, content, pa.array([x for _, x in known[first : first + 2]], pa.string()))
    assert max(r.rows.n for r in history.runs) == 2 * FAN_OUT
    run, row = looked_up(history, known, words)
    assert history.rows(run, row)[:, R_VER].tolist() == list(range(len(known)))


def test_a_run_is_in_order_of_item_and_order_key(tmp_path: Path) -> None:
    """Item, event time, rank of the type, source, seq, id: the texts by their bytes."""
    rng, words = random.Random(7), Interner()
    history = History(words)
    history.folder = tmp_path
    some = [(rng.choice(["b", "a", "é"]), f"x{i}") for i in rng.sample(range(2000), 700)]
    rows, content = made(rng, some, words, 0)
    history.add(rows, content, pa.array([x for _, x in some], pa.string()))
    (run,) = history.runs
    found, ids = run.unpacked()
    rank = {10: 1, 30: 4, 32: 5}
    keys = [
        (r[R_ITEM], r[R_AT], rank[r[R_TYPE]], words.text(r[R_SOURCE]).encode(), r[R_SEQ], x.encode())
        for r, x in zip(found.tolist(), ids.to_pylist(), strict=True)
    ]
    assert keys == sorted(keys)
    assert sorted(x for *_, x in keys) == sorted(x.encode() for _, x in some)
    assert (np.diff(found[:, R_END]) >= 0).all()
