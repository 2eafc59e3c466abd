"""Exact integer arithmetic for money and quantity.

Numba has no 128-bit integers and wraps silently, so a product that may pass 2^63 is never formed directly:
the quotient is estimated in binary64, the remainder is taken in wrap-around arithmetic (exact, because the
true remainder is small) and the quotient is corrected.

Law: `muldiv(n, k, d) == half_even(Fraction(n * k, d))` whenever `fits(n, k, d)` and 0 < d < 2^61.
"""

from __future__ import annotations

import numpy as np

from pipelines.kernels.compiled import kernel

VALUE_LIMIT = 2**50  # minor units, D23
WHOLE_LIMIT = 10**14  # of a currency without decimals: what a Decimal(18, 4) holds
QTY_LIMIT = 10**18  # millionths: what a Decimal(18, 6) holds
NONE = np.iinfo(np.int64).min  # "absent" in an int64 column of the kernels


@kernel
def fits(n, k, d):  # type: ignore[no-untyped-def]
    """Whether |n*k/d| surely stays where `muldiv` is exact (a quarter of 2^53: four times the value
    limit).
    """
    return abs(float(n) * float(k)) < float(d) * (2.0 * VALUE_LIMIT)


@kernel
def muldiv(n, k, d):  # type: ignore[no-untyped-def]
    """n*k/d, half-even. d > 0 and `fits(n, k, d)`."""
    q = np.int64(np.rint(float(n) * float(k) / float(d)))
    r = n * k - q * d
    while r < 0:
        q -= 1
        r += d
    while r >= d:
        q += 1
        r -= d
    rest = d - r
    if r > rest or (r == rest and (q & 1) == 1):
        q += 1
    return q


@kernel
def muldiv_exact(n, k, d):  # type: ignore[no-untyped-def]
    """(n*k/d, ok): ok is False when it does not come out whole or passes the quantity limit. d > 0."""
    if abs(float(n) * float(k)) >= float(d) * 2.0**60:
        return np.int64(0), False
    q = np.int64(np.rint(float(n) * float(k) / float(d)))
    r = n * k - q * d
    q += r // d
    r -= (r // d) * d
    return q, r == 0


def decimal_text(value: int, digits: int) -> str:
    """An integer of 10^-digits as a decimal, without zeros at its end.

    >>> decimal_text(-2_500_000, 6), decimal_text(7, 0)
    ('-2.5', '7')
    """
    sign, text = "-" if value < 0 else "", str(abs(value)).rjust(digits + 1, "0")
    return sign + (f"{text[:-digits]}.{text[-digits:]}".rstrip("0").rstrip(".") if digits else text)
