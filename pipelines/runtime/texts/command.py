"""Texts of the command line: help, results, progress."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "cmd": (
        "stocktwin：实物事件发生一秒之内，库存、成本与损耗即为真，并可事后证明。",
        "stocktwin: stock, cost and losses true within a second of the physical event, and provable later.",
    ),
    "cmd.demo": (
        "打开实时看板，演示三家虚拟超市（按 Ctrl-C 结束）。",
        "Open the live board on a make-believe world of three supermarkets (Ctrl-C ends it).",
    ),
    "cmd.run": (
        "运行作业直到输入结束；再次运行则接着做。末行为进出计数。",
        "Run jobs to the end of the input; run again to continue. The last line counts what came in.",
    ),
    "cmd.check": (
        "检查 jobs.yaml、映射，并试解码一个输入文件；不写入任何内容。",
        "Check jobs.yaml, a map, and decode an input file on trial; nothing is written.",
    ),
    "cmd.sql": (
        "对数据目录执行只读查询；SQL 为 - 时从标准输入读取。",
        "Run a read-only SELECT on a data directory; - reads it from standard input.",
    ),
    "cmd.replay": (
        "从归档重放：核对账本（--verify），或重建到新目录（--into）。",
        "Replay the archive: prove the store (--verify), or rebuild it elsewhere (--into).",
    ),
    "cmd.doctor": (
        "体检：环境、数据目录、存储、时钟；给出处置办法。有失败项时以 1 退出。",
        "Examine environment, data directory, store and clock, with cures; exits 1 when something failed.",
    ),
    "cmd.schema": (
        "打印 JSON Schema：events（全部事件）、jobs（jobs.yaml）或某个事件类型。",
        "Print a JSON Schema: events (all of them), jobs (jobs.yaml) or one event type.",
    ),
    "cmd.docs": ("打印事件说明（Markdown）。", "Print the reference of events as Markdown."),
    "opt.lang": ("语言：zh 或 en（默认取自 LANG）", "language: zh or en (from LANG by default)"),
    "opt.version": ("显示版本并退出", "show the version and exit"),
    "opt.help": ("显示帮助并退出", "show this message and exit"),
    "opt.jobs": (
        "配置文件（默认 ./jobs.yaml，否则用随包附带的）",
        "the map of the system (./jobs.yaml by default, else the packaged one)",
    ),
    "opt.data": ("数据目录（默认见 jobs.yaml）", "data directory (by default as jobs.yaml says)"),
    "opt.input": ("输入文件或 URI", "input: a file or a URI"),
    "opt.map": ("输入的映射：名称或文件", "map of the input: a name or a file"),
    "opt.strict": ("有记录被拒收时以 1 退出", "exit 1 when a record was refused"),
    "opt.engine": ("引擎：local 或 bytewax", "engine: local or bytewax"),
    "opt.output": ("输出格式", "form of the output"),
    "opt.verify": ("核对账本与归档是否一致", "prove that the store is what the archive gives"),
    "opt.into": ("重建到这个新目录", "rebuild the store in this new directory"),
    "opt.speed": ("虚拟世界的倍速", "seconds of the world per second"),
    "opt.seed": ("随机种子", "seed of the world"),
    "opt.port": ("看板端口", "port of the board"),
    "opt.host": ("看板地址", "address of the board"),
    "opt.no_browser": ("不打开浏览器", "do not open a browser"),
    "opt.duration": ("运行多少秒后结束（默认不限）", "end after so many seconds (never by default)"),
    "opt.demo_data": ("数据目录（默认用临时目录，结束即删）", "data directory (a temporary one by default)"),
    "arg.job": ("作业名（默认 stock-live）", "jobs to run (stock-live by default)"),
    "arg.sql": ("SELECT 语句，或 -", "a SELECT, or -"),
    "arg.schema": ("events、jobs 或事件类型", "events, jobs or an event type"),
    "use.lang": ("--lang 只能是 zh 或 en", "--lang is zh or en"),
    "use.lang.cure": ("例如 --lang zh", "for example --lang zh"),
    "use.no_input": ("没有说明读什么", "nothing says what to read"),
    "use.no_input.cure": ("例如 --input day.ndjson", "for example --input day.ndjson"),
    "use.no_source": (
        "作业 {job} 没有 {connector} 类的数据源",
        "job {job} has no source with connector {connector}",
    ),
    "use.no_source.cure": (
        "在 jobs.yaml 的 sources 与该作业的 in 中加一个",
        "add one to sources and to the job's `in` in jobs.yaml",
    ),
    "use.replay": ("需要 --verify 或 --into 之一", "needs one of --verify and --into"),
    "use.replay.cure": (
        "例如 stocktwin replay --data D --verify",
        "for example stocktwin replay --data D --verify",
    ),
    "use.sql": ("没有语句", "there is no statement"),
    "use.sql.cure": (
        '例如 stocktwin sql "SELECT * FROM mart.v_stock_now"',
        'for example stocktwin sql "SELECT * FROM mart.v_stock_now"',
    ),
    "use.schema": ("没有 {name} 的 JSON Schema", 'no JSON Schema of "{name}"'),
    "run.done": ("运行 {run}：{seconds} 秒，每秒 {rate} 条", "run {run}: {seconds} s, {rate} records/s"),
    "run.source": ("来源 {source}：{counts}", "source {source}: {counts}"),
    "run.title": ("运行 {job}", "running {job}"),
    "replay.title": ("重放", "replaying"),
    "replay.identical": (
        "一致：{versions} 个版本，sha256 {sha}",
        "identical: {versions} versions, sha256 {sha}",
    ),
    "replay.into": ("已重建到 {target}", "rebuilt in {target}"),
    "check.title": ("试解码", "decoding"),
    "check.jobs": (
        "{file}：正确（数据源 {sources}，主题 {topics}，作业 {jobs}）",
        "{file}: ok ({sources} sources, {topics} topics, {jobs} jobs)",
    ),
    "check.map": ("{map}：正确（规则 {rules} 条）", "{map}: ok ({rules} rules)"),
    "check.input": ("{input}：试解码 {n} 条记录", "{input}: {n} records decoded on trial"),
    "progress.left": ("剩余", "left"),
}
