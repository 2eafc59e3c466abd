"""Promises: reservations, pending movements, pools, lots that may be given out, and `expect_version`."""
