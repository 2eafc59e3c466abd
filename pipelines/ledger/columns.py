"""Columns of the ledger's state and of what its kernel reads and writes: plain integers, named once.

Few wide int64 tables instead of many narrow arrays: a cell or an account is one or two cache lines.
Units: quantities in millionths of the item's unit, values in minor units of the entity's currency, times
in ms.
"""

from __future__ import annotations

# Event as the kernel reads it (int64[n, EV]).
(
    E_TYPE, E_ENT, E_ITEM, E_PLACE, E_PLACE2, E_SITE, E_SITE2, E_LOT, E_COMBO, E_OWNER, E_UNIT, E_QTY,
    E_PRICE, E_AMT, E_DISC, E_TAX, E_TIME, E_TRUST, E_REC, E_CONTRA, E_H1, E_H2, E_CONTENT, E_RH1, E_RH2,
    E_HIT, E_DOC, E_GROUP, E_NOAUTO, E_SROW, E_SROW2, E_SOURCE, E_SEQ, E_CROW, E_TEXT, E_LEN,
) = range(36)  # fmt: skip
EV = 36

# Verdict per event (int64[n, VD]).
(
    V_STATUS, V_REASON, V_VERSION, V_LATE, V_QTY, V_REVENUE, V_DISC, V_TAX, V_COGS, V_OPENQ, V_OPENV,
    V_UNCOSTED, V_BOOK, V_DIFFV, V_ITEM, V_PLACE, V_CONTRA, V_AT, V_REC, V_ACC, V_TZ, V_LANDED,
) = range(22)  # fmt: skip
VD = 22
NEW, COMMITTED, REFUSED, DUPLICATE, WAITING = range(5)

# Entity, item, unit. N_CLOSED: months from 1970-01 that are closed; N_OPEN_FROM: when what is open begins
(
    N_WORD,
    N_VERSION,
    N_METHOD,
    N_SCOPE,
    N_REFUSE,
    N_DIGITS,
    N_MOVED,
    N_REC,
    N_CURRENCY,
    N_TZ,
    N_AUTO,
    N_CLOSED, N_OPEN_FROM,
) = range(13)  # fmt: skip
MOVING_AVERAGE, FIFO = 0, 1
SCOPE_ENTITY, SCOPE_SITE, SCOPE_LOT = 0, 1, 2
# I_STD: the newest of its standard costs, a row of the table Z. I_REVALS: whether it was ever revalued.
I_UNIT, I_WHOLE, I_STD, I_LOTS, I_BORN, I_CELL, I_LASTCELL, I_MASTER, I_ATTRS, I_REVALS = range(10)
Z_AT, Z_COST, Z_OLDER, Z_ITEM, Z_KEY = range(5)  # Z_KEY: the word that puts those of one moment in order
U_CANON, U_DIM, U_NUM, U_DEN, U_WHOLE, U_KNOWN = range(6)
S_KNOWN, S_ATTRS = range(2)  # I_ATTRS, S_ATTRS: the word of what masters said beside, as JSON
UNKNOWN, MADE, DESCRIBED = range(3)  # S_KNOWN, I_MASTER: made by use, or described by a master event

# Account and cell. The keys beside them hold (item, place | lot, combo) and (item, site | lot, owner).
# A_MARK, C_MARK: the serial of the row's newest entry in the journal (`kernel.undo`). A_SEEN: whether a row
# of the chain up to where it was posted has touched it. A_BATCH: the batch in which it changed last.
A_QTY, A_CELL, A_SITECELL, A_VER, A_AT, A_REC, A_TRUST, A_MARK, A_SEEN, A_BATCH = range(10)
# C_SQ, C_SV: sums of the live layers less those of the open pieces, C_HELD: how many of both. A shadow cell
# holds only the quantity of a site, where the valuation cell is wider. C_KIND: whose goods. C_TAIL: the
# newest row of its chain; C_CUR: the row that is next while it is posted anew; C_CUT: older rows are in
# history only; C_EDGE: the newest time that ever stood in the chain, C_LAST: of what touched it. C_SINCE:
# rows since the last whole image.
(
    C_Q, C_V, C_AV, C_AQ, C_SQ, C_SV, C_LH, C_LT, C_PH, C_PT, C_LAST, C_NEXT, C_COSTED, C_ACC, C_SHADOW,
    C_MARK, C_HELD, C_KIND, C_TAIL, C_CUR, C_CUT, C_SINCE, C_LANDED, C_EDGE,
) = range(24)  # fmt: skip
OWN_GOODS, FOREIGN = range(2)

