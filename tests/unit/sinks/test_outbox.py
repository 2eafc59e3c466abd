"""The outbox: a block in one file, and each row exactly once however often it is sent."""

import hashlib

import pyarrow as pa
import pytest

from sinks.contract import Block, Sink
from sinks.outbox import BlockWriter, Outbox, OutboxError
from tests.unit.sinks.test_store import movements


def block(first, count=4):
    stock = pa.table(
        {
            "entity": ["E1"],
            "account": pa.array([1], pa.uint32()),
            "qty": pa.array([first * 1_000_000], pa.int64()),
            "version": pa.array([first + count - 1], pa.uint64()),
        }
    )
    intake = pa.table({"source": ["till"], "run_id": ["r"], "records_in": [count], "committed": [count]})
    return Block(
        first,
        first + count - 1,
        {"core.movement": movements(first, count), "core.stock": stock, "ops.intake": intake},
        {"E1": (first, first + count - 1)},
    )


def test_a_block_comes_back_as_it_was_put(tmp_path):
    outbox = Outbox(tmp_path)
    ref = outbox.put(block(1))
    assert outbox.pending() == [ref]
    loaded = outbox.load(ref)
    assert loaded == block(1)
    assert loaded.versions == {"E1": (1, 4)}
    assert [p.suffix for p in tmp_path.iterdir()] == [".block"]


def test_blocks_are_pending_in_order_until_a_snapshot_covers_them(tmp_path):
    outbox = Outbox(tmp_path, sync=False)
    for first in (9, 1, 5):
        outbox.put(block(first))
    assert [r.last_ordinal for r in outbox.pending()] == [4, 8, 12]
    assert outbox.drop(8) == 2
    assert [r.first_ordinal for r in Outbox(tmp_path).pending()] == [9]


def test_a_draft_of_a_dead_writer_is_swept(tmp_path):
    (tmp_path / "x.tmp").write_bytes(b"half")
    assert Outbox(tmp_path).pending() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [0, 7, 40, 60, -1])
def test_a_file_cut_short_is_named(tmp_path, cut):
    outbox = Outbox(tmp_path)
    ref = outbox.put(block(1))
    ref.path.write_bytes(ref.path.read_bytes()[:cut])
    with pytest.raises(OutboxError, match=r"block.*damaged: move the file away.*records 1 to 4"):
        outbox.load(ref)


def test_one_changed_byte_is_found_wherever_it_is(tmp_path):
    outbox = Outbox(tmp_path)
    ref = outbox.put(block(1))
    whole = ref.path.read_bytes()
    for at in range(0, len(whole), 97):
        ref.path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(OutboxError):
            outbox.load(ref)


def contents(store):
    return {
        "movement": store.query("SELECT version, event_id FROM core.movement ORDER BY version").to_pylist(),
        "stock": store.query("SELECT qty, version FROM core.stock FINAL").to_pylist(),
        "intake": store.query("SELECT records_in, committed FROM mart.v_intake").to_pylist(),
        "blocks": store.query(
            "SELECT last_ordinal, row_count FROM ops.block ORDER BY last_ordinal"
        ).to_pylist(),
    }


def fresh(store, first):
    """Tokens outlive TRUNCATE: blocks of other tests must differ in their bytes."""
    for name in ("core.movement", "core.stock", "ops.intake", "ops.block"):
        store.command(f"TRUNCATE TABLE {name}")
    return [block(first), block(first + 4)]


@pytest.mark.parametrize("sent_before", range(6))
def test_a_block_sent_again_after_any_part_of_it_is_there_once(store, tmp_path, sent_before, monkeypatch):
    blocks = fresh(store, 1000 * (sent_before + 1))
    outbox = Outbox(tmp_path)
    writer = BlockWriter(store, outbox)
    assert isinstance(writer, Sink)
    writer.write(blocks[0])
    sent = 0
    insert = store.insert

    def until(table, rows, token):
        nonlocal sent
        if sent == sent_before:
            raise ConnectionError("killed here")
        sent += 1
        insert(table, rows, token)

    monkeypatch.setattr(store, "insert", until)
    try:
        writer.write(blocks[1])
    except ConnectionError:
        assert sent_before < 4
    monkeypatch.undo()
    for _ in range(3):
        assert BlockWriter(store, Outbox(tmp_path)).recover() == blocks[1].last_ordinal
    found = contents(store)
    assert [r["version"] for r in found["movement"]] == list(
        range(blocks[0].first_ordinal, blocks[1].last_ordinal + 1)
    )
    assert [r["version"] for r in found["stock"]] == [blocks[1].last_ordinal]
    assert found["intake"] == [{"records_in": 8, "committed": 8}]
    assert [r["row_count"] for r in found["blocks"]] == [6, 6]
    assert writer.stored_versions() == {"E1": blocks[1].last_ordinal}
    writer.drop(blocks[1].last_ordinal)
    assert outbox.pending() == []
    assert writer.recover() == blocks[1].last_ordinal


def test_an_empty_store_has_no_last_ordinal(store, tmp_path):
    store.command("TRUNCATE TABLE ops.block")
    assert BlockWriter(store, Outbox(tmp_path)).recover() == -1
    assert BlockWriter(store, Outbox(tmp_path)).stored_versions() == {}


def test_the_same_block_has_the_same_bytes(tmp_path):
    digests = set()
    for name in ("a", "b"):
        ref = Outbox(tmp_path / name).put(block(1))
        digests.add(hashlib.sha256(ref.path.read_bytes()).hexdigest())
    assert len(digests) == 1
