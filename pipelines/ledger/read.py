"""From the decoded event batch to the integers that the walk reads, column by column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.kernels.exact import NONE
from pipelines.kernels.rows import by_row
from pipelines.kernels.strings import string_buffers
from pipelines.ledger.columns import (
    E_AMT,
    E_COMBO,
    E_CONTENT,
    E_CONTRA,
    E_CROW,
    E_DISC,
    E_DOC,
    E_ENT,
    E_GROUP,
    E_H1,
    E_H2,
    E_HIT,
    E_ITEM,
    E_LEN,
    E_LOT,
    E_NOAUTO,
    E_OWNER,
    E_PLACE,
    E_PLACE2,
    E_PRICE,
    E_QTY,
    E_REC,
    E_RH1,
    E_RH2,
    E_SEQ,
    E_SITE,
    E_SITE2,
    E_SOURCE,
    E_SROW,
    E_SROW2,
    E_TAX,
    E_TEXT,
    E_TIME,
    E_TRUST,
    E_TYPE,
    E_UNIT,
    EV,
    NO_TIME,
    U_CANON,
    U_DEN,
    U_DIM,
    U_KNOWN,
    U_NUM,
    U_WHOLE,
    UNKNOWN,
)  # fmt: skip
from pipelines.ledger.hashing import blank, fold_numbers, fold_texts, id_hashes, reference_hashes, salt_of
from pipelines.ledger.kernel.admit import DELIVERY, GIVE_BACK, ISSUE, RECEIPT, RETURN
from pipelines.ledger.state import LedgerState
from schemas import accounts, units
from schemas.registry import TYPE_CODES

I64 = NDArray[np.int64]
ABOUT = [TYPE_CODES[name] for name in ("event.correct", "event.cancel")]
_CONTENT = (  # column, what it is hashed from
    "entity", "item", "site", "to_site", "lot", "owner", "pool", "uom", "supplier", "channel", "cost_centre",
    "reason",
)  # fmt: skip
_TEXTS = ("document", "customer", "code", "returns", "attrs")
_PLAIN = (  # column of the events, field of the batch
    (E_QTY, "qty"), (E_PRICE, "price"), (E_AMT, "amount"), (E_DISC, "discount"), (E_TAX, "tax"),
    (E_TIME, "time"), (E_TRUST, "trust"), (E_REC, "recorded_at"), (E_GROUP, "rec"), (E_NOAUTO, "strict"),
)  # fmt: skip
_NUMBERS = ("type", "seq", "time", "qty", "price", "amount", "discount", "tax", "expiry")


def integers(batch: pa.RecordBatch, name: str) -> I64:
    """An integer column as int64, NONE where it is null."""
    column = batch.column(name)
    if column.null_count:
        column = column.fill_null(NONE)
    return np.asarray(column).astype(np.int64, copy=False)


def _words(state: LedgerState, batch: pa.RecordBatch, name: str) -> I64:
    column = batch.column(name)
    return np.zeros(len(column), np.int64) if blank(column) else state.words.ids(column)


def _pairs(state: LedgerState, name: str, k1: I64, k2: I64) -> tuple[I64, range]:
    """Rows of a pair map and the numbers of those that are new."""
    m = state.maps[name]
    first = m.count
    rows = m.rows(k1, k2)
    return rows, range(first, m.count)


def _entities(state: LedgerState, words: I64) -> I64:
    rows, new = _pairs(state, "entities", words, np.zeros_like(words))
    for k in new:
        word = int(state.maps["entities"].keys[k, 0])
        tz = state.words.id("Asia/Shanghai")
        state.t["N"].append([word, 0, 0, 1, 0, 2, 0, 0, state.words.id("CNY"), tz, 0, 0, NO_TIME])
    return rows


def _items(state: LedgerState, ent: I64, words: I64) -> I64:
    if not words.any():
        return np.full(len(words), -1, np.int64)
    rows, new = _pairs(state, "items", np.where(words > 0, ent, -1), words)
    table = state.t["I"]
    table.reserve(len(new))
    table.data[new.start : new.stop] = (0, -1, 0, 0, 0, -1, -1, 0, 0, 0)
    table.marks[new.start : new.stop] = 1
    table.count = max(table.count, new.stop)
    return np.where(words > 0, rows, -1)


def sites_of(state: LedgerState, places: I64) -> I64:
    """int64[n]: the site word of each place word (`SITE/BIN` lies in `SITE`)."""
    if not places.any():
        return places
    rows, _ = _pairs(state, "sites", places, np.zeros_like(places))
    sites = state.site_words
    for k in range(len(sites), state.maps["sites"].count):
        sites.append(state.words.id(accounts.site_of(state.words.text(int(state.maps["sites"].keys[k, 0])))))
    return np.array(sites, np.int64)[rows]


def site_rows(state: LedgerState, ent: I64, sites: I64) -> I64:
    """int64[n]: the row of each site in the table of known sites; -1 where none is stated."""
    if not sites.any():
        return np.full(len(sites), -1, np.int64)
    rows, new = _pairs(state, "places", np.where(sites > 0, ent, -1), sites)
    for _ in new:
        state.t["S"].append([UNKNOWN, 0])
    return np.where(sites > 0, rows, -1)


def unit_row(state: LedgerState, name: str) -> int:
    """The row of a unit by any of its names (0 = none stated)."""
    return int(_units(state, np.array([state.words.id(name)], np.int64))[0])


def _units(state: LedgerState, words: I64) -> I64:
    m, table = state.maps["units"], state.t["U"]
    if m.count == 0:  # row 0: none stated; row 1: the piece
        for text in ("", units.DEFAULT_UOM):
            m.rows(np.array([state.words.id(text)], np.int64), np.zeros(1, np.int64))
            table.append(_unit(state, text))
    if not words.any():
        return words
    rows, new = _pairs(state, "units", words, np.zeros_like(words))
    for k in new:
        table.append(_unit(state, state.words.text(int(m.keys[k, 0]))))
    return rows


def _unit(state: LedgerState, name: str) -> list[int]:
    row = [0] * 6
    row[U_CANON] = state.words.id(units.canonical(name)) if name else 0
    found = units.resolve(name)
    row[U_DIM], row[U_NUM], row[U_DEN], row[U_KNOWN] = -1, 1, 1, int(found is not None)
    if found is not None and found.to_base is not None:
        row[U_DIM] = state.words.id(f"dimension:{found.dimension}")
        row[U_NUM], row[U_DEN] = found.to_base.numerator, found.to_base.denominator
    row[U_WHOLE] = int(bool(name) and units.whole(units.canonical(name)))
    return row


def _contras(state: LedgerState, batch: pa.RecordBatch, kinds: I64) -> tuple[I64, I64]:
    """The row of each event's virtual place in the map `contras`, -1 where it has none, and its word."""
    parts = {RECEIPT: "supplier", DELIVERY: "channel", RETURN: "channel", ISSUE: "reason"}
    k1, k2 = np.zeros(len(kinds), np.int64), np.zeros(len(kinds), np.int64)
    for kind, name in parts.items():
        mine = kinds == kind
        if mine.any():
            k1[mine] = kind
            k2[mine] = _words(state, batch, name)[mine]
            if kind == ISSUE:
                k1[mine] |= _words(state, batch, "cost_centre")[mine] << 16
    if not k1.any():
        return np.full_like(k1, -1), k1
    rows, _ = _pairs(state, "contras", k1, k2)
    places = state.contra_words
    for k in range(len(places), state.maps["contras"].count):
        kind, centre = (
            int(state.maps["contras"].keys[k, 0]) & 0xFFFF,
            int(state.maps["contras"].keys[k, 0]) >> 16,
        )
        places.append(
            state.words.id(
                _contra(
                    kind, state.words.text(int(state.maps["contras"].keys[k, 1])), state.words.text(centre)
                )
            )
        )
    return np.where(k1 > 0, rows, -1), np.array(places, np.int64)[rows]


