"""The definitions of the event types: complete, free of contradictions, numbered for ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from schemas.evolve import EVOLUTION, Evolution, NewerSchema, versions
from schemas.examples import example
from schemas.families.stock import ISSUE_REASONS
from schemas.fields import COMMON, Field, Kind
from schemas.reasons import BY_CODE, CODE, TEXTS, Reason, sentence
from schemas.registry import (
    ENVELOPE,
    EVENT_COLUMNS,
    EVENT_TYPES,
    FAMILIES,
    FIELDS,
    TYPE_CODES,
    field_index,
    type_code,
    type_name,
)

# Stored in state and archive: this list only grows. A number that changes here breaks every store.
FROZEN_TYPES = {
    "master.entity": 1, "master.item": 2, "master.site": 3, "master.rate": 4, "stock.receipt": 10,
    "stock.issue": 11, "stock.transfer": 12, "stock.count": 13, "stock.revalue": 14, "stock.reserve": 15,
    "stock.release": 16, "stock.pending": 17, "stock.post": 18, "stock.void": 19, "sale.delivery": 30,
    "sale.charge": 31, "sale.return": 32, "purchase.return": 40, "cost.landed": 50, "lot.status": 60,
    "event.correct": 70, "event.cancel": 71, "pool.open": 80, "pool.close": 81, "period.close": 90,
}  # fmt: skip

FROZEN_REASONS = {
    "too_large": 1, "bad_encoding": 2, "not_json": 3, "too_deep": 4, "duplicate_key": 5, "unknown_map": 10,
    "no_rule": 11, "newer_schema": 20, "unknown_type": 21, "unknown_field": 22, "missing_field": 23,
    "bad_type": 24, "scale": 25, "range": 26, "bad_time": 27, "naive_time": 28, "future": 29,
    "bad_identifier": 30, "unknown_uom": 40, "fraction": 41, "amount_mismatch": 42, "id_conflict": 50,
    "not_yet": 51, "not_allowed": 52, "unknown_master": 53, "unknown_reference": 54, "stale_version": 55,
    "over_return": 56, "negative_stock": 57, "overflow": 58, "closed_period": 59, "reserved_stock": 60,
    "not_available": 61,
}  # fmt: skip

RANKS = {
    "stock.receipt": 1, "stock.transfer": 3, "stock.issue": 4, "sale.delivery": 4, "sale.charge": 4,
    "sale.return": 5, "purchase.return": 6, "stock.revalue": 7, "stock.count": 8,
}  # fmt: skip


def test_numbers_of_types_never_change() -> None:
    assert FROZEN_TYPES.items() <= dict(TYPE_CODES).items()


def test_numbers_of_reasons_never_change() -> None:
    assert FROZEN_REASONS.items() <= {str(r): n for r, n in CODE.items()}.items()


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_code_and_name_are_inverse(name: str) -> None:
    assert type_name(type_code(name)) == name


def test_a_name_that_is_no_type_is_refused() -> None:
    with pytest.raises(KeyError):
        type_code("stock.recipt")


@pytest.mark.parametrize(("name", "t"), EVENT_TYPES.items())
def test_rank_follows_d6(name: str, t: object) -> None:
    wanted = 0 if name.startswith("master.") else RANKS.get(name, 9)
    assert EVENT_TYPES[name].rank == wanted


def test_only_the_types_that_the_ledger_knows_are_posted() -> None:
    posted = {n for n, t in EVENT_TYPES.items() if t.status == "posted"}
    masters = {"master.entity", "master.item", "master.site", "master.rate"}
    about = {"event.correct", "event.cancel", "cost.landed", "period.close"}
    assert posted == set(RANKS) | masters | about


def test_families_go_by_the_prefix_and_every_one_says_what_it_is() -> None:
    for family in FAMILIES:
        assert family.doc_zh
        assert family.doc_en
        assert {t.name.split(".")[0] for t in family.types} == {family.name}


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_fields_of_a_type(name: str) -> None:
    t = EVENT_TYPES[name]
    names = [f.name for f in t.fields]
    assert len(names) == len(set(names))
    assert not set(names) & {f.name for f in ENVELOPE}, "a payload field hides one of the envelope"
    assert all(n in names for group in t.one_of for n in group)
    assert all(f.zh and f.en for f in t.fields)
    assert " | " in t.grain
    if not name.startswith("master."):
        assert {f.name for f in COMMON} <= set(names)
    if "qty" in names:
        assert "uom" in names
        assert t.field("qty").positive == (name != "stock.count")


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_no_two_fields_of_a_type_share_a_column(name: str) -> None:
    index = field_index()
    columns = [index[f.name] for f in (*ENVELOPE, *EVENT_TYPES[name].fields)]
    own = [c for c in columns if c != "attrs"]
    assert len(own) == len(set(own))


def test_every_wire_name_has_a_column() -> None:
    index = field_index()
    assert index.keys() == FIELDS.keys()
    assert set(index.values()) <= set(EVENT_COLUMNS)
    assert (index["unit_cost"], index["unit_price"], index["from_site"]) == ("price", "price", "site")
    assert index["standard_cost"] == "attrs"


def test_a_name_is_of_one_kind_in_all_types() -> None:
    """The scanner reads a field before it knows the type; only texts and enums may share a name."""
    texts = {Kind.STRING, Kind.ENUM}
    for name, found in FIELDS.items():
        kinds = {f.kind for f in found}
        assert len(kinds) == 1 or kinds <= texts, name


def test_signs_of_money() -> None:
    signed = {n for n, t in EVENT_TYPES.items() for f in t.fields if f.name == "amount" and f.signed}
    assert signed == {"sale.charge", "cost.landed"}


def test_a_reason_leads_to_one_place_each() -> None:
    assert len(ISSUE_REASONS) == 9


@pytest.mark.parametrize(
    "bad", [{"kind": Kind.ENUM}, {"kind": Kind.STRING, "enum": ("a",)}, {"kind": Kind.PRICE, "signed": True}]
)
def test_a_field_that_contradicts_itself_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="field x"):
        Field(name="x", zh="x", en="x", **bad)  # type: ignore[arg-type]


def test_every_reason_has_code_sentence_and_cure_in_its_order() -> None:
    assert list(TEXTS) == list(Reason)
    assert all(all(text) for text in TEXTS.values())
    assert {BY_CODE[n] for n in CODE.values()} == set(Reason)
    assert sentence(Reason.NAIVE_TIME).startswith("The time has no offset.")
    assert sentence(Reason.NAIVE_TIME, "zh").startswith("时间没有时区偏移。")


def test_importing_the_registry_stays_light(root: Path) -> None:
    """Nothing beside the standard library comes with it; that, not a stopwatch, keeps it fast."""
    code = (
        "import sys; import schemas.registry, schemas.reasons, schemas.units, schemas.ids, schemas.accounts;"
        "print([m for m in sys.modules if m.split('.')[0] in ('pyarrow', 'numpy', 'polars', 'jsonschema')])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_all_types_are_at_version_one() -> None:
    assert set(versions().values()) == {1}
    event = example("stock.receipt")
    assert EVOLUTION.upcast({**event, "schema": 1}) == event


def test_upcasters_are_applied_one_after_another() -> None:
    evolution = Evolution()

    @evolution.register("stock.issue", 1)
    def _rename(event: dict[str, object]) -> dict[str, object]:
        event["reason"] = event.pop("why")
        return event

    @evolution.register("stock.issue", 2)
    def _spell(event: dict[str, object]) -> dict[str, object]:
        return {**event, "reason": {"broken": "damaged"}.get(str(event["reason"]), event["reason"])}

    old = {"type": "stock.issue", "why": "broken"}
    assert evolution.upcast(old) == {"type": "stock.issue", "reason": "damaged"}
    assert old == {"type": "stock.issue", "why": "broken"}, "the argument stays as it was"
    second = {"type": "stock.issue", "schema": 2, "reason": "broken"}
    assert evolution.upcast(second)["reason"] == "damaged"
    newest = {"type": "stock.issue", "schema": 3, "reason": "broken"}
    assert evolution.upcast(newest)["reason"] == "broken"


def test_a_newer_schema_is_refused_with_its_facts() -> None:
    with pytest.raises(NewerSchema, match="schema 2 is newer than 1") as caught:
        EVOLUTION.upcast({**example("stock.count"), "schema": 2})
    assert (caught.value.event_type, caught.value.found, caught.value.known) == ("stock.count", 2, 1)
    assert caught.value.reason is Reason.NEWER_SCHEMA


def test_versions_count_from_one_and_leave_no_gap() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        EVOLUTION.upcast({**example("stock.count"), "schema": 0})
    with pytest.raises(ValueError, match="does not follow"):
        Evolution().register("stock.count", 2)
