"""What the three supermarkets sell, and who delivers it: 120 items in 12 categories, with names in zh and en.

Prices are what the shelf says, in cents with tax. Weighed goods count in grams, the others in pieces.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.ids import gs1_check_digit

ENTITY = "MART"
SITES = ("xuhui", "pudong", "minhang")
TZ = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Category:
    """`tax` in percent, `margin` in percent of the price without tax, `lead` and `shelf_life` in days."""

    code: str
    zh: str
    en: str
    supplier: str
    tax: int
    margin: int
    lead: int
    shelf_life: int
    lots: bool
    weight: float
    mood: str  # when it sells: fresh (mornings), meal (evenings), treat (late), even


@dataclass(frozen=True, slots=True)
class Item:
    """One item.

    `price`: cents of one base unit. `pack`: base units of one `pack_uom`. `typical`: grams of one line.
    `popularity`: share within its category. `theft`: how often it is stolen, relative. `gtin`: 13 digits.
    """

    index: int
    code: str
    zh: str
    en: str
    category: Category
    uom: str
    pack_uom: str
    pack: int
    price: int
    popularity: float
    weighed: bool
    typical: int
    theft: float
    gtin: str


CATEGORIES = (
    Category("VEG", "蔬菜", "Vegetables", "chongming-farm", 0, 32, 1, 4, False, 2.4, "fresh"),
    Category("FRU", "水果", "Fruit", "yangshan-fruit", 9, 30, 1, 6, False, 1.5, "even"),
    Category("MEA", "肉禽", "Meat and poultry", "suzi-meat", 9, 22, 1, 3, True, 1.3, "fresh"),
    Category("DAI", "乳品", "Dairy", "guangmu-dairy", 13, 20, 1, 12, True, 1.4, "fresh"),
    Category("BAK", "烘焙", "Bakery", "maixiang-bakery", 13, 42, 1, 3, False, 1.0, "fresh"),
    Category("GRA", "粮油", "Grain and oil", "jiangnan-grain", 9, 14, 2, 365, False, 0.5, "even"),
    Category("SAU", "调味品", "Sauces and spices", "jiangnan-grain", 13, 24, 2, 540, False, 0.7, "meal"),
    Category("BEV", "饮料", "Drinks", "huadong-drinks", 13, 28, 2, 270, False, 1.9, "treat"),
    Category("ALC", "酒类", "Beer, wine and spirits", "huadong-drinks", 13, 25, 2, 720, False, 0.6, "treat"),
    Category("SNK", "零食", "Snacks", "yuanfang-trade", 13, 30, 2, 240, False, 1.3, "treat"),
    Category("HOM", "家居清洁", "Household", "yuanfang-trade", 13, 27, 3, 1095, False, 0.5, "even"),
    Category("PER", "个人护理", "Personal care", "yuanfang-trade", 13, 33, 3, 1095, False, 0.4, "even"),
)

# zh | en | base unit | pack = base units | price in cents
_TABLE = {
    "VEG": """上海青|Shanghai bok choy|kg|筐=10|698
番茄|Tomato|kg|筐=10|898
黄瓜|Cucumber|kg|筐=10|758
土豆|Potato|kg|袋=20|498
胡萝卜|Carrot|kg|袋=20|528
茄子|Aubergine|kg|筐=10|798
青椒|Green pepper|kg|筐=10|958
生菜|Lettuce|kg|筐=5|1080
鸡毛菜|Baby greens|kg|筐=5|1180
生姜|Ginger|kg|袋=10|1580""",
    "FRU": """红富士苹果|Fuji apple|kg|箱=10|1380
香蕉|Banana|kg|箱=13|798
砂糖橘|Mandarin|kg|箱=10|1180
巨峰葡萄|Kyoho grape|kg|箱=5|2580
西瓜|Watermelon|kg|筐=30|558
雪梨|Pear|kg|箱=10|998
猕猴桃|Kiwi fruit|kg|箱=5|2280
火龙果|Dragon fruit|kg|箱=10|1680
草莓|Strawberry|kg|箱=4|4980
柠檬|Lemon|kg|箱=10|1880""",
    "MEA": """猪五花肉|Pork belly|kg|筐=15|3980
