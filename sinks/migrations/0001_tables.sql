-- Written from schemas/tables; frozen once released.
CREATE TABLE IF NOT EXISTS core.movement
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    line UInt32 COMMENT '行号 | line within the commit | src=ledger',
    status LowCardinality(String) COMMENT '状态 | posted or pending | src=ledger',
    event_id String COMMENT '事件编号 | id of the event | src=envelope.id',
    source LowCardinality(String) COMMENT '来源 | source of the event | src=envelope.source',
    type LowCardinality(String) COMMENT '事件类型 | type of the event | src=envelope.type',
    event_at DateTime64(3,'UTC') COMMENT '发生时间 | when it happened | unit=UTC | src=envelope.time',
    recorded_at DateTime64(3,'UTC') COMMENT '入账时间 | when the ledger learned it | unit=UTC | src=intake',
    period LowCardinality(String) COMMENT '会计期间 | period in which it is booked | unit=YYYY-MM | src=ledger',
    own_period LowCardinality(String) COMMENT '所属期间，空 = 同会计期间 | period in which it happened, where that is closed; empty = period | unit=YYYY-MM | src=ledger',
    item String COMMENT '物料 | item | src=payload.item',
    lot String COMMENT '批次 | lot | src=payload.lot',
    owner LowCardinality(String) COMMENT '货主 | owner of the goods, empty = own | src=payload.owner',
    from_place LowCardinality(String) COMMENT '转出处 | place it leaves | src=ledger',
    to_place LowCardinality(String) COMMENT '转入处 | place it enters | src=ledger',
    from_pool LowCardinality(String) COMMENT '转出池 | pool it leaves | src=payload.pool',
    to_pool LowCardinality(String) COMMENT '转入池 | pool it enters | src=payload.pool',
    qty Decimal(18,6) COMMENT '数量 | quantity | unit=base unit of the item | src=payload.qty',
    value_amt Decimal(18,4) COMMENT '金额 | value at cost | unit=entity\'s currency | src=ledger',
    reason LowCardinality(String) COMMENT '原因 | reason stated by the event | src=payload.reason',
    channel LowCardinality(String) COMMENT '渠道 | sales channel | src=payload.channel',
    document String COMMENT '单据 | document | src=payload.document',
    cost_centre LowCardinality(String) COMMENT '成本中心 | cost centre | src=payload.cost_centre',
    trust LowCardinality(String) COMMENT '可信度 | green device, yellow evidence, red by hand | src=envelope.trust'
)
ENGINE = MergeTree
ORDER BY (entity, version, line)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '流水行：每事件自身的行 | an event\'s own lines, one row each';

CREATE TABLE IF NOT EXISTS core.entry
(
    account UInt32 COMMENT '账户号 | number of the account within its entity | src=ledger',
    cell UInt32 COMMENT '计价单元号 | number of the valuation cell within its entity | src=ledger',
    event_at DateTime64(3,'UTC') COMMENT '发生时间 | when it happened | unit=UTC | src=envelope.time' CODEC(T64, LZ4),
    recorded_at DateTime64(3,'UTC') COMMENT '入账时间 | when the ledger learned it | unit=UTC | src=intake' CODEC(T64, LZ4),
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    qty Decimal(18,6) COMMENT '数量（有正负） | signed quantity | unit=base unit of the item | src=payload.qty',
    value_amt Decimal(18,4) COMMENT '金额（有正负） | signed value at cost | unit=entity\'s currency | src=ledger'
)
ENGINE = MergeTree
ORDER BY (account, event_at, version)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '分录：每个实物账户一行 | one row per physical side of a line, for stock at any past moment';

