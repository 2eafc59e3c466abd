"""A day of three supermarkets for the board's tests, with one of every exception."""

from __future__ import annotations

import json
import random
from decimal import Decimal

from tests.e2e.board.small_mart import ENTITY, SmallMart, scaled

SITES = ("S01-Center", "S02-Harbour", "S03-Station")
CHANNELS = ("shop", "shop", "app", "delivery")
MINUTE = 60_000
ITEMS = {  # code: cost, price, names
    "MILK-1L": ("5.20", "7.90", "鲜牛奶 1 升", "Fresh milk 1 l"),
    "BREAD-W": ("3.10", "6.50", "全麦面包", "Wholegrain bread"),
    "EGGS-10": ("8.40", "12.80", "鸡蛋 10 枚", "Eggs, 10"),
    "RICE-5KG": ("26.50", "39.90", "东北大米 5 公斤", "Rice 5 kg"),
    "TOFU-400": ("2.30", "4.50", "嫩豆腐 400 克", "Soft tofu 400 g"),
    "APPLE-KG": ("6.80", "11.80", "红富士苹果", "Fuji apples"),
    "PORK-KG": ("28.00", "42.00", "五花肉", "Pork belly"),
    "SOY-500": ("5.90", "9.90", "生抽 500 毫升", "Soy sauce 500 ml"),
    "TEA-100": ("18.00", "36.00", "龙井绿茶 100 克", "Green tea 100 g"),
    "WATER-6": ("6.60", "10.80", "饮用水 6 瓶", "Water, 6 bottles"),
    "NOODLE-5": ("9.20", "14.50", "方便面 5 连包", "Noodles, 5 packs"),
    "SHRIMP-KG": ("48.00", "79.00", "冷冻虾仁", "Frozen shrimp"),
    "DURIAN-KG": ("41.00", "58.00", "金枕榴莲", "Durian"),
}


def seed(mart: SmallMart) -> None:
    """A day of three supermarkets, ending at the mart's now."""
    _trade(mart)
    now = mart.now_ms
    mart.sell(
        "T-NEG", now - 4000, "DURIAN-KG", SITES[2], "app", "3.25", Decimal(58), Decimal(41), state="estimated"
    )
    mart.move("T-RETURN", "sale.return", now - 3000, "TEA-100", "@customer/shop", SITES[0], "1", Decimal(18))
    lost = {"reason": "damaged", "trust": "yellow"}
    mart.move(
        "W-1",
        "stock.issue",
        now - 2500,
        "APPLE-KG",
        SITES[0],
        "@loss/management",
        "4.35",
        Decimal("29.58"),
        **lost,
    )
    mart.flush()
    names = [{"item": item, "name_zh": zh, "name_en": en} for item, (_, _, zh, en) in ITEMS.items()]
    mart.insert(
        "core.item",
        [{"entity": ENTITY, "version": 1, "recorded_at": now, "uom": "C62", **row} for row in names],
    )
    _refusals(mart)
    _counts(mart)
    mart.insert("core.waiting", [{
        "source": "till", "run_id": "r1", "ordinal": 300, "entity": ENTITY, "event_id": "R-77",
        "type": "sale.return", "waits_for": "till#T-4711", "since": now - 30 * MINUTE, "state": "waiting",
        "state_ordinal": 300}])  # fmt: skip
    for source, figures in (("till", (1102, 1083, 3, 15, 1, 12)), ("opening", (36, 36, 0, 0, 0, 0))):
        columns = ("records_in", "committed", "refused", "duplicate", "waiting", "late")
        mart.insert(
            "ops.intake", [{"source": source, "run_id": "r1", **dict(zip(columns, figures, strict=True))}]
        )


def _trade(mart: SmallMart) -> None:
    """Opening stock and a day's sales; durian is sold before it was received."""
    rng = random.Random(7)
    now = mart.now_ms
    for i, (item, (cost_text, price, *_)) in enumerate(ITEMS.items()):
        cost = Decimal(cost_text)
        for site in SITES if item != "DURIAN-KG" else ():
            qty, start = rng.randint(60, 260), now - 26 * 60 * MINUTE
            supplier = "@supplier/VALLEY"
            mart.move(
                f"open-{i}-{site}",
                "stock.receipt",
                start,
                item,
                supplier,
                site,
                str(qty),
                qty * cost,
                source="opening",
            )
            for n in range(30):
                at = now - int(min(23.9, abs(rng.gauss(0, 9))) * 60 * MINUTE) - rng.randint(3_000, 50_000)
                event, channel, pieces = (
                    f"T{i:02}{site[:3]}-{n:03}",
                    rng.choice(CHANNELS),
                    str(rng.randint(1, 3)),
                )
                estimated = (item, site) == ("PORK-KG", SITES[1]) and n < 4
                state = "estimated" if estimated else "uncosted" if (item, n) == ("TEA-100", 2) else ""
                mart.sell(
                    event,
                    at,
                    item,
                    site,
                    channel,
                    pieces,
                    Decimal(price),
                    cost,
                    document=f"B{n:04}",
                    state=state,
                )


def _refusals(mart: SmallMart) -> None:
    texts = (
        ("negative_stock", "MILK-1L at S02-Harbour: 3 on hand, 12 asked", "T-9", "MILK-1L", "12"),
        ("naive_time", "time: 2026-11-24T10:02:11 has no offset", "T-10", "EGGS-10", "1"),
        ("naive_time", "time: 2026-11-24T10:07:40 has no offset", "T-11", "TOFU-400", "2"),
    )
    for i, (reason, detail, event, item, qty) in enumerate(texts):
        raw = json.dumps({"id": event, "type": "sale.delivery", "item": item, "qty": qty})
        mart.insert("raw.refusal", [{
            "source": "till", "run_id": "r1", "part": "till-02.ndjson", "position": 18_233 + 777 * i,
            "ordinal": 211 + i, "arrived_at": mart.now_ms - (9 - 3 * i) * MINUTE, "reason": reason,
            "detail": detail, "event_id": event, "type": "sale.delivery", "raw": raw}])  # fmt: skip


def _counts(mart: SmallMart) -> None:
    at = mart.now_ms - 90 * MINUTE
    for i, (item, site, counted, book, worth) in enumerate((
        ("EGGS-10", SITES[1], 88, 91, "-25.2"), ("WATER-6", SITES[0], 45, 44, "6.6")
    )):  # fmt: skip
        figures = {"counted_qty": counted, "book_qty": book, "diff_qty": counted - book}
        row = {name: scaled(str(value), 6) for name, value in figures.items()}
        told = {"version": 900 + i, "known_version": 900 + i, "is_live": 1, "event_id": f"C-{i}"}
        mart.insert("core.count", [{
            "entity": ENTITY, **told, "event_at": at, "recorded_at": at, "item": item, "site": site,
            "diff_value_amt": scaled(worth, 4), **row}])  # fmt: skip
