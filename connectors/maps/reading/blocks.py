"""A whole block of rows at once: the same reading as `rows`, on distinct values and on arrays.

Every row comes out either with its events, or in doubt; a row in doubt is read again by `rows`, which has the
last word. So the block path may be careful, and never needs to explain a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.maps.errors import RowError
from connectors.maps.plan import Const, Emit, Lookup, Moment, Number, Plan, Rule, Template, Text, Value
from connectors.maps.reading import decimals, expr, rows
from connectors.maps.reading.coded import Coded, Texts, combine
from connectors.maps.reading.fields import gather, split_block

Rows = NDArray[np.int64]


class Frame(NamedTuple):
    """The columns a map reads, for the records that could be split: `rows` says which records these are."""

    rows: Rows
    columns: Mapping[str, Coded]


class Piece(NamedTuple):
    """Events of one kind: for record `rec[i]` the `pos`-th of `of` events; `fields`: their values."""

    rec: Rows
    pos: int
    of: int
    emit: Emit
    fields: Mapping[str, Texts]


def csv_frame(plan: Plan, header: tuple[str, ...], buf: NDArray[np.uint8], offsets: Rows) -> Frame:
    """The columns of delimited records (UTF-8 bytes); those that need care are left out."""
    split = split_block(buf, offsets, len(header), ord(plan.delimiter))
    columns = {}
    for name in plan.columns():
        at = header.index(name)
        columns[name] = Coded.of(gather(buf, split.starts[:, at], split.ends[:, at]))
    return Frame(split.rows, columns)


def json_frame(plan: Plan, records: list[bytes]) -> Frame:
    """The columns of JSON records (UTF-8 bytes); those that need care are left out."""
    names, good = plan.columns(), []
    values: list[list[str]] = [[] for _ in names]
    for n, record in enumerate(records):
        try:
            row = rows.read(plan, (), record)
            cells = [rows.cell(row, name) for name in names]
        except RowError:
            continue
        good.append(n)
        for column, value in zip(values, cells, strict=True):
            column.append(value)
    columns = {name: Coded.of(pa.array(v, type=pa.string())) for name, v in zip(names, values, strict=True)}
    return Frame(np.array(good, dtype=np.int64), columns)


def apply(plan: Plan, frame: Frame, usable: NDArray[np.bool_]) -> tuple[list[Piece], Rows]:
    """The events of all rows without doubt, and the records left to `rows` (ascending).

    `usable`: bool[records]; what is not usable is in doubt from the start.
    """
    done = np.zeros(len(usable), dtype=np.bool_)
    free = np.flatnonzero(usable[frame.rows])
    pieces: list[Piece] = []
    for rule in plan.rules:
        picked = free
        # few distinct texts first: then the costly tests see few rows
        for column, test in sorted(rule.when, key=lambda w: len(frame.columns[w[0]].texts)):
            picked = picked[frame.columns[column].passing(test, picked)]
        if len(picked):
            free = np.setdiff1d(free, picked, assume_unique=True)
            found, sure = _rule(rule, frame, picked)
            pieces += found
            done[frame.rows[picked[sure]]] = True
    return pieces, np.flatnonzero(~done)


def _rule(rule: Rule, frame: Frame, picked: Rows) -> tuple[list[Piece], NDArray[np.bool_]]:
    made = [
        {name: value_of(v, frame.columns, picked) for name, v in emit.fields.items()} for emit in rule.emits
    ]
    sure = np.ones(len(picked), dtype=np.bool_)
    for fields in made:
        for texts in fields.values():
            sure &= ~texts.doubt
    rec = frame.rows[picked[sure]]
    pieces = [
        Piece(
            rec,
            n,
            len(made),
            emit,
            {k: Texts(t.texts, t.codes[sure], t.doubt[sure]) for k, t in fields.items()},
        )
        for n, (emit, fields) in enumerate(zip(rule.emits, made, strict=True))
    ]
    return pieces, sure


def value_of(value: Value, columns: Mapping[str, Coded], picked: Rows) -> Texts:
    """A value at the rows `picked` of a frame."""
    if isinstance(value, Const):
        return Texts.of([value.text], np.zeros(len(picked), dtype=np.int64))
    if isinstance(value, Template):
        names = [column for _, column in value.parts if column]
        texts, key = combine([columns[name] for name in names], picked)
        return Texts.of([rows.fill(value, t) for t in texts], key)
    if isinstance(value, Number):
        return _number(value.expr, columns, picked)
    part = _narrow(columns[value.column], picked)
    if isinstance(value, Moment):
        done = value.clock.read_many([t for t in part.texts if t])
        given = iter(done)
        return Texts.of([next(given) if t else "" for t in part.texts], part.codes)
    if isinstance(value, Text):
        return part.map(partial(rows.strip, value))
    if isinstance(value, Lookup):
        return part.map(partial(rows.look_up, value))
    raise AssertionError(value)


def _narrow(column: Coded, picked: Rows) -> Coded:
    """The column at some rows; its texts are narrowed only when that saves work."""
    codes = column.codes[picked]
    if len(codes) * 4 > len(column.texts):
        return Coded(column.texts, codes)
    fresh, codes = np.unique(codes, return_inverse=True)
    return Coded([column.texts[c] for c in fresh.tolist()], codes)


def _number(formula: expr.Expr, columns: Mapping[str, Coded], picked: Rows) -> Texts:
    if isinstance(formula, expr.Col):
        return _narrow(columns[formula.name], picked).map(lambda text: decimals.respell(text, formula.name))

    def get(name: str) -> expr.Numbers:
        codes, all_of = columns[name].codes[picked], columns[name].numbers()
        return expr.Numbers(all_of.ints[codes], all_of.places, all_of.absent[codes], all_of.doubt[codes])

    found = expr.vector(formula, get, len(picked))
    absent = found.absent & ~found.doubt
    distinct = pa.array(np.where(found.doubt, 0, found.ints)).dictionary_encode()
    texts = [decimals.spell(v, found.places) for v in distinct.dictionary.to_pylist()]
    codes = distinct.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return Texts(texts, np.where(absent | found.doubt, -1, codes), found.doubt)