CREATE TABLE IF NOT EXISTS core.account
(
    account UInt32 COMMENT '账户号 | number of the account within its entity | src=ledger',
    cell UInt32 COMMENT '计价单元号 | number of the valuation cell within its entity | src=ledger',
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    place LowCardinality(String) COMMENT '位置 | SITE, SITE/BIN or a virtual place | src=ledger',
    site LowCardinality(String) COMMENT '地点 | site | src=payload.site',
    item String COMMENT '物料 | item | src=payload.item',
    lot String COMMENT '批次 | lot | src=payload.lot',
    owner LowCardinality(String) COMMENT '货主 | owner of the goods, empty = own | src=payload.owner',
    pool LowCardinality(String) COMMENT '池 | pool | src=payload.pool'
)
ENGINE = ReplacingMergeTree
ORDER BY (entity, item, account)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '账户字典 | what an account number stands for';

CREATE TABLE IF NOT EXISTS core.stock
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    account UInt32 COMMENT '账户号 | number of the account within its entity | src=ledger',
    cell UInt32 COMMENT '计价单元号 | number of the valuation cell within its entity | src=ledger',
    qty Decimal(18,6) COMMENT '数量 | quantity | unit=base unit of the item | src=payload.qty',
    cell_qty Decimal(18,6) COMMENT '单元数量 | quantity of the cell | unit=base unit of the item | src=ledger',
    cell_value_amt Decimal(18,4) COMMENT '单元金额 | value of the cell | unit=entity\'s currency | src=ledger',
    trust LowCardinality(String) COMMENT '可信度 | green device, yellow evidence, red by hand | src=envelope.trust',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    event_at DateTime64(3,'UTC') COMMENT '发生时间 | when it happened | unit=UTC | src=envelope.time',
    recorded_at DateTime64(3,'UTC') COMMENT '入账时间 | when the ledger learned it | unit=UTC | src=intake'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (entity, account)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '当前结存 | state of each account after the last batch that touched it';

CREATE TABLE IF NOT EXISTS core.sale
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    event_id String COMMENT '事件编号 | id of the event | src=envelope.id',
    returns_id String COMMENT '所退事件 | delivery that is returned, empty if unlinked | src=payload.returns',
    document String COMMENT '单据 | document | src=payload.document',
    event_at DateTime64(3,'UTC') COMMENT '发生时间 | when it happened | unit=UTC | src=envelope.time',
    recorded_at DateTime64(3,'UTC') COMMENT '入账时间 | when the ledger learned it | unit=UTC | src=intake',
    period LowCardinality(String) COMMENT '会计期间 | period in which it is booked | unit=YYYY-MM | src=ledger',
    own_period LowCardinality(String) COMMENT '所属期间，空 = 同会计期间 | period in which it happened, where that is closed; empty = period | unit=YYYY-MM | src=ledger',
    item String COMMENT '物料 | item | src=payload.item',
    site LowCardinality(String) COMMENT '地点 | site | src=payload.site',
    channel LowCardinality(String) COMMENT '渠道 | sales channel | src=payload.channel',
    customer String COMMENT '客户（假名） | customer, pseudonymised | src=payload.customer',
    kind LowCardinality(String) COMMENT '种类 | delivery, return or charge | src=ledger',
    qty Decimal(18,6) COMMENT '数量 | quantity | unit=base unit of the item | src=payload.qty',
    revenue_amt Decimal(18,4) COMMENT '收入 | net of discount, without tax | unit=entity\'s currency | src=payload.amount',
    discount_amt Decimal(18,4) COMMENT '折扣 | discount given | unit=entity\'s currency | src=payload.discount',
    tax_amt Decimal(18,4) COMMENT '税额 | tax | unit=entity\'s currency | src=payload.tax',
    cogs_amt Decimal(18,4) COMMENT '首次成本 | cost as first posted | unit=entity\'s currency | src=ledger',
    open_qty Decimal(18,6) COMMENT '未覆盖数量 | part not covered by stock | unit=base unit of the item | src=ledger',
    open_amt Decimal(18,4) COMMENT '暂估金额 | provisional cost of that part | unit=entity\'s currency | src=ledger',
    uncosted UInt8 COMMENT '无成本(按位) | bits: 1 = the covered part has no known cost, 2 = the open part was priced from nothing | src=ledger',
    landed UInt8 COMMENT '含到岸费用 | 1 = landed costs in the covered part | src=ledger'
)
ENGINE = MergeTree
ORDER BY (entity, version)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '销售、退货与收费 | deliveries, returns (negative) and charges as first posted';

