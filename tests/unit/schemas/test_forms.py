"""Forms of texts: what is taken, what is refused and why."""

from __future__ import annotations

import re

import pytest

from schemas.examples import example
from schemas.forms import FORMS, BadForm
from schemas.registry import EVENT_TYPES

GOOD = {
    "item": ["A", "A/B", "a@b", "乌龙茶"],
    "site": ["S1", "北京", "a@b"],
    "place": ["S1", "S1/A-3", "S1/A/3"],
    "zone": ["Asia/Shanghai", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+8"],
    "gtin": ["06291041500213", "6291041500213", "036000291452", "73513537"],
    "currency": ["CNY", "KWD"],
    "clock": ["00:00", "23:59", "04:30"],
    "period": ["1970-01", "2026-11", "2199-12"],
}
BAD = {
    "item": ["@A", "@"],
    "site": ["@S", "S1/A", "/"],
    "place": ["@S", "/A", "S1/", "/", "@loss/unknown"],
    "zone": ["Mars/Phobos", "Asia", "../etc/passwd", "+08:00", "/UTC", "Asia/shang hai"],
    "gtin": ["06291041500214", "6291041500219", "036000291453", "73513530", "1234567", "629104150021X"],
    "currency": ["cny", "CN", "RMB ", "元"],
    "clock": ["24:00", "4:30", "04:60", "0430"],
    "period": ["2026-13", "2026-1", "1969-12", "2200-01", "202611"],
}


def test_every_form_is_tried() -> None:
    assert GOOD.keys() == BAD.keys() == FORMS.keys()
    used = {f.form for t in EVENT_TYPES.values() for f in t.fields if f.form}
    assert used == FORMS.keys(), "a form that no field has"


@pytest.mark.parametrize(("form", "text"), [(f, t) for f, texts in GOOD.items() for t in texts])
def test_taken(form: str, text: str) -> None:
    kept = FORMS[form].take(text)
    assert kept == (text.zfill(14) if form == "gtin" else text)
    assert re.fullmatch(FORMS[form].pattern, text), "an editor would call it wrong"


@pytest.mark.parametrize(("form", "text"), [(f, t) for f, texts in BAD.items() for t in texts])
def test_refused(form: str, text: str) -> None:
    with pytest.raises(BadForm):
        FORMS[form].take(text)


def test_examples_are_in_their_form() -> None:
    for name, kind in EVENT_TYPES.items():
        for field in kind.fields:
            if field.form and field.name in example(name):
                text = example(name)[field.name]
                assert FORMS[field.form].take(text) == text
