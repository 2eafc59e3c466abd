"""The reference ledger: `docs/ledger.md` once more, slow and obvious, on the standard library alone.

Quantities are `Fraction`, values are integers of minor units. It shares no code with `pipelines`, so that the
two can be held against each other.
"""
