"""The reference page of the events in markdown, in English and Chinese, from the same definitions."""

from __future__ import annotations

import json
from collections.abc import Iterator

from schemas.accounts import CHART
from schemas.examples import example
from schemas.fields import COMMON, DECIMALS, HELD, EventType, Field, Kind
from schemas.reasons import TEXTS
from schemas.registry import ENVELOPE, FAMILIES, TYPE_CODES
from schemas.units import units

PAGES: dict[str, str] = {"en": "events.md", "zh": "events.zh.md"}
"""Language -> file name under docs/reference."""

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Events",
        "note": "Derived from `schemas/`; do not edit. Written by `python -m schemas.derive --write`.",
        "twin": "[中文](events.zh.md)",
        "intro": "One JSON object per event, the payload flat beside the envelope. Absent = left out. "
        "Decimals are strings (canonical) or JSON numbers and are read exactly.",
        "kinds": "Kinds", "envelope": "Envelope",
        "common": "Optional on every type but masters",
        "field": "field", "kind": "kind", "need": "needed", "unit": "unit", "meaning": "meaning",
        "code": "code", "rank": "rank", "grain": "one row is",
        "yes": "yes", "one_of": "one of",
        "not_yet": "Known and checked, then refused `not_yet` in this version.",
        "field_not_yet": "`not_yet` in this version",
        "positive": "> 0", "signed": "may be < 0",
        "places": "Places",
        "place": "place", "name": "name",
        "reasons": "Reasons for refusing, in the order of checking", "reason": "reason", "cure": "cure",
        "units": "Units", "dimension": "dimension", "factor": "in base units", "also": "also written",
        "packs": "A pack has no factor of its own: `uoms` of master.item states it.",
    },
    "zh": {
        "title": "事件",
        "note": "由 `schemas/` 生成,请勿手改。用 `python -m schemas.derive --write` 写出。",
        "twin": "[English](events.md)",
        "intro": "每个事件一个 JSON 对象,内容与信封同层平铺。没有的字段不写。"
        "十进制数写成字符串(标准写法)或 JSON 数,按字面精确读取。",
        "kinds": "类别",
        "envelope": "信封",
        "common": "除主数据外各类型都可带的字段",
        "field": "字段", "kind": "类别", "need": "必填", "unit": "单位", "meaning": "含义",
        "code": "编号", "rank": "同刻次序", "grain": "一行是",
        "yes": "是", "one_of": "至少一个", "not_yet": "本版本认识并检查,然后以 `not_yet` 拒绝。",
        "field_not_yet": "本版本以 `not_yet` 拒绝",
        "positive": "> 0", "signed": "可 < 0",
        "places": "账户地点",
        "place": "地点", "name": "名称",
        "reasons": "拒绝原因(按检查次序)", "reason": "原因", "cure": "办法",
        "units": "单位", "dimension": "量纲", "factor": "合基本单位", "also": "也写作",
        "packs": "包装没有固定换算:由 master.item 的 uoms 说明。",
    },
}  # fmt: skip

_KINDS: dict[Kind, tuple[str, str]] = {
    Kind.STRING: ("文本:UTF-8、NFC、至多 256 字节、无控制字符",
    "text: UTF-8, NFC, at most 256 bytes, no control characters"),
    Kind.QTY: ("数量:至多 6 位小数", "quantity: at most 6 decimals"),
    Kind.PRICE: ("单价:至多 8 位小数", "price: at most 8 decimals"),
    Kind.MONEY: ("金额:到币种的最小单位,至多 4 位小数",
    "money: whole minor units of the currency, at most 4 decimals"),
    Kind.TIME: ("时间:RFC 3339,须有时区偏移,取到毫秒", "time: RFC 3339 with offset, kept to the millisecond"),
    Kind.INT: ("整数", "whole number"),
    Kind.BOOL: ("true 或 false", "true or false"),
    Kind.REF: ("引用:事件号(同一来源),或 来源#事件号", "reference: `id` (same source) or `source#id`"),
    Kind.REFS: ("引用的列表", "list of references"),
    Kind.NAMES: ("名称:{\"zh\": …, \"en\": …}", "names: {\"zh\": …, \"en\": …}"),
    Kind.FACTORS: ("换算:{单位: 合多少基本单位}", "factors: {unit: how many base units}"),
    Kind.OBJECT: ("JSON 对象", "JSON object"),
    Kind.MOVEMENT: (f"移动:`type`({' '.join(HELD)})与该类型的字段",
    f"movement: `type` ({' '.join(HELD)}) and its fields"),
}  # fmt: skip


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(c).replace("|", "\\|") for c in cells) + " |"


