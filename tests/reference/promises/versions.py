"""`expect_version`: a command decided on an older state is refused, with the state that it missed."""

from __future__ import annotations

from tests.reference.admission.accepted import Accepted
from tests.reference.exact import Event, Refused, site_of
from tests.reference.masters import plain
from tests.reference.promises.stock import available
from tests.reference.truth.lines import physical, sides

StockKey = tuple[str, str, str, str, str]  # entity, site, item, lot, owner: a row of v_stock_now


def check(s: Accepted, event: Event) -> None:
    """Compare with the newest version of the rows that the command names: item, site, and lot if stated."""
    if event.get("expect_version") in (None, ""):
        return
    named = {site_of(event[f]) for f in ("site", "from_site", "to_site") if event.get(f)}
    lot, owner = plain(event.get("lot")), plain(event.get("owner"))
    for key, version in sorted(s.row_version.items()):
        _, site, item, of_lot, of_owner = key
        same = key[0] == event["entity"] and site in named and item == event.get("item") and of_owner == owner
        if same and lot in ("", of_lot) and version > int(event["expect_version"]):
            there = available(s).get(key)
            state = (
                f"on hand {there[0]}, reserved {there[1]}, blocked {there[2]}" if there else "nothing there"
            )
            raise Refused("stale_version", f"{site} {item} {of_lot} is at version {version}: {state}")
    if int(event["expect_version"]) > s.entities[event["entity"]].version:
        raise Refused("stale_version", "that version has not been yet")


def touch(s: Accepted, event: Event) -> None:
    """Note which rows the commit just made has changed: by a line, or by a promise."""
    version = s.entities[event["entity"]].version
    for line in reversed(s.lines):
        if line.version != version or line.entity != event["entity"]:
            break
        for account, _ in sides(line.key, line.entry):
            if physical(account):
                entity, place, item, lot, owner, _ = account
                s.row_version[entity, site_of(place), item, lot, owner] = version
    for hold in s.holds.values():
        seen = s.seen_holds.get(hold.key)
        if seen != hold:
            entity, site, item, owner, _ = hold.shelf
            for lot in {lot for lot, _ in (*(seen.lots if seen else ()), *hold.lots)} or {""}:
                s.row_version[entity, site, item, lot, owner] = version
            s.seen_holds[hold.key] = hold