猪里脊|Pork tenderloin|kg|筐=15|4380
猪小排|Pork ribs|kg|筐=15|5980
鸡胸肉|Chicken breast|kg|箱=10|2580
鸡翅中|Chicken wings|kg|箱=10|4580
三黄鸡|Yellow chicken|kg|箱=12|3680
牛腩|Beef brisket|kg|筐=10|8980
牛腱|Beef shank|kg|筐=10|9680
羊肉卷|Lamb rolls|kg|箱=8|8580
猪肉糜|Minced pork|kg|筐=10|3580""",
    "DAI": """鲜牛奶950ml|Fresh milk 950 ml|瓶|箱=12|1980
鲜牛奶250ml|Fresh milk 250 ml|瓶|箱=24|690
原味酸奶|Plain yoghurt|杯|箱=16|650
希腊酸奶|Greek yoghurt|杯|箱=12|1190
儿童奶酪棒|Cheese sticks|包|箱=20|2290
纯牛奶250ml|UHT milk 250 ml|盒|箱=24|390
黄油200g|Butter 200 g|块|箱=20|2880
淡奶油|Whipping cream|盒|箱=12|2690
豆浆|Soy milk|瓶|箱=15|890
乳酸菌饮料|Lactic drink|瓶|箱=20|1290""",
    "BAK": """切片吐司|Sliced toast|包|箱=12|1280
全麦面包|Wholemeal bread|包|箱=12|1580
牛角包|Croissant|个|盘=20|790
肉松面包|Floss bun|个|盘=20|850
鲜肉月饼|Pork mooncake|个|盘=30|550
蛋挞|Egg tart|个|盘=24|600
葱油饼|Scallion pancake|个|盘=30|480
菜肉包|Vegetable pork bun|个|盘=40|350
老面馒头|Steamed bread|包|箱=16|880
瑞士卷|Swiss roll|盒|箱=10|2380""",
    "GRA": """东北大米5kg|Rice 5 kg|袋|捆=4|4590
泰国香米5kg|Jasmine rice 5 kg|袋|捆=4|6990
小麦粉2.5kg|Wheat flour 2.5 kg|袋|捆=8|1890
大豆油5L|Soybean oil 5 l|桶|箱=4|6490
花生油5L|Peanut oil 5 l|桶|箱=4|12990
挂面1kg|Dried noodles 1 kg|包|箱=15|990
小米1kg|Millet 1 kg|袋|箱=12|1690
燕麦片1kg|Oats 1 kg|袋|箱=12|2290
绿豆500g|Mung beans 500 g|袋|箱=20|1190
方便面五连包|Instant noodles, 5|包|箱=6|1450""",
    "SAU": """生抽500ml|Light soy sauce 500 ml|瓶|箱=12|1090
老抽500ml|Dark soy sauce 500 ml|瓶|箱=12|1150
香醋500ml|Rice vinegar 500 ml|瓶|箱=12|990
料酒500ml|Cooking wine 500 ml|瓶|箱=12|890
蚝油510g|Oyster sauce 510 g|瓶|箱=12|1190
豆瓣酱500g|Bean paste 500 g|瓶|箱=12|1390
食盐400g|Salt 400 g|包|箱=50|250
白砂糖500g|Sugar 500 g|包|箱=30|690
鸡精200g|Chicken bouillon 200 g|包|箱=20|1190
芝麻油350ml|Sesame oil 350 ml|瓶|箱=12|2490""",
    "BEV": """矿泉水550ml|Mineral water 550 ml|瓶|箱=24|200
矿泉水5L|Mineral water 5 l|桶|箱=4|1090
可乐330ml|Cola 330 ml|听|箱=24|280
柠檬茶500ml|Lemon tea 500 ml|瓶|箱=15|400
无糖乌龙茶500ml|Oolong tea 500 ml|瓶|箱=15|500
橙汁1L|Orange juice 1 l|瓶|箱=12|1490
苏打水500ml|Soda water 500 ml|瓶|箱=15|450
椰子水1L|Coconut water 1 l|瓶|箱=12|1690
咖啡饮料268ml|Coffee drink 268 ml|瓶|箱=15|590
功能饮料250ml|Energy drink 250 ml|听|箱=24|600""",
    "ALC": """啤酒500ml|Beer 500 ml|听|箱=12|550
精酿啤酒330ml|Craft beer 330 ml|瓶|箱=24|1280
黄酒500ml|Yellow wine 500 ml|瓶|箱=12|1880
干红葡萄酒750ml|Red wine 750 ml|瓶|箱=6|8800
干白葡萄酒750ml|White wine 750 ml|瓶|箱=6|7900
白酒500ml|Baijiu 500 ml|瓶|箱=6|16800
名牌白酒500ml|Premium baijiu 500 ml|瓶|箱=6|59800
威士忌700ml|Whisky 700 ml|瓶|箱=6|19800
梅酒750ml|Plum wine 750 ml|瓶|箱=6|6800
米酒500ml|Rice wine 500 ml|瓶|箱=12|1280""",
    "SNK": """薯片104g|Potato crisps 104 g|包|箱=22|890
