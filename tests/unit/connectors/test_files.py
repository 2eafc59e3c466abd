"""Files as parts: what is a record, where it starts again, what a long line or a damaged file does."""

import gzip
import hashlib
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import files
from connectors.contract import Source
from connectors.files import FileError, list_files
from connectors.mock.memory import MemorySource
from connectors.ndjson import NdjsonSource
from schemas.fields import MAX_RECORD_BYTES

LINES = [b'{"a":1}\n', b'{"b":2}\r\n', b'{"c":3}']


def drain(part, max_records=1000, max_bytes=1 << 20):
    found, offsets = [], []
    while (batch := part.next_batch(max_records, max_bytes)) is not None:
        assert 1 <= len(batch) <= max_records
        assert len(batch.offsets) == len(batch)
        found += batch.data.to_pylist()
        offsets += batch.offsets.tolist()
    assert part.eof
    position = part.position()
    part.close()
    assert offsets == list(range(position - len(offsets), position))
    return found


def read(path, resume=None, **limits):
    return drain(NdjsonSource("s", [str(path)]).build(str(path), resume), **limits)


def test_is_a_source():
    assert isinstance(NdjsonSource("s", []), Source)
    assert isinstance(MemorySource({}), Source)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_lines_with_their_newline_the_last_without(tmp_path, pack):
    path = tmp_path / "x"
    path.write_bytes(pack(b"".join(LINES)))
    assert read(path) == LINES


def test_blank_lines_are_no_records(tmp_path):
    path = tmp_path / "x.ndjson"
    path.write_bytes(b'\n\r\n  {"a":1}\n \t \n\n{"b":2}\n   ')
    assert read(path) == [b'  {"a":1}\n', b'{"b":2}\n']
    path.write_bytes(b"\n\n")
    assert read(path) == []
    path.write_bytes(b"")
    assert read(path) == []


def test_several_gzip_members_are_one_file(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(LINES[0]) + gzip.compress(LINES[1]))
    assert read(path) == LINES[:2]


@settings(max_examples=150, deadline=None)
@given(
    data=st.lists(
        st.sampled_from([b"\n", b"\r\n", b" ", b"ab", b"{}", b"x" * 9, b"\xff", b"\t"]), max_size=40
    ),
    block=st.integers(1, 12),
    limit=st.integers(3, 9),
    records=st.integers(1, 4),
    size=st.integers(1, 20),
)
def test_blocks_do_not_matter(tmp_path_factory, data, block, limit, records, size):
    path = tmp_path_factory.mktemp("f") / "x"
    path.write_bytes(b"".join(data))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "BLOCK_BYTES", block)
        patch.setattr(files, "MAX_RECORD_BYTES", limit)
        found = read(path, max_records=records, max_bytes=size)
        whole = [x for x in _lines(b"".join(data)) if x.strip()]
        assert found == [x[: limit + 1] if len(x.removesuffix(b"\n")) > limit else x for x in whole]
        for k in range(len(found) + 1):
            assert read(path, resume=k, max_records=records, max_bytes=size) == found[k:]