def _contra(kind: int, word: str, centre: str) -> str:
    if kind == RECEIPT:
        return accounts.place(accounts.SUPPLIER, word)
    if kind in (DELIVERY, RETURN):
        return accounts.place(accounts.CUSTOMER, word)
    return accounts.contra("stock.issue", reason=word, cost_centre=centre) if kind == ISSUE else ""


def content_hashes(batch: pa.RecordBatch, words: dict[str, I64]) -> I64:
    """int64[n]: a hash of what the event says (absent fields count for nothing)."""
    out = np.zeros(batch.num_rows, np.int64)
    for name in _CONTENT:
        if words[name].any():
            fold_numbers(words[name], 0, salt_of(name), out)
    for name in _NUMBERS:
        values = integers(batch, name)
        fold_numbers(values, NONE, salt_of(name), out)
    for name in _TEXTS:
        if not blank(batch.column(name)):
            buf, offs = string_buffers(batch.column(name))
            fold_texts(buf, offs, salt_of(name), out)
    return out


def read(state: LedgerState, batch: pa.RecordBatch) -> tuple[I64, dict[str, I64]]:
    """(int64[n, EV], the words of its string columns)."""
    n = batch.num_rows
    w = {name: _words(state, batch, name) for name in (*_CONTENT, "source")}
    ev = np.empty((EV, n), np.int64).T
    kinds = integers(batch, "type")
    ev[:, E_TYPE], ev[:, E_ENT] = kinds, _entities(state, w["entity"])
    ev[:, E_ITEM] = _items(state, ev[:, E_ENT], w["item"])
    ev[:, E_PLACE], ev[:, E_PLACE2] = w["site"], w["to_site"]
    ev[:, E_SITE], ev[:, E_SITE2] = sites_of(state, w["site"]), sites_of(state, w["to_site"])
    ev[:, E_LOT], ev[:, E_OWNER] = w["lot"], w["owner"]
    ev[:, E_COMBO], _ = _pairs(state, "combos", np.r_[0, w["owner"]], np.r_[0, w["pool"]])[0][1:], None
    ev[:, E_UNIT] = _units(state, w["uom"])
    for col, name in _PLAIN:
        ev[:, col] = integers(batch, name)
    ev[:, E_CROW], ev[:, E_CONTRA] = _contras(state, batch, kinds)
    source = batch.column("source")
    ev[:, E_H1], ev[:, E_H2] = id_hashes(source, batch.column("id"))
    ev[:, E_SOURCE], ev[:, E_SEQ] = w["source"], integers(batch, "seq")
    state.sources.meet(w["source"])
    ev[:, E_TEXT], ev[:, E_LEN] = state.recent.keep_ids(batch.column("id"))
    ev[:, E_CONTENT] = content_hashes(batch, w)
    ev[:, E_RH1] = ev[:, E_RH2] = NONE
    if not blank(batch.column("returns")):
        r1, r2 = reference_hashes(source, batch.column("returns"))
        linked = np.isin(kinds, [RETURN, GIVE_BACK, *ABOUT])
        ev[:, E_RH1], ev[:, E_RH2] = np.where(linked, r1, NONE), np.where(linked, r2, NONE)
    ev[:, E_HIT], ev[:, E_DOC] = 0, -1
    for col, site in ((E_SROW, E_SITE), (E_SROW2, E_SITE2)):
        ev[:, col] = site_rows(state, ev[:, E_ENT], ev[:, site])
    return by_row(ev), w