CREATE TABLE IF NOT EXISTS core.count
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    known_version UInt64 COMMENT '获知版本 | commit since which this is known | src=ledger',
    is_live UInt8 COMMENT '有效 | 0 = cancelled | src=ledger',
    event_id String COMMENT '事件编号 | id of the event | src=envelope.id',
    event_at DateTime64(3,'UTC') COMMENT '发生时间 | when it happened | unit=UTC | src=envelope.time',
    recorded_at DateTime64(3,'UTC') COMMENT '入账时间 | when the ledger learned it | unit=UTC | src=intake',
    item String COMMENT '物料 | item | src=payload.item',
    site LowCardinality(String) COMMENT '地点 | site | src=payload.site',
    lot String COMMENT '批次 | lot | src=payload.lot',
    counted_qty Decimal(18,6) COMMENT '实盘数量 | quantity counted | unit=base unit of the item | src=payload.qty',
    book_qty Decimal(18,6) COMMENT '账面数量 | quantity in the books | unit=base unit of the item | src=ledger',
    diff_qty Decimal(18,6) COMMENT '差异数量 | counted − book | unit=base unit of the item | src=ledger',
    diff_value_amt Decimal(18,4) COMMENT '差异金额 | value of the difference | unit=entity\'s currency | src=ledger'
)
ENGINE = ReplacingMergeTree(known_version)
ORDER BY (entity, version)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '盘点 | counts and the difference found, as known now';

CREATE TABLE IF NOT EXISTS core.chain
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    leaf UInt64 COMMENT '片号 | number of the leaf, from 0 | src=audit',
    first_version UInt64 COMMENT '首版本 | first version it covers | src=audit',
    last_version UInt64 COMMENT '末版本 | last version it covers | src=audit',
    sha256 String COMMENT '校验和 | of its lines and net true-ups | unit=hex | src=audit',
    chain String COMMENT '链值 | sha256 of the chain before it and its own | unit=hex | src=audit'
)
ENGINE = MergeTree
ORDER BY (entity, leaf)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '散列链：每 1024 个版本一片 | hash chain: one leaf per 1,024 versions of an entity';

CREATE TABLE IF NOT EXISTS core.true_up
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    line UInt32 COMMENT '行号 | line within the commit | src=ledger',
    corrects_version UInt64 COMMENT '被调整版本 | commit of the restated event | src=ledger',
    corrects_event String COMMENT '被调整事件 | id of the restated event | src=ledger',
    corrects_source LowCardinality(String) COMMENT '被调整来源 | source of the restated event | src=ledger',
    corrects_type LowCardinality(String) COMMENT '被调整类型 | type of the restated event | src=ledger',
    cause_version UInt64 COMMENT '起因版本 | commit of the cause | src=ledger',
    cause_event String COMMENT '起因事件 | covering inflow or landed cost; where an own line is restated the event of this version | src=ledger',
    found_event String COMMENT '发现事件 | event of this version: what arrived | src=ledger',
    leg LowCardinality(String) COMMENT '分录类别 | goods price cost value standard out in bought pool cogs variance landed revenue | src=ledger',
    event_at DateTime64(3,'UTC') COMMENT '发生时间 | when it happened | unit=UTC | src=envelope.time',
    recorded_at DateTime64(3,'UTC') COMMENT '入账时间 | when the ledger learned it | unit=UTC | src=intake',
    period LowCardinality(String) COMMENT '会计期间 | period in which it is booked | unit=YYYY-MM | src=ledger',
    own_period LowCardinality(String) COMMENT '所属期间，空 = 同会计期间 | period in which it happened, where that is closed; empty = period | unit=YYYY-MM | src=ledger',
    item String COMMENT '物料 | item | src=payload.item',
    lot String COMMENT '批次 | lot | src=payload.lot',
    owner LowCardinality(String) COMMENT '货主 | owner of the goods, empty = own | src=payload.owner',
    from_place LowCardinality(String) COMMENT '转出处 | place it leaves | src=ledger',
    to_place LowCardinality(String) COMMENT '转入处 | place it enters | src=ledger',
    from_pool LowCardinality(String) COMMENT '转出池 | pool it leaves | src=payload.pool',
    to_pool LowCardinality(String) COMMENT '转入池 | pool it enters | src=payload.pool',
    qty Decimal(18,6) COMMENT '数量 | quantity | unit=base unit of the item | src=ledger',
    value_amt Decimal(18,4) COMMENT '金额 | value at cost | unit=entity\'s currency | src=ledger',
    sale_qty Decimal(18,6) COMMENT '销售数量变化 | change of the sale\'s quantity | unit=base unit of the item | src=ledger',
    revenue_amt Decimal(18,4) COMMENT '收入变化 | change of the revenue | unit=entity\'s currency | src=ledger',
    discount_amt Decimal(18,4) COMMENT '折扣变化 | change of the discount | unit=entity\'s currency | src=ledger',
    tax_amt Decimal(18,4) COMMENT '税额变化 | change of the tax | unit=entity\'s currency | src=ledger',
    open_qty Decimal(18,6) COMMENT '未覆盖数量变化 | change of the uncovered quantity | unit=base unit of the item | src=ledger',
    open_amt Decimal(18,4) COMMENT '暂估金额变化 | change of the provisional value | unit=entity\'s currency | src=ledger',
    uncosted Int8 COMMENT '无成本部分数变化 | change of the number of covered parts of unknown cost | src=ledger',
    unpriced Int8 COMMENT '无价暂估变化 | change: the open part was priced from nothing | src=ledger',
    landed Int8 COMMENT '含到岸费用部分数变化 | change of the number of parts with landed costs | src=ledger'
)
ENGINE = MergeTree
ORDER BY (entity, version, line)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '调整行：重述较早事件 | lines that restate what an earlier event posted';

