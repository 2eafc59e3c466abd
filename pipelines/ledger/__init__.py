"""The ledger: accepted events become balanced movement lines; the only writer of quantities and values."""
