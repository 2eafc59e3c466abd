"""A bad map is told by place, what and cure, all mistakes at once."""

from pathlib import Path

import pytest

from connectors.maps.check import check_map
from connectors.maps.errors import MapError
from connectors.pos import Mapper

GOOD = """\
format: csv
entity: shop
source: till
tz: Asia/Shanghai
site: S1
columns:
  time: {column: when, format: "%Y-%m-%d"}
  item: sku
  qty: n
rules:
  - when: {sku: POST}
    emit: sale.charge
    set: {code: "{sku}", amount: "n * price"}
  - emit: sale.delivery
"""


def told(tmp_path, text):
    path = tmp_path / "m.yaml"
    path.write_text(text, encoding="utf-8")
    mistakes = check_map(path)
    assert all(isinstance(m, MapError) and m.what and m.place.startswith(str(path)) for m in mistakes)
    if mistakes:
        with pytest.raises(MapError) as caught:
            Mapper.from_file(path)
        assert str(caught.value) == str(mistakes[0])
    return [str(m).removeprefix(str(path.parent) + "/") for m in mistakes]


def test_a_good_map_has_none(tmp_path):
    assert told(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("format: csv", "fromat: csv", 'm.yaml:1:1 fromat: unknown key; did you mean "format"?'),
        ("format: csv", "format: cvs", "m.yaml:1:1 format: 'cvs' is not known; did you mean \"csv\"?"),
        ("tz: Asia/Shanghai", "tz: Asia/Shangai", "m.yaml:4:1 tz: 'Asia/Shangai' is no time zone"),
        ("tz: Asia/Shanghai\n", "", "m.yaml:6:24 columns.time.format: a local time without a zone"),
        ("  qty: n", "  qtty: n", 'm.yaml:9:3 columns.qtty: unknown field; did you mean "qty"?'),
        ("  qty: n", "  qty: n\n  unit_cost: c", "m.yaml:10:3 columns.unit_cost: no type that this"),
        ("  qty: n\n", "", "m.yaml:13:5 rules[1].emit: sale.delivery needs qty; say"),
        ("site: S1\n", "", "m.yaml:13:5 rules[1].emit: sale.delivery needs site"),
        ("sale.delivery", "sale.delivry", "m.yaml:14:5 rules[1].emit: 'sale.delivry' is no type of"),
        ("{sku: POST}", '{sku: "("}', "m.yaml:11:12 rules[0].when.sku: not a regular expression: missing )"),
        ("{sku: POST}", "{n: {gtt: 1}}", 'm.yaml:11:16 rules[0].when.n.gtt: unknown key; did you mean "gt"?'),
        ("{sku: POST}", "{n: {gt: one}}", "m.yaml:11:16 rules[0].when.n.gt: 'one' is not a number"),
        ("n * price", "n ** price", "m.yaml:13:26 rules[0].set.amount: not an expression: a number or a col"),
        ("n * price", "(n", "m.yaml:13:26 rules[0].set.amount: not an expression: a bracket"),
        ("n * price", "n / 2", "m.yaml:13:26 rules[0].set.amount: not an expression: cannot read"),
        ('"{sku}"', '"{sku"', "m.yaml:13:11 rules[0].set.code: a brace is not closed"),
        ("amount:", "amout:", 'm.yaml:13:26 rules[0].set.amout: sale.charge has no such field; did'),
        ('format: "%Y-%m-%d"', 'format: "%Y-%Q-%d"', "m.yaml:7:24 columns.time.format: '%Y-%Q-%d': %Q"),
        ('{column: when, format: "%Y-%m-%d"}', "when", "m.yaml:7:3 columns.time: time needs its format"),
        ("item: sku", "item: {colum: sku}", "m.yaml:8:3 columns.item: not clear where"),
        ("item: sku", "item: {column: sku, srip: x}", 'm.yaml:8:23 columns.item.srip: unknown key; did'),
        ("item: sku", "item: {lookup: no.csv, key: a, value: b}", "m.yaml:8:10 columns.item.lookup: no.csv"),
        ("format: csv", "format: csv\nformat: csv", "m.yaml:2:1 format: 'format' stands here twice"),
        ("format: csv", "format: [csv", "m.yaml:2:7: not YAML: "),
        ("format: csv", "encoding: gb18030\ndelimiter: '|'", "m.yaml:2:1 delimiter: | may be half a"),
        ("  - emit: sale.delivery", "  - {emit: stock.issue, set: {reason: damagd}}",
         "m.yaml:14:31 rules[1].set.reason: 'damagd' is not allowed for reason; did you mean \"damaged\"?"),
    ],
)  # fmt: skip
def test_mistakes(tmp_path, old, new, line):
    assert old in GOOD
    mistakes = told(tmp_path, GOOD.replace(old, new, 1))
    assert any(m.startswith(line) for m in mistakes), mistakes