def _table(heads: list[str], rows: list[str]) -> list[str]:
    return [_row(*heads), "|" + " --- |" * len(heads), *rows, ""]


def _kind(field: Field, w: dict[str, str]) -> str:
    if field.kind is Kind.ENUM:
        return " ".join(f"`{word}`" for word in field.enum)
    text = str(field.kind)
    if field.kind in DECIMALS:
        text += f" .{DECIMALS[field.kind]}"
    if field.positive:
        text += f" {w['positive']}"
    if field.signed:
        text += f" {w['signed']}"
    return text


def _fields(fields: tuple[Field, ...], lang: str, groups: tuple[tuple[str, ...], ...] = ()) -> list[str]:
    w = _WORDS[lang]
    rows = []
    for f in fields:
        shared = [g for g in groups if f.name in g]
        need = w["yes"] if f.required else ""
        if shared:
            need = "; ".join(f"{w['one_of']}: " + ", ".join(f"`{n}`" for n in g) for g in shared)
        meaning = f.zh if lang == "zh" else f.en
        if f.status == "not_yet":
            meaning += f" ({w['field_not_yet']})"
        rows.append(_row(f"`{f.name}`", _kind(f, w), need, f.unit, meaning))
    return _table([w["field"], w["kind"], w["need"], w["unit"], w["meaning"]], rows)


def _kinds(lang: str) -> list[str]:
    w = _WORDS[lang]
    rows = [_row(f"`{k}`", texts[0] if lang == "zh" else texts[1]) for k, texts in _KINDS.items()]
    return [f"## {w['kinds']}", "", *_table([w["kind"], w["meaning"]], rows)]


def _type(t: EventType, lang: str) -> Iterator[str]:
    w = _WORDS[lang]
    yield f"### {t.name}"
    yield ""
    yield f"{t.zh if lang == 'zh' else t.en}"
    yield ""
    grain = t.grain.split(" | ")[0 if lang == "zh" else 1]
    yield f"{w['code']} {TYPE_CODES[t.name]} · {w['rank']} {t.rank} · {w['grain']}: {grain}"
    yield ""
    if t.status == "not_yet":
        yield w["not_yet"]
        yield ""
    own = tuple(f for f in t.fields if f not in COMMON)
    yield from _fields(own, lang, t.one_of)
    yield "```json"
    yield json.dumps(example(t.name), ensure_ascii=False)
    yield "```"
    yield ""


def _places(lang: str) -> list[str]:
    w, zh = _WORDS[lang], lang == "zh"
    rows = [_row(f"`{p.pattern}`", p.zh if zh else p.en, p.meaning_zh if zh else p.meaning_en) for p in CHART]
    return [f"## {w['places']}", "", *_table([w["place"], w["name"], w["meaning"]], rows)]


def _reasons(lang: str) -> list[str]:
    w, zh = _WORDS[lang], lang == "zh"
    rows = [_row(f"`{r}`", t.zh if zh else t.en, t.cure_zh if zh else t.cure_en) for r, t in TEXTS.items()]
    return [f"## {w['reasons']}", "", *_table([w["reason"], w["meaning"], w["cure"]], rows)]


def _units(lang: str) -> list[str]:
    w = _WORDS[lang]
    rows = [
        _row(
            f"`{u.code}`",
            u.dimension,
            "" if u.to_base is None else u.to_base,
            u.zh if lang == "zh" else u.en,
            " ".join(u.aliases),
        )
        for u in units().values()
    ]
    heads = [w["code"], w["dimension"], w["factor"], w["name"], w["also"]]
    return [f"## {w['units']}", "", w["packs"], "", *_table(heads, rows)]


def markdown_page(lang: str = "en") -> str:
    """The reference page in `en` or `zh`: envelope, every type, places, reasons, units. `KeyError` else."""
    w = _WORDS[lang]
    lines = [f"# {w['title']}", "", w["note"], "", w["twin"], "", w["intro"], ""]
    lines += [*_kinds(lang), f"## {w['envelope']}", "", *_fields(ENVELOPE, lang)]
    lines += [f"## {w['common']}", "", *_fields(COMMON, lang)]
    for family in FAMILIES:
        lines += [f"## {family.name}", "", family.doc_zh if lang == "zh" else family.doc_en, ""]
        for t in family.types:
            lines += _type(t, lang)
    lines += _places(lang) + _reasons(lang) + _units(lang)
    return "\n".join(lines).rstrip("\n") + "\n"