# FIFO layer, uncovered piece, state of a document that may still be returned or trued up.
L_Q, L_V, L_Q0, L_V0, L_AT, L_NEXT, L_PREV, L_VER, L_LANDED = range(9)
P_Q, P_V, P_NEXT, P_PREV, P_VER, P_ENT, P_ACC, P_CONTRA, P_LEG, P_DOC, P_UNCOSTED, P_SPARE = range(12)
(
    D_VER, D_ENT, D_ACC, D_QTY, D_COVQ, D_COVV, D_AMT, D_AMTQ, D_PIECE, D_CONTRA, D_AT, D_TYPE, D_UNCOSTED,
    D_LANDED,
) = range(14)  # fmt: skip

# Recent history: one row per known event since the last save, and those that were paged in. What it says as
# it holds now: H_AT when it takes effect, H_OWN when it says it happened; H_OTHER the contra's word, of a
# transfer the account it reached; H_LINK the document that it returns; H_CROW the row of its contra. What it
# said when it came, for whoever corrects it: H_UNIT, H_SQTY, H_PRICE, H_RAW, H_DISC, H_TAX; H_SENT: the word
# of the whole event once it was corrected. H_TEXT, H_LEN: where its id is kept. H_ROW: its main row.
(
    H_H1,
    H_H2,
    H_CONTENT,
    H_VER,
    H_ENT,
    H_AT,
    H_TYPE,
    H_ACC,
    H_OTHER,
    H_QTY,
    H_COST,
    H_AMT,
    H_DOC,
    H_STATE,
    H_ITEM,
    H_SOURCE,
    H_SEQ,
    H_TEXT,
    H_LEN,
    H_OWN,
    H_ROW,
    H_LINK,
    H_LANDED,
    H_CROW,
    H_UNIT,
    H_SQTY,
    H_PRICE,
    H_RAW,
    H_DISC,
    H_TAX,
    H_SENT,
    H_OLD,
) = range(32)  # fmt: skip  H_OLD: it is in history already
HW = 32
H_LIVE, H_WAITING, H_DEAD, H_CANCELLED = range(4)

# A row of a cell's chain: what one event does to one cell (`chains.chain`). Q_Q … Q_CACC: the cell before it.
# Q_POINT, Q_POINTS: where its layers and pieces are kept, BARE if there were none, NO_POINT if they are not.
# Q_PQ … Q_TAX: what is posted of it, as seen from its account. Q_WAS, Q_COVERS: what it covered (table W).
# Q_PART, Q_PARTS: what it hands to Q_PAIR, its row in the other cell (table X). Q_M … Q_MMONEY: what it gave
# back of its document. Q_LEVEL: what its outflow left at the place; of a count what the books said.
(
    Q_H, Q_SIDE, Q_CELL, Q_PREV, Q_NEXT, Q_AT, Q_DONE, Q_ACC, Q_MADE, Q_Q, Q_V, Q_AV, Q_AQ, Q_COSTED, Q_CACC,
    Q_CLANDED, Q_POINT, Q_POINTS, Q_PQ, Q_PV, Q_PV2, Q_OPENQ, Q_OPENV, Q_UNCOSTED, Q_UNPRICED,
    Q_LANDED, Q_REV, Q_DISC, Q_TAX, Q_WAS, Q_COVERS, Q_PART, Q_PARTS, Q_PAIR, Q_M, Q_MCOV, Q_MCOST, Q_MMONEY,
    Q_LEVEL, Q_DEAD, Q_ACC2, Q_CONTRA,
) = range(42)  # fmt: skip
QW = 42
FIRST, MAIN, INTO, REVALUED = range(4)  # Q_SIDE: in the order in which they follow each other
NO_POINT, BARE = -1, -2
NO_LEVEL = 1 << 62
# What a row did to a piece: W_VALUE more cost of m units that had been taken at W_SHARE, or (a return) no
# longer open. W_UNKNOWN: what the document said of its cost before.
(
    W_VER, W_ENT, W_LEG, W_ACC, W_CONTRA, W_VALUE, W_OPENQ, W_OPENV, W_UNCOSTED, W_LANDED, W_DOC, W_M, W_COST,
    W_UNKNOWN,
) = range(14)  # fmt: skip
WN = 14
X_QTY, X_VALUE, X_KNOWN, X_LANDED = range(4)

