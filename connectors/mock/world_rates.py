"""The rhythm of a store: when people come, what they want at that hour, and what is on promotion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from connectors.mock.world_catalogue import CATEGORIES, ITEMS
from connectors.mock.world_params import Drawn

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
