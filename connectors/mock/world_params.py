"""Every parameter of the world as a declared range; a seed draws one value from each.

A range is a statement about the trade, not about our code: nothing below may be tuned so that a detector
or a forecast looks good. What is drawn is written beside the truth (`world.json`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Drawn = dict[str, float]


@dataclass(frozen=True, slots=True)
class Range:
    """One parameter: uniform between `low` and `high`, in `unit`."""

    low: float
    high: float
    unit: str
    zh: str
    en: str


STORE_RANGES: Mapping[str, Range] = {
    "baskets": Range(1500, 2500, "1/d", "每日小票数(工作日)", "baskets on a working day"),
    "lines": Range(3.6, 4.8, "1", "每张小票的行数", "lines of a basket"),
    "weekend": Range(1.2, 1.5, "1", "周末倍数", "weekend over working day"),
    "morning_at": Range(9.0, 10.8, "h", "早高峰", "first peak, local time"),
    "evening_at": Range(17.4, 19.0, "h", "晚高峰", "second peak, local time"),
    "morning_share": Range(0.30, 0.42, "1", "早高峰占比", "share of the first peak"),
    "evening_share": Range(0.34, 0.44, "1", "晚高峰占比", "share of the second peak"),
    "night_share": Range(0.02, 0.04, "1", "夜间占比(即时配送)", "share of the night, by courier"),
    "online_share": Range(0.06, 0.14, "1", "网店订单占比", "share of the web shop"),
    "platform_share": Range(0.10, 0.20, "1", "外卖平台占比", "share of delivery platforms"),
    "thefts": Range(6, 16, "1/d", "每日失窃次数", "thefts a day"),
    "damages": Range(4, 10, "1/d", "每日破损次数", "breakages a day"),
    "outages": Range(1.5, 3.0, "1/d", "收银机断网次数", "tills off the network a day"),
}
"""Drawn once per store."""

RANGES: Mapping[str, Range] = {
    "card_share": Range(0.35, 0.55, "1", "会员卡占比", "baskets with a member's card"),
    "promo_share": Range(0.08, 0.15, "1", "促销商品占比", "items on promotion in a week"),
    "promo_off": Range(0.10, 0.30, "1", "最大促销折扣", "deepest promotion"),
    "promo_lift": Range(1.4, 2.4, "1", "促销的销量倍数", "what a promotion sells more"),
    "return_share": Range(0.005, 0.010, "1", "退货占比", "lines that come back"),
    "return_first": Range(0.06, 0.12, "1", "先于销售到达的退货", "returns that arrive before their delivery"),
    "cost_drift": Range(0.008, 0.025, "1", "每次进价波动", "price change of a delivery, one sigma"),
    "opening_cover": Range(2.5, 5.0, "d", "期初库存天数", "days of sale in stock at the start"),
    "order_cover": Range(2.0, 3.5, "d", "补货天数", "days of sale an order covers beyond its lead time"),
    "late_receipt": Range(0.06, 0.12, "1", "整车入库迟录", "lorries typed in hours later"),
    "supplier_return": Range(0.02, 0.04, "1", "退供应商", "receipts of which some goes back"),
    "spoilage": Range(0.015, 0.045, "1/d", "生鲜日损", "produce thrown away each evening"),
    "count_error": Range(0.005, 0.02, "1", "盘点数错", "counts that are wrong"),
    "typing_error": Range(0.02, 0.035, "1", "录入错误", "hand-typed records that are refused"),
    "never_retyped": Range(0.05, 0.15, "1", "错后未补录", "of these, never typed again"),
    "slow_share": Range(0.005, 0.015, "1", "网络慢的小票", "baskets that travel 5 to 90 s"),
    "doubled": Range(0.001, 0.003, "1", "重复发送", "records sent twice"),
    "conflict": Range(0.0004, 0.0010, "1", "事件号冲突", "ids used again with other content"),
    "torn": Range(0.0003, 0.0006, "1", "传输中断的半条记录", "records cut off, then sent whole"),
}
"""Drawn once per world."""


def draw(rng: np.random.Generator, ranges: Mapping[str, Range]) -> Drawn:
    """One value of every range, in the order of the table."""
    return {name: round(float(rng.uniform(r.low, r.high)), 5) for name, r in ranges.items()}
