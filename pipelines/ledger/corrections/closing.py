"""Closes of periods: what is booked from then on goes into the first open one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.ledger.columns import N_CLOSED, N_OPEN_FROM, N_REC, N_TZ, N_VERSION
from pipelines.ledger.masters import Masters, Refusal, month_text
from pipelines.ledger.state import LedgerState
from schemas.reasons import Reason


def month_number(text: str) -> int:
    """'1970-01' -> 1."""
    return (int(text[:4]) - 1970) * 12 + int(text[5:7])


def close(s: LedgerState, masters: Masters, e: dict[str, Any], ent: int) -> int:
    """Close a period and all before it; returns the version. `Refusal` if it has not begun or is closed."""
    n, period = s.t["N"].data[ent], json.loads(e["attrs"])["period"]
    zone = ZoneInfo(s.words.text(int(n[N_TZ])))
    at = datetime.fromtimestamp(e["time"] / 1000, UTC).astimezone(zone)
    month = month_number(period)
    if month <= n[N_CLOSED]:
        raise Refusal(Reason.NOT_ALLOWED, f"{period} ≤ {month_text(int(n[N_CLOSED]))}")
    if month > (at.year - 1970) * 12 + at.month:
        raise Refusal(Reason.NOT_ALLOWED, f"{period} > {at:%Y-%m}")
    after = datetime(1970 + month // 12, month % 12 + 1, 1, tzinfo=zone)
    n[N_VERSION] += 1
    n[N_REC] = max(int(n[N_REC]), e["recorded_at"])
    n[N_CLOSED], n[N_OPEN_FROM] = month, int(after.astimezone(UTC).timestamp()) * 1000
    s.t["N"].marks[ent] = 1
    masters.closed(e, ent, period)
    return int(n[N_VERSION])