瓜子150g|Sunflower seeds 150 g|包|箱=24|790
巧克力100g|Chocolate 100 g|块|箱=24|1590
夹心饼干|Sandwich biscuits|包|箱=24|850
每日坚果|Daily nuts|盒|箱=12|5990
牛肉干100g|Beef jerky 100 g|包|箱=20|3290
海苔|Seaweed|包|箱=30|1290
果冻|Fruit jelly|袋|箱=16|1190
口香糖|Chewing gum|瓶|箱=36|1150
豆腐干|Dried tofu|包|箱=30|690""",
    "HOM": """抽纸六包|Tissues, 6 packs|提|箱=8|2490
卷纸十卷|Toilet paper, 10 rolls|提|箱=6|2990
洗衣液2kg|Laundry liquid 2 kg|瓶|箱=6|3490
洗洁精1kg|Dish soap 1 kg|瓶|箱=12|1290
垃圾袋|Bin bags|卷|箱=40|790
保鲜膜|Cling film|卷|箱=30|1190
洁厕剂|Toilet cleaner|瓶|箱=20|990
电池5号四节|AA batteries, 4|卡|盒=24|1690
厨房纸|Kitchen paper|提|箱=12|1990
消毒湿巾|Disinfectant wipes|包|箱=24|1290""",
    "PER": """洗发水500ml|Shampoo 500 ml|瓶|箱=12|4590
沐浴露1L|Shower gel 1 l|瓶|箱=12|3990
牙膏120g|Toothpaste 120 g|支|箱=48|1590
牙刷两支装|Toothbrush, 2|卡|盒=36|1490
洗手液500ml|Hand soap 500 ml|瓶|箱=12|1590
护手霜|Hand cream|支|盒=36|1990
剃须刀片四片|Razor blades, 4|卡|盒=24|6990
面膜五片|Face masks, 5|盒|箱=24|7990
卫生巾|Sanitary pads|包|箱=24|1890
润唇膏|Lip balm|支|盒=48|2590""",
}

# Small, dear and easy to sell: what thieves take.
_TEMPTING = {
    "名牌白酒500ml": 30.0, "威士忌700ml": 14.0, "剃须刀片四片": 18.0, "面膜五片": 12.0, "巧克力100g": 10.0,
    "牛肉干100g": 8.0, "口香糖": 6.0, "电池5号四节": 6.0, "白酒500ml": 8.0, "儿童奶酪棒": 5.0,
    "黄油200g": 4.0,
}  # fmt: skip


def _item(index: int, category: Category, place: int, row: str) -> Item:
    zh, en, uom, packing, price = row.split("|")
    pack_uom, pack = packing.split("=")
    weighed = uom == "kg"
    body = f"6901{index:03d}{int(price) % 10000:04d}{place}"
    return Item(
        index=index, code=f"{category.code}{place + 1:02d}", zh=zh, en=en, category=category, uom=uom,
        pack_uom=pack_uom, pack=int(pack), price=int(price),
        popularity=1.0 / (1.0 + 0.35 * place), weighed=weighed,
        typical=(900 if int(price) < 1000 else 550) if weighed else 1,
        theft=_TEMPTING.get(zh, 0.4 if weighed else 1.0), gtin=body + gs1_check_digit(body),
    )  # fmt: skip


def _items() -> tuple[Item, ...]:
    found: list[Item] = []
    for category in CATEGORIES:
        for place, row in enumerate(_TABLE[category.code].splitlines()):
            found.append(_item(len(found), category, place, row))
    return tuple(found)


ITEMS = _items()
SUPPLIERS = tuple(dict.fromkeys(c.supplier for c in CATEGORIES))


def quantity(item: Item, units: int) -> str:
    """Units of the world (grams or pieces) as a decimal of the item's base unit.

    >>> quantity(ITEMS[0], 1250), quantity(ITEMS[30], 3)
    ('1.25', '3')
    """
    if not item.weighed:
        return str(units)
    whole, grams = divmod(units, 1000)
    return f"{whole}.{grams:03d}".rstrip("0") if grams else str(whole)


def pack_units(item: Item) -> int:
    """Units of the world in one pack."""
    return item.pack * 1000 if item.weighed else item.pack
