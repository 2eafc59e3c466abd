"""What the doors say of files, maps and keys, in Chinese: their English text is its own msgid.

The doors stand below the catalogue and cannot look into it. `{}` stands for a fact; a fact may be such a text
again, and what is in no list (the words of the system or of a library) stays as it is.
"""

from __future__ import annotations

import re

from pipelines.runtime.i18n import current

CHINESE: dict[str, str] = {
    # files
    "no such file": "没有这个文件",
    "a directory without files": "目录中没有文件",
    "name a file, a directory with files, or a glob that fits some": (
        "请给出文件、含文件的目录，或能匹配到文件的通配符"
    ),
    "cannot be opened: {}": "无法打开：{}",
    "check the path and who may read it": "请检查路径与读取权限",
    "cannot be read further: {}": "读到此处无法继续：{}",
    "fetch the file again: it is damaged": "文件已损坏，请重新取得",
    "a gzip file cannot be followed": "gzip 文件不能边写边读",
    "follow the plain file": "请改读未压缩的文件",
    "has {} records, not the {} of the last run": "只有 {} 条记录，上次运行已读到第 {} 条",
    "a file that was read may grow, not shrink: give it another name": (
        "读过的文件只会变长，不会变短：请换一个文件名"
    ),
    "no header": "没有表头",
    "name the columns in the first line or in `header`": "请在首行或 `header` 中写明列名",
    "the header is not {}: {}": "表头不是 {} 编码：{}",
    "state its encoding in the map": "请在映射中写明 encoding",
    "an array above {} MiB": "数组超过 {} MiB",
    "write one object a line and `format: ndjson`": "请每行写一个对象，并用 `format: ndjson`",
    # the key of pseudonyms
    "cannot be read: {}": "无法读取：{}",
    "check ${}_FILE and who may read the file": "请检查 ${}_FILE 与文件的读取权限",
    "let its owner run this": "请由其所有者运行",
    "the key of this directory's pseudonyms is gone": "该目录的化名密钥不见了",
    "put the file back, or give the key in ${}": "请放回该文件，或在 ${} 中给出密钥",
    "a key of {} bytes": "密钥只有 {} 字节",
    "use at least {}, as of openssl rand -hex 32": "至少 {} 字节，例如 openssl rand -hex 32 的输出",
    "not the key that this directory's pseudonyms were made with": "不是该目录化名所用的密钥",
    "give the first key; {} holds its fingerprint": "请给出最初的密钥；{} 中有其指纹",
    # the file of a map
    "no such map": "没有这个映射",
    "name a file, or one of {}": "请给出文件，或其中之一：{}",
    'did you mean "{}"?': '您是否想写 "{}"？',
    "not YAML: {}": "不是合法的 YAML：{}",
    "a map is a YAML mapping": "映射须由键和值组成",
    "begin with format, entity, columns, rules": "请从 format、entity、columns、rules 写起",
    "nested too deep": "嵌套过深",
    "a key is a plain word": "键必须是文字",
    "{} stands here twice": "{} 重复",
    "unknown key": "未知的键",
    "known are {}": "可用：{}",
    "one of {}": "可用：{}",
    "{} is not known": "没有 {}",
    "a mapping is needed here": "此处须有键和值",
    "key: value": "请写成 key: value",
    "a text is needed here": "此处须为文字",
    "put it in quotes": "请加引号",
    "{} is not a number": "{} 不是数",
    "{} is no time zone": "{} 不是时区",
    "an IANA name such as Asia/Shanghai": "请用 IANA 名称，例如 Asia/Shanghai",
    "| may be half a character in GB18030": "在 GB18030 中，| 可能是半个字",
    "use a comma or a tab": "请用逗号或制表符",
    "an array cannot be cut in GB18030, where brackets may be half a character": (
        "GB18030 中括号可能是半个字，数组无法切分"
    ),
    "use ndjson, or convert to UTF-8": "请用 ndjson，或转换为 UTF-8",
    "neither true nor the list of the columns": "既不是 true，也不是列名的列表",
    "true when the first line names them": "首行为列名时写 true",
    "not a list of columns": "不是列名的列表",
    "[name of a column, …]": "请写成 [列名, …]",
    # its rules
    "a map needs rules": "映射须有 rules",
    "- {emit: sale.delivery}": "例如 - {{emit: sale.delivery}}",
    "{} is no type of event": "没有事件类型 {}",
    "see the table of types": "请查看事件类型表",
    "a rule emits a type once": "一条规则中同一类型只写一次",
    "no type that this map emits has this field": "此映射产生的类型都没有这个字段",
    "emitted are {}": "产生的类型：{}",
    "unknown field": "未知的字段",
    "{} has no such field": "{} 没有这个字段",
    "{} needs {}": "{} 须有 {}",
    "say where {} comes from, in columns or in set": "请在 columns 或 set 中写明 {} 从何而来",
    "{} is not allowed": "不允许 {}",
    "{} is not allowed for {}": "{1} 不允许 {0}",
    "not a regular expression: {}": "不是正则表达式：{}",
    "neither a pattern, a list of texts nor a range": "既不是模式、文字列表，也不是范围",
    "{gt: 0}, {ge: 1, le: 9}": "例如 {{gt: 0}}、{{ge: 1, le: 9}}",
    "a list of masters is needed": "须为主数据的列表",
    "- {type: master.entity, currency: CNY}": "例如 - {{type: master.entity, currency: CNY}}",
    "{} is no master": "{} 不是主数据类型",
    "a master needs an entity and a source": "主数据须有 entity 与 source",
    "state them here or at the top of the map": "请写在此处或映射顶部",
    # its values
    "{} cannot be set by a map": "映射不能设置 {}",
    "only texts, numbers and times can": "只能设置文字、数与时间",
    "not clear where the value comes from": "不清楚值从何而来",
    "{} needs its format": "{} 须写明 format",
    '{column: {}, format: "%Y-%m-%d %H:%M:%S"}': '例如 {{column: {}, format: "%Y-%m-%d %H:%M:%S"}}',
    "{} is no time": "{} 不是时间",
    "leave the format out": "请去掉 format",
    "a local time without a zone": "当地时间没有时区",
    "state `tz` at the top of the map": "请在映射顶部写明 `tz`",
    "{} is no text": "{} 不是文字",
    "use expr for a number, column and format for a time": "数请用 expr，时间请用 column 与 format",
    "a brace is not closed or empty": "花括号没有闭合或为空",
    "{Column} between braces": "请写成 {{列名}}",
    "{} is no number": "{} 不是数",
    "use column or template": "请用 column 或 template",
    "{} is a number": "{} 是数",
    "numbers are read as they are": "数按原样读取",
    "not an expression: {}": "不是算式：{}",
    "columns, numbers, + - * abs( )": "可用：列名、数、+ - * abs( )",
    "cannot read {}": "无法识别 {}",
    "too long": "过长",
    "too deep": "过深",
    "a number or a column is missing before {}": "{} 之前缺少数或列名",
    "a number or a column is missing at the end": "末尾缺少数或列名",
    "a bracket is not closed": "括号没有闭合",
    "{} is not expected here": "此处不应有 {}",
    "{}: {}": "{}：{}",
    "%{} is unknown or given twice; known are %Y %y %m %d %H %I %p %M %S %f %z": (
        "%{} 不认识或重复；可用：%Y %y %m %d %H %I %p %M %S %f %z"
    ),
    "a year (%Y), a month (%m) and a day (%d) are needed": "须有年（%Y）、月（%m）、日（%d）",
    "%I goes with %p, and not with %H": "%I 与 %p 同用，不与 %H 同用",
    # persons
    "{} names a person: it comes whole from one column": "{} 指向个人：须整个取自一列",
    "{column: …, strip: …}": "请写成 {{column: …, strip: …}}",
    "{} names a person and is read in two ways": "{} 指向个人，却有两种读法",
    "say `strip` once, in `columns`": "请只在 `columns` 中写一次 `strip`",
    "names a person: a rule sees a pseudonym there": "指向个人：规则在此只能看到化名",
    '".+" tells whether there is one': '".+" 可判断是否有值',
    "{} would show {}, which names a person": "{} 会显露指向个人的 {}",
    "take it from another column": "请取自另一列",
    # lookups, and a file that does not fit
    "a lookup needs its file, key and value": "lookup 须有文件、key 与 value",
    "{lookup: sites.csv, key: store, value: site}": "例如 {{lookup: sites.csv, key: store, value: site}}",
    "a lookup names two columns of its file": "lookup 须写明其文件的两列",
    "add `key:` and `value:`": "请加上 `key:` 与 `value:`",
    "{} cannot be read: {}": "{} 无法读取：{}",
    "a CSV file in UTF-8, beside the map": "须为映射旁的 UTF-8 编码 CSV 文件",
    "{}:{} has no column {}": "{}:{} 没有列 {}",
    "{}:{} gives {} a second value": "{}:{} 给 {} 第二个值",
    "a key has one value": "一个 key 只有一个值",
    "map {}: the file has no column {}": "映射 {}：文件没有列 {}",
    "map {}: the file has the column {} twice": "映射 {}：文件中列 {} 重复",
    "the file has {}": "文件有：{}",
}


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL)


_PATTERNS = [(_pattern(english), english) for english in sorted(CHINESE, key=len, reverse=True)]


def told(text: str) -> str:
    """The text of a door in the language in use."""
    if current() == "en" or not text:
        return text
    for pattern, english in _PATTERNS:
        if found := pattern.fullmatch(text):
            return CHINESE[english].format(*map(told, found.groups()))
    return text
