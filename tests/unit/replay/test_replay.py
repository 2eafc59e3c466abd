"""`replay`: an untouched store is identical, a rebuilt one too, and any changed value or byte is named."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connectors.archive import read_archive
from pipelines.runtime import i18n
from pipelines.runtime.chain import Decoders, JobChain
from pipelines.runtime.replay import Report, comparing
from pipelines.runtime.replay.comparing import LEFT_OUT, NEWEST, REFUSAL, VERSIONED, WHOLE, Comparison
from pipelines.runtime.replay.rows import Difference
from schemas.tables import TABLES
from sinks.clickhouse import Store
from sinks.contract import Block
from tests.conftest import SEED
from tests.unit.replay import full_day

# The ledger writes them once it posts corrections and closes.
EMPTY = {"core.sale_change", "core.period_close", "core.promise", "core.reserved", "core.lot"}
WRITTEN = sorted(TABLES.keys() - {"meta.migration"} - EMPTY)


class Replayed:
    """The store opened, and what the archive leads to, worked out once."""

    def __init__(self, data: Path) -> None:
        self.chain = JobChain(Decoders(data / "maps"))
        self.blocks: list[Block] = [self.chain.process(b) for b in read_archive(data / "archive")]
        self.store = Store.open("chdb", data)
        self.tokens = 0

    def difference(self) -> Difference | None:
        comparison = Comparison(self.store)
        for block in self.blocks:
            comparison.add(block)
        last, waiting = self.chain.next_ordinal - 1, list(self.chain.intake.waiting)
        return comparison.stretch(self.chain.versions(), last, waiting) or comparison.rest()

    def rows(self, table: str) -> pa.Table:
        """All rows that count, as they would be inserted, in order of the table's key."""
        final, key = " FINAL" if table in NEWEST else "", ", ".join(TABLES[table].order_by)
        return TABLES[table].conform(self.store.query(f"SELECT * FROM {table}{final} ORDER BY {key}"))

    def replace(self, table: str, rows: pa.Table) -> None:
        self.tokens += 1
        self.store.command(f"TRUNCATE TABLE {table}")
        self.store.insert(table, rows, f"again {self.tokens}")


