"""The table of units: UN/ECE Recommendation 20 (units) and 21 (packages), and the Chinese market units.

One row: code, factor to the dimension's base as an exact decimal or fraction, zh, en, other names. Names
are compared as written; English words of three letters or more also in capitals. `schemas.units` reads it.

**Source** UN/ECE Rec. 20 Annex I and Rec. 21 Annex V; factors by definition (inch = 25.4 mm, pound =
453.59237 g, US gallon = 231 cubic inches); 斤 两 亩 尺 as used in Chinese trade since 1959 (斤 = 500 g).
"""

from __future__ import annotations

from typing import Final

Row = tuple[str, str, str, str, str]

PIECE: Final[tuple[Row, ...]] = (
    ("C62", "1", "个(单位)", "one", "one unit"),
    ("H87", "1", "个", "piece", "个 件 只 枚 支 台 pc pcs pieces"),
    ("EA", "1", "每个", "each", "ea"),
    ("NAR", "1", "物品数", "number of articles", "articles"),
    ("PR", "2", "双", "pair", "双 对 pairs"),
    ("NPR", "2", "双数", "number of pairs", ""),
    ("DZN", "12", "打", "dozen", "打 doz"),
    ("DPC", "12", "打(件)", "dozen piece", ""),
    ("SCO", "20", "廿", "score", ""),
    ("CEN", "100", "百", "hundred", "百"),
    ("GRO", "144", "罗", "gross", "罗"),
    ("MIL", "1000", "千", "thousand", "千"),
    ("T3", "1000", "千件", "thousand piece", "千件"),
    ("GGR", "1728", "大罗", "great gross", ""),
)

# What is in a pack depends on the item: no factor here, `uoms` of master.item states it (箱 = 24).
PACK: Final[tuple[Row, ...]] = (
    ("BA", "", "琵琶桶", "barrel", "XBA"),
    ("BE", "", "捆", "bundle", "捆 扎 XBE"),
    ("BG", "", "袋", "bag", "袋 XBG bags"),
    ("BK", "", "篮", "basket", "篮 筐 XBK"),
    ("BO", "", "瓶", "bottle", "瓶 XBO btl bottles"),
    ("BX", "", "盒", "box", "盒 XBX boxes"),
    ("CR", "", "板条箱", "crate", "XCR"),
    ("CS", "", "箱", "case", "箱 XCS cases"),
    ("CT", "", "纸箱", "carton", "纸箱 XCT ctn cartons"),
    ("CA", "", "方罐", "rectangular can", "XCA"),
    ("CX", "", "罐", "can", "XCX cans"),
    ("DR", "", "桶", "drum", "桶 XDR"),
    ("JR", "", "坛", "jar", "坛 XJR"),
    ("KT", "", "组件", "kit", "组件"),
    ("PF", "", "围栏", "pen", "XPF"),
    ("PK", "", "包", "package", "包 XPK pack packs packages"),
    ("PU", "", "盘", "tray", "XPU trays"),
    ("PX", "", "托盘", "pallet", "托盘 托 XPX pallets"),
    ("RO", "", "卷", "roll", "卷 XRO rolls"),
    ("SA", "", "麻袋", "sack", "麻袋 XSA"),
    ("SET", "", "套", "set", "套 sets"),
    ("TN", "", "听", "tin", "听 XTN tins"),
    ("TU", "", "管", "tube", "管 XTU"),
)

MASS: Final[tuple[Row, ...]] = (  # base: kilogram
    ("KGM", "1", "千克", "kilogram", "公斤 千克 kg KG Kg kgs kilo"),
    ("GRM", "0.001", "克", "gram", "克 g gr grams"),
    ("MGM", "0.000001", "毫克", "milligram", "毫克 mg"),
    ("MC", "0.000000001", "微克", "microgram", "微克 µg ug"),
    ("HGM", "0.1", "百克", "hectogram", "hg"),
    ("DTN", "100", "公担", "decitonne", "公担 quintal"),
    ("TNE", "1000", "吨", "tonne", "吨 公吨 t metric_ton"),
    ("CTM", "0.0002", "克拉", "metric carat", "克拉 carat"),
    ("LBR", "0.45359237", "磅", "pound", "磅 lb lbs pounds"),
    ("ONZ", "0.028349523125", "盎司", "ounce", "盎司 oz"),
    ("APZ", "0.0311034768", "金衡盎司", "troy ounce", "ozt"),
    ("STN", "907.18474", "短吨", "short ton", "短吨"),
    ("LTN", "1016.0469088", "长吨", "long ton", "长吨"),
    ("斤", "0.5", "斤", "jin", "市斤"),
    ("两", "0.05", "两", "liang", "市两"),
    ("钱", "0.005", "钱", "qian", ""),
    ("担", "50", "担", "dan", "市担"),
)

LENGTH: Final[tuple[Row, ...]] = (  # base: metre
    ("MTR", "1", "米", "metre", "米 公尺 m meter"),
    ("CMT", "0.01", "厘米", "centimetre", "厘米 公分 cm centimeter"),
    ("MMT", "0.001", "毫米", "millimetre", "毫米 mm millimeter"),
    ("DMT", "0.1", "分米", "decimetre", "分米 dm"),
    ("4H", "0.000001", "微米", "micrometre", "微米 µm um"),
    ("KMT", "1000", "千米", "kilometre", "千米 公里 km kilometer"),
    ("INH", "0.0254", "英寸", "inch", "英寸"),
    ("FOT", "0.3048", "英尺", "foot", "英尺 ft"),
    ("YRD", "0.9144", "码", "yard", "码 yd"),
    ("SMI", "1609.344", "英里", "mile", "英里"),
    ("尺", "1/3", "尺", "chi", "市尺"),
    ("寸", "1/30", "寸", "cun", "市寸"),
)

