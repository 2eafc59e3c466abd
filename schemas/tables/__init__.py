"""All tables of the store by their full name, e.g. `TABLES["core.movement"]`.

Columns carry Chinese and English meaning, unit and source. DDL and Arrow schema are derived from them.
"""

from schemas.tables.core import LEDGER_TABLES
from schemas.tables.corrections import CORRECTION_TABLES
from schemas.tables.definition import Column, Table, TableError
from schemas.tables.intake import INTAKE_TABLES
from schemas.tables.masters import MASTER_TABLES
from schemas.tables.promises import PROMISE_TABLES

DATABASES: dict[str, str] = {
    "raw": "原始 | as received",
    "core": "账本 | the ledger's tables",
    "mart": "取数层 | the faces that reports read",
    "ops": "运行 | how the system itself is doing",
    "meta": "元数据 | about the data",
}
TABLES: dict[str, Table] = {
    t.full_name: t
    for t in (*LEDGER_TABLES, *CORRECTION_TABLES, *PROMISE_TABLES, *MASTER_TABLES, *INTAKE_TABLES)
}

__all__ = ["DATABASES", "TABLES", "Column", "Table", "TableError"]
