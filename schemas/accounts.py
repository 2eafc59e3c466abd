"""The chart of places: where goods and value can be, and where the other side of a movement lies.

An account is (entity, place, item, lot, owner, pool). A place is physical (`SITE` or `SITE/BIN`) or virtual:
then it begins with `@`, and what follows the `/` names the partner, the cost centre or the order.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """One kind of virtual place: `pattern` shows its parameter, `zh`/`en` its name, the rest its meaning."""

    prefix: str
    pattern: str
    zh: str
    en: str
    meaning_zh: str
    meaning_en: str


SUPPLIER = "@supplier"
CUSTOMER = "@customer"
CONSUMPTION = "@consumption"
OPENING = "@opening"
WRITE_OFF = "@write_off"
LOSS_NATURAL = "@loss/natural"
LOSS_MANAGEMENT = "@loss/management"
LOSS_UNKNOWN = "@loss/unknown"
COUNT = "@count"
REVALUATION = "@revaluation"
PRICE_VARIANCE = "@price_variance"
REPACK = "@repack"
SCRAP = "@scrap"
LABOUR = "@labour"
ENERGY = "@energy"
OVERHEAD = "@overhead"
ROUNDING = "@rounding"

CHART: tuple[Place, ...] = (
    Place(SUPPLIER, "@supplier/S", "供应商", "Supplier", "货物从供应商来,退货回去",
    "goods come from here, returns go back"),
    Place(CUSTOMER, "@customer/CHANNEL", "客户", "Customer",
          "售出的货物及其成本", "goods sold, and their cost"),
    Place(CONSUMPTION, "@consumption/CC", "领用", "Consumption",
          "样品、赠品、换货、自用,按成本中心", "samples, gifts, exchanges, own use, by cost centre"),
    Place(OPENING, "@opening", "期初", "Opening", "上线时已有的库存", "stock that was there at the start"),
    Place(WRITE_OFF, "@write_off", "核销", "Written off", "决定报废的库存", "stock given up by decision"),
    Place(LOSS_NATURAL, "@loss/natural", "自然损耗", "Natural loss",
          "定额内的解冻、蒸发", "thawing and evaporation within the norm"),
    Place(LOSS_MANAGEMENT, "@loss/management", "管理损耗", "Management loss",
          "损坏、过期", "damaged or expired"),
    Place(LOSS_UNKNOWN, "@loss/unknown", "不明损耗", "Unknown loss", "丢失、原因不明", "lost, cause unknown"),
    Place(COUNT, "@count", "盘点差异", "Count difference", "盘盈与盘亏", "what counts found more or less"),
    Place(REVALUATION, "@revaluation", "重估", "Revaluation", "改变价值而数量不动",
    "value changed, quantity untouched"),
    Place(PRICE_VARIANCE, "@price_variance", "价格差异", "Price variance",
          "退货差价与负库存补价", "price differences of returns and of covered negative stock"),
    Place("@transit", "@transit/A>B", "在途", "In transit", "从 A 到 B 的路上", "on the way from A to B"),
    Place(REPACK, "@repack", "改包装", "Repack", "改变物料、批次或货主", "a change of item, lot or owner"),
    Place("@wip", "@wip/ORDER/OP", "在制品", "Work in progress", "工单某道工序上",
    "at an operation of an order"),
    Place(SCRAP, "@scrap", "废品", "Scrap", "生产中报废", "rejected in production"),
    Place(LABOUR, "@labour", "人工", "Labour", "转入成本的人工", "labour that became cost"),
    Place(ENERGY, "@energy", "能源", "Energy", "转入成本的能源", "energy that became cost"),
    Place(OVERHEAD, "@overhead", "制造费用", "Overhead", "分摊的制造费用", "overhead shared out"),
    Place("@subcontractor", "@subcontractor/V", "外协", "Subcontractor",
          "在外协厂但仍属本企业", "at a vendor but still ours"),
    Place(ROUNDING, "@rounding", "尾差", "Rounding", "两份单据须一致时的尾差",
    "cents where two documents must agree"),
)  # fmt: skip

ISSUE_PLACES: dict[str, str] = {
    "sample": CONSUMPTION,
    "gift": CONSUMPTION,
    "repair_exchange": CONSUMPTION,
    "consumption": CONSUMPTION,
    "damaged": LOSS_MANAGEMENT,
    "expired": LOSS_MANAGEMENT,
    "lost": LOSS_UNKNOWN,
    "unknown": LOSS_UNKNOWN,
    "write_off": WRITE_OFF,
}
"""Reason of `stock.issue` -> where it goes; a consumption adds its cost centre, else the reason."""


def place(prefix: str, parameter: str = "") -> str:
    """`@customer` and `web` give `@customer/web`; without a parameter the plain place."""
    return f"{prefix}/{parameter}" if parameter else prefix


def contra(
    event_type: str, reason: str = "", supplier: str = "", channel: str = "", cost_centre: str = ""
) -> str:
    """The virtual place on the other side of a movement.

    `event_type`: a posted type with one physical side (a transfer has two, a charge none). Raises
    `KeyError` for another type or an unknown issue reason.

    >>> contra("stock.issue", reason="gift")
    '@consumption/gift'
    """
    if event_type == "stock.issue":
        target = ISSUE_PLACES[reason]
        return place(target, cost_centre or reason) if target == CONSUMPTION else target
    if event_type in ("stock.receipt", "purchase.return"):
        return place(SUPPLIER, supplier)
    if event_type in ("sale.delivery", "sale.return"):
        return place(CUSTOMER, channel)
    fixed = {"stock.count": COUNT, "stock.revalue": REVALUATION}
    return fixed[event_type]


def is_virtual(name: str) -> bool:
    """Whether a place is virtual."""
    return name.startswith("@")


def site_of(name: str) -> str:
    """The site of a physical place (`A/B7` -> `A`); "" for a virtual one."""
    return "" if is_virtual(name) else name.partition("/")[0]


def may_name_site(name: str) -> bool:
    """Whether a wire value can be a site: not empty, not virtual, no bin in it."""
    return bool(name) and not is_virtual(name) and "/" not in name


def chart_row(name: str) -> Place:
    """The row of the chart that a virtual place belongs to; `KeyError` when there is none.

    >>> chart_row("@customer/web").en
    'Customer'
    """
    for row in CHART:
        if name == row.prefix or (row.pattern != row.prefix and name.startswith(row.prefix + "/")):
            return row
    raise KeyError(f"place {name} is not in the chart of schemas/accounts.py")