CREATE TABLE IF NOT EXISTS core.sale_change
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    known_version UInt64 COMMENT '获知版本 | commit since which this is known | src=ledger',
    is_live UInt8 COMMENT '有效 | 0 = cancelled | src=ledger',
    event_at DateTime64(3,'UTC') COMMENT '发生时间 | when it happened | unit=UTC | src=envelope.time',
    own_period LowCardinality(String) COMMENT '现所属期间 | period in which it lies now | unit=YYYY-MM | src=ledger',
    item String COMMENT '物料 | item | src=payload.item',
    site LowCardinality(String) COMMENT '地点 | site | src=payload.site',
    channel LowCardinality(String) COMMENT '渠道 | sales channel | src=payload.channel',
    customer String COMMENT '客户（假名），空 = 同首次 | customer, pseudonymised; empty = as first posted | src=payload.customer',
    document String COMMENT '单据，空 = 同首次 | document; empty = as first posted | src=payload.document'
)
ENGINE = ReplacingMergeTree(known_version)
ORDER BY (entity, version)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '更正后的销售属性 | attributes of a corrected or cancelled sale as they are now; figures are in core.true_up';

CREATE TABLE IF NOT EXISTS core.period_close
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    period LowCardinality(String) COMMENT '所关期间 | period that is closed | unit=YYYY-MM | src=payload.period',
    event_id String COMMENT '事件编号 | id of the event | src=envelope.id',
    event_at DateTime64(3,'UTC') COMMENT '发生时间 | when it happened | unit=UTC | src=envelope.time',
    recorded_at DateTime64(3,'UTC') COMMENT '入账时间 | when the ledger learned it | unit=UTC | src=intake'
)
ENGINE = MergeTree
ORDER BY (entity, version)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '关账 | closes of periods; a close holds for all earlier periods too';

