"""Landed costs: which share of a cost falls on which receipt, now and when receipts or the cost change.

A cost keeps what it said and its shares as one JSON text (a word of the state); a receipt keeps the costs
that it bears. Shares are restated from the receipt's own time on; `docs/truth.md`, "Landed cost".
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.ledger.chains.change import land, retell, say
from pipelines.ledger.columns import (
    A_CELL,
    C_KIND,
    E_ENT,
    E_H1,
    E_H2,
    E_RH1,
    E_RH2,
    E_TYPE,
    FOREIGN,
    H_ACC,
    H_AMT,
    H_AT,
    H_CANCELLED,
    H_COST,
    H_ENT,
    H_ITEM,
    H_LANDED,
    H_LINK,
    H_LIVE,
    H_QTY,
    H_SQTY,
    H_STATE,
    H_TYPE,
    I_ATTRS,
    LANDED_LEG,
    N_DIGITS,
)
from pipelines.ledger.corrections.effective import LANDED
from pipelines.ledger.hashing import id_hash, split_reference
from pipelines.ledger.kernel.admit import RECEIPT
from pipelines.ledger.masters import Refusal
from pipelines.ledger.past.paging import known
from schemas import accounts
from schemas.reasons import Reason

if TYPE_CHECKING:
    from pipelines.ledger.corrections.changing import Changes

I64 = NDArray[np.int64]


def shares(amount: int, weights: list[Fraction]) -> list[int]:
    """The amount in proportion, half-even, one after another; the last one with a weight takes the rest.
    Without any weight the parts are equal.
    """
    if not any(weights):
        weights = [Fraction(1)] * len(weights)
    found, rest, open_ = [], amount, sum(weights, Fraction(0))
    for w in weights:
        share = round(Fraction(rest) * w / open_) if open_ else 0  # round() of a Fraction is half-even
        rest, open_ = rest - share, open_ - w
        found.append(share)
    return found


class Landing:
    """The landed costs of one ledger. `of`: the change under way."""

    def __init__(self, of: Changes) -> None:
        self.of = of

    def wait_for(self, ev: I64, batch: pa.RecordBatch) -> None:
        """Note in E_RH1, E_RH2 of each cost in a batch the receipt that it waits for: of those that are not
        known yet the one that comes last.
        """
        r = self.of.s.recent
        for i in np.flatnonzero(ev[:, E_TYPE] == LANDED).tolist():
            e, last = batch.slice(i, 1).to_pylist()[0], -1
            for text in json.loads(e["attrs"])["receipts"]:
                source, name = split_reference(e["source"], text)
                h1, h2 = id_hash(source, name)
                row = r.row(h1, h2)
                waits = row >= 0 and r.H.data[row, H_STATE] & 255 not in (H_LIVE, H_CANCELLED)
                if waits or (row < 0 and not known(self.of.s, h1, source, name)):
                    here = np.flatnonzero((ev[:, E_H1] == h1) & (ev[:, E_H2] == h2))
                    at = int(here[0]) if len(here) else len(ev)
                    if at > last:
                        last, ev[i, E_RH1], ev[i, E_RH2] = at, h1, h2

    def add(self, e: dict[str, Any], ev: I64) -> None:
        """A new cost."""
        said = json.loads(e["attrs"])
        names = ["#".join(split_reference(e["source"], text)) for text in dict.fromkeys(said["receipts"])]
        rows = [self.of.named(e["source"], text) for text in names]
        event = {
            "time": e["time"], "source": e["source"], "receipts": names, "split": said["split"],
            "amount": e["amount"], "supplier": e.get("supplier") or said.get("supplier", ""), "shares": {},
            "about": [],
        }  # fmt: skip
        for row, name in zip(rows, names, strict=True):
            h = self.of.h(row)
            if h[H_TYPE] != RECEIPT or h[H_ENT] != ev[E_ENT]:
                raise Refusal(Reason.UNKNOWN_REFERENCE, name)
        cost = self.of.begin(ev, -1, -1, self._word(event))
        self.spread(cost, event, True)

    def _word(self, event: dict[str, Any]) -> int:
        return self.of.s.words.id(json.dumps(event, ensure_ascii=False, sort_keys=True))

    def _told(self, cost: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.of.s.words.text(int(self.of.h(cost)[H_SQTY])))
        return found

    def gather(self, cost: int) -> None:
        """What corrects or cancels a cost, and what that is about, at hand and linked."""
        for name, of in self._told(cost)["about"]:
            self.of.h(self.of.named("", name))[H_LINK] = self.of.named("", of)

    def spread(self, cost: int, event: dict[str, Any], live: bool) -> None:
        """The shares of a cost anew; what changed is said, and its receipts are posted anew."""
        s, told = self.of.s, self._told(cost)
        digits = int(s.t["N"].data[self.of.h(cost)[H_ENT], N_DIGITS])
        unit = 10 ** (4 - digits)
        said = event["amount"]  # of a correction as on the wire, else in 1e-4
        amount = said if isinstance(said, int) else round(Fraction(said) * 10**4)
        if amount % unit:
            raise Refusal(Reason.SCALE, f"amount: {Fraction(amount, 10**4)}")
        names = sorted(event["receipts"], key=lambda n: n.partition("#")[::2])
        rows = {name: self.of.named(event["source"], name) for name in {*names, *told["shares"]}}
        counted = [n for n in names if live and self.of.h(rows[n])[H_STATE] & 255 == H_LIVE]
        weights = [self._weight(event["split"], rows[n]) for n in counted]
        found = dict(zip(counted, shares(amount // unit, weights), strict=True))
        contra = accounts.place(accounts.SUPPLIER, event.get("supplier") or "")
        old = told["shares"]
        new = {n: [x, contra, *self._place(rows[n])] for n, x in found.items()}
        for name in sorted({*old, *names}):
            self._say(cost, rows[name], old.get(name), new.get(name))
            self._bear(
                cost,
                rows[name],
                (new.get(name) or [0])[0] - (old.get(name) or [0])[0],
                live and name in names,
            )
        retell(cost, self._word(event | {"shares": new}), self.of.world())

    def _place(self, row: int) -> list[int]:
        h = self.of.h(row)
        return [int(h[H_ACC]), int(h[H_AT])]

    def _weight(self, split: str, row: int) -> Fraction:
        s, h = self.of.s, self.of.h(row)
        if s.t["C"].data[s.t["A"].data[h[H_ACC], A_CELL], C_KIND] == FOREIGN:
            raise Refusal(Reason.NOT_ALLOWED, "owner")
        if split in ("weight", "volume"):
            said = s.words.text(int(s.t["I"].data[h[H_ITEM], I_ATTRS]))
            per_unit = Fraction(str((json.loads(said) if said else {}).get(split, 0)))
            if not per_unit:
                raise Refusal(Reason.NOT_ALLOWED, f"{split}: 0")
            return per_unit * int(h[H_QTY])
        return Fraction({"qty": int(h[H_QTY]), "value": int(h[H_AMT]), "equal": 1}[split])

    def _say(self, cost: int, row: int, old: list[Any] | None, new: list[Any] | None) -> None:
        for part, sign in ((old, -1), (new, 1)):
            if part and part[0]:
                share, contra, acc, at = part
                word = self.of.s.words.id(contra)
                say(row, LANDED_LEG, cost, acc, word, sign * share, at, self.of.world())
                self.of.full()

    def _bear(self, cost: int, row: int, change: int, bears: bool) -> None:
        h = self.of.h(row)
        name = self.of.texts.name_of(cost)
        costs: list[str] = json.loads(self.of.s.words.text(int(h[H_COST]))) if h[H_COST] else []
        costs = sorted({*costs, name} if bears else {*costs} - {name})
        total = int(h[H_LANDED]) + change
        if int(h[H_AMT]) + total < 0 and h[H_STATE] & 255 == H_LIVE:
            raise Refusal(Reason.RANGE, f"{self.of.texts.id_of(row)}: {int(h[H_AMT]) + total}")
        word = self.of.s.words.id(json.dumps(costs)) if costs else 0
        land(row, total, word, self.of.world())
        self.of.full()

    def again(self, receipt: int) -> None:
        """A receipt has changed: the costs that it bears, or bore, are spread anew."""
        word = int(self.of.h(receipt)[H_COST])
        for name in json.loads(self.of.s.words.text(word)) if word else []:
            cost = self.of.named("", name)
            self.gather(cost)
            self.spread(cost, self.of.texts.now(cost), self.of.texts.is_live(cost))

    def tell(self, cost: int, row: int, target: int) -> None:
        """Event `row` corrects or cancels `target`, the cost or what is about it: the cost remembers it."""
        told, names = self._told(cost), [self.of.texts.name_of(k) for k in (row, target)]
        retell(cost, self._word(told | {"about": [*told["about"], names]}), self.of.world())
