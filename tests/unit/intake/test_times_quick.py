"""Times as producers write them go the quick way, and mean what the row path says."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from pipelines.intake import decode
from pipelines.intake.assemble import Arrival
from pipelines.intake.strict import time_of

ARRIVED = 1_780_000_000_000
DAY = "2026-01-05T08:07:06"


@pytest.mark.parametrize("fraction", ["", ".1", ".12", ".123", ".1234", ".123456", ".999999", ".123456789"])
@pytest.mark.parametrize("zone", ["Z", "+08:00", "-03:30"])
def test_fractions_of_a_second(fraction: str, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> None:
        raise AssertionError("the row path was asked")

    monkeypatch.setattr(decode, "decode_row", slow)
    event = {"id": "1", "source": "till", "type": "stock.receipt", "entity": "E", "item": "TEA", "site": "S"}
    event |= {"qty": "1", "unit_cost": "1", "time": DAY + fraction + zone}
    data = pa.array([json.dumps(event, separators=(",", ":")).encode()], pa.large_binary())
    found = decode.decode_json(data, Arrival(ARRIVED, 0))
    assert found.events.column("time").to_pylist() == [time_of("time", event["time"])]