CREATE TABLE IF NOT EXISTS core.promise
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    source LowCardinality(String) COMMENT '来源 | source of the event | src=envelope.source',
    event_id String COMMENT '事件编号 | id of the event | src=envelope.id',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    recorded_at DateTime64(3,'UTC') COMMENT '入账时间 | when the ledger learned it | unit=UTC | src=intake',
    kind LowCardinality(String) COMMENT '种类 | reserve, pending or pool | src=ledger',
    state LowCardinality(String) COMMENT '状态 | open, consumed, released, posted, voided, expired or closed | src=ledger',
    site LowCardinality(String) COMMENT '地点 | site | src=payload.site',
    place LowCardinality(String) COMMENT '库存池的位置 | place of a pool, empty for others | src=payload.site',
    item String COMMENT '物料 | item | src=payload.item',
    owner LowCardinality(String) COMMENT '货主 | owner of the goods, empty = own | src=payload.owner',
    pool LowCardinality(String) COMMENT '池 | pool | src=payload.pool',
    qty Decimal(18,6) COMMENT '承诺数量 | quantity as granted | unit=base unit of the item | src=payload.qty',
    open_qty Decimal(18,6) COMMENT '尚余承诺 | what it still holds | unit=base unit of the item | src=ledger',
    held_lots Array(String) COMMENT '所持批次 | lots it still holds, empty = any | src=ledger',
    held_units Array(UInt64) COMMENT '各批次数量 | how much of each | unit=1e-6 base unit | src=ledger',
    expires_at DateTime64(3,'UTC') COMMENT '到期时间，1970 = 无 | when it ends by itself, 1970 = never | unit=UTC | src=payload.expires',
    priority Int64 COMMENT '优先级 | priority; higher goes first | src=payload.priority',
    document String COMMENT '单据 | document | src=payload.document',
    buffer_qty Decimal(18,6) COMMENT '安全缓冲 | of a pool: never promised | unit=base unit of the item | src=payload.buffer',
    owed_qty Decimal(18,6) COMMENT '欠还数量 | of a pool: borrowed and not given back | unit=base unit of the item | src=ledger'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (entity, source, event_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '承诺：预留、待定移动、库存池 | reservations, pending movements and pools as they are now, ended ones too';

CREATE TABLE IF NOT EXISTS core.reserved
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    site LowCardinality(String) COMMENT '地点 | site | src=payload.site',
    item String COMMENT '物料 | item | src=payload.item',
    lot String COMMENT '批次 | lot | src=payload.lot',
    owner LowCardinality(String) COMMENT '货主 | owner of the goods, empty = own | src=payload.owner',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    reserved_qty Decimal(18,6) COMMENT '预留数量 | quantity held | unit=base unit of the item | src=ledger'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (entity, site, item, lot, owner)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '各库存行的预留 | what reservations and pending movements hold of the common stock of each row';

CREATE TABLE IF NOT EXISTS core.lot
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    item String COMMENT '物料 | item | src=payload.item',
    lot String COMMENT '批次 | lot | src=payload.lot',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    status LowCardinality(String) COMMENT '状态 | ok, quarantine, recalled or expired | src=ledger',
    expires_at DateTime64(3,'UTC') COMMENT '有效期至，1970 = 无 | earliest expiry, 1970 = none | unit=UTC | src=payload.expiry'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (entity, item, lot)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '批次状态 | lots that expire or were ever held back, as they are at the entity\'s logical time';

CREATE TABLE IF NOT EXISTS core.entity
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    recorded_at DateTime64(3,'UTC') COMMENT '入账时间 | when the ledger learned it | unit=UTC | src=intake',
    currency LowCardinality(String) COMMENT '币种 | currency | unit=ISO 4217 | src=payload.currency',
    minor_digits UInt8 DEFAULT 2 COMMENT '币种小数位 | decimals of the currency | unit=digits | src=ledger',
    valuation LowCardinality(String) COMMENT '计价方法 | moving_average, fifo or standard | src=payload.valuation',
    scope LowCardinality(String) COMMENT '计价范围 | entity, site or lot | src=payload.scope',
    negative LowCardinality(String) COMMENT '负库存 | accept or refuse | src=payload.negative',
    tz LowCardinality(String) COMMENT '时区 | time zone | unit=IANA name | src=payload.tz',
    closed_period LowCardinality(String) COMMENT '已关期间，空 = 无 | last closed period, empty = none | unit=YYYY-MM | src=period.close',
    auto UInt8 COMMENT '自动创建 | 1 = created by first use, not by a master event | src=ledger'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (entity)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '法人主数据 | entities and how they value stock';

CREATE TABLE IF NOT EXISTS core.item
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    item String COMMENT '物料 | item | src=payload.item',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    recorded_at DateTime64(3,'UTC') COMMENT '入账时间 | when the ledger learned it | unit=UTC | src=intake',
    name_zh String COMMENT '中文名 | Chinese name | src=payload.name.zh',
    name_en String COMMENT '英文名 | English name | src=payload.name.en',
    uom LowCardinality(String) COMMENT '基本单位 | base unit | unit=UN/ECE Rec 20 | src=payload.uom',
    tracking LowCardinality(String) COMMENT '追踪方式 | none, lot or serial | src=payload.tracking',
    whole UInt8 COMMENT '整件 | 1 = no fractions | src=payload.whole',
    gtin String COMMENT '商品条码 | GTIN | src=payload.gtin',
    category LowCardinality(String) COMMENT '类别 | category | src=payload.category',
    standard_cost Decimal(18,8) COMMENT '标准成本 | standard cost, 0 if none | unit=currency per base unit | src=payload.standard_cost',
    auto UInt8 COMMENT '自动创建 | 1 = created by first use, not by a master event | src=ledger',
    attrs String COMMENT '其他属性 | all other fields, canonical JSON | src=payload'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (entity, item)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '物料主数据 | items';

CREATE TABLE IF NOT EXISTS core.site
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    site LowCardinality(String) COMMENT '地点 | site | src=payload.site',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    recorded_at DateTime64(3,'UTC') COMMENT '入账时间 | when the ledger learned it | unit=UTC | src=intake',
    tz LowCardinality(String) COMMENT '时区 | time zone | unit=IANA name | src=payload.tz',
    kind LowCardinality(String) COMMENT '种类 | kind of site | src=payload.kind',
    day_cut_off LowCardinality(String) COMMENT '营业日切 | local time at which a business day ends | unit=HH:MM | src=payload.day_cut_off',
    auto UInt8 COMMENT '自动创建 | 1 = created by first use, not by a master event | src=ledger'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (entity, site)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '地点主数据 | sites';

CREATE TABLE IF NOT EXISTS core.rate
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    kind LowCardinality(String) COMMENT '种类 | currency, labour, energy … | src=payload.kind',
    key LowCardinality(String) COMMENT '键 | what the rate is of | src=payload.key',
    valid_at DateTime64(3,'UTC') COMMENT '生效时间 | from when it holds | unit=UTC | src=envelope.time',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    recorded_at DateTime64(3,'UTC') COMMENT '入账时间 | when the ledger learned it | unit=UTC | src=intake',
    rate Decimal(18,8) COMMENT '费率 | rate | unit=per unit of the key | src=payload.rate'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (entity, kind, key, valid_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '费率 | rates of currency, labour, energy and so on, effective from valid_at';

CREATE TABLE IF NOT EXISTS core.unit_factor
(
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    item String COMMENT '物料 | item | src=payload.item',
    uom LowCardinality(String) COMMENT '单位 | unit | unit=UN/ECE Rec 20 or the item\'s own | src=payload.uoms',
    version UInt64 COMMENT '提交版本 | commit of the ledger | src=ledger',
    recorded_at DateTime64(3,'UTC') COMMENT '入账时间 | when the ledger learned it | unit=UTC | src=intake',
    factor_num UInt64 COMMENT '换算分子 | numerator of the factor | unit=base units | src=payload.uoms',
    factor_den UInt64 DEFAULT 1 COMMENT '换算分母 | denominator of the factor | src=payload.uoms'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (entity, item, uom)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '单位换算 | how many base units one unit holds, per item; an exact fraction';

CREATE TABLE IF NOT EXISTS raw.refusal
(
    source LowCardinality(String) COMMENT '来源 | source of the event | src=envelope.source',
    run_id LowCardinality(String) COMMENT '运行编号 | id of the run or input | src=intake',
    part LowCardinality(String) COMMENT '分片 | part of the source | src=source',
    position UInt64 COMMENT '位置 | position of the record in its part | src=source',
    ordinal UInt64 COMMENT '归档序号 | number of the record in the archive | src=archive',
    arrived_at DateTime64(3,'UTC') COMMENT '到达时间 | when the record arrived | unit=UTC | src=intake',
    reason LowCardinality(String) COMMENT '拒收原因 | reason code | src=intake',
    detail String COMMENT '说明 | what was found and what was expected | src=intake',
    event_id String COMMENT '事件编号 | id of the event | src=envelope.id',
    type LowCardinality(String) COMMENT '事件类型 | type of the event | src=envelope.type',
    raw String COMMENT '原文 | the record as text, broken bytes replaced | src=source',
    raw_bytes String COMMENT '原始字节 | the record\'s bytes | unit=hex | src=source'
)
ENGINE = MergeTree
ORDER BY (source, run_id, ordinal)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '拒收记录 | records that were refused, with position and bytes';

CREATE TABLE IF NOT EXISTS core.waiting
(
    source LowCardinality(String) COMMENT '来源 | source of the event | src=envelope.source',
    run_id LowCardinality(String) COMMENT '运行编号 | id of the run or input | src=intake',
    ordinal UInt64 COMMENT '归档序号 | number of the record in the archive | src=archive',
    entity LowCardinality(String) COMMENT '法人或工厂 | legal entity or plant | src=envelope.entity',
    event_id String COMMENT '事件编号 | id of the event | src=envelope.id',
    type LowCardinality(String) COMMENT '事件类型 | type of the event | src=envelope.type',
    waits_for String COMMENT '等待对象 | reference that is missing | src=ledger',
    since DateTime64(3,'UTC') COMMENT '开始等待 | since when it waits | unit=UTC | src=intake',
    state LowCardinality(String) COMMENT '状态 | waiting, committed or refused | src=ledger',
    state_ordinal UInt64 COMMENT '状态序号 | record at which the state was reached; the highest counts | src=ledger'
)
ENGINE = ReplacingMergeTree(state_ordinal)
ORDER BY (source, run_id, ordinal, event_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '等待中的事件 | events that refer to something not yet known; the newest state of a key counts';

CREATE TABLE IF NOT EXISTS ops.intake
(
    source LowCardinality(String) COMMENT '来源 | source of the event | src=envelope.source',
    run_id LowCardinality(String) COMMENT '运行编号 | id of the run or input | src=intake',
    records_in Int64 COMMENT '收到 | records received | unit=records | src=intake',
    committed Int64 COMMENT '已入账 | records committed | unit=records | src=ledger',
    refused Int64 COMMENT '已拒收 | records refused | unit=records | src=intake',
    duplicate Int64 COMMENT '重复 | records seen before | unit=records | src=intake',
    waiting Int64 COMMENT '等待 | records that wait | unit=records | src=ledger',
    late Int64 COMMENT '迟到 | committed with an event earlier than the last of its cell | unit=records | src=intake'
)
ENGINE = MergeTree
ORDER BY (source, run_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '接收计数（增量） | changes of the counts per source and run; the face sums them';

CREATE TABLE IF NOT EXISTS ops.block
(
    first_ordinal Int64 COMMENT '首个归档序号 | first archive ordinal covered | src=writer',
    last_ordinal Int64 COMMENT '末个归档序号 | last archive ordinal covered | src=writer',
    sha256 String COMMENT '校验和 | of the block\'s bytes | unit=hex | src=writer',
    row_count UInt64 COMMENT '行数 | rows in all its tables | unit=rows | src=writer',
    entities Array(String) COMMENT '涉及法人 | entities with commits in the block | src=writer',
    first_versions Array(UInt64) COMMENT '首版本 | first version per entity | src=writer',
    last_versions Array(UInt64) COMMENT '末版本 | last version per entity | src=writer'
)
ENGINE = MergeTree
ORDER BY (last_ordinal)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT '已写入的数据块 | blocks that are stored whole: this row is inserted last';

