"""Every member of a kind obeys its contract; members are found, not listed."""
