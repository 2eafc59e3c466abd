"""Plain load for benchmarks and properties: movements over n accounts, written in columns, no trade in it.

Rows come in chunks of `CHUNK`, each from a generator of its own, so that a long load never lies in memory
and any part of it can be made alone. Every field of a type has a fixed width: a row is a template whose
digits are filled in. All quantities are whole pieces; no master is sent, so items and sites are made on
first sight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Types = Literal["mixed", "sale"]

CHUNK = 1 << 16
ENTITY = "BENCH"
START_MS = 1_736_121_600_000
"""2025-01-06T08:00+08:00: the opening; movements begin `LATEST_MS` later."""

LATEST_MS = 2 * 86_400_000
"""How late a late row is at most."""

STEP_MS = 37
"""Between two movements."""

OPENING, RECEIPT, DELIVERY, TRANSFER, ISSUE = range(5)
_SHARES = {"mixed": (0.0, 0.10, 0.75, 0.08, 0.07), "sale": (0.0, 0.0, 1.0, 0.0, 0.0)}
_QTY = ((500_000, 1_000_000), (10, 100), (1, 10), (1, 10), (1, 10))
_HEAD = {"id": "m<ordinal:9>", "source": "load", "time": "<time>"}
_BODY = {"entity": ENTITY, "item": "I<item:7>"}
_SITE = {"site": "S<site:2>"}
_COST = {"unit_cost": "<cost>"}
_WIRE: tuple[dict[str, str], ...] = (
    {**_HEAD, "type": "stock.receipt", **_BODY, **_SITE, "qty": "<qty:6>", **_COST},
    {**_HEAD, "type": "stock.receipt", **_BODY, **_SITE, "qty": "<qty:2>", **_COST},
    {**_HEAD, "type": "sale.delivery", **_BODY, **_SITE, "qty": "<qty:1>", "amount": "<amount>"},
    {
        **_HEAD,
        "type": "stock.transfer",
        **_BODY,
        "from_site": "S<site:2>",
        "to_site": "S<to:2>",
        "qty": "<qty:1>",
    },
    {**_HEAD, "type": "stock.issue", **_BODY, **_SITE, "qty": "<qty:1>", "reason": "consumption"},
)
"""By kind: wire name -> text with places <field:digits>."""

_LINES = tuple("{" + ",".join(f'"{k}":"{v}"' for k, v in wire.items()) + "}\n" for wire in _WIRE)
COLUMNS = tuple(dict.fromkeys(name for wire in _WIRE for name in wire))
"""Wire names, as the columns of `arrow`."""


@dataclass(frozen=True, slots=True)
class Rows:
    """n movements in columns, int64[n] each.

    `kind`: OPENING … ISSUE. `site`, `to` (transfers): 0 to 99. `qty`: pieces. `cost`: of one piece x 10^-4.
    `amount`: cents of the line. `ms`: UTC.
    """

    ordinal: Ints
    kind: Ints
    item: Ints
    site: Ints
    to: Ints
    qty: Ints
    cost: Ints
    amount: Ints
    ms: Ints


@dataclass(frozen=True)
class Load:
    """`n` movements over `accounts` accounts (item x site), after an opening receipt for each account.

    `zipf`: exponent of the accounts' popularity, None = all alike. `late_share`: rows dated up to `LATEST_MS`
    before their place. `types`: "mixed" (receipts, deliveries, transfers, issues) or "sale" (deliveries).
    `ValueError` for sizes that its digits cannot hold.
    """

    n: int
    accounts: int
    seed: int = 0
    zipf: float | None = None
    late_share: float = 0.0
    types: Types = "mixed"

    def __post_init__(self) -> None:
        """Refuse what does not fit."""
        if not (0 < self.accounts <= 10_000_000 and self.n >= 0 and self.rows <= 10**9):
            raise ValueError(
                f"load of {self.n} over {self.accounts} accounts: at most 10^7 accounts, 10^9 rows"
            )

    @property
    def rows(self) -> int:
        """Opening and movements."""
        return self.accounts + self.n

    @property
    def sites(self) -> int:
        """Sites per item."""
        return 10 if self.accounts >= 20 else min(2, self.accounts)

    def chunks(self, first: int = 0, stop: int | None = None) -> Iterator[Rows]:
        """Rows `first` to `stop` (multiples of CHUNK, or the end), a chunk at a time."""
        ladder, places = self._popularity()
        end = self.rows if stop is None else min(stop, self.rows)
        for begin in range(first, end, CHUNK):
            yield self._chunk(begin, min(begin + CHUNK, end), ladder, places)

    def _popularity(self) -> tuple[NDArray[np.float64] | None, Ints]:
        if self.zipf is None:
            return None, np.zeros(0, np.int64)
        ladder = np.cumsum(1.0 / np.arange(1, self.accounts + 1) ** self.zipf)
        # The popular ones lie anywhere, not side by side.
        return ladder / ladder[-1], np.random.default_rng(self.seed).permutation(self.accounts)

    def _chunk(self, begin: int, end: int, ladder: NDArray[np.float64] | None, places: Ints) -> Rows:
        rng = np.random.default_rng([self.seed, begin // CHUNK])
        ordinal, n = np.arange(begin, end, dtype=np.int64), end - begin
        opening = ordinal < self.accounts
        chosen = rng.random(n)
        account = (
            (chosen * self.accounts).astype(np.int64) if ladder is None
            else places[np.minimum(np.searchsorted(ladder, chosen, side="right"), self.accounts - 1)]
        )  # fmt: skip
        account = np.where(opening, ordinal, account)
        kind = np.searchsorted(np.cumsum(_SHARES[self.types][:-1]), rng.random(n), side="right")
        kind = np.where(opening, OPENING, kind)
        item, site = np.divmod(account, self.sites)
        up = (site + 1 < self.sites) & (account + 1 < self.accounts)
        kind = np.where((kind == TRANSFER) & ~up & (site == 0), ISSUE, kind)  # the item has one site only
        low, high = np.array(_QTY, np.int64)[kind].T
        qty = low + (rng.random(n) * (high - low)).astype(np.int64)
        ms = START_MS + LATEST_MS + ordinal * STEP_MS
        if self.late_share:
            late = rng.random(n) < self.late_share
            ms = np.where(late, ms - 1 - (rng.random(n) * (LATEST_MS - 1)).astype(np.int64), ms)
        cost, price = rng.integers(20_000, 60_000, n), rng.integers(1000, 1100, n)
        return Rows(
            ordinal=ordinal, kind=kind, item=item, site=site, to=np.where(up, site + 1, site - 1), qty=qty,
            cost=cost, amount=price * qty, ms=np.where(opening, START_MS, ms),
        )  # fmt: skip

    def blocks(self, first: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The same as NDJSON, a chunk at a time."""
        for rows in self.chunks(first, stop):
            yield ndjson(rows)

    def tables(self, first: int = 0, stop: int | None = None) -> Iterator[pa.Table]:
        """The same as Arrow tables of wire strings, a chunk at a time."""
        for rows in self.chunks(first, stop):
            yield arrow(rows)


