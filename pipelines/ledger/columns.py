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
    E_HIT, E_DOC, E_GROUP, E_NOAUTO, E_SROW, E_SROW2, E_SOURCE, E_SEQ,
) = range(33)  # fmt: skip
EV = 33

# Verdict per event (int64[n, VD]).
(
    V_STATUS, V_REASON, V_VERSION, V_LATE, V_QTY, V_REVENUE, V_DISC, V_TAX, V_COGS, V_OPENQ, V_OPENV,
    V_UNCOSTED, V_BOOK, V_DIFFV, V_ITEM, V_PLACE, V_CONTRA, V_AT, V_REC, V_ACC, V_TZ,
) = range(21)  # fmt: skip
VD = 21
NEW, COMMITTED, REFUSED, DUPLICATE, WAITING = range(5)

# Entity, item, unit.
(
    N_WORD, N_VERSION, N_METHOD, N_SCOPE, N_REFUSE, N_DIGITS, N_MOVED, N_REC, N_CURRENCY, N_TZ, N_AUTO,
    N_NAME,
) = range(12)  # fmt: skip
MOVING_AVERAGE, FIFO = 0, 1
SCOPE_ENTITY, SCOPE_SITE, SCOPE_LOT = 0, 1, 2
I_UNIT, I_WHOLE, I_STD, I_LOTS, I_BORN, I_CELL, I_LASTCELL, I_MASTER, I_ATTRS = range(9)
U_CANON, U_DIM, U_NUM, U_DEN, U_WHOLE, U_KNOWN = range(6)
S_KNOWN, S_ATTRS = range(2)  # I_ATTRS, S_ATTRS: the word of what masters said beside, as JSON
UNKNOWN, MADE, DESCRIBED = range(3)  # S_KNOWN, I_MASTER: made by use, or described by a master event

# Account and cell. The keys beside them hold (item, place | lot, combo) and (item, site | lot, owner).
# A_MARK, C_MARK: the serial of the row's newest entry in the journal (`kernel.undo`).
A_QTY, A_CELL, A_SITECELL, A_VER, A_AT, A_REC, A_TRUST, A_MARK = range(8)
# C_SQ, C_SV: sums of the live layers less those of the open pieces. A shadow cell holds only the quantity of
# a site, where the valuation cell is wider.
(
    C_Q, C_V, C_AV, C_AQ, C_SQ, C_SV, C_LH, C_LT, C_PH, C_PT, C_LAST, C_NEXT, C_COSTED, C_ACC, C_SHADOW,
    C_MARK,
) = range(16)  # fmt: skip

# FIFO layer, uncovered piece, state of a document that may still be returned or trued up.
L_Q, L_V, L_Q0, L_V0, L_AT, L_NEXT, L_PREV, L_VER = range(8)
P_Q, P_V, P_NEXT, P_PREV, P_VER, P_ENT, P_ACC, P_CONTRA, P_LEG, P_DOC, P_UNCOSTED, P_SPARE = range(12)
(
    D_VER, D_ENT, D_ACC, D_QTY, D_COVQ, D_COVV, D_RETQ, D_AMT, D_AMTQ, D_PIECE, D_CONTRA, D_AT, D_TYPE,
    D_UNCOSTED, D_LINE, D_SPARE,
) = range(16)  # fmt: skip
COGS_LEG, VARIANCE_LEG = 0, 1

# Recent history: one row per known event since the last save. H_OTHER: the contra's word; of a transfer the
# account it reached, of a linked return the version of what it returns. H_TEXT: where its id is kept.
(
    H_H1, H_H2, H_CONTENT, H_VER, H_ENT, H_AT, H_TYPE, H_ACC, H_OTHER, H_QTY, H_COST, H_AMT, H_DOC, H_STATE,
    H_ITEM, H_SOURCE, H_SEQ, H_TEXT,
) = range(18)  # fmt: skip
HW = 18
H_LIVE, H_WAITING, H_DEAD = range(3)

# Lines out (int64[m, LN]) and true-ups out (int64[m, TU]).
(
    O_EVENT, O_VERSION, O_LINE, O_FROM_ACC, O_FROM, O_TO_ACC, O_TO, O_QTY, O_VALUE, O_AT, O_REC, O_ENT,
    O_TZ,
) = range(13)  # fmt: skip
LN = 13
(
    T_EVENT, T_CAUSE, T_VER, T_ENT, T_LEG, T_ACC, T_CONTRA, T_VALUE, T_OPENQ, T_OPENV, T_AT, T_REC,
    T_UNCOSTED, T_TZ,
) = range(14)  # fmt: skip
TU = 14

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
TRY, EXPIRE, WAKE = range(3)

# Counters shared by the kernels (int64[2 * M_SIZE]; the second half is their image at the record's start).
(
    M_ACCOUNTS, M_CELLS, M_LAYERS, M_LAYER_FREE, M_PIECES, M_PIECE_FREE, M_DOCS, M_HIST, M_LINES, M_TRUEUPS,
    M_TACCS, M_BORN, M_VARIANCE, M_COUNT, M_REVAL, M_FAULT, M_FAULT_ROW, M_FULL, M_OVERFLOW, M_DEPTH,
    M_SERIAL, M_BATCH, M_BASE, M_EVENT, M_COMBOS,
) = range(25)  # fmt: skip
M_SIZE = 25
NO_TIME = -(1 << 63)  # C_LAST of a cell in which nothing was posted

LINES_FULL, TRUE_UPS_FULL, JOURNAL_FULL, LAYERS_FULL = range(1, 5)  # M_FULL: what is to grow

# The journal (int64[n, JW]): table and row that change, what the lines say of it, the row as it was.
J_TABLE, J_ROW, J_DQ, J_DV, J_IMAGE = range(5)
JW = 22
(
    K_ENTITY, K_ITEM, K_SITE, K_ACCOUNT, K_CELL, K_LAYER, K_PIECE, K_DOC, K_HIST, K_NEW_ACCOUNT, K_NEW_CELL,
    K_NEW_ID, K_NEW_COMBO,
) = range(13)  # fmt: skip