AREA: Final[tuple[Row, ...]] = (  # base: square metre
    ("MTK", "1", "平方米", "square metre", "平方米 平米 m2 m² sqm"),
    ("CMK", "0.0001", "平方厘米", "square centimetre", "平方厘米 cm2 cm²"),
    ("DMK", "0.01", "平方分米", "square decimetre", "dm2 dm²"),
    ("MMK", "0.000001", "平方毫米", "square millimetre", "平方毫米 mm2 mm²"),
    ("KMK", "1000000", "平方千米", "square kilometre", "平方公里 km2 km²"),
    ("HAR", "10000", "公顷", "hectare", "公顷 ha"),
    ("FTK", "0.09290304", "平方英尺", "square foot", "平方英尺 ft2 ft² sqft"),
    ("INK", "0.00064516", "平方英寸", "square inch", "in2 in²"),
    ("YDK", "0.83612736", "平方码", "square yard", "yd2 yd²"),
    ("亩", "2000/3", "亩", "mu", "市亩"),
)

VOLUME: Final[tuple[Row, ...]] = (  # base: litre
    ("LTR", "1", "升", "litre", "升 公升 l L liter"),
    ("MLT", "0.001", "毫升", "millilitre", "毫升 ml mL ML milliliter"),
    ("CLT", "0.01", "厘升", "centilitre", "cl cL"),
    ("DLT", "0.1", "分升", "decilitre", "dl dL"),
    ("HLT", "100", "百升", "hectolitre", "hl hL"),
    ("MTQ", "1000", "立方米", "cubic metre", "立方米 立方 方 m3 m³ cbm"),
    ("DMQ", "1", "立方分米", "cubic decimetre", "dm3 dm³"),
    ("CMQ", "0.001", "立方厘米", "cubic centimetre", "立方厘米 cm3 cm³ cc"),
    ("GLL", "3.785411784", "美制加仑", "US gallon", "加仑 gal gallon"),
    ("GLI", "4.54609", "英制加仑", "imperial gallon", ""),
    ("PTL", "0.473176473", "美制品脱", "US liquid pint", ""),
    ("PTI", "0.56826125", "英制品脱", "imperial pint", ""),
    ("QTL", "0.946352946", "美制夸脱", "US liquid quart", ""),
    ("OZA", "0.0295735295625", "美制液盎司", "US fluid ounce", "液盎司 fl_oz"),
    ("OZI", "0.0284130625", "英制液盎司", "imperial fluid ounce", ""),
    ("FTQ", "28.316846592", "立方英尺", "cubic foot", "ft3 ft³"),
    ("INQ", "0.016387064", "立方英寸", "cubic inch", "in3 in³"),
    ("BLL", "158.987294928", "石油桶", "oil barrel", "bbl"),
)

TIME: Final[tuple[Row, ...]] = (  # base: second
    ("SEC", "1", "秒", "second", "秒 s sec"),
    ("C26", "0.001", "毫秒", "millisecond", "毫秒 ms"),
    ("MIN", "60", "分钟", "minute", "分钟 分 min minutes"),
    ("HUR", "3600", "小时", "hour", "小时 工时 h hr hours"),
    ("DAY", "86400", "天", "day", "天 日 d days"),
    ("WEE", "604800", "周", "week", "周 星期 weeks"),
)

ENERGY: Final[tuple[Row, ...]] = (  # base: kilowatt hour
    ("KWH", "1", "千瓦时", "kilowatt hour", "千瓦时 度 kWh kwh"),
    ("WHR", "0.001", "瓦时", "watt hour", "瓦时 Wh"),
    ("MWH", "1000", "兆瓦时", "megawatt hour", "兆瓦时 MWh"),
    ("GWH", "1000000", "吉瓦时", "gigawatt hour", "GWh"),
    ("JOU", "1/3600000", "焦耳", "joule", "焦耳 焦 J"),
    ("KJO", "1/3600", "千焦", "kilojoule", "千焦 kJ"),
    ("3B", "5/18", "兆焦", "megajoule", "兆焦 MJ"),
    ("GV", "2500/9", "吉焦", "gigajoule", "吉焦 GJ"),
)

POWER: Final[tuple[Row, ...]] = (  # base: kilowatt
    ("KWT", "1", "千瓦", "kilowatt", "千瓦 kW"),
    ("WTT", "0.001", "瓦", "watt", "瓦 W"),
    ("MAW", "1000", "兆瓦", "megawatt", "兆瓦 MW"),
)

TABLE: Final[dict[str, tuple[Row, ...]]] = {
    "piece": PIECE,
    "pack": PACK,
    "mass": MASS,
    "length": LENGTH,
    "area": AREA,
    "volume": VOLUME,
    "time": TIME,
    "energy": ENERGY,
    "power": POWER,
}
"""Dimension -> its rows, in the order of the reference page."""