def _lines(data):
    parts = data.split(b"\n")
    return [p + b"\n" for p in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_line_of_10_mb_comes_as_its_first_mebibyte(tmp_path, pack):
    path = tmp_path / "x"
    path.write_bytes(pack(LINES[0] + b"y" * 10_000_000 + b"\n" + LINES[1]))
    part = NdjsonSource("s", [str(path)]).build(str(path), None)
    tracemalloc.start()
    found = drain(part)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [LINES[0], b"y" * (MAX_RECORD_BYTES + 1), LINES[1]]
    assert peak < 40 << 20


def test_a_line_of_exactly_a_mebibyte_is_whole(tmp_path):
    path = tmp_path / "x"
    fits, long = b"y" * MAX_RECORD_BYTES + b"\n", b"z" * (MAX_RECORD_BYTES + 1) + b"\n"
    path.write_bytes(fits + long + LINES[0])
    assert read(path) == [fits, long[:-1], LINES[0]]
    path.write_bytes(fits[:-1])
    assert read(path) == [fits[:-1]]


def test_the_last_line_may_be_long_and_unfinished(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(LINES[0] + b"y" * 3_000_000)
    assert read(path) == [LINES[0], b"y" * (MAX_RECORD_BYTES + 1)]


def test_records_share_the_block(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"".join(LINES))
    part = NdjsonSource("s", [str(path)]).build(str(path), None)
    first, second = part.next_batch(1, 1 << 20), part.next_batch(1, 1 << 20)
    assert first.data.buffers()[2].address == second.data.buffers()[2].address
    part.close()


def test_a_resumed_file_must_not_have_shrunk(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(LINES[0])
    with pytest.raises(
        FileError, match=r"x: has 1 records, not the 5 of the last run; a file that was read may grow"
    ):
        read(path, resume=5)


def test_following_a_growing_file(tmp_path):
    path = tmp_path / "x.ndjson"
    path.write_bytes(LINES[0] + LINES[1][:3])
    part = NdjsonSource("s", [str(path)], follow=True).build(str(path), None)
    assert part.next_batch(9, 99).data.to_pylist() == [LINES[0]]
    assert part.next_batch(9, 99) is None
    assert not part.eof
    with path.open("ab") as more:
        more.write(LINES[1][3:] + LINES[0])
    batch = part.next_batch(9, 99)
    assert (batch.data.to_pylist(), batch.offsets.tolist()) == ([LINES[1], LINES[0]], [1, 2])
    assert len(part.source_id) == 16
    part.close()
    path.write_bytes(gzip.compress(b"{}"))
    with pytest.raises(FileError, match="cannot be followed"):
        NdjsonSource("s", [str(path)], follow=True).build(str(path), None)


def test_source_id_is_of_the_decompressed_content(tmp_path):
    plain, packed = tmp_path / "a", tmp_path / "b.gz"
    plain.write_bytes(b"".join(LINES))
    packed.write_bytes(gzip.compress(b"".join(LINES)))
    wanted = hashlib.sha256(b"".join(LINES)).hexdigest()[:16]
    for path in (plain, packed):
        part = NdjsonSource("s", []).build(str(path), 2)
        assert part.source_id == wanted
        part.close()


def test_which_files_are_parts(tmp_path):
    for name in ("b.ndjson", "a.ndjson", ".hidden", "c.csv"):
        (tmp_path / name).write_bytes(b"{}")
    a, b, c = (str(tmp_path / n) for n in ("a.ndjson", "b.ndjson", "c.csv"))
    assert list_files([str(tmp_path)]) == [a, b, c]
    assert list_files([str(tmp_path / "*.ndjson"), a]) == [a, b]
    with pytest.raises(FileError, match="no such file; name a file, a directory"):
        list_files([str(tmp_path / "none*")])
    with pytest.raises(FileError, match="no such file"):
        NdjsonSource("s", [str(tmp_path / "gone")]).parts()
    with pytest.raises(FileError, match="cannot be opened"):
        NdjsonSource("s", []).build(str(tmp_path / "gone"), None)


def test_a_damaged_gzip_is_told_after_what_could_be_read(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"".join(LINES) * 1000)[:-10])
    part = NdjsonSource("s", []).build(str(path), None)
    with pytest.raises(FileError, match=r"x\.gz: cannot be read further"):
        drain(part)
    part.close()


def test_memory_hands_out_as_scripted():
    source = MemorySource({"p": LINES}, script=[1, 0, 5])
    part = source.build("p", None)
    assert part.next_batch(9, 99).data.to_pylist() == LINES[:1]
    assert part.next_batch(9, 99) is None
    assert not part.eof
    assert part.next_batch(9, 99).data.to_pylist() == LINES[1:]
    assert part.next_batch(9, 99) is None
    assert (part.eof, part.position()) == (True, 3)
    resumed = source.build("p", 2)
    assert resumed.next_batch(9, 99).offsets.tolist() == [2]
    assert drain(MemorySource({"p": LINES}).build("p", None), max_bytes=8) == LINES
