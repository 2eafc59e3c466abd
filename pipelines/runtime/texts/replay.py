"""Texts of `replay`, and of an archive that is not what was written."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "replay.title": ("重放", "replaying"),
    "replay.entity": (
        "{entity}：{versions} 个版本，sha256 {sha}",
        "{entity}: {versions} versions, sha256 {sha}",
    ),
    "replay.behind": (
        "归档中另有 {n} 条记录尚未写入存储（进程曾中断）：下次运行会接着写入",
        "{n} more records are archived, but not in the store yet (the process died): the next run adds them",
    ),
    "replay.identical": (
        "一致：{versions} 个版本，sha256 {sha}",
        "identical: {versions} versions, sha256 {sha}",
    ),
    "replay.into": ("已重建到 {target}", "rebuilt in {target}"),
    "replay.value": (
        "{table}，{key}，列 {column}：存储为 {stored}，重算为 {recomputed}",
        "{table}, {key}, column {column}: stored {stored}, recomputed {recomputed}",
    ),
    "replay.row": (
        "{table}，{key}：存储有 {stored}；重算得 {recomputed}",
        "{table}, {key}: stored {stored}; recomputed {recomputed}",
    ),
    "replay.rows": ("{n} 行", "{n} rows"),
    "replay.rows.with": ("{n} 行，其中 {row}", "{n} rows, among them {row}"),
    "replay.table": ("整表", "the whole table"),
    "replay.face": ("定义", "its definition"),
    "replay.no_archive": ("这里没有归档", "there is no archive here"),
    "replay.no_archive.cure": (
        "请检查 --data；没有归档就无法重放",
        "check --data; without its archive nothing can be replayed",
    ),
    "replay.no_table": ("缺少表 {table}", "the table {table} is missing"),
    "replay.rebuild": (
        "请从备份恢复，或用 `stocktwin replay --into DIR` 从归档重建",
        "restore a backup, or rebuild it from the archive with `stocktwin replay --into DIR`",
    ),
    "replay.short": (
        "到第 {ends} 条记录为止，而存储已到第 {stored} 条",
        "ends at record {ends}, but the store goes on to record {stored}",
    ),
    "kept.missing": ("归档记录所用的映射缺失", "the map of archived records is missing"),
    "kept.changed": ("归档记录所用的映射被改动", "the map of archived records was changed"),
    "kept.cure": ("请从备份恢复 maps/", "restore maps/ from a backup"),
    "archive.missing": ("文件缺失", "the file is missing"),
    "archive.bytes": (
        "字节被改动：sha256 为 {found}…，原为 {wanted}…",
        "bytes were changed: its sha256 is {found}…, was {wanted}…",
    ),
    "archive.stray": ("chain.jsonl 中没有这个文件", "belongs to no line of chain.jsonl"),
    "archive.line": ("第 {line} 行被改动", "line {line} is not what was written"),
    "archive.seal": ("第 {line} 行（{file}）与其封印不符", "line {line} ({file}) does not fit its seal"),
    "archive.order": (
        "第 {line} 行（{file}）没有接在上一行之后",
        "line {line} ({file}) does not follow the line before it",
    ),
    "archive.cut_short": ("最后一行被截断", "its last line is cut short"),
    "archive.frame": ("第 {at} 字节之后被改动", "bytes were changed behind byte {at}"),
    "archive.none": ("这里没有归档", "there is no archive here"),
    "archive.none.cure": (
        "请给出数据目录或其中的 archive 目录",
        "name a data directory or its folder `archive`",
    ),
    "archive.one_file": ("这只是归档中的一个文件", "is one file of an archive"),
    "archive.one_file.cure": (
        "请给出它所在的目录：记录跨文件依次相连",
        "name its folder: records follow one another over all its files",
    ),
    "archive.short": (
        "只有 {held} 条记录，上次运行已读到第 {taken} 条",
        "has {held} records, {taken} of it were taken by the last run",
    ),
    "archive.short.cure": (
        "读过的归档只会变长，不会变短：请给出读过的那一个",
        "an archive that was read may grow, not shrink: name the one that was read",
    ),
    "archive.cure": ("请从备份恢复归档", "restore the archive from a backup"),
}
