"""Texts of the error tree."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "error.locked": ("进程 {pid} 自 {since} 起占用该目录", "in use by process {pid} since {since}"),
    "error.locked.cure": (
        "请用 `stocktwin sql` 查询（它经由该进程），或先停止进程 {pid}，或换一个 --data",
        "query it with `stocktwin sql`, which asks process {pid}, or stop that, or choose another --data",
    ),
    "error.broken.cure": ("请运行 `stocktwin doctor --data {data}`", "run `stocktwin doctor --data {data}`"),
    "error.disk_full": ("磁盘已满", "no space left on the disk"),
    "error.disk_full.cure": (
        "请腾出空间后重新运行同一命令，它会接着做，不丢也不重",
        "free some space and run the same command again: it continues, nothing is lost or doubled",
    ),
    "session.format": (
        "数据格式为 {found}，本版本读取 {ours}",
        "has format {found}, this release reads {ours}",
    ),
    "session.format.cure": ("请使用写入它的版本", "use the release that wrote it"),
    "session.archive_short": (
        "到第 {last} 条记录为止，状态或存储已更靠后",
        "ends at record {last}, state or store are further",
    ),
    "session.archive_short.cure": (
        "请恢复与存储同样新的归档备份",
        "restore a backup of the archive that is as new as the store",
    ),
    "session.store_short": (
        "到第 {last} 条记录为止，状态已到第 {state} 条",
        "holds records up to {last}, the state goes on to {state}",
    ),
    "error.port": ("端口已被占用", "the port is taken"),
    "error.port.cure": ("请选择其他端口，例如 --port {port}", "choose another one, such as --port {port}"),
    "error.access": ("没有权限", "permission denied"),
    "error.read_only": ("文件系统只读", "the file system is read-only"),
    "error.is_dir": ("是目录，不是文件", "is a directory, not a file"),
    "error.is_dir.cure": ("请给出文件", "name a file"),
    "error.files": ("打开的文件过多", "too many open files"),
    "error.system.cure": (
        "请排除后重新运行同一命令，它会接着做",
        "solve it and run the same command again: it continues",
    ),
    "error.access.cure": ("请检查所有者与权限", "check its owner and permissions"),
    "error.files.cure": ("请提高打开文件数上限（ulimit -n）", "raise the limit of open files (ulimit -n)"),
    "error.refused": ("严格模式：{n} 条记录被拒收", "strict: {n} records were refused"),
    "error.refused.cure": (
        '请查看 `stocktwin sql "SELECT * FROM mart.v_refusal" --data {data}`',
        'look at `stocktwin sql "SELECT * FROM mart.v_refusal" --data {data}`',
    ),
    "error.different": ("重放结果不同：{difference}", "the replay differs: {difference}"),
    "error.different.cure": (
        "账本或归档曾被改动，请从备份恢复，或用 `stocktwin replay --into DIR` 重建",
        "store or archive was changed: restore a backup, or rebuild with `stocktwin replay --into DIR`",
    ),
    "error.no_file": ("没有这个文件", "no such file"),
    "error.no_file.cure": ("请检查路径", "check the path"),
    "error.no_data": ("这里还没有数据", "there is no data here yet"),
    "error.no_data.cure": (
        "请检查 --data，或先用 `stocktwin run --input FILE --data {data}` 写入",
        "check --data, or fill it with `stocktwin run --input FILE --data {data}`",
    ),
    "error.not_dir": ("不是目录", "is not a directory"),
    "error.not_dir.cure": ("请为 --data 另选一个", "choose another --data"),
    "error.store_gone": ("存储目录不见了", "the store is gone"),
    "error.store_empty": ("存储中的表不见了", "the store has lost its tables"),
    "error.state": ("状态无法读取（{why}）", "the state cannot be read ({why})"),
    "error.state.cure": (
        "请把 {folder} 移走后重新运行，状态会从归档重新算出",
        "move {folder} away and run again: it is computed anew from the archive",
    ),
    "error.not_empty": ("目标目录不为空", "the target directory is not empty"),
    "error.not_empty.cure": ("请选择一个新目录", "choose a new one"),
    "error.absent": ("本版本没有这一部分（{module}）", "not part of this installation ({module})"),
    "error.absent.cure": ("请安装完整的 stocktwin", "install stocktwin completely"),
    "error.sql.table": (
        '`stocktwin sql "SHOW TABLES FROM mart"` 列出可查的视图',
        '`stocktwin sql "SHOW TABLES FROM mart"` lists the faces',
    ),
    "error.sql.broken": (
        "存储不完整：请运行 `stocktwin doctor --data DIR`",
        "the store is not whole: run `stocktwin doctor --data DIR`",
    ),
    "error.sql.parameters": (
        "该视图带参数，例如 mart.v_stock_as_of(as_of='2026-01-31T23:59:59+08:00', known_at='now')",
        "it takes parameters, as in mart.v_stock_as_of(as_of='2026-01-31T23:59:59+08:00', known_at='now')",
    ),
    "error.sql.syntax": (
        "请检查该处的语法；字符串用单引号",
        "look at the statement there; texts stand in single quotes",
    ),
    "error.sql.narrow": (
        "请加 WHERE 或 LIMIT，或先汇总（上限：30 秒、100 万行、2 GB）",
        "add WHERE or LIMIT, or sum up first (limits: 30 s, 1,000,000 rows, 2 GB)",
    ),
    "error.sql.read": ("这里只读", "only reading is served here"),
    "error.sql.other": (
        "列与含义见 meta.data_dictionary",
        "columns and what they mean: meta.data_dictionary",
    ),
    "error.no_job": ("没有名为 {job} 的作业", 'no job "{job}"'),
    "error.known": ("可用：{names}", "there are: {names}"),
    "error.mean": ('您是否想写 "{name}"？', 'did you mean "{name}"?'),
    "error.bug": (
        "内部错误 {kind}：{text}",
        "internal error {kind}: {text}",
    ),
    "error.bug.cure": (
        "请设 STOCKTWIN_DEBUG=1 再运行一次，并把输出发给我们",
        "run it again with STOCKTWIN_DEBUG=1 and send us what it prints",
    ),
}
