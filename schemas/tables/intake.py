"""Tables of the intake and of the writer: refusals, waiting events, counts per run, blocks."""

from __future__ import annotations

from schemas.tables.core import ENTITY, EVENT_ID, SOURCE, TYPE
from schemas.tables.definition import LOW, TIME, Column, Table

RUN_ID = Column("run_id", LOW, "运行编号", "id of the run or input", src="intake")
ORDINAL = Column("ordinal", "UInt64", "归档序号", "number of the record in the archive", src="archive")

REFUSAL = Table(
    "raw",
    "refusal",
    "拒收记录",
    "records that were refused, with position and bytes",
    (
        SOURCE,
        RUN_ID,
        Column("part", LOW, "分片", "part of the source", src="source"),
        Column("position", "UInt64", "位置", "position of the record in its part", src="source"),
        ORDINAL,
        Column("arrived_at", TIME, "到达时间", "when the record arrived", "UTC", "intake"),
        Column("reason", LOW, "拒收原因", "reason code", src="intake"),
        Column("detail", "String", "说明", "what was found and what was expected", src="intake"),
        EVENT_ID,
        TYPE,
        Column("raw", "String", "原文", "the record as text, broken bytes replaced", src="source"),
        Column("raw_bytes", "String", "原始字节", "the record's bytes", "hex", "source"),
    ),
    ("source", "run_id", "ordinal"),
)

WAITING = Table(
    "core",
    "waiting",
    "等待中的事件",
    "events that refer to something not yet known; the newest state of a key counts",
    (
        SOURCE,
        RUN_ID,
        ORDINAL,
        ENTITY,
        EVENT_ID,
        TYPE,
        Column("waits_for", "String", "等待对象", "reference that is missing", src="ledger"),
        Column("since", TIME, "开始等待", "since when it waits", "UTC", "intake"),
        Column("state", LOW, "状态", "waiting, committed or refused", src="ledger"),
        Column(
            "state_ordinal",
            "UInt64",
            "状态序号",
            "record at which the state was reached; the highest counts",
            src="ledger",
        ),
    ),
    ("source", "run_id", "ordinal", "event_id"),
    "ReplacingMergeTree(state_ordinal)",
)

INTAKE = Table(
    "ops",
    "intake",
    "接收计数（增量）",
    "changes of the counts per source and run; the face sums them",
    (
        SOURCE,
        RUN_ID,
        Column("records_in", "Int64", "收到", "records received", "records", "intake"),
        Column("committed", "Int64", "已入账", "records committed", "records", "ledger"),
        Column("refused", "Int64", "已拒收", "records refused", "records", "intake"),
        Column("duplicate", "Int64", "重复", "records seen before", "records", "intake"),
        Column("waiting", "Int64", "等待", "records that wait", "records", "ledger"),
        Column(
            "late",
            "Int64",
            "迟到",
            "committed with an event earlier than the last of its cell",
            "records",
            "intake",
        ),
    ),
    ("source", "run_id"),
)

BLOCK = Table(
    "ops",
    "block",
    "已写入的数据块",
    "blocks that are stored whole: this row is inserted last",
    (
        Column("first_ordinal", "Int64", "首个归档序号", "first archive ordinal covered", src="writer"),
        Column("last_ordinal", "Int64", "末个归档序号", "last archive ordinal covered", src="writer"),
        Column("sha256", "String", "校验和", "of the block's bytes", "hex", "writer"),
        Column("row_count", "UInt64", "行数", "rows in all its tables", "rows", "writer"),
        Column("entities", "Array(String)", "涉及法人", "entities with commits in the block", src="writer"),
        Column("first_versions", "Array(UInt64)", "首版本", "first version per entity", src="writer"),
        Column("last_versions", "Array(UInt64)", "末版本", "last version per entity", src="writer"),
    ),
    ("last_ordinal",),
)

MIGRATION = Table(
    "meta",
    "migration",
    "结构迁移记录",
    "migrations applied, and the faces as created (number 0)",
    (
        Column("number", "UInt32", "编号", "number of the migration", src="store"),
        Column("name", "String", "名称", "name", src="store"),
        Column("checksum", "String", "校验和", "sha256 of its text", "hex", "store"),
        Column("applied_at", TIME, "应用时间", "when it was applied", "UTC", "store", "now64(3)"),
    ),
    ("number", "applied_at"),
)

INTAKE_TABLES = (REFUSAL, WAITING, INTAKE, BLOCK, MIGRATION)