# What the posting of a row found (int64[FW]): as Q_PQ … Q_TAX, and of counts and returns what they found.
(
    F_QTY, F_VALUE, F_VALUE2, F_OPENQ, F_OPENV, F_UNCOSTED, F_UNPRICED, F_LANDED, F_REV, F_DISC, F_TAX, F_M,
    F_MCOV, F_MCOST, F_MMONEY, F_LEVEL, F_BOOK, F_ACC,
) = range(18)  # fmt: skip
FW = 20
YW = 13  # Y_KIND, then the columns of a layer or of a piece

# Lines out (int64[m, LN]) and true-ups out (int64[m, TU]). O_TZ, T_TZ: the zone's word, and above it
# (`CLOSED_AT`) the months that are closed.
(
    O_EVENT, O_VERSION, O_LINE, O_FROM_ACC, O_FROM, O_TO_ACC, O_TO, O_QTY, O_VALUE, O_AT, O_REC, O_ENT,
    O_TZ,
) = range(13)  # fmt: skip
LN = 13
# T_CAUSE: the row of history of what caused it; T_ACC2: the account on the other side, or -1.
(
    T_EVENT, T_CAUSE, T_VERSION, T_ENT, T_LEG, T_ACC, T_ACC2, T_CONTRA, T_QTY, T_VALUE, T_OPENQ, T_OPENV,
    T_AT, T_REC, T_UNCOSTED, T_UNPRICED, T_LANDED, T_TZ, T_REV, T_DISC, T_TAX, T_OF, T_FOUND,
) = range(23)  # fmt: skip
TU = 23
CLOSED_AT = 1 << 32
(
    GOODS_LEG, PRICE_LEG, COST_LEG, VALUE_LEG, LANDED_LEG, REVENUE_LEG, COGS_LEG, VARIANCE_LEG,
) = range(8)  # fmt: skip

# What admission found of one event (int64[GW]).
(
    G_K, G_AMT, G_REV, G_DISC, G_TAX, G_DOC, G_ITEM, G_PLACE, G_SITE, G_LOT, G_COMBO, G_OWNER, G_UNIT,
    G_POOL, G_NUM, G_DEN,
) = range(16)  # fmt: skip
GW = 16

# Masters made by use (int64[k, BW]): an item's row or -1 - a site's row, and the commit that made it.
B_WHAT, B_ENT, B_VERSION, B_REC = range(4)
BW = 4

# The walk's steps (int64[s, WW]): number of the record, what to do.
W_RECORD, W_WHAT = range(2)
WW = 2
TRY, EXPIRE = range(2)

# Counters shared by the kernels (int64[2 * M_SIZE]; the second half is their image at the record's start).
(
    M_ACCOUNTS, M_CELLS, M_LAYERS, M_LAYER_FREE, M_PIECES, M_PIECE_FREE, M_DOCS, M_HIST, M_LINES, M_TRUEUPS,
    M_TACCS, M_BORN, M_VARIANCE, M_COUNT, M_REVAL, M_FAULT, M_FAULT_ROW, M_FULL, M_OVERFLOW, M_DEPTH,
    M_SERIAL, M_BATCH, M_BASE, M_EVENT, M_COMBOS, M_ROWS, M_COVERS, M_PARTS, M_POINTS, M_HEAP, M_OWN, M_WHY,
    M_RETURNED, M_VERSION, M_REC, M_TZ, M_FOUND, M_INDEX, M_ROOT, M_RETRY,
) = range(40)  # fmt: skip
M_SIZE = 40
SILENT = -2  # M_OWN while an item's past is posted anew: nothing is judged
NO_TIME = -(1 << 63)  # C_LAST of a cell in which nothing was posted

# M_FULL: what is to grow; or (ALONE) the record, M_FAULT_ROW, is not the walk's; or (PAGE_IN) an item's
# history, M_FAULT_ROW, is to come back.
(
    LINES_FULL, TRUE_UPS_FULL, JOURNAL_FULL, LAYERS_FULL, ROWS_FULL, COVERS_FULL, PARTS_FULL, POINTS_FULL,
    PAGE_IN, ALONE,
) = range(1, 11)  # fmt: skip

# The journal (int64[n, JW]): table and row that change, what the lines say of it, the row as it was.
J_TABLE, J_ROW, J_DQ, J_DV, J_IMAGE = range(5)
JW = 46
(
    K_ENTITY, K_ITEM, K_SITE, K_ACCOUNT, K_CELL, K_LAYER, K_PIECE, K_DOC, K_HIST, K_ROW, K_NEW_ACCOUNT,
    K_NEW_CELL, K_NEW_ID, K_NEW_COMBO,
) = range(14)  # fmt: skip
