"""Small kernels around the walk that the state needs too."""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import kernel
from pipelines.kernels.keys import slot_of
from pipelines.ledger.columns import H_H1, H_H2


@kernel
def hist_rehash(H, count, Hs):  # type: ignore[no-untyped-def]
    """Put the rows of recent history into new slots."""
    mask = np.int64(Hs.shape[0] - 1)
    for k in range(count):
        s = slot_of(H[k, H_H1], H[k, H_H2], mask)
        while Hs[s] >= 0:
            s = (s + 1) & mask
        Hs[s] = k
