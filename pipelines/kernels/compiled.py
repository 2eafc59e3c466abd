"""How every kernel is compiled: once, kept on disk, free of the interpreter's lock, without reference counts.

A kernel works in the arrays it is given and allocates none, so whoever calls it keeps them alive. Counting
references all the same, at each of some forty arrays handed from helper to helper, took three quarters of the
ledger's walk. An allocation inside a kernel does not compile.
"""

from __future__ import annotations

from typing import Any

import numba

_njit: Any = numba.njit  # the published types do not know the option `_nrt`
kernel = _njit(cache=True, nogil=True, _nrt=False)

helper = _njit(cache=True, nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""For a kernel that only kernels call: without the wrapper that unpacks Python's arguments, which takes a
quarter of the time to compile."""

inlined = _njit(
    cache=True, nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True
)
"""For a helper on every event's way that is small or called from one place: handing it forty arrays, nine
words each, costs more than what it does."""