def movements(
    n: int,
    accounts: int,
    seed: int = 0,
    zipf: float | None = None,
    late_share: float = 0.0,
    types: Types = "mixed",
) -> bytes:
    """`accounts` opening receipts and `n` movements as NDJSON; see `Load`."""
    return b"".join(Load(n, accounts, seed, zipf, late_share, types).blocks())


def table(
    n: int,
    accounts: int,
    seed: int = 0,
    zipf: float | None = None,
    late_share: float = 0.0,
    types: Types = "mixed",
) -> pa.Table:
    """The rows of `movements` as one Arrow table of wire strings (`COLUMNS`, null where absent)."""
    return pa.concat_tables(Load(n, accounts, seed, zipf, late_share, types).tables())


def _digits(values: Ints, width: int) -> Bytes:
    """uint8[n, width]: the last `width` decimal digits, zeros in front; values below 2^32."""
    out = np.empty((len(values), width), np.uint8)
    rest = values.astype(np.uint32)
    for place in range(width - 1, -1, -1):
        tens = rest // np.uint32(10)
        out[:, place] = rest - tens * np.uint32(10) + np.uint32(48)
        rest = tens
    return out


def _times(ms: Ints) -> Bytes:
    """uint8[n, 29]: RFC 3339 in +08:00."""
    out = np.empty((len(ms), 29), np.uint8)
    out[:] = np.frombuffer(b"0000-00-00T00:00:00.000+08:00", np.uint8)
    day, rest = np.divmod(ms + 8 * 3_600_000, 86_400_000)
    first = int(day.min())
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    dates = [(epoch + timedelta(days=d)).strftime("%Y-%m-%d") for d in range(first, int(day.max()) + 1)]
    out[:, :10] = np.frombuffer("".join(dates).encode(), np.uint8).reshape(-1, 10)[day - first]
    seconds, milli = np.divmod(rest.astype(np.uint32), np.uint32(1000))
    for begin, part in ((11, seconds // 3600), (14, seconds // 60 % 60), (17, seconds % 60)):
        out[:, begin : begin + 2] = _digits(part, 2)
    out[:, 20:23] = _digits(milli, 3)
    return out


def _place(rows: Rows, name: str, width: int) -> Bytes:
    """The text of one field of all rows."""
    if name == "time":
        return _times(rows.ms)
    if name == "cost":  # 2.0000 to 5.9999
        return np.insert(_digits(rows.cost, 5), 1, ord("."), axis=1)
    if name == "amount":  # 10.00 to 98.91
        return np.insert(_digits(rows.amount, 4), 2, ord("."), axis=1)
    return _digits(getattr(rows, name), width)


def _filled(rows: Rows, text: str) -> Bytes:
    """uint8[n, width]: `text` once per row, its places filled."""
    pieces: list[Bytes] = []
    for i, part in enumerate(text.replace(">", "<").split("<")):
        if i % 2:
            name, _, width = part.partition(":")
            pieces.append(_place(rows, name, int(width or 0)))
        elif part:
            fixed = np.frombuffer(part.encode(), np.uint8)
            pieces.append(np.broadcast_to(fixed, (len(rows.kind), len(fixed))))
    return np.concatenate(pieces, axis=1)


def _by_kind(rows: Rows) -> list[tuple[int, NDArray[np.intp], Rows]]:
    """(kind, where its rows are, these rows), for the kinds that occur."""
    found = []
    for kind in range(len(_WIRE)):
        where = np.flatnonzero(rows.kind == kind)
        if len(where):
            found.append((kind, where, Rows(*(getattr(rows, f)[where] for f in Rows.__slots__))))
    return found


def _woven(n: int, groups: list[tuple[NDArray[np.intp], Bytes]]) -> tuple[bytes, Ints]:
    """Texts of different widths in the order of rows: their bytes, and int64[n] how many each has."""
    used = np.zeros(n, np.int64)
    if len(groups) == 1 and len(groups[0][0]) == n:
        used[:] = groups[0][1].shape[1]
        return groups[0][1].tobytes(), used
    longest = max((text.shape[1] for _, text in groups), default=0)
    out = np.zeros((n, longest), np.uint8)
    for where, text in groups:
        out[where, : text.shape[1]] = text
        used[where] = text.shape[1]
    return out[np.arange(longest) < used[:, None]].tobytes(), used


def ndjson(rows: Rows) -> bytes:
    """The rows as canonical events, one line each, in order."""
    groups = [(where, _filled(some, _LINES[kind])) for kind, where, some in _by_kind(rows)]
    return _woven(len(rows.kind), groups)[0]


def arrow(rows: Rows) -> pa.Table:
    """The same rows as strings, one column per wire name; absent = null."""
    n, kinds = len(rows.kind), _by_kind(rows)
    columns = []
    for name in COLUMNS:
        here = [
            (where, _filled(some, _WIRE[kind][name])) for kind, where, some in kinds if name in _WIRE[kind]
        ]
        data, used = _woven(n, here)
        ends = np.concatenate([[0], np.cumsum(used)]).astype(np.int32)
        bits = np.packbits(used > 0, bitorder="little").tobytes()
        buffers = [pa.py_buffer(b) for b in (ends.tobytes(), data, bits)]
        columns.append(pa.StringArray.from_buffers(n, *buffers))
    return pa.table(columns, names=list(COLUMNS))