def test_all_mistakes_at_once(tmp_path):
    text = GOOD.replace("sku: POST", "sku: '('").replace("tz: Asia", "tz: Azia").replace("qty: n", "qyt: n")
    assert len(told(tmp_path, text)) >= 3


def test_masters(tmp_path):
    text = (
        GOOD + "masters:\n  - {type: master.entity, curency: GBP, scope: sites}\n  - {type: sale.delivery}\n"
    )
    mistakes = told(tmp_path, text)
    assert [m.split(" ", 1)[1] for m in mistakes] == [
        'masters[0].curency: master.entity has no such field; did you mean "currency"?',
        "masters[0].scope: 'sites' is not allowed; did you mean \"site\"?",
        "masters[1].type: 'sale.delivery' is no master; master.entity, master.item, master.site, master.rate",
    ]


@pytest.mark.parametrize("text", ["", "- a", "a: {b: {c: [*x]}}", "\x00", "x: !!python/object:os.system {}"])
def test_no_maps(tmp_path, text):
    assert told(tmp_path, text)


def test_a_name_that_is_none():
    with pytest.raises(MapError, match=r'online_retial: no such map; did you mean "online_retail"\?'):
        Mapper.from_file("online_retial")
    assert len(check_map("nothing-like-it")) == 1


def test_a_lookup_file_travels_with_the_map(tmp_path):
    (tmp_path / "sites.csv").write_text("store,site\n1,S-1\n2,S-2\n", encoding="utf-8")
    text = GOOD.replace("site: S1", "site: {lookup: sites.csv, key: store, value: site, column: shop}")
    path = tmp_path / "m.yaml"
    path.write_text(text, encoding="utf-8")
    assert check_map(path) == []
    one = Mapper.from_file(path)
    (tmp_path / "sites.csv").unlink()
    again = Mapper.from_dict(one.document, one.name).bound(["when", "sku", "n", "price", "shop"], "f:1")
    assert again.decode_row(b"2025-01-02,a,1,2,2", 0, "x")[0]["site"] == "S-2"
    for bad, what in [("1,S\n1,T\n", "gives '1' a second value"), ("", "")]:
        (tmp_path / "sites.csv").write_text("store,site\n" + bad, encoding="utf-8")
        assert what in " ".join(map(str, check_map(path)))
    (tmp_path / "sites.csv").write_text("stores,site\n1,S\n", encoding="utf-8")
    assert "no column 'store'; did you mean \"stores\"?" in str(check_map(path)[0])


def test_the_map_of_the_page_is_a_map(tmp_path):
    page = (Path(__file__).parents[4] / "docs" / "maps.md").read_text(encoding="utf-8")
    text = page.split("```yaml\n")[1].split("```")[0]
    assert told(tmp_path, text) == []
    header = ["时间", "条码", "数量", "单价", "门店", "小票号", "渠道", "备注", "进价", "会员姓名"]
    one = Mapper.from_file(tmp_path / "m.yaml").bound(header, "f:1")
    rows = [
        "2025-01-02 10:00:00,00690,2,3.5,A,7,店,,2.1,",
        "2025/01/02 10:00,690,-1,3.5,A,8,店,退货,,",
        "2025/1/2 9:00,BAG,3,0.3,A,8,店,,,",
        "2025/1/2 9:00,690,0,0.3,A,8,店,,,",
    ]
    found = [one.decode_row(row.encode("gb18030"), n, "x") for n, row in enumerate(rows)]
    assert [[e["type"] for e in events] for events in found[:3]] == [
        ["stock.receipt", "sale.delivery"], ["sale.return"], ["sale.charge"],
    ]  # fmt: skip
    assert (found[0][1]["item"], found[0][1]["document"], found[0][0]["time"]) == (
        "690",
        "A-7",
        "2025-01-02T02:00:00Z",
    )
    assert (found[1][0]["amount"], found[2][0]["amount"], found[3].reason) == ("3.5", "0.9", "no_rule")
