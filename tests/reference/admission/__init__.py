"""Admission: what becomes of an event when it arrives, decided once, from what is known then.

`ledger.Truth` accepts, refuses or lets wait; a commit posts V(after) - V(before), where V is
`tests.reference.truth`. On a stream that arrives in the order of event time it gives what
`tests.reference.ledger.Reference` gives, which posts in order of arrival.
"""
