"""Canonical JSON records with pseudonyms for what names a person; every other byte stays.

The value of any member, at any depth, whose name holds the name of a personal field is replaced: a text by
its pseudonym, a number by another number, a list or an object by an empty one. In a record that is no JSON,
whatever still stands behind such a name is replaced too. **Law**: what intake would have refused it refuses,
what it would have accepted it accepts (but for a record that grows beyond 1 MiB).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.maps.reading.fields import gather
from connectors.personal.finding import CAREFUL, find
from connectors.personal.members import is_json, members
from connectors.personal.pseudonyms import LENGTH, Pseudonyms
from pipelines.kernels.splice import spliced
from schemas.fields import MAX_RECORD_BYTES
from schemas.registry import PERSONAL

_NAMES = tuple(name.encode() for name in PERSONAL)
_KEY = re.compile("|".join(PERSONAL))


class LooseNames:
    """Names, in a record that is no JSON, and whatever stands behind them.

    A name, what closes it, a colon or an equals sign, and a value: a text (closed or not), a word, or an
    object or a list to the end.
    """

    def __init__(self, names: Sequence[str]) -> None:
        any_name = "|".join(map(re.escape, names)).encode()
        self._pattern = re.compile(
            rb"((?:" + any_name + rb")[^\s:={}\[\],]{0,64}\s{0,16}[:=]\s{0,16})"
            rb"(\"(?:[^\"\\]|\\.)*|[^\s,{}\[\]\"]+|[{\[].*)",
            re.DOTALL,
        )

    def seal(self, raw: bytes, pseudonyms: Pseudonyms, encoding: str = "utf-8") -> bytes:
        """The record with pseudonyms; it stays what it was: no text, or no JSON."""

        def pseudonym(found: re.Match[bytes]) -> bytes:
            value = found[2]
            if value[:1] in b"{[":
                return found[1] + value[:1]
            quote = b'"' if value[:1] == b'"' else b""
            name = pseudonyms.of(value[len(quote) :].decode(encoding, "surrogateescape"))
            return found[1] + quote + name[:LENGTH].encode()

        body = raw.rstrip(b"\r\n")
        done = self._pattern.sub(pseudonym, body)
        if done != body and is_text(done, encoding):
            if not is_text(body, encoding):
                done += b"\xff"
            elif is_json(done.decode(encoding)):
                done += b"\x01"
        if len(done) <= MAX_RECORD_BYTES < len(body):
            done = done.ljust(MAX_RECORD_BYTES + 1)
        return done + raw[len(body) :]


_LOOSE = LooseNames(PERSONAL)


def seal(data: pa.LargeBinaryArray, pseudonyms: Pseudonyms) -> pa.LargeBinaryArray:
    """The records of a block, in the same order; the same array where nobody is named."""
    buf, bounds = _flat(data)
    starts, ends, rows, needs = find(buf, bounds, _NAMES)
    careful = needs == CAREFUL
    if not (len(starts) or careful.any()):
        return data
    coded = gather(buf, starts, ends).dictionary_encode()
    texts, which = _texts(coded.dictionary.to_pylist(), pseudonyms), np.asarray(coded.indices, np.int64)
    strange = np.array([text is None for text in texts] or [False])
    careful[rows[strange[which]]] = True
    plain = ~careful[rows]
    kept = [text or b"" for text in texts]
    done = spliced(buf, bounds, starts[plain], ends[plain], kept, which[plain])
    if not careful.any():
        return done
    whole = done.to_pylist()
    for row in np.flatnonzero(careful).tolist():
        whole[row] = seal_record(data[row].as_py(), pseudonyms)
    return pa.array(whole, pa.large_binary())


def _texts(words: list[bytes], pseudonyms: Pseudonyms) -> list[bytes | None]:
    """What replaces each of these; None where the bytes are no text."""
    done: list[bytes | None] = []
    for word in words:
        try:
            done.append(_escaped(pseudonyms.of(word.decode())) or word)
        except UnicodeDecodeError:
            done.append(None)
    return done


def seal_record(raw: bytes, pseudonyms: Pseudonyms) -> bytes:
    """One record."""
    if not is_text(raw) or not is_json(text := raw.decode()):
        return _LOOSE.seal(raw, pseudonyms)
    done: list[bytes] = []
    at = 0
    spans = [m for m in members(text) if _KEY.search(m.path[-1])]
    for m in sorted(spans, key=lambda m: (m.start, -m.end)):
        if m.start >= at:  # else it is in one that is replaced already
            done += [text[at : m.start].encode(), _value(text[m.start : m.end], pseudonyms)]
            at = m.end
    return b"".join([*done, text[at:].encode()])


def _value(token: str, pseudonyms: Pseudonyms) -> bytes:
    if token[0] in "{[":
        return b"{}" if token[0] == "{" else b"[]"
    if token[0] == '"':
        return b'"' + _escaped(pseudonyms.of(json.loads(token))) + b'"'
    return token.encode() if token in ("null", "true", "false") else str(pseudonyms.number(token)).encode()


def is_text(raw: bytes, encoding: str = "utf-8") -> bool:
    """Whether the bytes are text in this encoding."""
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _escaped(text: str) -> bytes:
    """A text as it stands between the quotes of JSON."""
    return json.dumps(text)[1:-1].encode()


def _flat(data: pa.LargeBinaryArray) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    _, offsets, values = data.buffers()
    bounds = np.frombuffer(offsets, np.int64)[data.offset : data.offset + len(data) + 1]
    buf = np.frombuffer(values, np.uint8) if values is not None and values.size else np.zeros(1, np.uint8)
    for array in (buf, bounds):  # wherever the block comes from, the kernels are compiled for the same types
        array.setflags(write=False)
    return buf, bounds
