"""The engine's refusals as a person reads them: what and cure, without code, scope and grammar."""

from __future__ import annotations

import pytest

from pipelines.runtime import i18n
from pipelines.runtime.errors import as_error
from pipelines.runtime.texts import engine
from sinks.clickhouse import StoreError

CODE = "Code: 1. DB::Exception: "
SAID = [
    (
        "Unknown expression identifier `itm`. Maybe you meant: ['item']. In scope … (UNKNOWN_IDENTIFIER)",
        'SQL: Unknown expression identifier `itm`; did you mean "item"?',
    ),
    (
        "Unknown table expression identifier 'v_sales'. Maybe you meant mart.v_sale? In scope 1. (A_B_C)",
        "SQL: Unknown table expression identifier 'v_sales'; did you mean \"mart.v_sale\"?",
    ),
    (
        f"{CODE}Cannot modify 'x' setting in readonly mode. (READONLY) (version 26.9.2.1). (READONLY)",
        "SQL: Cannot modify 'x' setting in readonly mode; only reading is served here",
    ),
    (
        "Limit for result exceeded, max rows: 1.00 million. (TOO_MANY_ROWS_OR_BYTES)",
        "SQL: Limit for result exceeded, max rows: 1.00 million; add WHERE or LIMIT",
    ),
    (
        "as_of: no: while executing 'FUNCTION throwIf(…) (1)'. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)",
        "SQL: as_of: no; it takes parameters, as in mart.v_stock_as_of(",
    ),
]


@pytest.mark.parametrize(("text", "said"), SAID)
def test_a_refused_question(text: str, said: str) -> None:
    i18n.use("en")
    told = as_error(StoreError(CODE + text))
    assert told is not None
    assert told.exit_code == 1
    assert str(told).startswith(said)


def test_words_of_the_store_itself_stay() -> None:
    assert engine.read("D: holds no store") is None
    assert str(as_error(StoreError("chdb: the store is closed"))) == "chdb: the store is closed"


def test_a_store_that_does_not_open_names_the_doctor() -> None:
    told = as_error(StoreError("chdb: cannot be opened: at D: Code: 36. DB::Exception: . (BAD_ARGUMENTS)"))
    assert str(told) == (
        "chdb: cannot be opened: at D; the store is not whole: run `stocktwin doctor --data DIR`"
    )


def test_in_chinese() -> None:
    i18n.use("zh")
    assert str(as_error(StoreError(CODE + SAID[0][0]))).endswith('; 您是否想写 "item"？')
