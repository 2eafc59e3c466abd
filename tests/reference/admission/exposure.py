"""What is still provisional, and how late things were learned: two questions that controllers ask."""

from __future__ import annotations

from typing import Any

from tests.reference.admission import faces
from tests.reference.admission.accepted import Accepted
from tests.reference.exact import period, time_text
from tests.reference.faces import Row, money


def exposure(s: Accepted) -> list[Row]:
    """Per entity, item, site and state: deliveries, their COGS, and the part of it still provisional."""
    sums: dict[Any, list[Any]] = {}
    for row in faces.cogs(s):
        key = (row["entity"], row["item"], row["site"], row["state"])
        total = sums.setdefault(key, [0, 0, 0])
        total[0] += 1
        total[1] += row["cogs_amt"]
        total[2] += row["provisional_amt"]
    return [
        {"entity": e, "item": item, "site": site, "state": state, "deliveries": n, "cogs_amt": cogs,
         "provisional_amt": open_}
        for (e, item, site, state), (n, cogs, open_) in sums.items()
    ]  # fmt: skip


def history(s: Accepted) -> list[Row]:
    """COGS of each event as a history: valid from one commit to the next that changed it ('' = still)."""
    rows: list[Row] = []
    known: dict[Any, Row] = {}
    for line in s.lines:
        if not line.key.to_place.startswith("@customer"):
            continue
        key = (line.entity, line.key.event)
        before = known.get(key)
        value = line.entry.value + (before["value"] if before else 0)
        if before and before["valid_from"] == line.version:
            before["value"] = value
            continue
        if before:
            before["valid_to"] = line.version
        zone = s.entities[line.entity].tz
        known[key] = {
            "entity": line.entity, "event_id": line.key.event[1], "valid_from": line.version, "valid_to": "",
            "recorded_at": time_text(line.recorded), "value": value, "period": period(line.key.at, zone),
        }  # fmt: skip
        rows.append(known[key])
    return [row | {"cogs_amt": money(row["value"], faces.minor(s, row["entity"]))} for row in rows]
