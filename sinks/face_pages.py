"""The page of the faces for whoever queries the store, in one language, from their papers."""

from __future__ import annotations

from collections.abc import Iterator

from sinks.faces import Face, load_faces

_WORDS = {
    "en": {
        "title": "The faces",
        "intro": "Generated from the papers of the views (`sinks/views`) by `make docs`, as is "
        "`meta.data_dictionary`. Times are UTC; quantities and money are Decimal; nobody needs `FINAL`.",
        "grain": "Grain",
        "head": "| column | type | meaning | unit | from |",
        "ask": "Ask it as",
        "identity": "Always holds",
    },
    "zh": {
        "title": "对外视图",
        "intro": "由视图的说明文件（`sinks/views`）生成（`make docs`），与 `meta.data_dictionary` 一致。"
        "时间为 UTC，数量与金额为 Decimal，查询无需 `FINAL`。",
        "grain": "粒度",
        "head": "| 列 | 类型 | 含义 | 单位 | 来源 |",
        "ask": "查询方式",
        "identity": "恒成立",
    },
}


def faces_page(lang: str) -> str:
    """Markdown: a heading per face, a row per column. `lang`: en or zh."""
    words = _WORDS[lang]
    lines = [f"# {words['title']}", "", words["intro"], ""]
    for face in sorted(load_faces(), key=lambda face: face.name):
        lines += _face(face, lang)
    return "\n".join(lines).rstrip() + "\n"


def _face(face: Face, lang: str) -> Iterator[str]:
    words = _WORDS[lang]
    yield f"## {face.name}"
    yield ""
    yield f"{face.zh if lang == 'zh' else face.en}. {words['grain']}: {face.grain}."
    yield ""
    if face.parameters:
        call = ", ".join(f"{name}=…" for name in face.parameters)
        yield f"{words['ask']} `{face.name}({call})`."
        yield ""
    yield words["head"]
    yield "|---|---|---|---|---|"
    for column in face.columns:
        said = column.zh if lang == "zh" else column.en
        cells = (f"`{column.name}`", f"`{column.type}`", said, column.unit, column.src)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""
    if face.identities:
        yield f"{words['identity']}: {'; '.join(face.identities)}."
        yield ""
