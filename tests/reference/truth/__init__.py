"""Valuation in event time: what `docs/truth.md` says, slow and obvious, on the standard library alone.

`valuation.value_of` is the pure function V: a set of accepted events, replayed in the order of event time,
gives the lines that should be there. It knows nothing of arrival, versions or refusals: those are in
`tests.reference.admission`. Moving average and FIFO cells are those of today's reference.
"""