@pytest.fixture(scope="module")
def replayed(report: Report, day: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    made = Replayed(Path(shutil.copytree(day, tmp_path_factory.mktemp("copy") / "D", symlinks=True)))
    yield made
    made.store.close()


def other(value: Any, kind: pa.DataType) -> Any:
    """Another value of the same kind."""
    if pa.types.is_list(kind):
        return [*value, "E9" if pa.types.is_string(kind.value_type) else 9]
    return value + "x" if isinstance(value, str) else value + 1


def with_change(table: str, rows: pa.Table, at: int, column: str) -> pa.Table:
    """`rows` with one value changed, by one unit in the last place where it is a number."""
    place = rows.column_names.index(column)
    field = rows.schema.field(place)
    whole = rows.column(place).combine_chunks()
    number = pa.types.is_decimal(field.type) or pa.types.is_timestamp(field.type)
    plain = comparing.plain(TABLES[table], rows).column(column).to_pylist() if number else whole.to_pylist()
    plain[at] = other(plain[at], field.type)
    kind = pa.int64() if number else field.type
    return TABLES[table].conform(rows.set_column(place, column, pa.array(plain, kind)))


def test_an_untouched_store_is_identical(report: Report) -> None:
    assert report.identical, report.difference
    assert report.versions == sum(e.versions for e in report.entities) == full_day.SALES + 15
    assert [e.entity for e in report.entities] == ["E1", "E2"]
    assert report.behind == 0


def test_every_table_of_the_store_is_compared() -> None:
    assert sorted([*VERSIONED, *NEWEST, *WHOLE, REFUSAL]) == sorted({*WRITTEN, *EMPTY})
    assert {"ops.block": {"sha256"}} == LEFT_OUT


def test_every_table_has_rows_to_change(replayed: Replayed) -> None:
    assert {name for name in {*WRITTEN, *EMPTY} if not replayed.rows(name).num_rows} == EMPTY
    assert {row["state"] for row in replayed.rows("core.waiting").to_pylist()} == {
        "waiting", "committed", "refused",
    }  # fmt: skip


@pytest.mark.parametrize("table", WRITTEN)
def test_a_changed_value_is_named(replayed: Replayed, table: str) -> None:
    names = compared(table)
    change_each(replayed, table, random.Random(f"{SEED} {table}").sample(names, min(3, len(names))))


@pytest.mark.slow
@pytest.mark.parametrize("table", WRITTEN)
def test_any_changed_value_is_named(replayed: Replayed, table: str) -> None:
    change_each(replayed, table, compared(table))


def compared(table: str) -> list[str]:
    return [c.name for c in TABLES[table].columns if c.name not in LEFT_OUT.get(table, ())]


def change_each(replayed: Replayed, table: str, names: list[str]) -> None:
    """Change a value of each of these columns of some row, one after another, and look for it."""
    rows = replayed.rows(table)
    rng = random.Random(f"{SEED} {table} row")
    try:
        for name in names:
            at = rng.randrange(rows.num_rows)
            replayed.replace(table, with_change(table, rows, at, name))
            found = replayed.difference()
            assert found is not None, f"{table}.{name} of row {at} was changed and nobody saw it"
            assert found.table == table
            # A changed grain is another row, and one that is missing.
            assert name in (found.column, *grain(table)) or not found.column
    finally:
        replayed.replace(table, rows)


def grain(table: str) -> tuple[str, ...]:
    return VERSIONED.get(table) or WHOLE.get(table) or (NEWEST[table][0] if table in NEWEST else ("ordinal",))


@pytest.mark.parametrize("table", WRITTEN)
def test_a_row_less_or_more_is_named(replayed: Replayed, table: str) -> None:
    rows = replayed.rows(table)
    at = random.Random(f"{SEED} {table} row").randrange(rows.num_rows)
    less = pa.concat_tables([rows.slice(0, at), rows.slice(at + 1)])
    # A second row of a key in which the newest counts is the same row.
    more = [] if table in NEWEST else [pa.concat_tables([rows, rows.slice(at, 1)])]
    try:
        for changed in (less, *more):
            replayed.replace(table, changed)
            found = replayed.difference()
            assert found is not None
            assert found.table == table
            assert found.stored != found.recomputed
    finally:
        replayed.replace(table, rows)


def test_small_stretches_find_the_same(replayed: Replayed) -> None:
    rows = replayed.rows("core.sale")
    replayed.replace("core.sale", with_change("core.sale", rows, 700, "revenue_amt"))
    chain = JobChain(replayed.chain.decoders)
    comparison, found = Comparison(replayed.store), []
    for archived in read_archive(replayed.store.data_dir / "archive"):
        comparison.add(chain.process(archived))
        difference = comparison.stretch(chain.versions(), archived.last, list(chain.intake.waiting))
        if difference is not None:
            found.append(difference)
    replayed.replace("core.sale", rows)
    assert [d.column for d in found] == ["revenue_amt"]
    assert comparison.rest() is None


def test_both_sides_are_shown_in_both_languages(replayed: Replayed) -> None:
    rows = replayed.rows("core.movement")
    replayed.replace("core.movement", with_change("core.movement", rows, 0, "qty"))
    found = replayed.difference()
    replayed.replace("core.movement", rows)
    assert found is not None
    place = 'core.movement, entity "E1", version 5, line 1, column qty'
    assert str(found) == f"{place}: stored 48.000001, recomputed 48.000000"
    before = i18n.current()
    i18n.use("zh")
    assert "列 qty：存储为 48.000001，重算为 48.000000" in str(found)
    i18n.use(before)


def test_put_back_all_is_identical_again(replayed: Replayed) -> None:
    assert replayed.difference() is None
