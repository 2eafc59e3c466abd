"""Every parameter of the world as a declared range, and the rhythm of a store that follows from them.

A range is a statement about the trade, not about our code: nothing below may be tuned so that a detector
or a forecast looks good. What is drawn is written beside the truth (`world.json`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from connectors.mock.world_catalogue import CATEGORIES, ITEMS

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
OFFSET_MS = 8 * HOUR_MS
"""China Standard Time; it has no summer time."""

CHANNELS = ("store", "online", "platform")
Floats = NDArray[np.float64]

_HOURS = np.arange(24)
WEIGHED = np.array([i.weighed for i in ITEMS])
TYPICAL = np.array([float(i.typical) for i in ITEMS])
# Drinks and instant food are bought by the handful.
BULK = np.array(
    [{"BEV": 0.45, "DAI": 0.3, "BAK": 0.4, "SNK": 0.3, "ALC": 0.3}.get(i.category.code, 0.12) for i in ITEMS]
)
THEFT = np.array([i.theft for i in ITEMS])
_MEAN_QTY = np.where(WEIGHED, TYPICAL * float(np.exp(0.4**2 / 2)), 1.0 / (1.0 - BULK))

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


def local_day(ms: int) -> int:
    """Number of the local day since 1970-01-01 (a Thursday)."""
    return (ms + OFFSET_MS) // DAY_MS


def is_weekend(ms: int) -> bool:
    """Whether the local day is a Saturday or a Sunday."""
    return (local_day(ms) + 3) % 7 >= 5


def day_curve(store: Drawn) -> Floats:
    """float64[1440]: share of a day's baskets in each local minute; two peaks, a calm noon, a thin night."""
    hour = (np.arange(1440) + 0.5) / 60.0

    def peak(at: float, width: float) -> Floats:
        shape = np.exp(-0.5 * ((hour - at) / width) ** 2)
        return np.asarray(shape / shape.sum())

    day = ((hour >= 7) & (hour < 22.5)).astype(np.float64)
    base = 1.0 - store["morning_share"] - store["evening_share"] - store["night_share"]
    curve = (
        store["morning_share"] * peak(store["morning_at"], 1.0)
        + store["evening_share"] * peak(store["evening_at"], 1.1)
        + base * day / day.sum()
        + store["night_share"] / 1440.0
    )
    return np.asarray(curve / curve.sum())


def wanted() -> Floats:
    """float64[24, items]: relative demand by local hour, before promotions."""
    moods = {
        "fresh": 0.6
        + 0.9 * np.exp(-0.5 * ((_HOURS - 8.5) / 2.2) ** 2)
        + 0.5 * np.exp(-0.5 * ((_HOURS - 17.5) / 1.6) ** 2),
        "meal": 0.6 + 0.9 * np.exp(-0.5 * ((_HOURS - 17.5) / 2.0) ** 2),
        "treat": 0.7 + 0.9 * np.exp(-0.5 * ((((_HOURS - 21.5) + 12) % 24 - 12) / 3.0) ** 2),
        "even": np.ones(24),
    }
    share = np.array([i.category.weight * i.popularity for i in ITEMS])
    rank = {c.code: moods[c.mood] for c in CATEGORIES}
    return np.stack([share[i.index] * rank[i.category.code] for i in ITEMS], axis=1)


def daily_demand(store: Drawn, curve: Floats, want: Floats) -> Floats:
    """float64[items]: units (grams, pieces) an ordinary working day takes."""
    by_hour = curve.reshape(24, 60).sum(axis=1)
    mix = want / want.sum(axis=1, keepdims=True)
    lines = store["baskets"] * store["lines"] * (by_hour[:, None] * mix).sum(axis=0)
    return np.asarray(lines * _MEAN_QTY)


def promotions(rng: np.random.Generator, drawn: Drawn) -> NDArray[np.int64]:
    """int64[items]: percent off this week, mostly 0."""
    on = rng.random(len(ITEMS)) < drawn["promo_share"]
    on[rng.integers(len(ITEMS))] = True
    steps = rng.integers(1, max(2, int(drawn["promo_off"] * 20)) + 1, len(ITEMS)) * 5
    return np.where(on, steps, 0)


def quantities(rng: np.random.Generator, items: NDArray[np.int64]) -> NDArray[np.int64]:
    """Units of each line: grams around the typical piece, or 1, 2, 3 … pieces."""
    grams = np.maximum(20, (TYPICAL[items] * np.exp(0.4 * rng.standard_normal(len(items)))).astype(np.int64))
    pieces = np.minimum(12, rng.geometric(1.0 - BULK[items]))
    return np.where(WEIGHED[items], grams, pieces)
