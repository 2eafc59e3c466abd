"""What a replay gives, held against the store, table by table and as the versions grow.

Rows that belong to a version are compared in stretches of versions, so that memory is bounded by a stretch
and not by the history. Of tables in which the newest row of a key counts, the newest rows are compared at
the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.runtime.i18n import t
from pipelines.runtime.replay.rows import Difference, first_difference, newest, plain
from schemas.tables import TABLES
from schemas.tables.definition import quote
from sinks.clickhouse import Store
from sinks.contract import Block

# table -> its grain, the version's columns first
VERSIONED: dict[str, tuple[str, ...]] = {
    "core.movement": ("entity", "version", "line"),
    "core.true_up": ("entity", "version", "line"),
    "core.entry": ("entity", "version", "account"),
    "core.sale": ("entity", "version"),
    "core.period_close": ("entity", "version"),
}
# table -> key, and the column whose highest value counts
NEWEST: dict[str, tuple[tuple[str, ...], str]] = {
    "core.sale_change": (("entity", "version"), "known_version"),
    "core.count": (("entity", "version"), "known_version"),
    "core.promise": (("entity", "source", "event_id"), "version"),
    "core.reserved": (("entity", "site", "item", "lot", "owner"), "version"),
    "core.lot": (("entity", "item", "lot"), "version"),
    "core.entity": (("entity",), "version"),
    "core.item": (("entity", "item"), "version"),
    "core.site": (("entity", "site"), "version"),
    "core.rate": (("entity", "kind", "key", "valid_at"), "version"),
    "core.unit_factor": (("entity", "item", "uom"), "version"),
    "core.account": (("entity", "account"), ""),
    "core.stock": (("entity", "account"), "version"),
    "core.waiting": (("source", "run_id", "ordinal", "event_id"), "state_ordinal"),
}
WHOLE: dict[str, tuple[str, ...]] = {
    "core.chain": ("entity", "leaf"),
    "ops.intake": ("source", "run_id"),
    "ops.block": ("last_ordinal",),
}
REFUSAL, REFUSAL_GRAIN = "raw.refusal", ("ordinal",)
# The token of an insert: bytes of the library that wrote it, and no result of the job.
LEFT_OUT: dict[str, frozenset[str]] = {"ops.block": frozenset({"sha256"})}

STRETCH_ROWS = 200_000
_ENTITIES = 200  # in one query
_COMPACT_ROWS = 500_000
_LONG_SQL = 200_000  # characters; the engine's own limit is 262,144

Spans = dict[str, tuple[int, int]]


class Comparison:
    """Takes the blocks of a replay in order; `difference` is the first one found."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[str, list[pa.Table]] = defaultdict(list)
        self._kept: dict[str, list[pa.Table]] = defaultdict(list)
        self._compacted: dict[str, int] = {}
        self._counted: dict[str, int] = defaultdict(int)
        self._reached: dict[str, int] = {}
        self._from = 0

    def add(self, block: Block) -> None:
        """The tables that a block of the archive led to, and the block's own row."""
        for name, rows in block.tables.items():
            mine = plain(TABLES[name], rows)
            (self._rows if name in VERSIONED or name == REFUSAL else self._kept)[name].append(mine)
            self._counted[name] += rows.num_rows
            if name in NEWEST and self._size(name) > 2 * self._compacted.get(name, 0) + _COMPACT_ROWS:
                self._kept[name] = [newest(pa.concat_tables(self._kept[name]), *NEWEST[name])]
                self._compacted[name] = self._size(name)
        self._kept["ops.block"].append(_row_of(block))

    def _size(self, name: str) -> int:
        return _count(self._kept[name])

    @property
    def due(self) -> bool:
        """Whether enough rows came together for a stretch."""
        return _count(rows for parts in self._rows.values() for rows in parts) >= STRETCH_ROWS

    def stretch(self, versions: dict[str, int], last: int, waiting: list[int]) -> Difference | None:
        """Compare what came since the last stretch.

        `versions`: the version of each entity now; `last`: the last ordinal replayed; `waiting`: ordinals of
        records that wait now, whose refusal, if any, is still to come.
        """
        spans = {
            entity: (self._reached.get(entity, 0) + 1, version)
            for entity, version in versions.items()
            if version > self._reached.get(entity, 0)
        }
        found = [d for name in VERSIONED if (d := self._versions(name, spans))]
        refusal = self._refusals(last, waiting)
        self._reached, self._from = dict(versions), last + 1
        self._rows.clear()
        return min(found, key=lambda d: d.grain[:2], default=refusal)

    def _versions(self, name: str, spans: Spans) -> Difference | None:
        table, made = TABLES[name], self._made(name, self._rows)
        stored = pa.concat_tables(
            [plain(table, self._select(name, where)) for where in _ranges(spans)] or [made.slice(0, 0)]
        )
        return first_difference(table, VERSIONED[name], stored, made)

    def _refusals(self, last: int, waiting: list[int]) -> Difference | None:
        made = self._made(REFUSAL, self._rows)
        late = made.filter(pc.less(made.column("ordinal"), self._from)).column("ordinal")
        first = min([self._from, *late.to_pylist()])
        stored = plain(TABLES[REFUSAL], self._select(REFUSAL, f"ordinal BETWEEN {first} AND {last}"))
        ordinal = stored.column("ordinal")
        mine = pc.and_not(
            pc.greater_equal(ordinal, self._from), pc.is_in(ordinal, pa.array(waiting, ordinal.type))
        )
        stored = stored.filter(pc.or_(mine, pc.is_in(ordinal, late.combine_chunks())))
        return first_difference(TABLES[REFUSAL], REFUSAL_GRAIN, stored, made)

    def _made(self, name: str, rows: dict[str, list[pa.Table]]) -> pa.Table:
        return pa.concat_tables(rows[name]) if rows.get(name) else plain(TABLES[name], _nothing(name))

    def _select(self, name: str, where: str) -> pa.Table:
        sql = f"SELECT * FROM {name} WHERE {where}"  # noqa: S608 -- our own names
        longer = {"max_query_size": str(2 * len(sql))} if len(sql) > _LONG_SQL else None
        return self._store.query(sql, longer)

    # what can be told at the end only ----------------------------------------------------------------------

    def rest(self) -> Difference | None:
        """Compare what has no version of its own, and look for rows that no version of the replay has."""
        return next(
            (d for look in (self._extra(), self._ends(NEWEST), self._ends(WHOLE)) for d in look), None
        )

    def _extra(self) -> Iterator[Difference]:
        """Rows of versions and records that the archive does not lead to."""
        inside = " OR ".join(_ranges({e: (1, v) for e, v in self._reached.items()}, len(self._reached) or 1))
        for name in (*VERSIONED, REFUSAL):
            rows = self._store.query(f"SELECT count() AS n FROM {name}").column("n")[0].as_py()  # noqa: S608
            if rows == self._counted[name]:
                continue
            where = f"ordinal >= {self._from}" if name == REFUSAL else f"NOT ({inside or 0})"
            table, grain = TABLES[name], VERSIONED.get(name, REFUSAL_GRAIN)
            stored = plain(table, self._select(name, f"{where} LIMIT 1000"))
            found = first_difference(table, grain, stored, stored.slice(0, 0))
            yield found or Difference(
                name, "", "", t("replay.rows", n=rows), t("replay.rows", n=self._counted[name])
            )

    def _ends(self, names: Iterable[str]) -> Iterator[Difference]:
        for name in names:
            table, leave = TABLES[name], LEFT_OUT.get(name, frozenset())
            made = self._made(name, self._kept)
            final = " FINAL" if name in NEWEST else ""
            stored = plain(table, self._store.query(f"SELECT * FROM {name}{final}"), leave)  # noqa: S608
            grain = NEWEST[name][0] if name in NEWEST else WHOLE[name]
            if name in NEWEST:
                made = newest(made, *NEWEST[name])
            found = first_difference(table, grain, stored, made.select(stored.column_names))
            if found:
                yield found


def _ranges(spans: Spans, together: int = _ENTITIES) -> Iterator[str]:
    """Conditions for these versions, a number of entities in each."""
    words = [f"(entity = {quote(e)} AND version BETWEEN {a} AND {b})" for e, (a, b) in spans.items()]
    for at in range(0, len(words), together):
        yield " OR ".join(words[at : at + together])


def _count(tables: Iterable[pa.Table]) -> int:
    return sum(int(rows.num_rows) for rows in tables)


def _nothing(name: str) -> pa.Table:
    return TABLES[name].arrow_schema().empty_table()


def _row_of(block: Block) -> pa.Table:
    """The row of ops.block."""
    entities = sorted(block.versions)
    row = {
        "first_ordinal": block.first_ordinal,
        "last_ordinal": block.last_ordinal,
        "sha256": "",
        "row_count": block.rows,
        "entities": entities,
        "first_versions": [block.versions[e][0] for e in entities],
        "last_versions": [block.versions[e][1] for e in entities],
    }
    schema = TABLES["ops.block"].arrow_schema()
    return plain(TABLES["ops.block"], pa.Table.from_pylist([row], schema=schema))
